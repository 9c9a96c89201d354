/*
 * lua/route.h: from the mailbox to the channels of a Lua process (SPEC 8.1 to 8.3).
 *
 * A subscription is a channel whose values are signals, which become Lua values only when a
 * coroutine receives them.
 *
 * Owns: the subscriptions, and the queues of messages and events that fit none yet.
 * Threads: the worker that runs the process.
 * Invariants:
 *	RT1 a message is in exactly one queue: the process's arrived queue, `kept`, or that of a
 *	    subscription that it fits; each is in order of arrival.
 *	RT2 an open subscription is anchored by the registry, and is in lua->subscriptions.
 *	RT3 no message in `kept` fits an open subscription.
 * Not here: the functions that programs call (lib_subscribe.c), the mailbox (process/mailbox.c).
 */
#ifndef KI_LUA_ROUTE_H
#define KI_LUA_ROUTE_H

#include "lua/luaproc.h"

/* Looks into the mailbox (8.1) and routes what came to channels; does not return when the process
 * must die. For the functions that SPEC 8.1 names; nothing while the chunk loads. May raise Lua's
 * memory error. */
void ki_lua_look(lua_State *L);
/* True when there is something to route. */
bool ki_lua_has_arrivals(const struct ki_lua *lua);
/* Routes what has arrived and makes coroutines ready. May raise Lua's memory error. */
void ki_lua_route(lua_State *L);

/* Each pushes the channel, opened if it was not, and then routes what had come before. */
void ki_subscribe_events(lua_State *L);
void ki_subscribe_inbox(lua_State *L);
/* Of the topic at index; `messages`: from now on it gives Message objects. */
void ki_subscribe_topic(lua_State *L, int index, bool messages);
/* True when the channel is an open subscription. */
struct ki_channel;
bool ki_subscription_is(const struct ki_channel *channel);

/* Puts all that nobody has received back among what has arrived, for another body: messages in
 * order of arrival, then events. The subscriptions are to go with the heap. */
void ki_route_untake(struct ki_lua *lua);
/* Frees the signals in all queues: at the end of the process. */
void ki_route_drop(struct ki_lua *lua);

#endif

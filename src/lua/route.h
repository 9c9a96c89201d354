/*
 * lua/route.h: from the mailbox to the channels of a Lua process (SPEC 8.1, 8.2).
 *
 * Owns: the subscriptions, and the queue of messages and events that fit none yet.
 * Threads: the worker that runs the process.
 */
#ifndef KI_LUA_ROUTE_H
#define KI_LUA_ROUTE_H

#include "lua/luaproc.h"

/* Looks into the mailbox (8.1) and routes what came to channels; does not return when the process must
 * die. For the functions that SPEC 8.1 names. May raise Lua's memory error. */
void ki_lua_look(lua_State *L);
/* Routes arrived signals to subscriptions and makes coroutines ready. Calls Lua's API with L. */
void ki_lua_route(lua_State *L);

#endif

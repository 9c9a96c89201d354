/*
 * lua/channel.h: channels, the places where coroutines of one process wait for values (SPEC 10).
 *
 * Owns: struct ki_channel: the userdata of a channel begins with one.
 * Threads: the worker that runs the process.
 * Invariants:
 *	CH1 receivers wait only while there is no value and the channel is open; senders only while
 *	    the buffer is full and it is open; never both.
 *	CH2 a coroutine that waits is on the lists of all channels of its cases, and is taken off
 *	    all of them by the first that comes about.
 *	CH3 a channel on whose lists somebody waits is on the stack of that coroutine: so the
 *	    collector leaves it.
 *	CH4 of a channel whose source takes none, or without source, the values are in the table of
 *	    its first uservalue, in a ring of `capacity` that begins at `head`; what a waiting
 *	    sender has is on its stack (struct ki_waiter).
 * Not here: the functions that programs call (lib_channel.c).
 */
#ifndef KI_LUA_CHANNEL_H
#define KI_LUA_CHANNEL_H

#include "lua/luaproc.h"

struct ki_channel;

/* Where the values of a channel come from that are not sent by the program. */
struct ki_channel_source {
	const char *what; /* "subscription": it cannot be sent on */
	/* Pushes the oldest of `count` values and counts it off. NULL: they are put by
	 * ki_channel_put. */
	void (*take)(lua_State *L, struct ki_channel *channel);
	/* Closes it, by ki_channel_shut in the end. */
	void (*close)(lua_State *L, struct ki_channel *channel);
};

struct ki_channel {
	const struct ki_channel_source *source; /* NULL: the program sends */
	struct ki_list receivers, senders;      /* struct ki_waiter */
	lua_Integer capacity, count, head;
	bool closed;
};

/* Pushes a channel: `size` zeroed bytes that begin with a struct ki_channel. */
void *ki_channel_new(lua_State *L, size_t size, const struct ki_channel_source *source);
/* The channel at index, or NULL. */
struct ki_channel *ki_channel_test(lua_State *L, int index);

/* Pushes a value of the channel at index and true, or, of a closed one that is drained, nil and
 * false: 2. Else pushes nothing: 0. */
int ki_channel_take(lua_State *L, int index);
/* True when a send would not wait. */
bool ki_channel_takes(const struct ki_channel *channel);
/* Puts the value on top of the stack (popped) into the open channel at index; ki_channel_takes
 * it. */
void ki_channel_put(lua_State *L, int index);

/* A source that takes has counted new values: gives them to those who wait. */
void ki_channel_pump(lua_State *L, struct ki_channel *channel);
void ki_channel_close(lua_State *L, struct ki_channel *channel);
/* Marks it closed and wakes all who wait. Does not raise. */
void ki_channel_shut(struct ki_channel *channel);

/* Puts a waiter of the coroutine, which stays behind ki_co_waiter, on the channel's list. */
void ki_channel_wait(struct ki_channel *channel, struct ki_waiter *waiter, bool to_send);

/* Sets up the metatable: `methods` are its methods. */
void ki_channel_open(lua_State *L, const luaL_Reg *methods);

/* Uservalues of a channel: its values (CH4), and its receive case once one was made
 * (lib_channel.c); a source may use the third. */
enum {
	KI_CHANNEL_VALUES = 1,
	KI_CHANNEL_CASE = 2,
	KI_CHANNEL_SOURCE = 3,
	KI_CHANNEL_NR_VALUES = 3
};

/* Uservalues of a case (lib_channel.c): its channel, and what it sends. */
enum { KI_CASE_CHANNEL = 1, KI_CASE_VALUE = 2, KI_CASE_NR_VALUES = 2 };

#endif

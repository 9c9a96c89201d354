/*
 * lua/lib_channel.h: opens the library `channel`.
 *
 * Owns: nothing. Threads: the worker that runs the process.
 * Not here: how values and waiters meet (channel.h).
 */
#ifndef KI_LUA_LIB_CHANNEL_H
#define KI_LUA_LIB_CHANNEL_H

#include "lua/luaproc.h"

/* Sets the global `channel`. */
void ki_open_channel(lua_State *L);

#endif

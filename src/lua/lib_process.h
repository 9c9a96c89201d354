/*
 * lua/lib_process.h: opens the library `process`.
 *
 * Owns: nothing. Threads: the worker that runs the process.
 * Not here: lib_spawn.h, lib_subscribe.h: parts of it.
 */
#ifndef KI_LUA_LIB_PROCESS_H
#define KI_LUA_LIB_PROCESS_H

#include "lua/luaproc.h"

/* Sets the global `process`. */
void ki_open_process(lua_State *L);

#endif

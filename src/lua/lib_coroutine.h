/*
 * lua/lib_coroutine.h: opens the library `coroutine`.
 *
 * Owns: nothing. Threads: the worker that runs the process.
 * Not here: how coroutines run and wait (co.h).
 */
#ifndef KI_LUA_LIB_COROUTINE_H
#define KI_LUA_LIB_COROUTINE_H

#include "lua/luaproc.h"

/* Sets the global `coroutine`. */
void ki_open_coroutine(lua_State *L);

#endif

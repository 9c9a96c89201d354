/*
 * lua/lib_funcs.h: the module `funcs` (SPEC 12.6).
 *
 * A call is a process of its own, which one coroutine waits for, or a Future (future.h).
 *
 * Owns: the userdata of executors.
 * Threads: the worker that runs the process.
 * Not here: calls (call.h), what an executor holds (terms.h), which entries can be called
 *	(process/system.h).
 */
#ifndef KI_LUA_LIB_FUNCS_H
#define KI_LUA_LIB_FUNCS_H

#include <lua.h>

/* Pushes the module. */
void ki_funcs_open(lua_State *L);

#endif

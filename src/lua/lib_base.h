/*
 * lua/lib_base.h: the base functions and the libraries taken from Lua nearly as they are (SPEC 13.1).
 *
 * Owns: nothing.
 * Threads: the worker that runs the process.
 * Not here: string (lib_string.c), os (lib_os.c), coroutine (lib_coroutine.c), require (lib_require.c).
 */
#ifndef KI_LUA_LIB_BASE_H
#define KI_LUA_LIB_BASE_H

#include <lua.h>

/* Sets the base functions and the globals table, math, utf8 and debug. */
void ki_open_base(lua_State *L);

#endif

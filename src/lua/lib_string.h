/*
 * lua/lib_string.h: the library `string`, whose functions take an Error for a string (SPEC 2.1).
 *
 * Owns: nothing.
 * Threads: the worker that runs the process.
 * Not here: what the functions do (Lua's lstrlib.c).
 */
#ifndef KI_LUA_LIB_STRING_H
#define KI_LUA_LIB_STRING_H

#include <lua.h>

/* Sets the global `string`, without `dump`. */
void ki_open_string(lua_State *L);

#endif

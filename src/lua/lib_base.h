/*
 * lua/lib_base.h: the base functions, and the libraries taken from Lua nearly as they are.
 *
 * Owns: nothing.
 * Threads: the worker that runs the process.
 * Not here: string (lib_string.h), os (lib_os.h), coroutine (lib_coroutine.h).
 */
#ifndef KI_LUA_LIB_BASE_H
#define KI_LUA_LIB_BASE_H

#include <lua.h>

/* Sets the base functions and the globals table, math, utf8 and debug. */
void ki_open_base(lua_State *L);

/* Pushes a `load` whose default environment is the table at `env`. */
void ki_base_push_load(lua_State *L, int env);

/* Pushes the arguments of the running C function as one text. */
void ki_base_push_line(lua_State *L, const char *between, const char *end);

#endif

/*
 * lua/library.h: the libraries that chunks import (SPEC 13.2, 13.3).
 *
 *	UNUSED --first use--> LOADING --its chunk returned--> LOADED
 *	                         |
 *	                         +--its chunk raised--> FAILED: each use raises that error again
 *
 * A chunk runs once in a process; it may wait, and whoever uses the library meanwhile waits too.
 *
 * Owns: the record of each library that the process has used, and what its chunk returned.
 * Threads: the worker that runs the process.
 * Not here: under which names a chunk has libraries (scope.c, lib_require.c).
 */
#ifndef KI_LUA_LIBRARY_H
#define KI_LUA_LIBRARY_H

#include <lua.h>
#include <stdbool.h>

#include "lua/program.h"

/* Pushes what the library is, after running its chunk if nobody has yet: `return
 * ki_library_use(...)`, since the chunk may wait. Raises what the chunk raises. */
int ki_library_use(lua_State *L, const struct ki_lua_program *program);

/* Compiles all libraries that the program imports, and those that these import, so that their use
 * does not have to. Raises memory errors only. */
void ki_library_compile_imports(lua_State *L, const struct ki_lua_program *program);

/* True when it is LOADED; then what it is is pushed. */
bool ki_library_loaded(lua_State *L, const struct ki_lua_program *program);

#endif

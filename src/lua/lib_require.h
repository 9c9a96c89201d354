/*
 * lua/lib_require.h: `require` and `package.loaded` of a chunk, and the modules that it declares
 * (SPEC 13.2).
 *
 * Owns: the modules of the process, each made once.
 * Threads: the worker that runs the process.
 * Not here: the modules themselves (lib_*.c), libraries (library.h), environments (scope.h).
 */
#ifndef KI_LUA_LIB_REQUIRE_H
#define KI_LUA_LIB_REQUIRE_H

#include <lua.h>

#include "lua/program.h"

/* After all other libraries: sets, in the environment on top of the stack, what `program` declares,
 * `require` and `package`; pushes package.loaded. */
void ki_require_open(lua_State *L, const struct ki_lua_program *program);

/* Notes the value on top of the stack under `name` in the package.loaded below it; pops both. */
void ki_require_note(lua_State *L, const char *name);

#endif

/*
 * lua/lib_require.h: `require` and `package.loaded` (SPEC 13.2).
 *
 * Owns: the set of what this process may require.
 * Threads: the worker that runs the process.
 * Not here: the modules themselves (lib_*.c).
 */
#ifndef KI_LUA_LIB_REQUIRE_H
#define KI_LUA_LIB_REQUIRE_H

#include <lua.h>

/* After all other libraries: makes the modules that the program declares and the globals for them,
 * `require` and `package`. */
void ki_open_require(lua_State *L);

#endif

/*
 * lua/lib_ctx.h: the module `ctx`: the context values of the process (SPEC 12.5).
 *
 * Owns: nothing. Threads: the worker that runs the process.
 * Not here: who gives them (lib_spawner.h).
 */
#ifndef KI_LUA_LIB_CTX_H
#define KI_LUA_LIB_CTX_H

#include <lua.h>

/* Pushes the module, frozen. */
void ki_open_ctx(lua_State *L);

#endif

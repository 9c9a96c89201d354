/*
 * lua/refusal.h: memory that the system refuses to a function of a library.
 *
 * Owns: nothing. Threads: the worker that runs the process.
 * Not here: memory of the Lua heap (state.c, result.h).
 */
#ifndef KI_LUA_REFUSAL_H
#define KI_LUA_REFUSAL_H

#include <lua.h>

/* The process ends as if at its limit (SPEC 15.7); while its chunk loads, the spawn fails. Does not
 * return. */
_Noreturn void ki_lua_refuse_memory(lua_State *L);

#endif

/*
 * lua/refusal.h: what is refused to a function of a library for want of memory.
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

/* Why ki_send did not take a message (SPEC 8.4, 15.6): pushes nil and an Error, gives 2. */
int ki_send_failed(lua_State *L, int status);

#endif

/*
 * What we set of the macros that Lua's build leaves open. Forced in front of every source of Lua and
 * of src/lua (`-include`), so that both see the same layouts and the same calls.
 *
 * Owns: nothing at run time.
 * Threads: any.
 * Invariants: I1 no macro here changes a source of Lua; I2 LUAI_MAXCCALLS stays 200, Lua's own: the
 * size of a stack is measured for it.
 * Not here: what the functions named here do (src/lua/state.c).
 */
#ifndef KI_LUA_BUILD_H
#define KI_LUA_BUILD_H

struct lua_State;

/* The seed of the string hash: the run's, read through the allocator's user pointer, no global. */
unsigned int ki_lua_makeseed(struct lua_State *L);
#define luai_makeseed(L) ki_lua_makeseed(L)

#endif

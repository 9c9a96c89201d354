/*
 * lua/address.h: what a program can see of addresses outside of its heap.
 *
 * Heaps of a simulation lie where they always do (mem/region.h). The program itself does not: the
 * system loads it somewhere else each time, and with it Lua's C functions and the keys that the
 * libraries use. So these are shown, and hashed, by their distance from a place in the program.
 * That tells a Lua program nothing of where the code lies, so it is done always.
 *
 * Owns: nothing; ki_lua_origin is a constant of which only the address counts.
 * Threads: any.
 * Not here: the macros by which Lua's sources come to use it (lua_build.h).
 */
#ifndef KI_LUA_ADDRESS_H
#define KI_LUA_ADDRESS_H

#include <lua.h>

/* lua_topointer, for what is shown. */
const void *ki_lua_shown_address(lua_State *L, int index);

#endif

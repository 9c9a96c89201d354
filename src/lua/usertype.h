/*
 * lua/usertype.h: the metatable of a kind of userdata.
 *
 * Owns: nothing.
 * Threads: the worker that runs the process.
 * Not here: where a library keeps it (by the address of a key, or by name), and its methods.
 */
#ifndef KI_LUA_USERTYPE_H
#define KI_LUA_USERTYPE_H

#include <lauxlib.h>
#include <lua.h>

/* Pushes a metatable with the name that messages give the type, `methods` behind __index and the
 * metamethods `meta` (NULL: none of them). Programs can neither see nor replace it. */
void ki_usertype_push(
	lua_State *L, const char *name, const luaL_Reg *methods, const luaL_Reg *meta);

#endif

/*
 * lua/usertype.h: kinds of userdata: their metatables, and telling them apart.
 *
 * Every message that is received makes objects and asks what they are, so the kinds that travel are
 * known by number, and a test compares two addresses.
 *
 * Owns: the metatables of enum ki_usertype, in the registry; lua->types.
 * Threads: the worker that runs the process.
 * Not here: methods and metamethods (lib_*.c), kinds that only one library knows.
 */
#ifndef KI_LUA_USERTYPE_H
#define KI_LUA_USERTYPE_H

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>

enum ki_usertype {
	KI_TYPE_PAYLOAD,      /* with its bytes in it */
	KI_TYPE_PAYLOAD_HELD, /* with a reference, let go of by __gc */
	KI_TYPE_MESSAGE,
	KI_TYPE_MESSAGE_HELD,
	KI_TYPE_CHANNEL,
	KI_TYPE_CASE,
	KI_TYPE_ERROR,
	KI_TYPE_TIME,
	KI_TYPE_DURATION,
	KI_TYPE_LOCATION,
	KI_TYPE_TIMER,  /* with its clock, stopped by __gc */
	KI_TYPE_TICKER, /* likewise */
	KI_NR_TYPES,
};

/* Pushes a metatable with the name that messages give the type, `methods` behind __index and the
 * metamethods `meta` (NULL: none of them). Programs can neither see nor replace it. */
void ki_usertype_push(
	lua_State *L, const char *name, const luaL_Reg *methods, const luaL_Reg *meta);

/* Pops a metatable, which is that of the type in this state from now on. */
void ki_usertype_set(lua_State *L, enum ki_usertype type);
/* Whether the state has one. */
bool ki_usertype_known(lua_State *L, enum ki_usertype type);
/* Pushes a userdata of the type, which has its metatable; the block is not cleared. For a type with
 * __gc: its finalizer may run once the caller allocates, so what it reads is filled in before. */
void *ki_usertype_new(lua_State *L, enum ki_usertype type, size_t size, int nr_values);
/* The block of a userdata of that type, else NULL. `index` is no pseudo-index. Does not raise,
 * needs two free slots. */
void *ki_usertype_test(lua_State *L, int index, enum ki_usertype type);

#endif

/*
 * lua/immutable.c: tables that programs can read but not change.
 *
 * The table itself becomes empty; its fields live in another one that only its metatable refers to,
 * so that every read and write passes through the metatable.
 *
 * Owns: nothing. Threads: the worker that runs the process.
 */
#include "lua/immutable.h"

#include <lauxlib.h>

#include "lua/frozen.h"
#include "lua/pure.h"

/* Its address is the key of the fields in the metatable, where no program can look. */
static const char fields_key = 'f';

int ki_table_refuse(lua_State *L) {
	return luaL_error(L, "attempt to modify Immutable table");
}

/* The iterator of pairs(): the fields are its upvalue, since its state is shown to the program. */
static int next_field(lua_State *L) {
	lua_settop(L, 2);
	if (lua_next(L, lua_upvalueindex(1))) {
		return 2;
	}
	lua_pushnil(L);
	return 1;
}

static int pairs_fields(lua_State *L) {
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_pushcclosure(L, next_field, 1);
	lua_pushvalue(L, 1);
	lua_pushnil(L);
	return 3;
}

static void make_metatable(lua_State *L, int fields) {
	lua_createtable(L, 0, 5);
	lua_pushvalue(L, fields);
	lua_rawsetp(L, -2, &fields_key);
	lua_pushvalue(L, fields);
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, ki_table_refuse);
	lua_setfield(L, -2, "__newindex");
	lua_pushvalue(L, fields);
	lua_pushcclosure(L, pairs_fields, 1);
	ki_frozen_mark(L, -1);
	lua_setfield(L, -2, "__pairs");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	ki_frozen_mark(L, -1);
}

/* Moves all fields of one table into another; a field may be set to nil while it is walked. */
static void move_fields(lua_State *L, int from, int to) {
	lua_pushnil(L);
	while (lua_next(L, from)) {
		lua_pushvalue(L, -2);
		lua_insert(L, -2); /* key, key, value */
		lua_rawset(L, to);
		lua_pushvalue(L, -1);
		lua_pushnil(L);
		lua_rawset(L, from);
	}
}

void ki_table_freeze(lua_State *L, int index) {
	luaL_checkstack(L, 6, NULL);
	int table = lua_absindex(L, index);
	lua_newtable(L);
	int fields = lua_gettop(L);
	move_fields(L, table, fields);
	make_metatable(L, fields);
	lua_setmetatable(L, table);
	ki_frozen_mark(L, table);
	ki_frozen_mark(L, fields);
	lua_pop(L, 1);
}

bool ki_table_frozen(lua_State *L, int index) {
	if (lua_type(L, index) != LUA_TTABLE || !lua_getmetatable(L, index)) {
		return false;
	}
	bool frozen = lua_rawgetp(L, -1, &fields_key) == LUA_TTABLE;
	if (frozen) {
		lua_remove(L, -2);
	} else {
		lua_pop(L, 2);
	}
	return frozen;
}

const lua_CFunction ki_immutable_pure[] = {next_field, pairs_fields, ki_table_refuse, NULL};

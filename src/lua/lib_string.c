/*
 * lua/lib_string.c: the library `string`, whose functions take an Error for a string.
 *
 * Owns: nothing. Threads: the worker that runs the process.
 */
#include "lua/lib_string.h"

#include <lauxlib.h>
#include <lualib.h>

#include "base/check.h"
#include "lua/frozen.h"
#include "lua/luaerror.h"

/* Puts the message in the place of each argument that is an Error. */
static void convert_errors(lua_State *L) {
	for (int i = lua_gettop(L); i > 0; i--) {
		if (lua_type(L, i) == LUA_TUSERDATA && ki_error_is(L, i)) {
			luaL_checkstack(L, 1, NULL);
			ki_error_push_message(L, i);
			lua_replace(L, i);
		}
	}
}

/* Lua's function (the upvalue) runs in this very call, so that its messages name it and its
 * callbacks may wait as ever; none of `string` has upvalues of its own. */
static int convert_and_call(lua_State *L) {
	lua_CFunction function = lua_tocfunction(L, lua_upvalueindex(1));
	convert_errors(L);
	return function(L);
}

static bool is_empty(lua_State *L, int index) {
	size_t len = 1;
	return lua_isnoneornil(L, index) || (lua_tolstring(L, index, &len) != NULL && len == 0);
}

/* Lua's would copy nothing as often as it is told, which no memory bounds. */
static int repeat(lua_State *L) {
	int is_integer;
	convert_errors(L);
	lua_tointegerx(L, 2, &is_integer);
	if (is_integer && lua_type(L, 1) == LUA_TSTRING && is_empty(L, 1) && is_empty(L, 3)) {
		lua_pushliteral(L, "");
		return 1;
	}
	return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

void ki_open_string(lua_State *L) {
	luaL_requiref(L, LUA_STRLIBNAME, luaopen_string, 1);
	int table = lua_gettop(L);
	lua_pushnil(L);
	lua_setfield(L, table, "dump");
	lua_pushnil(L);
	while (lua_next(L, table)) {
		ki_check(lua_iscfunction(L, -1));
		lua_pushcclosure(L, convert_and_call, 1);
		ki_frozen_mark(L, -1);
		lua_pushvalue(L, -2);
		lua_insert(L, -2); /* key, key, closure */
		lua_rawset(L, table);
	}
	lua_getfield(L, table, "rep");
	lua_getupvalue(L, -1, 1);
	lua_pushcclosure(L, repeat, 1);
	lua_setfield(L, table, "rep");
	lua_settop(L, table - 1);
}

/*
 * lua/usertype.c: see usertype.h.
 */
#include "lua/usertype.h"

#include <stddef.h>

void ki_usertype_push(
	lua_State *L, const char *name, const luaL_Reg *methods, const luaL_Reg *meta) {
	lua_newtable(L);
	if (meta != NULL) {
		luaL_setfuncs(L, meta, 0);
	}
	if (methods != NULL) {
		lua_newtable(L);
		luaL_setfuncs(L, methods, 0);
		lua_setfield(L, -2, "__index");
	}
	lua_pushstring(L, name);
	lua_setfield(L, -2, "__name");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
}

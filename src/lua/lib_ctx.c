/*
 * lua/lib_ctx.c: the module `ctx`.
 *
 * Each call reads the values anew, so that what a program does with a table that it got shows in no
 * later call.
 *
 * Owns: nothing. Threads: the worker that runs the process.
 */
#include "lua/lib_ctx.h"

#include "lua/codec.h"
#include "lua/immutable.h"
#include "lua/luaerror.h"
#include "lua/luaproc.h"

/* Pushes a fresh table of all values. */
static int lib_all(lua_State *L) {
	struct ki_payload *context = ki_lua_of(L)->proc->context;
	if (context != NULL) {
		ki_codec_decode(L, context);
	} else {
		lua_newtable(L);
	}
	return 1;
}

/* Errors of this module are final (SPEC 1.2). */
static int fail(lua_State *L, const char *kind, const char *fmt, const char *key) {
	const char *text = lua_pushfstring(L, fmt, key);
	lua_pushnil(L);
	ki_error_push(L, kind, KI_RETRYABLE_NO, "%s", text);
	return 2;
}

static int lib_get(lua_State *L) {
	if (lua_type(L, 1) != LUA_TSTRING) {
		return ki_arg_error(L, 1, "get", "string");
	}
	if (lua_rawlen(L, 1) == 0) {
		return fail(L, "Invalid", "empty key", NULL);
	}
	lib_all(L);
	lua_pushvalue(L, 1);
	if (lua_rawget(L, -2) == LUA_TNIL) {
		return fail(L, "NotFound", "key not found: %s", lua_tostring(L, 1));
	}
	return 1;
}

void ki_open_ctx(lua_State *L) {
	static const luaL_Reg functions[] = {{"get", lib_get}, {"all", lib_all}, {NULL, NULL}};
	luaL_newlib(L, functions);
	ki_table_freeze(L, -1);
}

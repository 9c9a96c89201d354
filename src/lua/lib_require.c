/*
 * lua/lib_require.c: `require` and `package.loaded`.
 *
 * Owns: see lib_require.h. Threads: the worker that runs the process.
 */
#include "lua/lib_require.h"

#include <lauxlib.h>
#include <string.h>

#include "base/compiler.h"
#include "lua/immutable.h"
#include "lua/lib_time.h"
#include "lua/luaproc.h"

/* What any chunk may require, declared or not. */
static const char *const always[] = {"process", "channel", "errors", "payload", "os", "string",
	"table", "math", "utf8", "coroutine", "print"};

/* What a program declares: made only where it is. */
static const struct module {
	const char *name;
	void (*push)(lua_State *L);
} modules[] = {{"time", ki_open_time}};

/* The upvalue is package.loaded. */
static int require(lua_State *L) {
	const char *name = luaL_checkstring(L, 1);
	if (lua_getfield(L, lua_upvalueindex(1), name) == LUA_TNIL) {
		return luaL_error(L, "module '%s' not found (not in modules or imports of %s)",
			name, ki_lua_of(L)->program->id);
	}
	return 1;
}

static void open_module(lua_State *L, const char *name) {
	for (size_t i = 0; i < ki_countof(modules); i++) {
		if (strcmp(modules[i].name, name) == 0) {
			modules[i].push(L);
			lua_pushvalue(L, -1);
			lua_setglobal(L, name);
			lua_setfield(L, -2, name);
			return;
		}
	}
}

void ki_open_require(lua_State *L) {
	const struct ki_lua_program *program = ki_lua_of(L)->program;
	lua_createtable(L, 0, (int)ki_countof(always) + 1);
	for (size_t i = 0; i < ki_countof(always); i++) {
		lua_getglobal(L, always[i]);
		lua_setfield(L, -2, always[i]);
	}
	for (size_t i = 0; i < program->nr_modules; i++) {
		open_module(L, program->modules[i]);
	}
	ki_table_freeze(L, -1);
	lua_createtable(L, 0, 1);
	lua_pushvalue(L, -2);
	lua_setfield(L, -2, "loaded");
	lua_setglobal(L, "package");
	lua_pushcclosure(L, require, 1);
	lua_setglobal(L, "require");
}

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
#include "lua/lib_ctx.h"
#include "lua/lib_entries.h"
#include "lua/lib_funcs.h"
#include "lua/lib_io.h"
#include "lua/lib_json.h"
#include "lua/lib_logger.h"
#include "lua/lib_supervisor.h"
#include "lua/lib_system.h"
#include "lua/lib_time.h"
#include "lua/library.h"
#include "lua/luaproc.h"
#include "lua/pure.h"

/* Its address is the key of the modules made so far, by name. */
static const char modules_key = 'm';

/* What any chunk may require, declared or not. */
static const char *const always[] = {"process", "channel", "errors", "payload", "os", "string",
	"table", "math", "utf8", "coroutine", "print"};

/* What a program declares: made only where it is. */
static const struct module {
	const char *name;
	void (*push)(lua_State *L);
} modules[] = {{"time", ki_open_time}, {"json", ki_json_open}, {"logger", ki_logger_open},
	{"io", ki_io_open}, {"system", ki_system_open}, {"ctx", ki_open_ctx},
	{"supervisor", ki_supervisor_open}, {"funcs", ki_funcs_open},
	{"registry", ki_entries_open}};

static const struct ki_lua_program *import_of(
	const struct ki_lua_program *program, const char *alias) {
	for (size_t i = 0; i < program->nr_imports; i++) {
		if (strcmp(program->imports[i].alias, alias) == 0) {
			return program->imports[i].library;
		}
	}
	return NULL;
}

/* Upvalues: package.loaded, the program. */
static int require(lua_State *L) {
	const char *name = luaL_checkstring(L, 1);
	const struct ki_lua_program *program = lua_touserdata(L, lua_upvalueindex(2));
	if (lua_getfield(L, lua_upvalueindex(1), name) != LUA_TNIL) {
		return 1;
	}
	const struct ki_lua_program *library = import_of(program, name);
	if (library == NULL) {
		return luaL_error(L, "module '%s' not found (not in modules or imports of %s)",
			name, program->id);
	}
	return ki_library_use(L, library);
}

void ki_require_note(lua_State *L, const char *name) {
	luaL_checkstack(L, 2, NULL);
	ki_table_frozen(L, -2); /* pushes its fields */
	lua_insert(L, -2);
	lua_setfield(L, -2, name);
	lua_pop(L, 2);
}

static void push_module(lua_State *L, const struct module *module) {
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &modules_key) == LUA_TNIL) {
		lua_pop(L, 1);
		lua_newtable(L);
		lua_pushvalue(L, -1);
		lua_rawsetp(L, LUA_REGISTRYINDEX, &modules_key);
	}
	if (lua_getfield(L, -1, module->name) == LUA_TNIL) {
		lua_pop(L, 1);
		module->push(L);
		lua_pushvalue(L, -1);
		lua_setfield(L, -3, module->name);
	}
	lua_remove(L, -2);
}

static void set_raw(lua_State *L, int env, const char *name) {
	lua_pushstring(L, name);
	lua_insert(L, -2);
	lua_rawset(L, env);
}

/* Into the environment and the set of what is loaded; what is always there is so already. */
static void open_module(lua_State *L, const char *name, int env, int loaded) {
	for (size_t i = 0; i < ki_countof(modules); i++) {
		if (strcmp(modules[i].name, name) == 0) {
			push_module(L, &modules[i]);
			lua_pushvalue(L, -1);
			lua_setfield(L, loaded, name);
			set_raw(L, env, name);
			return;
		}
	}
}

void ki_require_open(lua_State *L, const struct ki_lua_program *program) {
	luaL_checkstack(L, LUA_MINSTACK, NULL);
	int env = lua_gettop(L);
	lua_createtable(L, 0, (int)ki_countof(always) + 1);
	int loaded = env + 1;
	for (size_t i = 0; i < ki_countof(always); i++) {
		lua_getglobal(L, always[i]);
		lua_setfield(L, loaded, always[i]);
	}
	for (size_t i = 0; i < program->nr_modules; i++) {
		open_module(L, program->modules[i], env, loaded);
	}
	ki_table_freeze(L, loaded);
	lua_createtable(L, 0, 1);
	lua_pushvalue(L, loaded);
	lua_setfield(L, -2, "loaded");
	set_raw(L, env, "package");
	lua_pushvalue(L, loaded);
	lua_pushlightuserdata(L, (void *)program); /* only read */
	lua_pushcclosure(L, require, 2);
	set_raw(L, env, "require");
}

const lua_CFunction ki_require_pure[] = {require, NULL};

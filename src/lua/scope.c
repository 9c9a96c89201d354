/*
 * lua/scope.c: the environments of chunks.
 *
 * Owns: see scope.h. Threads: the worker that runs the process.
 */
#include "lua/scope.h"

#include <lauxlib.h>
#include <string.h>

#include "lua/lib_base.h"
#include "lua/lib_require.h"
#include "lua/library.h"
#include "lua/luaproc.h"
#include "lua/pure.h"

/* Keys by address. In the metatable of an environment: of the globals, of what is loaded, of its
 * program. In the registry: of all environments, the process's own first. */
static const char globals_key = 'g', loaded_key = 'l', program_key = 'p', all_key = 'a';

static const struct ki_lua_import *find_import(
	const struct ki_lua_program *program, const char *name) {
	for (size_t i = 0; i < program->nr_imports; i++) {
		if (strcmp(program->imports[i].alias, name) == 0) {
			return &program->imports[i];
		}
	}
	return NULL;
}

/* ---- Imports that are not there yet ---- */

/* The import that the key at index 2 names. Upvalue 2: the program. */
static const struct ki_lua_import *named_import(lua_State *L) {
	const struct ki_lua_program *program = lua_touserdata(L, lua_upvalueindex(2));
	return lua_type(L, 2) == LUA_TSTRING ? find_import(program, lua_tostring(L, 2)) : NULL;
}

/* environment, key -> value. Upvalue 1: the globals. */
static int read_name(lua_State *L) {
	const struct ki_lua_import *import = named_import(L);
	if (import != NULL) {
		return ki_library_use(L, import->library);
	}
	lua_gettable(L, lua_upvalueindex(1));
	return 1;
}

/* environment, key, value. What a chunk calls by a name that it declared is its own. */
static int write_name(lua_State *L) {
	if (named_import(L) != NULL) {
		lua_rawset(L, 1);
	} else {
		lua_settable(L, lua_upvalueindex(1));
	}
	return 0;
}

static bool all_there(lua_State *L, int env, const struct ki_lua_program *program) {
	bool all = true;
	for (size_t i = 0; i < program->nr_imports && all; i++) {
		lua_pushstring(L, program->imports[i].alias);
		all = lua_rawget(L, env) != LUA_TNIL;
		lua_pop(L, 1);
	}
	return all;
}

/* Lets the globals alone lie behind the environment with the metatable at `meta`. */
static void set_behind(lua_State *L, int meta) {
	lua_rawgetp(L, meta, &globals_key);
	lua_pushvalue(L, -1);
	lua_setfield(L, meta, "__index");
	lua_setfield(L, meta, "__newindex");
}

/* The value on top of the stack, which stays, is the library of this import of the environment. */
static void set_import(lua_State *L, int env, int meta, const char *alias) {
	lua_pushstring(L, alias);
	lua_rawget(L, env);
	if (lua_isnil(L, -1)) {
		lua_pushstring(L, alias);
		lua_pushvalue(L, -3);
		lua_rawset(L, env);
	}
	lua_pop(L, 1);
	lua_rawgetp(L, meta, &loaded_key);
	lua_pushvalue(L, -2);
	ki_require_note(L, alias);
	lua_pop(L, 1);
}

/* The library at index `value` is loaded: it goes to where the environment on top imports it. */
static void import_into(lua_State *L, int value, const struct ki_lua_program *library) {
	int env = lua_gettop(L);
	lua_getmetatable(L, env);
	lua_rawgetp(L, env + 1, &program_key);
	const struct ki_lua_program *program = lua_touserdata(L, -1);
	for (size_t i = 0; i < program->nr_imports; i++) {
		if (program->imports[i].library == library) {
			lua_pushvalue(L, value);
			set_import(L, env, env + 1, program->imports[i].alias);
			lua_pop(L, 1);
		}
	}
	if (all_there(L, env, program)) {
		set_behind(L, env + 1);
	}
	lua_settop(L, env);
}

void ki_scope_loaded(lua_State *L, const struct ki_lua_program *library) {
	luaL_checkstack(L, LUA_MINSTACK, NULL);
	int value = lua_gettop(L);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &all_key);
	lua_Integer nr = (lua_Integer)lua_rawlen(L, -1);
	for (lua_Integer i = 1; i <= nr; i++) {
		lua_rawgeti(L, value + 1, i);
		import_into(L, value, library);
		lua_pop(L, 1);
	}
	lua_settop(L, value);
}

/* ---- As one table ---- */

bool ki_scope_is(lua_State *L, int index) {
	if (!ki_lua_of(L)->scoped || lua_type(L, index) != LUA_TTABLE ||
		!lua_getmetatable(L, index)) {
		return false;
	}
	bool is = lua_rawgetp(L, -1, &globals_key) == LUA_TTABLE;
	if (is) {
		lua_remove(L, -2);
	} else {
		lua_pop(L, 2);
	}
	return is;
}

bool ki_scope_looks_behind(lua_State *L, int index) {
	if (!ki_scope_is(L, index)) {
		return false;
	}
	lua_pushvalue(L, 2);
	bool own = lua_rawget(L, index) != LUA_TNIL;
	lua_pop(L, own ? 2 : 1);
	return !own;
}

/* A name of the environment's own hides that of a global. */
static bool next_behind(lua_State *L, int env, int globals) {
	while (lua_next(L, globals)) {
		lua_pushvalue(L, -2);
		bool hidden = lua_rawget(L, env) != LUA_TNIL;
		lua_pop(L, 1);
		if (!hidden) {
			return true;
		}
		lua_pop(L, 1);
	}
	return false;
}

bool ki_scope_next(lua_State *L, int env, int globals, bool *behind) {
	if (!*behind) {
		if (lua_next(L, env)) {
			return true;
		}
		*behind = true;
		lua_pushnil(L);
	}
	return next_behind(L, env, globals);
}

/* The iterator of pairs(); upvalues: the globals, whether it walks them by now. */
static int next_pair(lua_State *L) {
	lua_settop(L, 2);
	bool behind = lua_toboolean(L, lua_upvalueindex(2));
	bool found = ki_scope_next(L, 1, lua_upvalueindex(1), &behind);
	lua_pushboolean(L, behind);
	lua_replace(L, lua_upvalueindex(2));
	if (!found) {
		lua_pushnil(L);
		return 1;
	}
	return 2;
}

static int pairs(lua_State *L) {
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_pushboolean(L, 0);
	lua_pushcclosure(L, next_pair, 2);
	lua_pushvalue(L, 1);
	lua_pushnil(L);
	return 3;
}

/* ---- Making ---- */

/* Of the environment at `env`, with what is loaded on top of the stack, which is popped. */
static void set_metatable(lua_State *L, int env, const struct ki_lua_program *program) {
	lua_createtable(L, 0, 6);
	int meta = lua_gettop(L);
	lua_pushglobaltable(L);
	lua_pushlightuserdata(L, (void *)program); /* only read */
	lua_pushvalue(L, -1);
	lua_rawsetp(L, meta, &program_key);
	lua_pushcclosure(L, read_name, 2);
	lua_setfield(L, meta, "__index");
	lua_pushglobaltable(L);
	lua_pushlightuserdata(L, (void *)program);
	lua_pushcclosure(L, write_name, 2);
	lua_setfield(L, meta, "__newindex");
	lua_pushglobaltable(L);
	lua_pushcclosure(L, pairs, 1);
	lua_setfield(L, meta, "__pairs");
	lua_pushglobaltable(L);
	lua_rawsetp(L, meta, &globals_key);
	lua_insert(L, -2);
	lua_rawsetp(L, meta - 1, &loaded_key);
	lua_setmetatable(L, env);
}

/* Adds the environment at `env` to all. */
static void enlist(lua_State *L, int env) {
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &all_key) == LUA_TNIL) {
		lua_pop(L, 1);
		lua_newtable(L);
		lua_pushvalue(L, -1);
		lua_rawsetp(L, LUA_REGISTRYINDEX, &all_key);
	}
	lua_pushvalue(L, env);
	lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
	lua_pop(L, 1);
}

void ki_scope_push(lua_State *L, const struct ki_lua_program *program) {
	luaL_checkstack(L, LUA_MINSTACK, NULL);
	lua_newtable(L);
	int env = lua_gettop(L);
	lua_pushvalue(L, env);
	lua_setfield(L, env, LUA_GNAME);
	ki_base_push_load(L, env);
	lua_setfield(L, env, "load");
	ki_require_open(L, program);
	set_metatable(L, env, program);
	enlist(L, env);
	if (program->nr_imports == 0) {
		lua_getmetatable(L, env);
		set_behind(L, env + 1);
		lua_settop(L, env);
	}
	for (size_t i = 0; i < program->nr_imports; i++) {
		if (ki_library_loaded(L, program->imports[i].library)) {
			lua_pushvalue(L, env);
			import_into(L, env + 1, program->imports[i].library);
			lua_settop(L, env);
		}
	}
}

void ki_scope_open(lua_State *L) {
	struct ki_lua *lua = ki_lua_of(L);
	if (lua->program->nr_imports == 0) {
		lua_pushglobaltable(L);
		ki_require_open(L, lua->program);
		lua_pop(L, 2);
		return;
	}
	ki_scope_push(L, lua->program);
	lua_pop(L, 1);
	lua->scoped = true;
}

void ki_scope_enter(lua_State *L) {
	lua_rawgetp(L, LUA_REGISTRYINDEX, &all_key);
	lua_rawgeti(L, -1, 1);
	lua_setupvalue(L, -3, 1); /* a chunk's first is its _ENV */
	lua_pop(L, 1);
}

/* Not those that walk an environment: its keys are in two tables. */
const lua_CFunction ki_scope_pure[] = {read_name, write_name, NULL};

/*
 * lua/lib_base.c: the base functions, and the libraries taken from Lua nearly as they are.
 *
 * A function of Lua's that needs a guard is kept as the upvalue of ours, which calls it in its own
 * frame: so messages name the function that the program called.
 *
 * Owns: nothing. Threads: the worker that runs the process.
 */
#include "lua/lib_base.h"

#include <lauxlib.h>
#include <limits.h>
#include <lualib.h>
#include <string.h>

#include "base/check.h"
#include "base/compiler.h"
#include "base/rng.h"
#include "lua/frozen.h"
#include "lua/immutable.h"
#include "lua/lib_logger.h"
#include "lua/luaproc.h"
#include "lua/pure.h"
#include "lua/scope.h"

static int call_original(lua_State *L) {
	return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/* ---- print ---- */

void ki_base_push_line(lua_State *L, const char *between, const char *end) {
	int nr = lua_gettop(L);
	luaL_checkstack(L, 8, NULL);
	for (int i = 1; i <= nr; i++) {
		luaL_tolstring(L, i, NULL);
		lua_replace(L, i);
	}
	luaL_Buffer line;
	luaL_buffinit(L, &line);
	for (int i = 1; i <= nr; i++) {
		if (i > 1) {
			luaL_addstring(&line, between);
		}
		lua_pushvalue(L, i);
		luaL_addvalue(&line);
	}
	luaL_addstring(&line, end);
	luaL_pushresult(&line);
}

static int base_print(lua_State *L) {
	ki_base_push_line(L, "\t", "\n");
	const struct ki_system_hooks *hooks = &ki_lua_of(L)->proc->system->hooks;
	if (hooks->output != NULL) {
		size_t len;
		const char *text = lua_tolstring(L, -1, &len);
		hooks->output(hooks->user, text, len);
	}
	return 0;
}

/* ---- what has a guard ---- */

/* A finalizer can be neither stopped nor set aside (SPEC 13.1). */
static int base_setmetatable(lua_State *L) {
	if (lua_type(L, 2) == LUA_TTABLE) {
		lua_pushliteral(L, "__gc");
		if (lua_rawget(L, 2) != LUA_TNIL) {
			return luaL_error(L, "__gc is not supported");
		}
		lua_pop(L, 1);
	}
	if (ki_scope_is(L, 1)) {
		lua_pushvalue(L, 1);
		lua_insert(L, 1); /* what is returned: the first as it was */
		lua_replace(L, 2);
		lua_pushvalue(L, lua_upvalueindex(1));
		lua_insert(L, 2);
		lua_call(L, lua_gettop(L) - 2, 0);
		return 1;
	}
	return call_original(L);
}

static int base_getmetatable(lua_State *L) {
	if (ki_scope_is(L, 1)) {
		lua_replace(L, 1);
	}
	return call_original(L);
}

static int base_collectgarbage(lua_State *L) {
	static const char *const options[] = {"collect", "count", "step", NULL};
	luaL_checkoption(L, 1, "collect", options);
	return call_original(L);
}

/* Text only (SPEC 13.6): Lua itself refuses the rest in mode "t". Upvalue 2: the environment of who
 * may call it, or nil: the globals, as Lua has it. */
static int base_load(lua_State *L) {
	const char *mode = luaL_optstring(L, 3, "t");
	if (strchr(mode, 't') == NULL) {
		lua_pushnil(L);
		lua_pushfstring(L, "attempt to load a text chunk (mode is '%s')", mode);
		return 2;
	}
	bool has_env = lua_gettop(L) > 3;
	if (!has_env) {
		lua_settop(L, 3);
	}
	lua_pushliteral(L, "t");
	lua_replace(L, 3);
	if (!has_env && !lua_isnil(L, lua_upvalueindex(2))) {
		lua_pushvalue(L, lua_upvalueindex(2));
	}
	return call_original(L);
}

/* next and rawget find the fields of a read-only table. */
static int base_rawget(lua_State *L) {
	if (ki_table_frozen(L, 1) || ki_scope_looks_behind(L, 1)) {
		lua_replace(L, 1);
	}
	return call_original(L);
}

static int base_next(lua_State *L) {
	if (ki_table_frozen(L, 1)) {
		lua_replace(L, 1);
		return call_original(L);
	}
	if (!ki_scope_is(L, 1)) {
		return call_original(L);
	}
	lua_insert(L, 2); /* environment, globals, key */
	lua_settop(L, 3);
	lua_pushvalue(L, 3);
	bool behind = !lua_isnil(L, 3) && lua_rawget(L, 1) == LUA_TNIL;
	lua_settop(L, 3);
	if (!ki_scope_next(L, 1, 2, &behind)) {
		lua_pushnil(L);
		return 1;
	}
	return 2;
}

static int base_rawset(lua_State *L) {
	if (ki_table_frozen(L, 1)) {
		return ki_table_refuse(L);
	}
	if (!ki_scope_looks_behind(L, 1)) {
		return call_original(L);
	}
	luaL_checkany(L, 3);
	lua_insert(L, 2);
	lua_settop(L, 4);
	lua_rawset(L, 2);
	lua_settop(L, 1);
	return 1;
}

static void guard(lua_State *L, const char *name, lua_CFunction function) {
	lua_getfield(L, -1, name);
	lua_pushcclosure(L, function, 1);
	ki_frozen_mark(L, -1);
	lua_setfield(L, -2, name);
}

void ki_base_push_load(lua_State *L, int env) {
	env = lua_absindex(L, env);
	lua_getglobal(L, "load");
	lua_getupvalue(L, -1, 1);
	lua_pushvalue(L, env);
	lua_pushcclosure(L, base_load, 2);
	lua_remove(L, -2);
}

static void open_base(lua_State *L) {
	luaL_requiref(L, LUA_GNAME, luaopen_base, 1);
	guard(L, "setmetatable", base_setmetatable);
	guard(L, "collectgarbage", base_collectgarbage);
	guard(L, "getmetatable", base_getmetatable);
	lua_getfield(L, -1, "load");
	lua_pushnil(L);
	lua_pushcclosure(L, base_load, 2);
	ki_frozen_mark(L, -1);
	lua_setfield(L, -2, "load");
	guard(L, "next", base_next);
	guard(L, "rawget", base_rawget);
	guard(L, "rawset", base_rawset);
	lua_pushcfunction(L, base_print);
	lua_setfield(L, -2, "print");
	lua_pushcfunction(L, ki_logger_warn);
	lua_setfield(L, -2, "warn");
	static const char *const absent[] = {"dofile", "loadfile"};
	for (size_t i = 0; i < ki_countof(absent); i++) {
		lua_pushnil(L);
		lua_setfield(L, -2, absent[i]);
	}
	lua_pop(L, 1);
}

/* ---- table ---- */

static int size_argument(lua_State *L, int arg) {
	lua_Integer n = luaL_optinteger(L, arg, 0);
	luaL_argcheck(L, n >= 0 && n <= INT_MAX, arg, "out of range");
	return (int)n;
}

static int table_create(lua_State *L) {
	luaL_checkinteger(L, 1);
	int narr = size_argument(L, 1);
	lua_createtable(L, narr, size_argument(L, 2));
	return 1;
}

static void open_table(lua_State *L) {
	luaL_requiref(L, LUA_TABLIBNAME, luaopen_table, 1);
	lua_pushcfunction(L, table_create);
	lua_setfield(L, -2, "create");
	lua_getfield(L, -1, "unpack");
	lua_setglobal(L, "unpack");
	lua_pop(L, 1);
}

/* ---- math ---- */

/* Its address is the key of math.randomseed. */
static const char seed_key = 's';

static uint64_t draw(struct ki_lua *lua) {
	struct ki_rng rng;
	ki_rng_seed(&rng, lua->random_seed);
	lua->random_seed = ki_rng_next(&rng);
	return ki_rng_next(&rng);
}

unsigned int ki_lua_pivot(lua_State *L) {
	ki_pure_differs(L);
	return (unsigned int)draw(ki_lua_of(L));
}

/* Of both: upvalue 1 is the state that they share, where Lua's own functions expect it; 2 is Lua's
 * own. */

static int math_random(lua_State *L) {
	struct ki_lua *lua = ki_lua_of(L);
	if (!lua->seeded) { /* SPEC 13.8; not before, since few processes draw */
		lua_rawgetp(L, LUA_REGISTRYINDEX, &seed_key);
		lua_pushinteger(L, (lua_Integer)draw(lua));
		lua_call(L, 1, 0);
	}
	return lua_tocfunction(L, lua_upvalueindex(2))(L);
}

/* Lua's own draws from time and addresses when it is given nothing. */
static int math_randomseed(lua_State *L) {
	struct ki_lua *lua = ki_lua_of(L);
	if (lua_gettop(L) == 0) {
		uint64_t first = draw(lua); /* unless it had that one already */
		lua_pushinteger(L, (lua_Integer)(lua->seeded ? first : draw(lua)));
	}
	lua->seeded = true;
	return lua_tocfunction(L, lua_upvalueindex(2))(L);
}

/* Puts `fn` in the place of Lua's own in the library on top, and pushes it. */
static void wrap_random(lua_State *L, const char *name, lua_CFunction fn) {
	lua_getfield(L, -1, name);
	ki_check(lua_getupvalue(L, -1, 1) != NULL);
	lua_insert(L, -2);
	lua_pushcclosure(L, fn, 2);
	lua_pushvalue(L, -1);
	lua_setfield(L, -3, name);
}

static void open_math(lua_State *L) {
	luaL_requiref(L, LUA_MATHLIBNAME, luaopen_math, 1);
	wrap_random(L, "random", math_random);
	lua_pop(L, 1);
	wrap_random(L, "randomseed", math_randomseed);
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &seed_key);
	lua_pushinteger(L, 0); /* nothing of time and addresses is left in it */
	lua_call(L, 1, 0);
	ki_lua_of(L)->seeded = false;
	lua_pop(L, 1);
}

/* ---- debug ---- */

static void open_debug(lua_State *L) {
	luaL_requiref(L, LUA_DBLIBNAME, luaopen_debug, 0);
	lua_createtable(L, 0, 1);
	lua_getfield(L, -2, "traceback");
	lua_setfield(L, -2, "traceback");
	lua_pushvalue(L, -1);
	lua_setglobal(L, LUA_DBLIBNAME);
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
	lua_insert(L, -2);
	lua_setfield(L, -2, LUA_DBLIBNAME);
	lua_pop(L, 2);
}

void ki_open_base(lua_State *L) {
	open_base(L);
	open_table(L);
	open_math(L);
	luaL_requiref(L, LUA_UTF8LIBNAME, luaopen_utf8, 1);
	lua_pop(L, 1);
	open_debug(L);
}

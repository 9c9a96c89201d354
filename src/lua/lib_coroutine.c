/*
 * lua/lib_coroutine.c: the library `coroutine` (SPEC 10.4, 10.5).
 *
 * As Lua's own, but that process-level coroutines are nobody's to resume or close, that yield at
 * their top level lets the others run, and that who makes another thread run says so (hook.h).
 *
 * Owns: nothing. Threads: the worker that runs the process.
 * Not here: how they run and wait (co.c).
 */
#include "lua/lib_coroutine.h"

#include <lualib.h>

#include "lua/co.h"
#include "lua/frozen.h"
#include "lua/hook.h"
#include "lua/luaerror.h"

#define REFUSED "cannot resume a spawned coroutine"

static lua_State *check_thread(lua_State *L) {
	lua_State *thread = lua_tothread(L, 1);
	if (thread == NULL) {
		luaL_typeerror(L, 1, "coroutine");
	}
	return thread;
}

/* ---- spawn ---- */

static int spawned(lua_State *L, int status, lua_KContext ctx) {
	(void)status, (void)ctx;
	lua_settop(L, 1);
	return 1;
}

/* The new one runs up to its first wait, then the caller, then who was ready before. */
static int lib_spawn(lua_State *L) {
	if (lua_type(L, 1) != LUA_TFUNCTION) {
		return ki_arg_error(L, 1, "spawn", "function");
	}
	ki_lua_require_running(L, "spawn");
	lua_settop(L, 1);
	struct ki_co *made = ki_co_spawn(L, false);
	ki_co_ready_first(ki_co_waiter(L, "spawn"), 0);
	ki_co_ready_first(made, 0);
	return ki_co_block(L, 0, spawned);
}

/* ---- resume, wrap, yield, close: as in lcorolib.c ---- */

/* Gives the number of values on top of L's stack, or -1 with an error message there. */
static int resume(lua_State *L, lua_State *thread, int nr_args) {
	if (ki_co_find(thread) != NULL) {
		lua_pushliteral(L, REFUSED);
		return -1;
	}
	if (!lua_checkstack(thread, nr_args)) {
		lua_pushliteral(L, "too many arguments to resume");
		return -1;
	}
	lua_xmove(L, thread, nr_args);
	int nr_results;
	struct ki_lua *lua = ki_lua_of(L);
	ki_lua_runs(lua, thread);
	int status = lua_resume(thread, L, nr_args, &nr_results);
	ki_lua_runs(lua, L);
	if (status != LUA_OK && status != LUA_YIELD) {
		lua_xmove(thread, L, 1); /* the error */
		return -1;
	}
	if (!lua_checkstack(L, nr_results + 1)) {
		lua_pop(thread, nr_results);
		lua_pushliteral(L, "too many results to resume");
		return -1;
	}
	lua_xmove(thread, L, nr_results);
	return nr_results;
}

static int lib_resume(lua_State *L) {
	lua_State *thread = check_thread(L);
	int nr_results = resume(L, thread, lua_gettop(L) - 1);
	bool ok = nr_results >= 0;
	lua_pushboolean(L, ok);
	nr_results = ok ? nr_results : 1;
	lua_insert(L, -(nr_results + 1));
	return nr_results + 1;
}

static int lib_yield(lua_State *L) {
	struct ki_lua *lua = ki_lua_of(L);
	bool top_level = lua->loading ? L == lua->L : L == lua->current->L;
	return top_level ? ki_co_yield(L, "yield") : lua_yield(L, lua_gettop(L));
}

/* Closes what is to be closed in a thread; gives what lua_closethread does. */
static int close_thread(lua_State *L, lua_State *thread) {
	struct ki_lua *lua = ki_lua_of(L);
	ki_lua_runs(lua, thread);
	int status = lua_closethread(thread, L);
	ki_lua_runs(lua, L);
	return status;
}

static int wrapped(lua_State *L) {
	lua_State *thread = lua_tothread(L, lua_upvalueindex(1));
	int nr_results = resume(L, thread, lua_gettop(L));
	if (nr_results >= 0) {
		return nr_results;
	}
	int status = lua_status(thread);
	if (status != LUA_OK && status != LUA_YIELD) { /* an error in it */
		status = close_thread(L, thread);
		lua_xmove(thread, L, 1);
	}
	if (status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) {
		luaL_where(L, 1);
		lua_insert(L, -2);
		lua_concat(L, 2);
	}
	return lua_error(L);
}

static int lib_wrap(lua_State *L) {
	luaL_checktype(L, 1, LUA_TFUNCTION);
	lua_State *thread = lua_newthread(L);
	lua_pushvalue(L, 1);
	lua_xmove(L, thread, 1);
	lua_pushcclosure(L, wrapped, 1);
	return 1;
}

/* It runs, or waits for one that it resumed. */
static bool is_active(lua_State *L, lua_State *thread) {
	lua_Debug ar;
	return L == thread || (lua_status(thread) == LUA_OK && lua_getstack(thread, 0, &ar));
}

static int lib_close(lua_State *L) {
	lua_State *thread = check_thread(L);
	if (ki_co_find(thread) != NULL) {
		return luaL_error(L, REFUSED);
	}
	if (is_active(L, thread)) {
		return luaL_error(L, "cannot close a %s coroutine",
			L == thread ? "running" : "normal");
	}
	bool ok = close_thread(L, thread) == LUA_OK;
	lua_pushboolean(L, ok);
	if (!ok) {
		lua_xmove(thread, L, 1); /* the error */
	}
	return ok ? 1 : 2;
}

/* ---- status, running ---- */

static int lib_status(lua_State *L) {
	struct ki_co *co = ki_co_find(check_thread(L));
	if (co != NULL && (co->state == KI_CO_WAITING || co->state == KI_CO_READY)) {
		lua_pushliteral(L, "suspended"); /* also where its thread stands in a C function */
		return 1;
	}
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
	return lua_gettop(L);
}

static int lib_running(lua_State *L) {
	struct ki_lua *lua = ki_lua_of(L);
	bool is_state_main = lua_pushthread(L) == 1;
	struct ki_co *co = lua->current;
	lua_pushboolean(L, is_state_main || (co != NULL && co->is_main && co->L == L));
	return 2;
}

/* Replaces the function in the table on top by one that has Lua's own as its upvalue. */
static void wrap_function(lua_State *L, const char *name, lua_CFunction fn) {
	lua_getfield(L, -1, name);
	lua_pushcclosure(L, fn, 1);
	ki_frozen_mark(L, -1);
	lua_setfield(L, -2, name);
}

void ki_open_coroutine(lua_State *L) {
	static const luaL_Reg functions[] = {
		{"spawn", lib_spawn},
		{"resume", lib_resume},
		{"yield", lib_yield},
		{"wrap", lib_wrap},
		{"close", lib_close},
		{"running", lib_running},
		{NULL, NULL},
	};
	/* Messages find its functions in package.loaded. */
	luaL_requiref(L, LUA_COLIBNAME, luaopen_coroutine, 1);
	luaL_setfuncs(L, functions, 0);
	wrap_function(L, "status", lib_status);
	lua_pop(L, 1);
}

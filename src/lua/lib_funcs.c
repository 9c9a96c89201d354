/*
 * lua/lib_funcs.c: the module `funcs`: calls, and executors, which say how.
 *
 * As a spawner does, a method of an executor copies it and changes the copy.
 *
 * Owns: see lib_funcs.h. Threads: the worker that runs the process.
 */
#include "lua/lib_funcs.h"

#include "lua/co.h"
#include "lua/future.h"
#include "lua/immutable.h"
#include "lua/launch.h"
#include "lua/lib_exec.h"
#include "lua/luaerror.h"
#include "lua/route.h"
#include "lua/terms.h"

static const char type_name[] = "funcs.Executor";

/* ---- Calls ---- */

/* The function named by the argument at base + 1. Gives 0, or the number of results pushed. */
static int read_function(
	lua_State *L, const char *fn, int base, const struct ki_function **out) {
	struct ki_strv id = {0};
	int type = lua_type(L, base + 1);
	if (type == LUA_TSTRING) {
		id.ptr = lua_tolstring(L, base + 1, &id.len);
	} else if (type != LUA_TNONE && type != LUA_TNIL) {
		lua_rotate(L, 1, -base); /* so that it has its number */
		return ki_arg_error(L, 1, fn, "string");
	}
	if (id.len == 0) {
		return ki_fail(L, KITH_EINVAL, "function ID required");
	}
	size_t colon = ki_strv_find(id, ':');
	if (colon == SIZE_MAX || colon == 0 || colon + 1 == id.len) {
		return ki_fail(
			L, KITH_EINVAL, "invalid function ID format (namespace:name required)");
	}
	*out = ki_system_find_function(ki_lua_of(L)->proc->system, id);
	return *out != NULL ? 0 : ki_fail(L, KITH_ENOTFOUND, "function not found");
}

/* Starts the call that the arguments from base + 1 on say. Gives 0 and the callee, or the number of
 * results pushed. */
static int start(lua_State *L, const char *fn, int base, const struct ki_terms *terms,
	kith_pid *callee) {
	const struct ki_function *function;
	int failed = read_function(L, fn, base, &function);
	if (failed != 0) {
		return failed;
	}
	struct ki_spawn how = {
		.program = function->program,
		.host = function->host != NULL ? function->host : ki_lua_of(L)->proc->host,
		.relations = KI_SPAWN_CALL,
		.context = terms != NULL ? terms->context : NULL,
	};
	failed = ki_launch_check_host(L, how.host);
	if (failed == 0) {
		ki_launch_child(L, &how, base + 2, callee, &failed);
	}
	return failed;
}

static int call(lua_State *L, int base, const struct ki_terms *terms) {
	kith_pid callee;
	ki_lua_require_running(L, "call");
	ki_lua_look(L);
	int failed = start(L, "call", base, terms, &callee);
	if (failed != 0) {
		return failed;
	}
	return ki_exec_wait(L, "call", callee, terms != NULL ? terms->timeout_ns : 0);
}

static int async(lua_State *L, int base, const struct ki_terms *terms) {
	kith_pid callee;
	ki_lua_require_running(L, "async");
	int failed = start(L, "async", base, terms, &callee);
	if (failed != 0) {
		return failed;
	}
	ki_future_push(L, callee, terms != NULL ? terms->timeout_ns : 0);
	return 1;
}

static int lib_call(lua_State *L) {
	return call(L, 0, NULL);
}

static int lib_async(lua_State *L) {
	return async(L, 0, NULL);
}

/* ---- Executors ---- */

/* Its terms are context and timeout. */
static struct ki_terms *push_new(lua_State *L) {
	return ki_terms_push(L, type_name, 0);
}

static struct ki_terms *check(lua_State *L, const char *method) {
	return ki_terms_check(L, type_name, method);
}

/* Pushes one like that at 1. */
static struct ki_terms *push_copy(lua_State *L, const char *method) {
	const struct ki_terms *from = check(L, method);
	struct ki_terms *terms = push_new(L);
	if (from->context != NULL) {
		terms->context = ki_payload_ref(from->context);
	}
	terms->timeout_ns = from->timeout_ns;
	return terms;
}

static int lib_new(lua_State *L) {
	push_new(L);
	return 1;
}

static int with_context(lua_State *L) {
	check(L, "with_context");
	int given = ki_terms_check_table(L, 2, 1, "with_context");
	ki_terms_set_context(L, push_copy(L, "with_context"), given);
	return 1;
}

/* Options beside the timeout say nothing to this runtime. */
static int with_options(lua_State *L) {
	check(L, "with_options");
	ki_terms_check_table(L, 2, 1, "with_options");
	struct ki_terms *terms = push_copy(L, "with_options");
	lua_pushliteral(L, "timeout");
	if (lua_rawget(L, 2) != LUA_TNIL) {
		terms->timeout_ns = ki_terms_read_ms(L, "timeout");
	}
	lua_pop(L, 1);
	return 1;
}

static int executor_call(lua_State *L) {
	return call(L, 1, check(L, "call"));
}

static int executor_async(lua_State *L) {
	return async(L, 1, check(L, "async"));
}

/* ---- Opening ---- */

void ki_funcs_open(lua_State *L) {
	static const luaL_Reg methods[] = {
		{"with_context", with_context},
		{"with_options", with_options},
		{"call", executor_call},
		{"async", executor_async},
		{NULL, NULL},
	};
	static const luaL_Reg own[] = {
		{"call", lib_call}, {"async", lib_async}, {"new", lib_new}, {NULL, NULL}};
	ki_terms_open(L, type_name, methods);
	ki_future_open(L);
	luaL_newlib(L, own);
	ki_table_freeze(L, -1);
}

/*
 * lua/lib_registry.c: process.registry: names of processes.
 *
 * Owns: nothing. Threads: the worker that runs the process.
 */
#include "lua/lib_registry.h"

#include "lua/co.h"
#include "lua/event.h"
#include "lua/immutable.h"
#include "lua/luaerror.h"
#include "lua/refusal.h"
#include "process/names.h"

enum scope { LOCAL, EVENTUAL, CONSISTENT, STRONG };

static struct ki_strv check_name(lua_State *L, const char *fn) {
	struct ki_strv name;
	if (lua_type(L, 1) != LUA_TSTRING) {
		ki_arg_error(L, 1, fn, "string");
	}
	name.ptr = lua_tolstring(L, 1, &name.len);
	return name;
}

/* Of the two, the PID that the call is about. Gives 0, or the number of results pushed. */
static int read_pid(lua_State *L, int index, kith_pid *out) {
	struct ki_proc *proc = ki_lua_of(L)->proc;
	if (lua_isnoneornil(L, index)) {
		*out = proc->pid;
		return 0;
	}
	if (lua_type(L, index) != LUA_TSTRING) {
		return ki_fail(L, KITH_EINVAL, "pid must be a string");
	}
	struct ki_strv text;
	text.ptr = lua_tolstring(L, index, &text.len);
	enum ki_pid_fault fault = ki_pid_parse(proc->system, text, out);
	if (fault == KI_PID_UNKNOWN_HOST ||
		(fault == KI_PID_OK && !ki_pid_alive(proc->system, *out))) {
		return ki_fail(L, KITH_ENOTFOUND, "process not found");
	}
	return fault == KI_PID_OK
		? 0
		: ki_fail(L, ki_pid_fault_status(fault), "%s", ki_pid_fault_text(fault));
}

/* This node alone is there. Gives 0, or the number of results pushed. */
static int check_scope(lua_State *L, int index, const char *fn) {
	if (lua_isnoneornil(L, index)) {
		return 0;
	}
	if (!lua_isinteger(L, index)) {
		return ki_arg_error(L, index, fn, "integer");
	}
	switch (lua_tointeger(L, index)) {
	case LOCAL:
		return 0;
	case EVENTUAL:
		return ki_fail(L, KITH_EUNAVAILABLE, "eventual registry not available");
	case CONSISTENT:
	case STRONG:
		return ki_fail(L, KITH_EUNAVAILABLE, "global registry not available");
	default:
		return ki_fail(L, KITH_EINVAL, "unknown registry scope");
	}
}

static int register_failed(lua_State *L, int status) {
	switch (status) {
	case KITH_EEXIST:
		return ki_fail(L, status, "name already registered");
	case KITH_ENOTFOUND:
		return ki_fail(L, status, "process not found");
	default:
		ki_lua_refuse_memory(L);
	}
}

static int lib_register(lua_State *L) {
	ki_lua_require_running(L, "register");
	struct ki_strv name = check_name(L, "register");
	struct ki_proc *proc = ki_lua_of(L)->proc;
	kith_pid pid;
	int failed = read_pid(L, 2, &pid);
	if (failed == 0 && name.len == 0) {
		failed = ki_fail(L, KITH_EINVAL, "name cannot be empty");
	}
	if (failed == 0 && name.ptr[0] == '{') {
		failed = ki_fail(L, KITH_EINVAL, "name cannot look like a pid");
	}
	if (failed == 0) {
		failed = check_scope(L, 3, "register");
	}
	if (failed != 0) {
		return failed;
	}
	int status = ki_name_register(proc->system, name, pid, proc->pid);
	if (status != KITH_OK) {
		return register_failed(L, status);
	}
	lua_pushboolean(L, 1);
	return 1;
}

static int lib_lookup(lua_State *L) {
	kith_pid pid;
	if (ki_name_find(ki_lua_of(L)->proc->system, check_name(L, "lookup"), &pid) != KITH_OK) {
		return ki_fail(L, KITH_ENOTFOUND, "name not registered");
	}
	ki_pid_push(L, pid);
	return 1;
}

static int lib_unregister(lua_State *L) {
	ki_lua_require_running(L, "unregister");
	struct ki_strv name = check_name(L, "unregister");
	int failed = check_scope(L, 2, "unregister");
	if (failed != 0) {
		return failed;
	}
	struct ki_proc *proc = ki_lua_of(L)->proc;
	lua_pushboolean(L, ki_name_unregister(proc->system, name, proc->pid));
	return 1;
}

void ki_registry_push(lua_State *L) {
	static const luaL_Reg functions[] = {
		{"register", lib_register},
		{"lookup", lib_lookup},
		{"unregister", lib_unregister},
		{NULL, NULL},
	};
	static const struct {
		const char *name;
		enum scope scope;
	} scopes[] = {{"LOCAL", LOCAL}, {"EVENTUAL", EVENTUAL}, {"CONSISTENT", CONSISTENT},
		{"STRONG", STRONG}};
	luaL_newlib(L, functions);
	for (size_t i = 0; i < ki_countof(scopes); i++) {
		lua_pushinteger(L, scopes[i].scope);
		lua_setfield(L, -2, scopes[i].name);
	}
	ki_table_freeze(L, -1);
}

/*
 * lua/lib_supervisor.c: the module `supervisor`.
 *
 * Owns: nothing. Threads: the worker that runs the process.
 */
#include "lua/lib_supervisor.h"

#include "lua/codec.h"
#include "lua/event.h"
#include "lua/immutable.h"
#include "lua/launch.h"
#include "lua/lib_exec.h"
#include "lua/lib_payload.h"
#include "lua/luaerror.h"
#include "lua/co.h"
#include "lua/route.h"
#include "process/names.h"

static struct ki_system *system_of(lua_State *L) {
	return ki_lua_of(L)->proc->system;
}

/* ---- Specs on their way out ---- */

/*
 * A spec is copied table by table before it is encoded: so no table in it is shared with another,
 * and each input of a child travels as a payload of its own, whatever it holds.
 */

/* Pushes a copy of the table at `from`, as deep as one. */
static void push_copy(lua_State *L, int from) {
	luaL_checkstack(L, 8, NULL);
	lua_newtable(L);
	lua_pushnil(L);
	while (lua_next(L, from) != 0) {
		lua_pushvalue(L, -2);
		lua_insert(L, -2);
		lua_rawset(L, -4);
	}
}

/* Whether all keys of the table at `index` are from 1 to its length. */
static bool is_list(lua_State *L, int index) {
	lua_Integer nr = (lua_Integer)lua_rawlen(L, index);
	lua_pushnil(L);
	while (lua_next(L, index) != 0) {
		lua_pop(L, 1);
		if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < 1 ||
			lua_tointeger(L, -1) > nr) {
			lua_pop(L, 1);
			return false;
		}
	}
	return true;
}

/* Replaces the input of the child on top. Gives 0, or a status with a text pushed. */
static int wrap_input(lua_State *L) {
	int child = lua_gettop(L);
	lua_getfield(L, child, "input");
	int input = child + 1;
	if (!lua_istable(L, input) || !is_list(L, input)) {
		lua_settop(L, child);
		return KITH_OK; /* the supervisor says what is wrong */
	}
	lua_Integer nr = (lua_Integer)lua_rawlen(L, input);
	lua_createtable(L, (int)(nr < INT16_MAX ? nr : INT16_MAX), 0);
	for (lua_Integer i = 1; i <= nr; i++) {
		struct ki_payload *payload = NULL;
		lua_rawgeti(L, input, i);
		int status = ki_codec_encode_value(L, lua_gettop(L), 1, &payload);
		if (status != KITH_OK) {
			return status;
		}
		ki_payload_give(L, payload);
		lua_rawseti(L, input + 1, i);
		lua_settop(L, input + 1);
	}
	lua_setfield(L, child, "input");
	lua_settop(L, child);
	return KITH_OK;
}

/* Pushes the copy of a child at `from`; as wrap_input. What is no table is copied as it is. */
static int push_child(lua_State *L, int from) {
	if (!lua_istable(L, from)) {
		lua_pushvalue(L, from);
		return KITH_OK;
	}
	push_copy(L, from);
	int child = lua_gettop(L);
	lua_getfield(L, child, "backoff");
	if (lua_istable(L, child + 1)) {
		push_copy(L, child + 1);
		lua_setfield(L, child, "backoff");
	}
	lua_settop(L, child);
	return wrap_input(L);
}

/* Pushes the copy of a spec at `from`; as wrap_input. */
static int push_spec(lua_State *L, int from) {
	push_copy(L, from);
	int spec = lua_gettop(L);
	lua_getfield(L, spec, "children");
	int children = spec + 1;
	if (!lua_istable(L, children)) {
		lua_settop(L, spec);
		return KITH_OK;
	}
	push_copy(L, children);
	lua_Integer nr = (lua_Integer)lua_rawlen(L, children);
	for (lua_Integer i = 1; i <= nr; i++) {
		lua_rawgeti(L, children, i);
		int status = push_child(L, children + 2);
		if (status != KITH_OK) {
			return status;
		}
		lua_rawseti(L, children + 1, i);
		lua_settop(L, children + 1);
	}
	lua_setfield(L, spec, "children");
	lua_settop(L, spec);
	return KITH_OK;
}

/* ---- start ---- */

/* Gives 0, or the number of results pushed; so do those below. */
static int read_host(lua_State *L, int spec, struct ki_proc_host **out) {
	struct ki_proc_host *own = ki_lua_of(L)->proc->host;
	int type = lua_getfield(L, spec, "host");
	struct ki_strv id;
	id.ptr = lua_tolstring(L, -1, &id.len); /* spec keeps it */
	lua_pop(L, 1);
	if (type == LUA_TNIL) {
		*out = own->internal ? system_of(L)->only_host : own;
		return *out != NULL ? 0 : ki_fail(L, KITH_EINVAL, "host is required");
	}
	if (type != LUA_TSTRING) {
		return ki_fail(L, KITH_EINVAL, "host must be a string");
	}
	*out = ki_system_find_host(system_of(L), id);
	if (*out == NULL || (*out)->internal) {
		return ki_fail(L, KITH_EINVAL, "host must be the ID of a host");
	}
	return 0;
}

static int read_name(lua_State *L, int spec, struct ki_strv *out) {
	int type = lua_getfield(L, spec, "name");
	out->ptr = lua_tolstring(L, -1, &out->len); /* spec keeps it */
	lua_pop(L, 1);
	if (type == LUA_TNIL) {
		return 0;
	}
	if (type != LUA_TSTRING) {
		return ki_fail(L, KITH_EINVAL, "name must be a string");
	}
	if (out->len == 0) {
		return ki_fail(L, KITH_EINVAL, "name cannot be empty");
	}
	return out->ptr[0] == '{' ? ki_fail(L, KITH_EINVAL, "name cannot look like a pid") : 0;
}

/* Makes a process with the values from `first` to the top as its arguments. */
static int make(lua_State *L, struct ki_spawn *spawn, int first, kith_pid *pid) {
	int results;
	int status = ki_launch_child(L, spawn, first, pid, &results);
	return status == KITH_EEXIST ? ki_fail(L, status, "name already registered") : results;
}

static int lib_start(lua_State *L) {
	struct ki_spawn spawn = {.program = system_of(L)->supervisor};
	kith_pid pid = 0;
	ki_lua_require_running(L, "start");
	if (!lua_istable(L, 1)) {
		return ki_fail(L, KITH_EINVAL, "spec must be a table");
	}
	lua_settop(L, 1);
	int status = push_spec(L, 1);
	if (status != KITH_OK) {
		return ki_fail(L, status, "%s", lua_tostring(L, -1));
	}
	int failed = read_host(L, 2, &spawn.host);
	if (failed == 0) {
		failed = read_name(L, 2, &spawn.name);
	}
	if (failed == 0) {
		failed = make(L, &spawn, 2, &pid);
	}
	if (failed != 0) {
		return failed;
	}
	ki_pid_push(L, pid);
	return 1;
}

/* ---- Requests ---- */

/* The supervisor in argument 1: a PID or a name. */
static int read_supervisor(lua_State *L, const char *fn, kith_pid *out) {
	if (lua_type(L, 1) != LUA_TSTRING) {
		return ki_arg_error(L, 1, fn, "string");
	}
	struct ki_strv text;
	text.ptr = lua_tolstring(L, 1, &text.len);
	enum ki_pid_fault fault = ki_pid_parse(system_of(L), text, out);
	if (fault == KI_PID_OK) {
		return 0;
	}
	if (fault == KI_PID_OTHER_NODE || fault == KI_PID_UNKNOWN_HOST) {
		return ki_fail(L, ki_pid_fault_status(fault), "%s", ki_pid_fault_text(fault));
	}
	if (ki_name_find(system_of(L), text, out) == KITH_OK) {
		return 0;
	}
	return ki_fail(L, KITH_ENOTFOUND, "could not resolve '%s' as PID or registered name",
		text.ptr);
}

/* Asks the supervisor in argument 1 with the argument on top, when there is one at 2. */
static int ask(lua_State *L, const char *fn) {
	kith_pid to, callee = 0;
	struct ki_spawn spawn = {
		.program = system_of(L)->supervisor_request,
		.host = ki_lua_of(L)->proc->host,
		.internal = true,
		.relations = KI_SPAWN_CALL,
	};
	int failed = read_supervisor(L, fn, &to);
	if (failed != 0) {
		return failed;
	}
	lua_pushinteger(L, (lua_Integer)to);
	lua_replace(L, 1);
	lua_pushstring(L, fn);
	lua_insert(L, 2);
	ki_lua_look(L);
	failed = make(L, &spawn, 1, &callee);
	return failed != 0 ? failed : ki_exec_wait(L, fn, callee, 0);
}

static int ask_plainly(lua_State *L, const char *fn) {
	ki_lua_require_running(L, fn);
	lua_settop(L, 1);
	return ask(L, fn);
}

static int ask_about(lua_State *L, const char *fn) {
	ki_lua_require_running(L, fn);
	lua_settop(L, 2);
	if (lua_type(L, 2) != LUA_TSTRING) {
		return ki_arg_error(L, 2, fn, "string");
	}
	return ask(L, fn);
}

static int lib_children(lua_State *L) {
	return ask_plainly(L, "children");
}

static int lib_count(lua_State *L) {
	return ask_plainly(L, "count");
}

static int lib_terminate_child(lua_State *L) {
	return ask_about(L, "terminate_child");
}

static int lib_restart_child(lua_State *L) {
	return ask_about(L, "restart_child");
}

static int lib_start_child(lua_State *L) {
	ki_lua_require_running(L, "start_child");
	lua_settop(L, 2);
	if (!lua_istable(L, 2)) {
		return ki_fail(L, KITH_EINVAL, "child must be a table");
	}
	int status = push_child(L, 2);
	if (status != KITH_OK) {
		return ki_fail(L, status, "%s", lua_tostring(L, -1));
	}
	lua_replace(L, 2);
	return ask(L, "start_child");
}

void ki_supervisor_open(lua_State *L) {
	static const luaL_Reg own[] = {
		{"start", lib_start},
		{"children", lib_children},
		{"count", lib_count},
		{"start_child", lib_start_child},
		{"terminate_child", lib_terminate_child},
		{"restart_child", lib_restart_child},
		{NULL, NULL},
	};
	luaL_newlib(L, own);
	ki_table_freeze(L, -1);
}

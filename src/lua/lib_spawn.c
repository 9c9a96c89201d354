/*
 * lua/lib_spawn.c: the spawn family of the library `process` (SPEC 4.2, 5.1).
 *
 * Owns: nothing. Threads: the worker that runs the process.
 * Not here: steps 6 to 8 and what follows them (process/spawn.c, luabody.c).
 */
#include "lua/lib_spawn.h"

#include "lua/co.h"
#include "lua/event.h"
#include "lua/luaerror.h"
#include "lua/outgoing.h"

/* The host where none is given (step 1), or NULL. */
static struct ki_proc_host *infer_host(const struct ki_lua *lua) {
	struct ki_proc_host *own = lua->proc->host;
	return own->internal ? lua->proc->system->only_host : own;
}

/* Step 1 for the host at index 2, and step 2. Gives 0, or the number of results pushed. */
static int find_host(lua_State *L, const char *fn, struct ki_proc_host **out) {
	struct ki_lua *lua = ki_lua_of(L);
	struct ki_proc_host *host;
	if (lua_isnoneornil(L, 2)) {
		host = infer_host(lua);
		if (host == NULL) {
			return ki_fail(
				L, KITH_EINVAL, "%s requires at least id and host arguments", fn);
		}
	} else {
		if (lua_type(L, 2) != LUA_TSTRING) {
			return ki_arg_error(L, 2, fn, "string");
		}
		struct ki_strv id;
		id.ptr = lua_tolstring(L, 2, &id.len);
		if (ki_strv_starts(id, ki_strv("kith:"))) {
			return ki_fail(L, KITH_EINTERNAL, "host does not implement process.Host");
		}
		host = ki_system_find_host(lua->proc->system, id);
		if (host == NULL) {
			return ki_fail_detail(
				L, KITH_ENOTFOUND, "host_id", id.ptr, "host not found");
		}
	}
	switch (ki_proc_host_state(host)) {
	case KI_PROC_HOST_STOPPED:
		return ki_fail(L, KITH_EUNAVAILABLE, "host is not running");
	case KI_PROC_HOST_STOPPING:
		return ki_fail(L, KITH_EUNAVAILABLE, "host is shutting down");
	case KI_PROC_HOST_RUNNING:
		break;
	}
	*out = host;
	return 0;
}

/* The rest, with the arguments in lua->outgoing. */
static int run_spawn(lua_State *L, struct ki_spawn *spawn) {
	struct ki_lua *lua = ki_lua_of(L);
	struct ki_message *outgoing = lua->outgoing;
	kith_pid pid = 0;
	struct ki_payload *error = NULL;
	spawn->args = outgoing->payloads;
	spawn->nr_args = outgoing->nr_payloads - 1;
	int status = ki_proc_spawn(lua->proc->system, spawn, &pid, &error); /* may never return */
	if (status != KITH_OK) {
		outgoing->payloads[spawn->nr_args] = error; /* so that it is not lost if we raise */
		ki_fail_payload(L, error);
		ki_outgoing_drop(lua);
		return 2;
	}
	ki_outgoing_drop(lua);
	ki_pid_push(L, pid);
	return 1;
}

static int spawn(lua_State *L, const char *fn, unsigned relations) {
	ki_lua_require_running(L, fn);
	struct ki_lua *lua = ki_lua_of(L);
	if (lua_isnoneornil(L, 1)) {
		return ki_fail(L, KITH_EINVAL, "%s requires at least id and host arguments", fn);
	}
	if (lua_type(L, 1) != LUA_TSTRING) {
		return ki_arg_error(L, 1, fn, "string");
	}
	struct ki_strv id;
	id.ptr = lua_tolstring(L, 1, &id.len);
	if (id.len == 0) {
		return ki_fail(L, KITH_EINVAL, "process ID required");
	}
	struct ki_spawn spawn = {.parent = lua->proc, .relations = relations};
	int failed = find_host(L, fn, &spawn.host);
	if (failed != 0) {
		return failed;
	}
	spawn.program = ki_system_find_program(lua->proc->system, id);
	if (spawn.program == NULL) {
		return ki_fail_detail(L, KITH_ENOTFOUND, "id", id.ptr, "factory not found");
	}
	int status = ki_outgoing_arguments(L, 3);
	if (status != KITH_OK) {
		return ki_fail(L, status, "%s", lua_tostring(L, -1));
	}
	return run_spawn(L, &spawn);
}

static int lib_spawn(lua_State *L) {
	return spawn(L, "spawn", 0);
}

static int lib_spawn_monitored(lua_State *L) {
	return spawn(L, "spawn_monitored", KI_SPAWN_MONITOR);
}

static int lib_spawn_linked(lua_State *L) {
	return spawn(L, "spawn_linked", KI_SPAWN_LINK);
}

static int lib_spawn_linked_monitored(lua_State *L) {
	return spawn(L, "spawn_linked_monitored", KI_SPAWN_MONITOR | KI_SPAWN_LINK);
}

void ki_spawn_open(lua_State *L) {
	static const luaL_Reg functions[] = {
		{"spawn", lib_spawn},
		{"spawn_monitored", lib_spawn_monitored},
		{"spawn_linked", lib_spawn_linked},
		{"spawn_linked_monitored", lib_spawn_linked_monitored},
		{NULL, NULL},
	};
	luaL_setfuncs(L, functions, 0);
}

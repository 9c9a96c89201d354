/*
 * lua/lib_process.c: the library `process`: who we are, sending, relations, cancel, options,
 * upgrade.
 *
 * Owns: nothing. Threads: the worker that runs the process.
 * Not here: spawning (lib_spawn.c), receiving (lib_subscribe.c).
 */
#include "lua/lib_process.h"

#include <math.h>

#include "lua/co.h"
#include "lua/event.h"
#include "lua/hook.h"
#include "lua/immutable.h"
#include "lua/lib_exec.h"
#include "lua/lib_registry.h"
#include "lua/lib_spawn.h"
#include "lua/lib_spawner.h"
#include "lua/lib_subscribe.h"
#include "lua/lib_time.h"
#include "lua/luaerror.h"
#include "lua/outgoing.h"
#include "lua/refusal.h"
#include "lua/result.h"
#include "lua/route.h"
#include "process/names.h"
#include "time/duration.h"

static int lib_pid(lua_State *L) {
	ki_pid_push(L, ki_lua_of(L)->proc->pid);
	return 1;
}

static int lib_id(lua_State *L) {
	lua_pushstring(L, ki_lua_of(L)->program->id);
	return 1;
}

static int succeed(lua_State *L) {
	lua_pushboolean(L, 1);
	return 1;
}

/* ---- Destinations (SPEC 3.4) ---- */

/* What a destination that is well formed says: a PID of a known host, or of none. */
struct dest {
	kith_pid pid; /* 0: its host is unknown, so it never was */
	bool unknown_host;
};

/* Reads argument 1. Gives 0, or the number of results pushed. */
static int read_dest(lua_State *L, const char *fn, struct dest *out) {
	if (lua_type(L, 1) != LUA_TSTRING) {
		return ki_arg_error(L, 1, fn, "string");
	}
	struct ki_strv text;
	text.ptr = lua_tolstring(L, 1, &text.len);
	enum ki_pid_fault fault = ki_pid_read(L, text, &out->pid);
	out->unknown_host = fault == KI_PID_UNKNOWN_HOST;
	switch (fault) {
	case KI_PID_OK:
		return 0;
	case KI_PID_UNKNOWN_HOST:
		out->pid = 0;
		return 0;
	case KI_PID_OTHER_NODE:
		return ki_fail(L, ki_pid_fault_status(fault), "%s", ki_pid_fault_text(fault));
	default:
		break;
	}
	if (ki_name_find(ki_lua_of(L)->proc->system, text, &out->pid) == KITH_OK) {
		return 0;
	}
	return ki_fail(L, KITH_ENOTFOUND, "could not resolve '%s' as PID or registered name",
		text.ptr);
}

/* ---- send (SPEC 8.4) ---- */

static int not_found(lua_State *L) {
	return ki_fail(L, KITH_ENOTFOUND, "process not found");
}

static int lib_send(lua_State *L) {
	ki_lua_require_running(L, "send");
	struct ki_lua *lua = ki_lua_of(L);
	if (lua_gettop(L) < 2) {
		return ki_fail(
			L, KITH_EINVAL, "send requires at least destination and topic arguments");
	}
	if (lua_type(L, 1) != LUA_TSTRING) {
		return ki_arg_error(L, 1, "send", "string");
	}
	if (lua_type(L, 2) != LUA_TSTRING) {
		return ki_arg_error(L, 2, "send", "string");
	}
	struct ki_strv topic;
	topic.ptr = lua_tolstring(L, 2, &topic.len);
	if (ki_strv_starts(topic, ki_strv("@"))) {
		return ki_fail(L, KITH_EINVAL, "cannot send to @ topics");
	}
	struct dest dest;
	int failed = read_dest(L, "send", &dest);
	if (failed != 0) {
		return failed;
	}
	if (dest.unknown_host) {
		return ki_fail(L, KITH_ENOTFOUND, "host not found");
	}
	if (!ki_pid_alive(lua->proc->system, dest.pid)) { /* before what the payloads may be */
		return not_found(L);
	}
	int status = ki_outgoing_message(L, topic, 3);
	if (status != KITH_OK) {
		return ki_fail(L, status, "%s", lua_tostring(L, -1));
	}
	status = ki_send(lua->proc->system, lua->proc->pid, dest.pid, ki_outgoing_take(lua));
	return status == KITH_OK ? succeed(L) : ki_send_failed(L, status);
}

/* ---- Links and monitors (SPEC 6.1) ---- */

typedef int relate_fn(struct ki_proc *proc, kith_pid target);

static int relate(lua_State *L, const char *fn, bool looks, relate_fn *call) {
	ki_lua_require_running(L, fn);
	if (lua_isnoneornil(L, 1)) {
		return ki_fail(L, KITH_EINVAL, "%s requires a destination argument", fn);
	}
	struct dest dest;
	int failed = read_dest(L, fn, &dest);
	if (failed != 0) {
		return failed;
	}
	if (looks) {
		ki_lua_look(L);
	}
	int status = call(ki_lua_of(L)->proc, dest.pid);
	switch (status) {
	case KITH_OK:
		return succeed(L);
	case KITH_ENOTFOUND:
		return ki_fail(L, status, "process not found: pid not registered");
	case KITH_EEXIST:
		return ki_fail(L, status, "already monitoring pid");
	default:
		ki_lua_refuse_memory(L);
	}
}

static int lib_monitor(lua_State *L) {
	return relate(L, "monitor", false, ki_proc_monitor);
}

static int lib_unmonitor(lua_State *L) {
	return relate(L, "unmonitor", true, ki_proc_unmonitor);
}

static int lib_link(lua_State *L) {
	return relate(L, "link", false, ki_proc_link);
}

static int lib_unlink(lua_State *L) {
	return relate(L, "unlink", true, ki_proc_unlink);
}

/* ---- cancel and terminate (SPEC 7) ---- */

struct cancel {
	int64_t deadline_ns;
	struct ki_strv reason;
};

static struct ki_strv string_at(lua_State *L, int index) {
	struct ki_strv text;
	text.ptr = lua_tolstring(L, index, &text.len);
	return text;
}

/* Reads arguments 2 and 3 (the table of 7.1). Gives 0, or the number of results pushed. */
static int read_cancel(lua_State *L, struct cancel *out) {
	*out = (struct cancel){0, ki_strv_n("", 0)};
	bool with_reason = !lua_isnil(L, 3);
	if (with_reason) {
		if (lua_type(L, 3) != LUA_TSTRING) {
			return ki_arg_error(L, 3, "cancel", "string");
		}
		out->reason = string_at(L, 3);
	}
	int type = lua_type(L, 2);
	if (type == LUA_TNIL || ki_duration_test(L, 2, &out->deadline_ns)) {
		return 0;
	}
	if (type == LUA_TNUMBER && !isnan(lua_tonumber(L, 2))) {
		out->deadline_ns = ki_duration_of_ms(lua_tonumber(L, 2));
		return 0;
	}
	if (type != LUA_TSTRING) {
		return ki_fail(L, KITH_EINVAL,
			"deadline must be either a duration string or milliseconds number");
	}
	struct ki_strv text = string_at(L, 2);
	bool is_duration = ki_duration_parse(text, &out->deadline_ns) == KITH_OK;
	if (!with_reason) {
		out->reason = text;
	} else if (!is_duration) {
		return ki_fail(L, KITH_EINVAL,
			"invalid duration format: time: invalid duration \"%s\"", text.ptr);
	}
	return 0;
}

static int lib_cancel(lua_State *L) {
	ki_lua_require_running(L, "cancel");
	struct ki_lua *lua = ki_lua_of(L);
	if (lua_isnoneornil(L, 1)) {
		return ki_fail(L, KITH_EINVAL, "cancel requires at least destination argument");
	}
	lua_settop(L, 3);
	struct cancel cancel;
	struct dest dest;
	int failed = read_cancel(L, &cancel);
	if (failed == 0) {
		failed = read_dest(L, "cancel", &dest);
	}
	if (failed != 0) {
		return failed;
	}
	if (dest.unknown_host) {
		return ki_fail(L, KITH_ENOTFOUND, "host not found");
	}
	int status = ki_cancel(
		lua->proc->system, lua->proc->pid, dest.pid, cancel.deadline_ns, cancel.reason);
	if (status == KITH_EEXHAUSTED) {
		ki_lua_refuse_memory(L);
	}
	return status == KITH_OK ? succeed(L) : not_found(L);
}

static int lib_terminate(lua_State *L) {
	ki_lua_require_running(L, "terminate");
	struct dest dest;
	int failed = read_dest(L, "terminate", &dest);
	if (failed != 0) {
		return failed;
	}
	int status = ki_force(ki_lua_of(L)->proc->system, dest.pid, KI_CAUSE_TERMINATE);
	ki_lua_poll(L); /* on oneself it does not return */
	return status == KITH_OK ? succeed(L) : not_found(L);
}

/* ---- Options (SPEC 12.2) ---- */

static int lib_get_options(lua_State *L) {
	lua_createtable(L, 0, 1);
	lua_pushboolean(L, ki_lua_of(L)->proc->trap_links);
	lua_setfield(L, -2, "trap_links");
	return 1;
}

static int options_failed(lua_State *L, const char *text) {
	lua_pushboolean(L, 0);
	ki_fail(L, KITH_EINVAL, "%s", text);
	lua_remove(L, -2);
	return 2;
}

/* Pushes the text of a key that is not supported; the least of several, so that it does not depend
 * on their order in the table. */
static bool push_unsupported(lua_State *L) {
	lua_pushnil(L);
	int found = lua_gettop(L);
	lua_pushnil(L);
	while (lua_next(L, 1)) {
		ki_lua_spend(L, 1);
		lua_pop(L, 1);
		const char *key = luaL_tolstring(L, -1, NULL);
		bool known = lua_type(L, -2) == LUA_TSTRING &&
			ki_strv_eqz(string_at(L, -1), "trap_links");
		if (!known && (lua_isnil(L, found) || lua_compare(L, -1, found, LUA_OPLT))) {
			lua_pushstring(L, key);
			lua_replace(L, found);
		}
		lua_pop(L, 1);
	}
	return !lua_isnil(L, found);
}

static int lib_set_options(lua_State *L) {
	if (lua_type(L, 1) != LUA_TTABLE) {
		return options_failed(L, "options parameter must be a table");
	}
	lua_settop(L, 1);
	lua_pushliteral(L, "trap_links");
	int type = lua_rawget(L, 1);
	if (type == LUA_TBOOLEAN) {
		ki_lua_of(L)->proc->trap_links = lua_toboolean(L, -1);
	} else if (type != LUA_TNIL) {
		return options_failed(L, "trap_links must be a boolean");
	}
	if (push_unsupported(L)) {
		return options_failed(
			L, lua_pushfstring(L, "option %s is not supported", lua_tostring(L, -1)));
	}
	return succeed(L);
}

/* ---- upgrade (SPEC 12.3) ---- */

/* As a failure at the place of the call, though nothing can catch it. */
static _Noreturn void upgrade_failed(lua_State *L, const char *step, const char *text) {
	luaL_checkstack(L, LUA_MINSTACK, NULL);
	lua_pushfstring(L, "upgrade: %s failed: %s", step, text);
	ki_error_push_trace(L, 1);
	lua_insert(L, -2);
	ki_lua_end_error(L, LUA_ERRRUN, string_at(L, -2));
	ki_task_abandon();
}

/* The program that argument 1 names: the present one unless it is a string. */
static const struct ki_program *read_program(lua_State *L) {
	struct ki_proc *proc = ki_lua_of(L)->proc;
	if (lua_type(L, 1) != LUA_TSTRING) {
		return proc->program;
	}
	const struct ki_program *program = ki_system_find_program(proc->system, string_at(L, 1));
	if (program == NULL) {
		upgrade_failed(L, "create", "factory not found");
	}
	return program;
}

/* Does not return, wherever it is called: no more of this state's Lua runs. */
static int lib_upgrade(lua_State *L) {
	ki_lua_require_running(L, "upgrade");
	struct ki_lua *lua = ki_lua_of(L);
	const struct ki_program *program = read_program(L);
	int status = ki_outgoing_arguments(L, 2);
	if (status == KITH_EINVAL) {
		upgrade_failed(L, "init", lua_tostring(L, -1));
	}
	if (status == KITH_OK) {
		status = ki_proc_upgrade(lua->proc, program, ki_outgoing_take(lua));
	}
	if (status != KITH_OK) {
		ki_lua_refuse_memory(L);
	}
	ki_route_untake(lua);
	ki_task_abandon();
}

void ki_open_process(lua_State *L) {
	static const luaL_Reg functions[] = {
		{"pid", lib_pid},
		{"id", lib_id},
		{"send", lib_send},
		{"monitor", lib_monitor},
		{"unmonitor", lib_unmonitor},
		{"link", lib_link},
		{"unlink", lib_unlink},
		{"cancel", lib_cancel},
		{"terminate", lib_terminate},
		{"get_options", lib_get_options},
		{"set_options", lib_set_options},
		{"upgrade", lib_upgrade},
		{NULL, NULL},
	};
	luaL_newlib(L, functions);
	ki_spawn_open(L);
	ki_exec_open(L);
	ki_spawner_open(L);
	ki_subscribe_open(L);
	ki_registry_push(L);
	lua_setfield(L, -2, "registry");
	ki_table_freeze(L, -1);
	lua_setglobal(L, "process");
}

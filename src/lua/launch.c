/*
 * lua/launch.c: see launch.h.
 *
 * Owns: nothing. Threads: the worker that runs the process.
 */
#include "lua/launch.h"

#include "lua/co.h"
#include "lua/event.h"
#include "lua/luaerror.h"
#include "lua/outgoing.h"
#include "lua/refusal.h"
#include "process/account.h"
#include "process/names.h"

static bool is_call(const struct ki_launch *launch) {
	return launch->relations & KI_SPAWN_CALL;
}

/* An argument that is missing or unusable: raises in a spawner. */
static int unusable(lua_State *L, const struct ki_launch *launch, const char *text) {
	return launch->terms != NULL ? luaL_error(L, "%s", text)
				     : ki_fail(L, KITH_EINVAL, "%s", text);
}

static int too_few(lua_State *L, const struct ki_launch *launch) {
	const char *least = is_call(launch) ? "%s requires id and host arguments"
					    : "%s requires at least id and host arguments";
	return unusable(L, launch, lua_pushfstring(L, least, launch->fn));
}

static int wrong_type(lua_State *L, const struct ki_launch *launch, int arg) {
	lua_rotate(L, 1, -launch->base); /* so that they have their numbers */
	return ki_arg_error(L, arg, launch->fn, "string");
}

/* ---- Arguments ---- */

/* Gives 0, or the number of results pushed; so do those below. */
static int read_id(lua_State *L, const struct ki_launch *launch, struct ki_strv *id) {
	int at = launch->base + 1;
	if (lua_isnoneornil(L, at)) {
		return too_few(L, launch);
	}
	if (lua_type(L, at) != LUA_TSTRING) {
		return wrong_type(L, launch, 1);
	}
	id->ptr = lua_tolstring(L, at, &id->len);
	if (id->len == 0) {
		return unusable(L, launch, "process ID required");
	}
	size_t colon = ki_strv_find(*id, ':');
	if (is_call(launch) && (colon == SIZE_MAX || colon == 0 || colon + 1 == id->len)) {
		return unusable(
			L, launch, "invalid process ID format (namespace:name required)");
	}
	return 0;
}

/* The host where none is given (step 1), or NULL. */
static struct ki_proc_host *infer_host(const struct ki_lua *lua) {
	struct ki_proc_host *own = lua->proc->host;
	return own->internal ? lua->proc->system->only_host : own;
}

/* Step 1. */
static int read_host(lua_State *L, const struct ki_launch *launch, struct ki_proc_host **out) {
	struct ki_lua *lua = ki_lua_of(L);
	int at = launch->base + 2;
	if (lua_isnoneornil(L, at)) {
		*out = infer_host(lua);
		if (*out != NULL) {
			return 0;
		}
		return is_call(launch) ? unusable(L, launch, "host ID required")
				       : too_few(L, launch);
	}
	if (lua_type(L, at) != LUA_TSTRING) {
		return wrong_type(L, launch, 2);
	}
	struct ki_strv id;
	id.ptr = lua_tolstring(L, at, &id.len);
	if (ki_strv_starts(id, ki_strv("kith:"))) {
		return ki_fail(L, KITH_EINTERNAL, "host does not implement process.Host");
	}
	*out = ki_system_find_host(lua->proc->system, id);
	return *out != NULL ? 0
			    : ki_fail_detail(L, KITH_ENOTFOUND, "host_id", id.ptr,
				      "host not found");
}

/* The steps before those of ki_proc_spawn, which counts its own. */
static void count_refused(struct ki_proc_host *host) {
	ki_proc_host_count(host, KI_COUNTER_SPAWN_REFUSED, 1);
}

int ki_launch_check_host(lua_State *L, struct ki_proc_host *host) {
	enum ki_proc_host_state state = ki_proc_host_state(host);
	if (state == KI_PROC_HOST_RUNNING) {
		return 0;
	}
	count_refused(host);
	return ki_fail(L, KITH_EUNAVAILABLE,
		state == KI_PROC_HOST_STOPPED ? "host is not running" : "host is shutting down");
}

/* ---- The name is taken (step 3) ---- */

/* Gives 0, or the number of results pushed, as the next. KITH_ENOTFOUND: it has just ended. */
static int send_all(lua_State *L, const struct ki_terms *terms, kith_pid holder) {
	for (size_t i = 0; i < terms->nr_messages; i++) {
		struct ki_message *message = ki_message_copy(terms->messages[i]);
		if (message == NULL) {
			ki_lua_refuse_memory(L);
		}
		int status = ki_send(ki_lua_of(L)->proc->system, 0, holder, message);
		if (status != KITH_OK) {
			return status == KITH_ENOTFOUND ? status : ki_send_failed(L, status);
		}
	}
	return 0;
}

static int relate(lua_State *L, unsigned relations, kith_pid holder) {
	struct ki_proc *proc = ki_lua_of(L)->proc;
	int status = KITH_OK;
	if (relations & KI_SPAWN_MONITOR) {
		status = ki_proc_monitor(proc, holder);
	}
	if ((status == KITH_OK || status == KITH_EEXIST) && (relations & KI_SPAWN_LINK)) {
		status = ki_proc_link(proc, holder);
	}
	if (status == KITH_EEXHAUSTED) {
		ki_lua_refuse_memory(L);
	}
	return status == KITH_ENOTFOUND ? status : 0;
}

/* The messages and relations are the holder's. KITH_ENOTFOUND: it has just ended. Else gives 0, or
 * the number of results pushed. */
static int adopt(lua_State *L, const struct ki_launch *launch, kith_pid holder) {
	if (is_call(launch)) { /* nobody's end but that of one's own child is waited for */
		return ki_fail(L, KITH_EEXIST, "name already registered");
	}
	int failed = send_all(L, launch->terms, holder);
	return failed != 0 ? failed : relate(L, launch->relations, holder);
}

/* ---- The child ---- */

/* With the arguments in lua->outgoing. */
static int make(lua_State *L, struct ki_spawn *spawn, kith_pid *pid, int *results) {
	struct ki_lua *lua = ki_lua_of(L);
	struct ki_message *outgoing = lua->outgoing;
	struct ki_payload *error = NULL;
	spawn->parent = lua->proc;
	spawn->args = outgoing->payloads;
	spawn->nr_args = outgoing->nr_payloads - 1;
	int status = ki_proc_spawn(lua->proc->system, spawn, pid, &error); /* may never return */
	if (status != KITH_OK && status != KITH_EEXIST) {
		outgoing->payloads[spawn->nr_args] = error; /* so that it is not lost if we raise */
		*results = ki_fail_payload(L, error);
		ki_error_note_place(L);
	}
	ki_outgoing_drop(lua);
	return status;
}

int ki_launch_child(
	lua_State *L, struct ki_spawn *spawn, int first, kith_pid *pid, int *results) {
	*results = 0;
	int status = ki_outgoing_arguments(L, first);
	if (status != KITH_OK) {
		count_refused(spawn->host);
		*results = ki_fail(L, status, "%s", lua_tostring(L, -1));
		return status;
	}
	return make(L, spawn, pid, results);
}

/* Steps 4 and 5, and the rest. KITH_EEXIST: the name was taken meanwhile, by *pid. */
static int spawn(lua_State *L, const struct ki_launch *launch, struct ki_strv id,
	struct ki_spawn *spawn, kith_pid *pid, int *results) {
	spawn->program = ki_system_find_program(ki_lua_of(L)->proc->system, id);
	if (spawn->program == NULL) {
		count_refused(spawn->host);
		*results = ki_fail_detail(L, KITH_ENOTFOUND, "id", id.ptr, "factory not found");
		return KITH_ENOTFOUND;
	}
	return ki_launch_child(L, spawn, launch->base + 3, pid, results);
}

static bool is_taken(lua_State *L, const struct ki_terms *terms, kith_pid *holder) {
	struct ki_system *system = ki_lua_of(L)->proc->system;
	return terms != NULL && terms->name.len > 0 &&
		ki_name_find(system, terms->name, holder) == KITH_OK &&
		ki_pid_alive(system, *holder);
}

int ki_launch(lua_State *L, const struct ki_launch *launch, kith_pid *pid) {
	ki_lua_require_running(L, launch->fn);
	struct ki_strv id;
	struct ki_spawn how = {.relations = launch->relations};
	if (launch->terms != NULL) {
		how.context = launch->terms->context;
		how.limits = launch->terms->limits;
		how.name = launch->terms->name;
		how.messages = launch->terms->messages;
		how.nr_messages = launch->terms->nr_messages;
	}
	int failed = read_id(L, launch, &id);
	if (failed == 0) {
		failed = read_host(L, launch, &how.host);
	}
	if (failed == 0) {
		failed = ki_launch_check_host(L, how.host);
	}
	while (failed == 0) {
		int results = 0;
		if (!is_taken(L, launch->terms, pid)) {
			int status = spawn(L, launch, id, &how, pid, &results);
			if (status != KITH_EEXIST) {
				return results;
			}
		}
		results = adopt(L, launch, *pid);
		if (results != KITH_ENOTFOUND) {
			return results;
		}
	}
	return failed;
}

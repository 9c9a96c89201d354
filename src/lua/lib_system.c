/*
 * lua/lib_system.c: the module `system`.
 *
 * Owns: nothing. Threads: the worker that runs the process.
 */
#include "lua/lib_system.h"

#include "lua/codec.h"
#include "lua/event.h"
#include "lua/immutable.h"
#include "lua/luaerror.h"
#include "lua/refusal.h"
#include "lua/scratch.h"
#include "process/account.h"
#include "process/names.h"
#include "process/snapshot.h"

#define EXIT_MAX 255

static struct ki_system *system_of(lua_State *L) {
	return ki_lua_of(L)->proc->system;
}

static void set_integer(lua_State *L, const char *key, uint64_t value) {
	lua_pushinteger(L, (lua_Integer)value);
	lua_setfield(L, -2, key);
}

/* NULL: no field. */
static void set_string(lua_State *L, const char *key, const char *value) {
	lua_pushstring(L, value);
	lua_setfield(L, -2, key);
}

/* What the caller itself is and has counts as it is now, not as it was at its last wait. */
static void show_self(lua_State *L) {
	ki_proc_show(ki_lua_of(L)->proc);
}

/* ---- exit ---- */

static int lib_exit(lua_State *L) {
	lua_Integer code = 0;
	if (!lua_isnoneornil(L, 1)) {
		if (!lua_isinteger(L, 1)) {
			return ki_arg_error(L, 1, "exit", "integer");
		}
		code = lua_tointeger(L, 1);
	}
	if (code < 0 || code > EXIT_MAX) {
		return ki_fail(L, KITH_EINVAL, "exit code must be from 0 to %d", EXIT_MAX);
	}
	const struct ki_system_hooks *hooks = &system_of(L)->hooks;
	if (hooks->exit != NULL) {
		hooks->exit(hooks->user, (int)code);
	}
	lua_pushboolean(L, 1);
	return 1;
}

/* ---- hosts ---- */

static void push_host(lua_State *L, struct ki_proc_host *host) {
	struct ki_counts counts;
	ki_proc_host_counts(host, &counts);
	lua_createtable(L, 0, KI_NR_COUNTERS + 2);
	set_string(L, "id", host->id);
	set_string(L, "state", ki_proc_host_state_name(ki_proc_host_state(host)));
	for (int i = 0; i < KI_NR_COUNTERS; i++) {
		enum ki_counter which = (enum ki_counter)i;
		set_integer(L, ki_counter_name(which), ki_counts_get(&counts, which));
	}
}

static int hosts_list(lua_State *L) {
	struct ki_system *system = system_of(L);
	lua_Integer nr = 0;
	show_self(L);
	lua_newtable(L);
	for (uint32_t i = 0; i < system->nr_hosts; i++) {
		struct ki_proc_host *host = system->hosts[i];
		if (host != NULL && !host->internal) {
			push_host(L, host);
			lua_rawseti(L, -2, ++nr);
		}
	}
	return 1;
}

/* Each behind its length: it may be any bytes. */
static void note_name(void *arg, struct ki_strv name) {
	ki_buf_put(arg, &name.len, sizeof(name.len));
	ki_buf_putv(arg, name);
}

/* Pushes an array of the names of a process; `scratch` is at hand. */
static void push_names(lua_State *L, kith_pid pid, struct ki_scratch *scratch) {
	scratch->text.len = 0;
	ki_names_each(system_of(L), pid, note_name, &scratch->text);
	if (scratch->text.failed) {
		ki_lua_refuse_memory(L);
	}
	lua_newtable(L);
	lua_Integer nr = 0;
	for (size_t at = 0, len; at < scratch->text.len; at += len) {
		memcpy(&len, scratch->text.ptr + at, sizeof(len));
		at += sizeof(len);
		lua_pushlstring(L, scratch->text.ptr + at, len);
		lua_rawseti(L, -2, ++nr);
	}
}

static void push_process(
	lua_State *L, const struct ki_proc_snapshot *shown, struct ki_scratch *scratch) {
	lua_createtable(L, 0, 16);
	ki_pid_push(L, shown->pid);
	lua_setfield(L, -2, "pid");
	if (shown->parent != 0) {
		ki_pid_push(L, shown->parent);
		lua_setfield(L, -2, "parent");
	}
	set_string(L, "host", shown->host);
	set_string(L, "source", shown->entry);
	set_string(L, "state", shown->state);
	set_integer(L, "steps", shown->steps);
	set_integer(L, "started_at", (uint64_t)shown->started_at_ns);
	set_integer(L, "mailbox", shown->mailbox);
	set_integer(L, "memory", shown->body.memory);
	set_integer(L, "cpu_ns", shown->ran_ns);
	set_integer(L, "links", shown->links);
	set_integer(L, "monitors", shown->monitors);
	push_names(L, shown->pid, scratch);
	lua_setfield(L, -2, "names");
	lua_pushboolean(L, shown->trap_links);
	lua_setfield(L, -2, "trap_links");
	set_string(L, "waiting_in", shown->body.waiting_in);
	lua_createtable(L, 0, 3);
	set_integer(L, "subscriptions", shown->body.subscriptions);
	set_integer(L, "threads", shown->body.threads);
	set_integer(L, "channels", shown->body.channels);
	lua_setfield(L, -2, "stats");
}

static void note_pid(void *arg, kith_pid pid) {
	ki_buf_put(arg, &pid, sizeof(pid));
}

/* Pushes a scratch with the PIDs of all processes on a host. */
static struct ki_scratch *push_pids(lua_State *L, struct ki_proc_host *host) {
	struct ki_scratch *scratch = ki_scratch_push(L);
	ki_procs_each(host->system, host, note_pid, &scratch->text);
	if (scratch->text.failed) {
		ki_lua_refuse_memory(L);
	}
	return scratch;
}

/* The next of them that is still live. */
static bool next_process(struct ki_system *system, const struct ki_scratch *scratch, size_t *at,
	struct ki_proc_snapshot *out) {
	kith_pid pid;
	while (*at + sizeof(pid) <= scratch->text.len) {
		memcpy(&pid, scratch->text.ptr + *at, sizeof(pid));
		*at += sizeof(pid);
		if (ki_proc_snapshot(system, pid, out)) {
			return true;
		}
	}
	return false;
}

static int hosts_processes(lua_State *L) {
	struct ki_strv id = {0};
	if (!lua_isnoneornil(L, 1) && lua_type(L, 1) != LUA_TSTRING) {
		return ki_arg_error(L, 1, "processes", "string");
	}
	if (!lua_isnoneornil(L, 1)) {
		id.ptr = lua_tolstring(L, 1, &id.len);
	}
	if (id.len == 0) {
		return ki_fail(L, KITH_EINVAL, "host ID required");
	}
	struct ki_system *system = system_of(L);
	struct ki_proc_host *host = ki_system_find_host(system, id);
	if (host == NULL || host->internal) {
		return ki_fail(L, KITH_ENOTFOUND, "host not found");
	}
	show_self(L);
	struct ki_scratch *scratch = push_pids(L, host), *names = ki_scratch_push(L);
	struct ki_proc_snapshot shown;
	size_t at = 0;
	lua_Integer nr = 0;
	lua_newtable(L);
	while (next_process(system, scratch, &at, &shown)) {
		push_process(L, &shown, names);
		lua_rawseti(L, -2, ++nr);
	}
	ki_scratch_clear(scratch);
	ki_scratch_clear(names);
	return 1;
}

/* ---- supervisor ---- */

/* Pushes the state of one service, or of all. */
static int push_states(lua_State *L, struct ki_strv id) {
	const struct ki_services_view *services = &system_of(L)->services;
	struct ki_scratch *scratch = ki_scratch_push(L);
	int status = KITH_ENOTFOUND;
	if (services->read != NULL) {
		status = services->read(services->user, id, &scratch->payload);
	}
	if (status == KITH_ENOTFOUND) {
		return ki_fail(L, status, "service not found");
	}
	if (status != KITH_OK) {
		ki_lua_refuse_memory(L);
	}
	ki_codec_decode(L, scratch->payload);
	ki_scratch_clear(scratch);
	return 1;
}

static int supervisor_state(lua_State *L) {
	struct ki_strv id = {0};
	if (!lua_isnoneornil(L, 1) && lua_type(L, 1) != LUA_TSTRING) {
		return ki_arg_error(L, 1, "state", "string");
	}
	if (!lua_isnoneornil(L, 1)) {
		id.ptr = lua_tolstring(L, 1, &id.len);
	}
	return id.len > 0 ? push_states(L, id) : ki_fail(L, KITH_EINVAL, "service ID required");
}

static int supervisor_states(lua_State *L) {
	return push_states(L, ki_strv_n(NULL, 0));
}

/* ---- memory ---- */

struct usage {
	uint64_t heaps, processes, messages;
};

/* Of all processes, as they left it at the end of their last turns. */
static struct usage sum_usage(lua_State *L) {
	struct ki_system *system = system_of(L);
	struct usage sum = {0};
	for (uint32_t i = 0; i < system->nr_hosts; i++) {
		if (system->hosts[i] == NULL || system->hosts[i]->internal) {
			continue;
		}
		struct ki_scratch *scratch = push_pids(L, system->hosts[i]);
		struct ki_proc_snapshot shown;
		for (size_t at = 0; next_process(system, scratch, &at, &shown);) {
			sum.heaps += shown.body.memory;
			sum.messages += shown.mailbox;
			sum.processes++;
		}
		ki_scratch_clear(scratch);
		lua_pop(L, 1);
	}
	return sum;
}

static int memory_allocated(lua_State *L) {
	lua_pushinteger(L, (lua_Integer)sum_usage(L).heaps);
	return 1;
}

static int memory_stats(lua_State *L) {
	struct usage sum = sum_usage(L);
	lua_createtable(L, 0, 3);
	set_integer(L, "allocated", sum.heaps);
	set_integer(L, "processes", sum.processes);
	set_integer(L, "messages", sum.messages);
	return 1;
}

/* ---- The process of the operating system ---- */

static int cpu_count(lua_State *L) {
	lua_pushinteger(L, system_of(L)->facts.nr_cpus);
	return 1;
}

static int process_pid(lua_State *L) {
	lua_pushinteger(L, (lua_Integer)system_of(L)->facts.pid);
	return 1;
}

static int process_hostname(lua_State *L) {
	lua_pushstring(L, system_of(L)->facts.hostname);
	return 1;
}

static int process_cwd(lua_State *L) {
	lua_pushstring(L, system_of(L)->facts.cwd);
	return 1;
}

/* ---- Opening ---- */

/* Sets a frozen table of functions in the module on top. */
static void set_part(lua_State *L, const char *name, const luaL_Reg *functions) {
	lua_newtable(L);
	luaL_setfuncs(L, functions, 0);
	ki_table_freeze(L, -1);
	lua_setfield(L, -2, name);
}

void ki_system_open(lua_State *L) {
	static const luaL_Reg hosts[] = {
		{"list", hosts_list}, {"processes", hosts_processes}, {NULL, NULL}};
	static const luaL_Reg supervisor[] = {
		{"state", supervisor_state}, {"states", supervisor_states}, {NULL, NULL}};
	static const luaL_Reg memory[] = {
		{"allocated", memory_allocated}, {"stats", memory_stats}, {NULL, NULL}};
	static const luaL_Reg runtime[] = {{"cpu_count", cpu_count}, {NULL, NULL}};
	static const luaL_Reg process[] = {{"pid", process_pid}, {"hostname", process_hostname},
		{"cwd", process_cwd}, {NULL, NULL}};
	static const luaL_Reg own[] = {{"exit", lib_exit}, {NULL, NULL}};
	luaL_newlib(L, own);
	set_part(L, "hosts", hosts);
	set_part(L, "supervisor", supervisor);
	set_part(L, "memory", memory);
	set_part(L, "runtime", runtime);
	set_part(L, "process", process);
	ki_table_freeze(L, -1);
}

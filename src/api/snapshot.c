/*
 * snapshot.c: what a runtime is doing, as lines of JSON (SPEC 21.4): hosts, services, supervisors,
 * processes, and the sum of all hosts.
 *
 * Nothing is stopped for it. Each record is what its owner has shown last; two records are not of
 * one moment.
 *
 * Owns: nothing. Threads: any.
 * Not here: what is shown (process/snapshot.h, supervise/states.h, roll.h).
 */
#include <inttypes.h>

#include "api/runtime.h"
#include "process/account.h"
#include "process/names.h"
#include "process/pid.h"
#include "process/snapshot.h"

struct snapshot {
	struct kith_runtime *runtime;
	void (*take)(void *user, const char *line, size_t len);
	void *user;
	struct ki_buf line; /* the present record */
	struct ki_buf held; /* those of supervisors, */
	bool holds;         /* while they are read */
	bool failed;        /* no memory for one of them */
};

/* ---- Fields ---- */

static void put_key(struct ki_buf *line, const char *key) {
	if (line->len > 0 && line->ptr[line->len - 1] != '{') {
		ki_buf_putc(line, ',');
	}
	ki_buf_put_json(line, ki_strv(key));
	ki_buf_putc(line, ':');
}

static void put_text(struct ki_buf *line, const char *key, const char *text) {
	put_key(line, key);
	if (text) {
		ki_buf_put_json(line, ki_strv(text));
	} else {
		ki_buf_puts(line, "null");
	}
}

static void put_number(struct ki_buf *line, const char *key, uint64_t number) {
	put_key(line, key);
	ki_buf_printf(line, "%" PRIu64, number);
}

/* Unix time; 0 is none. */
static void put_time(struct ki_buf *line, const char *key, int64_t ns) {
	put_key(line, key);
	if (ns) {
		ki_buf_printf(line, "%" PRId64, ns);
	} else {
		ki_buf_puts(line, "null");
	}
}

static void put_pid(struct snapshot *snapshot, const char *key, kith_pid pid) {
	char text[KI_PID_TEXT_MAX];
	if (pid) {
		ki_pid_format(&snapshot->runtime->system, pid, text);
	}
	put_text(&snapshot->line, key, pid ? text : NULL);
}

static void put_counts(struct ki_buf *line, const struct ki_counts *counts) {
	for (int i = 0; i < KI_NR_COUNTERS; i++) {
		enum ki_counter which = (enum ki_counter)i;
		put_number(line, ki_counter_name(which), ki_counts_get(counts, which));
	}
}

/* ---- Records ---- */

static void begin(struct snapshot *snapshot, const char *what) {
	snapshot->line.len = 0;
	snapshot->line.failed = false;
	ki_buf_putc(&snapshot->line, '{');
	put_text(&snapshot->line, "record", what);
}

static void end(struct snapshot *snapshot) {
	ki_buf_puts(&snapshot->line, "}\n");
	if (snapshot->line.failed) {
		snapshot->failed = true;
	} else if (snapshot->holds) {
		ki_buf_putv(&snapshot->held, ki_buf_view(&snapshot->line));
	} else {
		snapshot->take(snapshot->user, snapshot->line.ptr, snapshot->line.len);
	}
}

static void tell_host(struct snapshot *snapshot, struct ki_proc_host *host) {
	struct ki_counts counts;
	ki_proc_host_counts(host, &counts);
	begin(snapshot, "host");
	put_text(&snapshot->line, "id", host->id);
	put_text(&snapshot->line, "state", ki_proc_host_state_name(ki_proc_host_state(host)));
	put_counts(&snapshot->line, &counts);
	end(snapshot);
}

static void tell_service(struct snapshot *snapshot, const struct ki_state *state) {
	struct ki_buf *line = &snapshot->line;
	begin(snapshot, "service");
	put_text(line, "id", state->id);
	put_text(line, "process", state->process);
	put_text(line, "host", state->host);
	put_pid(snapshot, "pid", state->pid);
	put_text(line, "status", state->status);
	put_text(line, "desired", state->desired);
	put_number(line, "retry_count", state->retry_count);
	put_number(line, "restarts", state->restarts);
	put_time(line, "started_at", state->started_ns);
	put_time(line, "last_update", state->last_update_ns);
	put_text(line, "details", state->details);
	end(snapshot);
}

static void begin_supervisor(void *user, kith_pid pid) {
	struct snapshot *snapshot = user;
	begin(snapshot, "supervisor");
	put_pid(snapshot, "pid", pid);
	put_text(&snapshot->line, "entry", ki_pid_entry(&snapshot->runtime->system, pid));
	put_key(&snapshot->line, "children");
	ki_buf_putc(&snapshot->line, '[');
}

static void tell_child(void *user, const struct ki_child_record *child) {
	struct snapshot *snapshot = user;
	struct ki_buf *line = &snapshot->line;
	bool first = line->len > 0 && line->ptr[line->len - 1] == '[';
	ki_buf_puts(line, first ? "{" : ",{");
	put_key(line, "name");
	ki_buf_put_json(line, child->name);
	put_pid(snapshot, "pid", child->pid);
	put_text(line, "process", child->process);
	put_text(line, "restart", child->restart);
	put_text(line, "state", child->state);
	put_number(line, "restarts", child->restarts);
	put_time(line, "started_at", child->started_at_ns);
	ki_buf_putc(line, '}');
}

static void end_supervisor(void *user) {
	struct snapshot *snapshot = user;
	ki_buf_putc(&snapshot->line, ']');
	end(snapshot);
}

static void put_name(void *user, struct ki_strv name) {
	struct ki_buf *line = user;
	if (line->len > 0 && line->ptr[line->len - 1] != '[') {
		ki_buf_putc(line, ',');
	}
	ki_buf_put_json(line, name);
}

static void tell_process(void *user, kith_pid pid) {
	struct snapshot *snapshot = user;
	struct ki_buf *line = &snapshot->line;
	struct ki_system *system = &snapshot->runtime->system;
	struct ki_proc_snapshot shown;
	if (!ki_proc_snapshot(system, pid, &shown)) {
		return;
	}
	begin(snapshot, "process");
	put_pid(snapshot, "pid", pid);
	put_text(line, "host", shown.host);
	put_text(line, "entry", shown.entry);
	put_pid(snapshot, "parent", shown.parent);
	put_text(line, "state", shown.state);
	put_number(line, "mailbox", shown.mailbox);
	put_number(line, "steps", shown.steps);
	put_number(line, "cpu_ns", shown.ran_ns);
	put_number(line, "heap_bytes", shown.body.memory);
	put_time(line, "started_at", shown.started_at_ns);
	put_number(line, "links", shown.links);
	put_number(line, "monitors", shown.monitors);
	put_key(line, "names");
	ki_buf_putc(line, '[');
	ki_names_each(system, pid, put_name, line);
	ki_buf_putc(line, ']');
	put_key(line, "trap_links");
	ki_buf_puts(line, shown.trap_links ? "true" : "false");
	put_text(line, "waiting_in", shown.body.waiting_in);
	end(snapshot);
}

/* ---- All of them ---- */

static void tell_services(struct snapshot *snapshot) {
	struct ki_states *states = &snapshot->runtime->app->states;
	for (size_t i = 0; i < states->nr; i++) {
		struct ki_state state;
		ki_states_at(states, i, &state);
		tell_service(snapshot, &state);
	}
}

static void tell_sum(struct snapshot *snapshot) {
	struct ki_system *system = &snapshot->runtime->system;
	struct ki_counts counts;
	ki_system_counts(system, &counts);
	begin(snapshot, "runtime");
	put_number(&snapshot->line, "uptime_ns",
		(uint64_t)(ki_sched_now(system->sched) - system->started_ns));
	put_counts(&snapshot->line, &counts);
	end(snapshot);
}

static struct ki_proc_host *host_at(struct ki_system *system, uint32_t index) {
	struct ki_proc_host *host = system->hosts[index];
	return host && !host->internal ? host : NULL;
}

/* Taken only when all were read: a supervisor's begin and end wait for the reader, and would so for
 * whoever takes. */
static void tell_supervisors(struct snapshot *snapshot) {
	const struct ki_roll_visitor visitor = {.user = snapshot,
		.begin = begin_supervisor,
		.child = tell_child,
		.end = end_supervisor};
	snapshot->holds = true;
	ki_roll_each(&snapshot->runtime->app->roll, &visitor);
	snapshot->holds = false;
	snapshot->failed = snapshot->failed || snapshot->held.failed;
	struct ki_strv rest = ki_buf_view(&snapshot->held);
	while (rest.len > 0) {
		size_t len = ki_strv_find(rest, '\n') + 1;
		snapshot->take(snapshot->user, rest.ptr, len);
		rest = ki_strv_sub(rest, len, SIZE_MAX);
	}
}

static void tell_all(struct snapshot *snapshot) {
	struct ki_system *system = &snapshot->runtime->system;
	tell_sum(snapshot);
	for (uint32_t i = 0; i < system->nr_hosts; i++) {
		if (host_at(system, i)) {
			tell_host(snapshot, host_at(system, i));
		}
	}
	tell_services(snapshot);
	tell_supervisors(snapshot);
	for (uint32_t i = 0; i < system->nr_hosts; i++) {
		if (host_at(system, i)) {
			ki_procs_each(system, host_at(system, i), tell_process, snapshot);
		}
	}
}

int kith_snapshot(struct kith_runtime *runtime,
	void (*take)(void *user, const char *line, size_t len), void *user) {
	if (!runtime) {
		return KITH_ECLOSED;
	}
	if (!take) {
		return KITH_EINVAL;
	}
	if (ki_load_acq(&runtime->xstate) < KI_RT_STARTED) { /* acq: app is there. [AP1] */
		return KITH_ECONFLICT;
	}
	struct snapshot snapshot = {.runtime = runtime, .take = take, .user = user};
	ki_buf_init(&snapshot.line);
	ki_buf_init(&snapshot.held);
	tell_all(&snapshot);
	ki_buf_fini(&snapshot.line);
	ki_buf_fini(&snapshot.held);
	return snapshot.failed ? KITH_EEXHAUSTED : KITH_OK;
}

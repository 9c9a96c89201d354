/*
 * A stage for Lua processes: a simulated scheduler, host app:processes, and entries from sources,
 * which can be spawned and called.
 *
 *	play("1\n", LUA(return { main = function() print(1) end }));
 *
 * What the processes print is the output; the end of one that fails adds `! ID KIND: TEXT`. After
 * each play the laws of the counters hold, and everything has been given back.
 */
#ifndef LUA_STAGE_H
#define LUA_STAGE_H

#include "kith_laws.h"

#include "base/buf.h"
#include "lua/program.h"
#include "mem/value.h"
#include "process/proc.h"

/* A source as it stands, in one line; without comments. */
#define LUA(...) #__VA_ARGS__

/* The source of an entry whose main is this body. */
#define MAIN(...) "local function main(...) " #__VA_ARGS__ " end return { main = main }"

struct entry {
	const char *id, *source;
};

enum { STAGE_ENTRIES_MAX = 8 };

struct stage {
	struct ki_sched *sched;
	struct ki_budget memory;
	struct ki_log log;
	struct ki_system system;
	struct ki_proc_host *host;
	struct ki_buf output;
	size_t nr_entries;
	struct ki_lua_program lua[STAGE_ENTRIES_MAX];
	struct ki_lua_cache caches[STAGE_ENTRIES_MAX];
	struct ki_program programs[STAGE_ENTRIES_MAX];
	const struct ki_program *sorted[STAGE_ENTRIES_MAX];
	struct ki_function functions[STAGE_ENTRIES_MAX];
};

static inline void stage_output(void *user, const char *text, size_t len) {
	struct stage *stage = user;
	ki_buf_put(&stage->output, text, len);
}

static inline void stage_error(struct stage *stage, const struct ki_payload *error) {
	struct ki_error_view view;
	if (!error) {
		ki_buf_puts(&stage->output, "(no memory)\n");
		return;
	}
	OK(ki_error_read(error, &view));
	ki_buf_printf(&stage->output, KI_STRV_FMT ": " KI_STRV_FMT "\n", KI_STRV_ARG(view.kind),
		KI_STRV_ARG(view.message));
}

static inline void stage_crash(void *user, const struct ki_crash *crash) {
	struct stage *stage = user;
	ki_buf_printf(&stage->output, "! %s ", crash->entry);
	stage_error(stage, crash->result->error);
}

struct stage_options {
	bool threads; /* real ones, not simulated */
	bool roam;    /* stacks and workers change at random */
	int preempt_signal;
	int nr_workers;
	int64_t slice_ns; /* 0: 1 ms */
	uint64_t memory; /* of the runtime; 0: any */
};

static inline void stage_open_with(struct stage *stage, const struct entry *entries,
	size_t nr_entries, uint64_t seed, const struct stage_options *how) {
	static const char *const modules[] = {"time", "ctx", "json", "funcs"};
	struct ki_sched_options options = {.simulate = !how->threads,
		.seed = seed,
		.roam = how->roam,
		.preempt_signal = how->preempt_signal,
		.memory = &stage->memory};
	struct ki_system_hooks hooks = {
		.user = stage, .output = stage_output, .crash = stage_crash};
	struct ki_host *host;
	*stage = (struct stage){.memory = {.limit_bytes = how->memory},
		.sched = ki_sched_new(&options), .nr_entries = nr_entries};
	NOT_NULL(stage->sched);
	ki_log_init(&stage->log, KI_LOG_OFF, NULL, NULL, NULL, NULL);
	OK(ki_system_init(&stage->system, stage->sched, &stage->log, &hooks));
	for (size_t i = 0; i < nr_entries; i++) {
		stage->lua[i] = (struct ki_lua_program){.id = entries[i].id,
			.source = entries[i].source,
			.source_len = strlen(entries[i].source),
			.method = "main",
			.modules = modules,
			.nr_modules = ki_countof(modules),
			.cache = &stage->caches[i]};
		stage->programs[i] = (struct ki_program){
			.id = entries[i].id, .ops = &ki_lua_ops, .data = &stage->lua[i]};
		stage->sorted[i] = &stage->programs[i];
		stage->functions[i] = (struct ki_function){.program = &stage->programs[i]};
	}
	ki_system_set_programs(&stage->system, stage->sorted, nr_entries);
	ki_system_set_functions(&stage->system, stage->functions, nr_entries);
	NOT_NULL(host = ki_host_new(stage->sched, "app:processes", how->nr_workers,
			  how->slice_ns));
	OK(ki_system_add_host(&stage->system, host, &stage->host));
	OK(ki_host_start(host));
	ki_proc_host_set_state(stage->host, KI_PROC_HOST_RUNNING);
}

static inline void stage_open(struct stage *stage, const struct entry *entries, size_t nr_entries,
	uint64_t seed) {
	struct stage_options how = {.nr_workers = 2};
	stage_open_with(stage, entries, nr_entries, seed, &how);
}

/* An error goes to the output. Gives the PID or 0. */
static inline kith_pid stage_spawn_as(struct stage *stage, struct ki_spawn spawn) {
	struct ki_payload *error = NULL;
	kith_pid pid = 0;
	if (ki_proc_spawn(&stage->system, &spawn, &pid, &error)) {
		stage_error(stage, error);
	}
	ki_payload_unref(error);
	return pid;
}

static inline kith_pid stage_spawn(struct stage *stage, size_t entry) {
	return stage_spawn_as(stage,
		(struct ki_spawn){.program = &stage->programs[entry], .host = stage->host});
}

/* Spawns the first entry. */
static inline kith_pid stage_start(
	struct stage *stage, struct ki_payload *const *args, size_t nr_args) {
	return stage_spawn_as(stage,
		(struct ki_spawn){.program = &stage->programs[0],
			.host = stage->host,
			.args = args,
			.nr_args = nr_args});
}

static inline void stage_kill(void *arg, kith_pid pid) {
	ki_force(arg, pid, KI_CAUSE_HOST_STOP);
}

/* Runs until nothing moves, or until that virtual time. */
static inline void stage_run(struct stage *stage, int64_t until_ns) {
	ki_sched_run(stage->sched, until_ns);
}

/* When all have ended. */
static inline void stage_leave(struct stage *stage) {
	ki_host_stop(stage->host->host);
	for (size_t i = 0; i < stage->nr_entries; i++) {
		ki_lua_cache_fini(&stage->caches[i]);
	}
	laws_hold_at_end(&stage->system);
	ki_system_fini(&stage->system);
	ki_sched_free(stage->sched);
	EQ_UINT(stage->memory.xtaken, 0);
	ki_buf_fini(&stage->output);
}

static inline void stage_close(struct stage *stage, const char *want) {
	EQ_STR(ki_buf_cstr(&stage->output), want);
	ki_procs_each(&stage->system, stage->host, stage_kill, &stage->system);
	stage_run(stage, -1);
	stage_leave(stage);
}

/* Plays entries, the first of which is spawned, for ten virtual hours at most. */
static inline void play_all(const char *want, const struct entry *entries, size_t nr_entries) {
	struct stage stage;
	stage_open(&stage, entries, nr_entries, 1);
	stage_start(&stage, NULL, 0);
	stage_run(&stage, INT64_C(36000000000000));
	stage_close(&stage, want);
}

#define PLAY(want, ...)                                                                            \
	play_all(want, (const struct entry[]){__VA_ARGS__},                                        \
		sizeof((const struct entry[]){__VA_ARGS__}) / sizeof(struct entry))

static inline void play(const char *want, const char *source) {
	PLAY(want, {"app:main", source});
}

#endif

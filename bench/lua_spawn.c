/*
 * Spawn and exit of a Lua process whose main returns at once, by a thread outside of all hosts;
 * what a worker of the example pool (SPEC S13) holds while it waits: bytes of its Lua heap, and
 * resident bytes of the program; and what it takes to build a template. Law: every spawn has one
 * end.
 */
#include "kith_bench.h"

#include <sys/wait.h>

#include "base/compiler.h"
#include "lua/program.h"
#include "lua/template.h"
#include "mem/value.h"
#include "process/account.h"
#include "process/proc.h"
#include "process/snapshot.h"

enum { SAMPLES = 31, SPAWNS = 500, IDLE = 5000 };

static const char short_source[] = "return { main = function() end }";
static const char idle_file[] = "doc/examples/pool/src/workers/task_worker.lua"; /* of S13 */
static char idle_source[8192];

static struct ki_log log_off;
static struct ki_system ki_sys;
static struct ki_proc_host *host;
static struct ki_lua_cache caches[2];
static struct ki_lua_program lua[2];
static struct ki_program programs[2];
static const struct ki_program *by_id[2] = {&programs[0], &programs[1]};

static void set_up(bool templates) {
	static const char *const modules[] = {"time"};
	static const char *const sources[] = {short_source, idle_source};
	struct ki_sched_options options = {.simulate = true, .seed = 1};
	struct ki_sched *sched = ki_sched_new(&options);
	BENCH_CHECK(sched != NULL);
	ki_log_init(&log_off, KI_LOG_OFF, NULL, NULL, NULL, NULL);
	BENCH_CHECK(ki_system_init(&ki_sys, sched, &log_off, &(struct ki_system_hooks){0}) == 0);
	for (int i = 0; i < 2; i++) {
		lua[i] = (struct ki_lua_program){.id = i == 0 ? "app:a" : "app:b",
			.source = sources[i],
			.source_len = strlen(sources[i]),
			.method = "main",
			.modules = modules,
			.nr_modules = 1,
			.cache = templates ? &caches[i] : NULL};
		programs[i] = (struct ki_program){
			.id = lua[i].id, .ops = &ki_lua_ops, .data = &lua[i]};
	}
	ki_system_set_programs(&ki_sys, by_id, 2);
	struct ki_host *threads = ki_host_new(sched, "app:processes", 1, 0);
	BENCH_CHECK(threads != NULL && ki_system_add_host(&ki_sys, threads, &host) == 0);
	BENCH_CHECK(ki_host_start(threads) == 0);
	ki_proc_host_set_state(host, KI_PROC_HOST_RUNNING);
}

static void kill_one(void *arg, kith_pid pid) {
	ki_force(arg, pid, KI_CAUSE_HOST_STOP);
}

static void tear_down(void) {
	ki_procs_each(&ki_sys, host, kill_one, &ki_sys);
	ki_sched_run(ki_sys.sched, -1);
	struct ki_counts sum = {0};
	ki_proc_host_counts(host, &sum);
	BENCH_CHECK(sum.processes == 0);
	BENCH_CHECK(sum.spawned == sum.ended_normal + sum.ended_failed + sum.ended_forced);
	struct ki_sched *sched = ki_sys.sched;
	ki_host_stop(host->host);
	for (int i = 0; i < 2; i++) {
		ki_lua_cache_fini(&caches[i]);
	}
	ki_system_fini(&ki_sys);
	ki_sched_free(sched);
}

static kith_pid spawn(int which, struct ki_payload *const *args, size_t nr_args) {
	struct ki_spawn spawn = {.program = &programs[which],
		.host = host,
		.args = args,
		.nr_args = nr_args};
	struct ki_payload *error = NULL;
	kith_pid pid = 0;
	BENCH_CHECK(ki_proc_spawn(&ki_sys, &spawn, &pid, &error) == 0);
	return pid;
}

/* The worker wants its number. */
static kith_pid spawn_idle(void) {
	struct ki_value_writer writer;
	ki_value_writer_init(&writer);
	ki_value_int(&writer, 1);
	struct ki_payload *arg = ki_value_finish(&writer, KI_FORMAT_LUA);
	kith_pid pid = spawn(1, &arg, 1);
	ki_payload_unref(arg);
	ki_sched_run(ki_sys.sched, ki_sched_now(ki_sys.sched));
	return pid;
}

static double sample(void) {
	int64_t begun_ns = bench_now_ns();
	for (int i = 0; i < SPAWNS; i++) {
		spawn(0, NULL, 0);
		ki_sched_run(ki_sys.sched, -1);
	}
	return (double)(bench_now_ns() - begun_ns) / SPAWNS;
}

static void measure_build(bool templates, const char *which) {
	double samples[SAMPLES];
	set_up(templates);
	for (int i = 0; i < SAMPLES; i++) {
		bool temporary;
		int64_t begun_ns = bench_now_ns();
		const struct ki_lua_template *made =
			ki_template_new(&ki_sys, &lua[1], 0, NULL, &temporary);
		samples[i] = (double)(bench_now_ns() - begun_ns);
		BENCH_CHECK(made != NULL);
		ki_template_free(made);
	}
	bench_report("lua_template_build", which, "ns", samples, SAMPLES);
	tear_down();
}

static double resident_bytes(void) {
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");
	if (f != NULL) {
		if (fscanf(f, "%*d %ld", &pages) != 1) {
			pages = 0;
		}
		fclose(f);
	}
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static void measure_spawn(bool templates, const char *which) {
	double samples[SAMPLES];
	set_up(templates);
	sample();
	for (int i = 0; i < SAMPLES; i++) {
		samples[i] = sample();
	}
	bench_report("lua_spawn_exit", which, "ns", samples, SAMPLES);
	tear_down();
}

static void measure_idle(bool templates, const char *which) {
	set_up(templates);
	spawn_idle();
	double before = resident_bytes();
	kith_pid last = 0;
	for (int i = 0; i < IDLE; i++) {
		last = spawn_idle();
	}
	double each = (resident_bytes() - before) / IDLE;
	bench_report("lua_idle_resident", which, "bytes", &each, 1);
	struct ki_proc_snapshot view;
	BENCH_CHECK(ki_proc_snapshot(&ki_sys, last, &view));
	double heap = (double)view.body.memory;
	bench_report("lua_idle_heap", which, "bytes", &heap, 1);
	tear_down();
}

/* In a program of its own, whose memory nothing else has used. */
static void measure(void (*what)(bool, const char *), bool templates) {
	pid_t child = fork();
	if (child == 0) {
		what(templates, templates ? "templates" : "anew");
		exit(0);
	}
	int status;
	BENCH_CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
}

static void read_idle_source(void) {
	FILE *f = fopen(idle_file, "r");
	BENCH_CHECK(f != NULL); /* to be run where the sources are */
	idle_source[fread(idle_source, 1, sizeof idle_source - 1, f)] = '\0';
	fclose(f);
}

int main(void) {
	read_idle_source();
	for (int templates = 0; templates < 2; templates++) {
		measure(measure_spawn, templates);
		measure(measure_idle, templates);
	}
	measure(measure_build, true);
	return 0;
}

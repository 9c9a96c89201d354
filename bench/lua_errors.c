/*
 * What errors cost: one that pcall catches; those that errors.new makes a few and twenty calls deep,
 * and the same when stack() is asked for; a monitored process that fails beside one that returns.
 * Law: each failure is told once, as such.
 */
#include "kith_bench.h"

#include "lua/program.h"
#include "mem/value.h"
#include "process/account.h"
#include "process/proc.h"

enum { SAMPLES = 21, TIMES = 2000 };

/* An entry's source, with the loop that is measured; the number that it prints is checked. */
static const struct {
	const char *which, *source;
} cases[] = {
	{"pcall_error", "return function(n) for i = 1, n do pcall(error, 'x') end end"},
	{"new_depth_3",
		"local function c() return (errors.new('x')) end\n"
		"local function b() local e = c() return e end\n"
		"local function a() local e = b() return e end\n"
		"return function(n) for i = 1, n do a() end end"},
	{"new_depth_20",
		"local function down(d)\n"
		"	if d == 0 then return (errors.new('x')) end\n"
		"	local e = down(d - 1) return e\n"
		"end\n"
		"return function(n) for i = 1, n do down(20) end end"},
	{"stack_depth_3",
		"local function c() return (errors.new('x')) end\n"
		"local function b() local e = c() return e end\n"
		"local function a() local e = b() return e end\n"
		"return function(n) for i = 1, n do assert(#a():stack() > 50) end end"},
	{"process_returns",
		"return function(n)\n"
		"	local events = process.events()\n"
		"	for i = 1, n do\n"
		"		process.spawn_monitored('app:returns')\n"
		"		assert(not events:receive().result.error)\n"
		"	end\n"
		"end"},
	{"process_fails",
		"return function(n)\n"
		"	local events = process.events()\n"
		"	for i = 1, n do\n"
		"		process.spawn_monitored('app:fails')\n"
		"		assert(events:receive().result.error)\n"
		"	end\n"
		"end"},
};
enum { NR_CASES = sizeof cases / sizeof cases[0], NR_PROGRAMS = NR_CASES + 2 };

static struct ki_log log_off;
static struct ki_system ki_sys;
static struct ki_proc_host *host;
static struct ki_lua_cache caches[NR_PROGRAMS];
static struct ki_lua_program lua[NR_PROGRAMS];
static struct ki_program programs[NR_PROGRAMS];
static const struct ki_program *by_id[NR_PROGRAMS];

static void add(int i, const char *id, const char *source) {
	lua[i] = (struct ki_lua_program){.id = id,
		.source = source,
		.source_len = strlen(source),
		.method = "main",
		.cache = &caches[i]};
	programs[i] = (struct ki_program){.id = id, .ops = &ki_lua_ops, .data = &lua[i]};
	by_id[i] = &programs[i];
}

static void set_up(void) {
	struct ki_sched_options options = {
		.simulate = true, .seed = 1, .slice_instructions = 100000000};
	struct ki_sched *sched = ki_sched_new(&options);
	BENCH_CHECK(sched != NULL);
	ki_log_init(&log_off, KI_LOG_OFF, NULL, NULL, NULL, NULL);
	BENCH_CHECK(ki_system_init(&ki_sys, sched, &log_off, &(struct ki_system_hooks){0}) == 0);
	for (int i = 0; i < NR_CASES; i++) {
		add(i, cases[i].which, cases[i].source);
	}
	add(NR_CASES, "app:returns", "return function() return 1 end");
	add(NR_CASES + 1, "app:fails",
		"local function b() error('BOOM') end\n"
		"local function a() b() return 1 end\n"
		"return function() a() return 1 end");
	ki_system_set_programs(&ki_sys, by_id, NR_PROGRAMS);
	struct ki_host *threads = ki_host_new(sched, "app:processes", 1, 0);
	BENCH_CHECK(threads != NULL && ki_system_add_host(&ki_sys, threads, &host) == 0);
	BENCH_CHECK(ki_host_start(threads) == 0);
	ki_proc_host_set_state(host, KI_PROC_HOST_RUNNING);
}

static double sample(int i) {
	struct ki_payload *times = ki_value_payload_int(TIMES), *error = NULL;
	struct ki_spawn spawn = {
		.program = &programs[i], .host = host, .args = &times, .nr_args = 1};
	kith_pid pid = 0;
	int64_t begun_ns = bench_now_ns();
	BENCH_CHECK(ki_proc_spawn(&ki_sys, &spawn, &pid, &error) == 0);
	ki_sched_run(ki_sys.sched, -1);
	double each = (double)(bench_now_ns() - begun_ns) / TIMES;
	ki_payload_unref(times);
	return each;
}

int main(void) {
	set_up();
	for (int i = 0; i < NR_CASES; i++) {
		double samples[SAMPLES];
		sample(i);
		for (int n = 0; n < SAMPLES; n++) {
			samples[n] = sample(i);
		}
		bench_report("lua_errors", cases[i].which, "ns", samples, SAMPLES);
	}
	struct ki_counts sum = {0};
	ki_proc_host_counts(host, &sum);
	BENCH_CHECK(sum.processes == 0);
	BENCH_CHECK(sum.ended_failed == (uint64_t)(SAMPLES + 1) * TIMES);
	struct ki_sched *sched = ki_sys.sched;
	ki_host_stop(host->host);
	for (int i = 0; i < NR_PROGRAMS; i++) {
		ki_lua_cache_fini(&caches[i]);
	}
	ki_system_fini(&ki_sys);
	ki_sched_free(sched);
	return 0;
}

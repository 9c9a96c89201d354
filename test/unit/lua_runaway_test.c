/* A runaway process of each kind leaves the others with their normal latency (SPEC 15.6). */
#include "lua_stage.h"

#include <signal.h>
#include <time.h>

struct runaway {
	const char *what;
	const char *source; /* of app:runaway */
	const char *says;   /* what it prints, and how it ends */
};

enum { MAX_PROCESSES = 100 };

static const struct runaway runaways[] = {
	{"memory", MAIN(local t = {} while true do t[#t + 1] = {} end),
		"! app:runaway ResourceExhausted: memory limit exceeded (limit 1000000 bytes)\n"},
	{"memory, behind pcall", MAIN(
		pcall(function() local s = "x" while true do s = s .. s end end)),
		"! app:runaway ResourceExhausted: memory limit exceeded (limit 1000000 bytes)\n"},
	{"a turn", MAIN(while true do end),
		"! app:runaway ResourceExhausted: time budget exceeded (limit 20 ms)\n"},
	{"messages", MAIN(
		local deaf = process.spawn("app:deaf")
		local n = 0
		while process.send(deaf, "t") do n = n + 1 end
		print("sent", n)
		while true do process.send(deaf, "t") end),
		"sent\t1000\n"
		"! app:runaway ResourceExhausted: time budget exceeded (limit 20 ms)\n"},
	{"bytes of messages", MAIN(
		local deaf = process.spawn("app:deaf")
		local s = ("x"):rep(9990)
		local n = 0
		while process.send(deaf, "t", s) do n = n + 1 end
		print("sent", n)
		while true do process.send(deaf, "t", s) end),
		"sent\t10\n"
		"! app:runaway ResourceExhausted: time budget exceeded (limit 20 ms)\n"},
	{"a huge message", MAIN(
		local s = ("x"):rep(60000)
		print(process.send(process.pid(), "t", s))
		while true do process.send(process.pid(), "t", s) end),
		"nil\tpayload larger than 50000 bytes\n"
		"! app:runaway ResourceExhausted: time budget exceeded (limit 20 ms)\n"},
	{"processes", MAIN(
		while true do
			process.spawn("app:runaway")
			time.sleep("1ms")
		end), ""},
};

static const char ping[] = MAIN(
	local pong, inbox = process.spawn("app:pong"), process.inbox()
	process.send(pong, "t", process.pid())
	inbox:receive()
	process.spawn("app:runaway")
	local worst, ms = 0, time.MILLISECOND
	for i = 1, 100 do
		time.sleep("1ms")
		local from = time.now()
		process.send(pong, "t", process.pid())
		inbox:receive()
		worst = math.max(worst, time.now():sub(from):nanoseconds())
	end
	if worst > 2 * ms then print("worst", worst / ms) end);

static void set_limits(struct stage *stage) {
	struct ki_limits *limits = &stage->host->limits;
	ki_limits_set(limits, KI_LIMIT_MAILBOX, 1000);
	ki_limits_set(limits, KI_LIMIT_MAILBOX_BYTES, 100000);
	ki_limits_set(limits, KI_LIMIT_MEMORY, 1000000);
	ki_limits_set(limits, KI_LIMIT_MESSAGE, 50000);
	ki_limits_set(limits, KI_LIMIT_TURN, INT64_C(20000000));
	stage->host->max_processes = MAX_PROCESSES;
}

static void open_with(struct stage *stage, const struct runaway *runaway, const char *pinger,
	const struct stage_options *how) {
	const struct entry entries[] = {{"app:main", pinger},
		{"app:pong", MAIN(
			local inbox = process.inbox()
			while true do process.send(inbox:receive():payload():data(), "t") end)},
		{"app:deaf", MAIN(time.sleep("1h"))},
		{"app:runaway", runaway->source}};
	stage_open_with(stage, entries, ki_countof(entries), 1, how);
	set_limits(stage);
}

/* In virtual time a runaway costs the others a slice now and then, and nothing else. */
static void costs_a_slice(const struct runaway *runaway) {
	struct stage stage;
	struct stage_options how = {.nr_workers = 2};
	open_with(&stage, runaway, ping, &how);
	stage_start(&stage, NULL, 0);
	stage_run(&stage, ki_sched_now(stage.sched) + INT64_C(500000000));
	LE_UINT(ki_proc_host_live(stage.host), MAX_PROCESSES);
	stage_close(&stage, runaway->says);
}

TEST(lua_runaway, of_memory_costs_others_a_slice_at_most_15_6) {
	costs_a_slice(&runaways[0]);
	costs_a_slice(&runaways[1]);
}

TEST(lua_runaway, of_time_costs_others_a_slice_at_most_15_6) {
	costs_a_slice(&runaways[2]);
}

TEST(lua_runaway, of_messages_costs_others_a_slice_at_most_15_6) {
	costs_a_slice(&runaways[3]);
	costs_a_slice(&runaways[4]);
	costs_a_slice(&runaways[5]);
}

TEST(lua_runaway, of_processes_costs_others_a_slice_at_most_15_6) {
	costs_a_slice(&runaways[6]);
}

/* ---- Real threads ---- */

struct race {
	struct stage stage;
	_Atomic(uint64_t) xrounds;
};

static void count_round(void *user, const char *text, size_t len) {
	struct race *race = user;
	if (len >= 5 && memcmp(text, "round", 5) == 0) {
		ki_add_rlx(&race->xrounds, 1); /* rlx: a counter */
	}
}

static void wait_until(struct race *race, uint64_t rounds, int64_t seconds, const char *what) {
	for (int64_t i = 0; ki_load_rlx(&race->xrounds) < rounds; i++) {
		if (i > seconds * 1000) {
			FAIL("%s: only %u rounds", what, (unsigned)ki_load_rlx(&race->xrounds));
		}
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
}

/* One worker, which the runaway has half of: the rounds go on beside it. */
static void goes_on(const struct runaway *runaway) {
	struct race race = {0};
	struct stage_options how = {.threads = true, .nr_workers = 1, .preempt_signal = SIGURG};
	open_with(&race.stage, runaway, MAIN(
		local pong, inbox = process.spawn("app:pong"), process.inbox()
		process.spawn("app:runaway")
		while true do
			process.send(pong, "t", process.pid())
			inbox:receive()
			print("round")
			time.sleep("1ms")
		end), &how);
	race.stage.system.hooks = (struct ki_system_hooks){.user = &race, .output = count_round};
	stage_start(&race.stage, NULL, 0);
	wait_until(&race, 20, 4, runaway->what);
	struct ki_counts stats;
	do {
		ki_procs_each(&race.stage.system, race.stage.host, stage_kill, &race.stage.system);
		nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
		ki_host_counts(race.stage.host->host, &stats);
	} while (ki_proc_host_live(race.stage.host) > 0 || stats.workers_busy > 0 ||
		stats.queue_depth > 0);
	stage_leave(&race.stage);
}

TEST(lua_runaway, others_go_on_beside_one_on_threads_15_6_a) {
	for (size_t i = 0; i < 4; i++) {
		goes_on(&runaways[i]);
	}
}

TEST(lua_runaway, others_go_on_beside_one_on_threads_15_6_b) {
	for (size_t i = 4; i < ki_countof(runaways); i++) {
		goes_on(&runaways[i]);
	}
}

/* Processor time of a process between two waits: max_turn (SPEC 15.6, 22.1). */
#include "lua_stage.h"

#include <signal.h>
#include <time.h>

#define AT_BUDGET "! app:main ResourceExhausted: time budget exceeded (limit 20 ms)\n"

enum { MS = 1000000 };

/* The first entry with a budget of 20 ms, which is 20 slices of a simulation. Gives how much
 * virtual time passed. */
static int64_t play_budget(const char *want, const struct entry *entries, size_t nr_entries) {
	struct stage stage;
	stage_open(&stage, entries, nr_entries, 1);
	struct ki_spawn spawn = {.program = &stage.programs[0], .host = stage.host};
	ki_limits_set(&spawn.limits, KI_LIMIT_TURN, 20 * MS);
	int64_t start_ns = ki_sched_now(stage.sched);
	stage_spawn_as(&stage, spawn);
	stage_run(&stage, INT64_C(36000000000000));
	int64_t took_ns = ki_sched_now(stage.sched) - start_ns;
	stage_close(&stage, want);
	return took_ns;
}

#define PLAY_BUDGET(want, ...)                                                                     \
	play_budget(want, (const struct entry[]){__VA_ARGS__},                                     \
		ki_countof(((const struct entry[]){__VA_ARGS__})))

static void ends_at_budget(const char *source) {
	int64_t took_ns = PLAY_BUDGET(AT_BUDGET, {"app:main", source});
	GE_INT(took_ns, 19 * MS);
	LE_INT(took_ns, 21 * MS);
}

TEST(lua_turn, a_process_ends_when_its_budget_is_used_up_15_6) {
	ends_at_budget(MAIN(while true do end));
	ends_at_budget(MAIN(while true do pcall(function() while true do end end) end));
	ends_at_budget(MAIN(local c <close> = setmetatable({}, { __close = print })
		while true do end));
	ends_at_budget(MAIN(table.sort({ 2, 1 }, function() while true do end end)));
	ends_at_budget(MAIN(string.find(("a"):rep(40), ("a?"):rep(40) .. ("a"):rep(40))));
	ends_at_budget(MAIN(coroutine.wrap(function() while true do end end)()));
	ends_at_budget(MAIN(coroutine.spawn(function() while true do end end)));
}

TEST(lua_turn, nothing_that_waits_for_nothing_begins_anew_15_6) {
	ends_at_budget(MAIN(while true do coroutine.yield() end));
	ends_at_budget(MAIN(local c = channel.new(1) while true do c:send(1) c:receive() end));
	ends_at_budget(MAIN(
		local c = channel.new()
		while true do channel.select({ c:case_receive() }, true) end));
	ends_at_budget(MAIN(while true do process.inbox() end));
}

TEST(lua_turn, a_wait_begins_it_anew_15_6) {
	PLAY_BUDGET("done\n", {"app:main", MAIN(
		local function work() for i = 1, 300000 do end end
		local inbox = process.inbox()
		for i = 1, 20 do work() time.sleep("1ms") end
		for i = 1, 20 do process.send(process.pid(), "t") work() inbox:receive() end
		local c = channel.new()
		coroutine.spawn(function() while true do c:receive() work() end end)
		for i = 1, 20 do c:send(i) work() end
		for i = 1, 20 do process.exec("app:short") work() end
		print("done"))}, {"app:short", MAIN(return 1)});
}

TEST(lua_turn, it_is_counted_to_a_thousand_instructions_22_1) {
	/* a tenth of a slice more or less */
	PLAY("! app:main ResourceExhausted: time budget exceeded (limit 2 ms)\n"
	     "nil\ttime budget exceeded (limit 2 ms)\tResourceExhausted\ttrue\n"
	     "true\tnil\n",
		{"app:parent", MAIN(
			local s = process.with_options{ max_turn = 2 }
			local v, e = s:exec("app:main", nil, 110000)
			print(v, e, e:kind(), e:retryable())
			print(s:exec("app:main", nil, 90000)))},
		{"app:main", MAIN(local n = ... for i = 1, n do local a = i end return true)});
}

TEST(lua_turn, time_of_a_chunk_counts_as_its_spawners_4_2) {
	PLAY_BUDGET(AT_BUDGET, {"app:main", MAIN(process.spawn("app:endless"))},
		{"app:endless", LUA(while true do end)});
}

TEST(lua_turn, options_of_a_spawner_12_4) {
	PLAY("false\tmax_turn must be milliseconds or a duration, not negative\n"
	     "false\tmax_turn must be milliseconds or a duration, not negative\n"
	     "false\toption max_message is not supported\n"
	     "! app:spin ResourceExhausted: time budget exceeded (limit 1.5 ms)\n"
	     "time budget exceeded (limit 1.5 ms)\n"
	     "! app:spin ResourceExhausted: time budget exceeded (limit 5 ms)\n"
	     "time budget exceeded (limit 5 ms)\n",
		{"app:main", MAIN(
			local function options(t)
				local ok, e = pcall(process.with_options, t)
				print(ok, e)
			end
			options{ max_turn = -1 }
			options{ max_turn = "soon" }
			options{ max_message = 1 }
			for _, max in ipairs{ "1500us", time.parse_duration("5ms") } do
				local s = process.with_options{ max_turn = max }
				print((select(2, s:exec("app:spin"))))
			end)},
		{"app:spin", MAIN(while true do end)});
}

TEST(lua_turn, links_hear_of_it_and_others_go_on_15_6) {
	PLAY_BUDGET(AT_BUDGET "! app:linked Internal: linked process failed\n"
		"ticks\t100\n",
		{"app:main", MAIN(
			process.spawn("app:ticker")
			process.spawn_linked("app:linked")
			time.sleep("1ms")
			while true do end)},
		{"app:linked", MAIN(time.sleep("1h"))},
		{"app:ticker", MAIN(
			for i = 1, 100 do time.sleep("1ms") end
			print("ticks", 100))});
}

/* ---- Real threads ---- */

struct spin {
	struct stage stage;
	_Atomic(bool) xended;
};

static void note_crash(void *user, const struct ki_crash *crash) {
	struct spin *spin = user;
	struct ki_error_view view;
	OK(ki_error_read(crash->result->error, &view));
	EQ_INT(crash->result->cause, KI_CAUSE_TURN);
	TRUE(ki_strv_eqz(view.message, "time budget exceeded (limit 20 ms)"));
	ki_store_rel(&spin->xended, true); /* rel: after the checks. [TS2] */
}

static int64_t cpu_ns(void) {
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void wait_for_all(struct stage *stage) {
	struct ki_counts stats;
	do {
		nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
		ki_host_counts(stage->host->host, &stats);
	} while (ki_proc_host_live(stage->host) > 0 || stats.workers_busy > 0);
}

static void spin_on_threads(int preempt_signal, const char *source) {
	struct spin spin = {0};
	struct entry entry = {"app:main", source};
	struct stage_options options = {
		.threads = true, .nr_workers = 1, .preempt_signal = preempt_signal};
	stage_open_with(&spin.stage, &entry, 1, 1, &options);
	spin.stage.system.hooks = (struct ki_system_hooks){.user = &spin, .crash = note_crash};
	struct ki_spawn spawn = {.program = &spin.stage.programs[0], .host = spin.stage.host};
	ki_limits_set(&spawn.limits, KI_LIMIT_TURN, 20 * MS);
	int64_t from_ns = cpu_ns();
	stage_spawn_as(&spin.stage, spawn);
	while (!ki_load_acq(&spin.xended)) { /* acq: see there. [TS2] */
		nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
	}
	int64_t took_ns = cpu_ns() - from_ns;
	GE_INT(took_ns, 20 * MS); /* what the machine does meanwhile is not counted */
	LE_INT(took_ns, INT64_C(60) * MS * TEST_SCALE);
	wait_for_all(&spin.stage);
	stage_leave(&spin.stage);
}

TEST(lua_turn, it_is_time_of_the_processor_on_threads_15_6) {
	static const char *const sources[] = {MAIN(while true do end),
		MAIN(string.find(("a"):rep(40), ("a?"):rep(40) .. ("a"):rep(40)))};
	for (size_t i = 0; i < ki_countof(sources); i++) {
		spin_on_threads(SIGURG, sources[i]);
		spin_on_threads(0, sources[i]);
	}
}

TEST(lua_turn, a_wait_begins_it_anew_on_threads_15_6) {
	struct entry entry = {"app:main", MAIN(
		local function work(ms)
			local until_s = os.clock() + ms / 1000
			while os.clock() < until_s do end
		end
		for i = 1, 20 do work(5) time.sleep("1ms") end
		print("done"))};
	struct spin spin = {0};
	struct stage_options options = {.threads = true, .nr_workers = 1, .preempt_signal = SIGURG};
	stage_open_with(&spin.stage, &entry, 1, 1, &options);
	struct ki_spawn spawn = {.program = &spin.stage.programs[0], .host = spin.stage.host};
	ki_limits_set(&spawn.limits, KI_LIMIT_TURN, 50 * MS);
	stage_spawn_as(&spin.stage, spawn);
	wait_for_all(&spin.stage);
	EQ_STR(ki_buf_cstr(&spin.stage.output), "done\n");
	stage_leave(&spin.stage);
}

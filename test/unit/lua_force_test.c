/*
 * Programs that never return (SPEC 7.5, 15.3): each is terminated soon, wherever it is, while a
 * ticker goes on beside it on the one worker that both have.
 */
#include "lua_stage.h"

#include "base/atomic.h"
#include "sys/clock.h"
#include "sys/thread.h"

#include <signal.h>
#include <time.h>

struct endless {
	const char *what, *source;
};

static const struct endless programs[] = {
	/* the language */
	{"while", MAIN(while true do end)},
	{"repeat", MAIN(repeat until false)},
	{"for", MAIN(for i = 1, math.huge do end)},
	{"goto", MAIN(::again:: goto again)},
	{"iterator", MAIN(for _ in function() return 1 end do end)},
	{"tail call", MAIN(local function f() return f() end f())},
	{"recursion", MAIN(
		local function f() return 1 + f() end
		while true do pcall(f) end)},
	{"concatenation", MAIN(local s = "" while true do s = s .. "x" end)},
	{"closures", MAIN(while true do local f = function() return main end end)},
	/* errors */
	{"pcall", MAIN(while true do pcall(error, "x") end)},
	{"loop in pcall", MAIN(while true do pcall(function() while true do end end) end)},
	{"pcall in pcall", MAIN(
		local function f() pcall(f) pcall(f) end
		f())},
	{"message handler", MAIN(xpcall(error, function() while true do end end))},
	{"error in handler", MAIN(
		while true do xpcall(error, function(e) error(e) end, "x") end)},
	{"error at the end of the stack", MAIN(
		local function f() return 1 + f() end
		while true do xpcall(f, function(e) return f() end) end)},
	/* metamethods */
	{"__index", MAIN(
		local t = setmetatable({}, { __index = function(t, k) while true do end end })
		return t.x)},
	{"__index chains", MAIN(
		local a = {}
		local b = setmetatable({}, { __index = a })
		setmetatable(a, { __index = b })
		while true do pcall(function() return a.x end) end)},
	{"__newindex", MAIN(
		local t = setmetatable({}, { __newindex = function(t, k, v) t[k] = v end })
		while true do pcall(function() t.x = 1 end) end)},
	{"__eq, __lt, __concat, __call", MAIN(
		local m = { __eq = function() return true end, __lt = function() return true end,
			__concat = function(a) return a end, __call = function(a) return a end }
		local a = setmetatable({}, m)
		local b = setmetatable({}, m)
		while a == b and a < b do a = (a .. b)() end)},
	{"__len", MAIN(
		local t = setmetatable({}, { __len = function() while true do end end })
		return table.unpack(t))},
	{"__tostring", MAIN(
		print(setmetatable({}, { __tostring = function() while true do end end })))},
	{"__pairs", MAIN(
		local m = { __pairs = function() return function() return 1 end end }
		for _ in pairs(setmetatable({}, m)) do end)},
	{"__close", MAIN(
		local c <close> = setmetatable({}, { __close = function() while true do end end })
		return 1)},
	{"__close after __close", MAIN(
		local m = { __close = function() error("x") end }
		local function f() local c <close> = setmetatable({}, m) error("y") end
		while true do pcall(f) end)},
	{"__mode and collections", MAIN(
		local t = setmetatable({}, { __mode = "k" })
		while true do t[{}] = {} collectgarbage("step") end)},
	/* patterns */
	{"find", MAIN(
		string.find(("a"):rep(100000), ("a*"):rep(30) .. "b"))},
	{"match", MAIN(
		string.match(("a"):rep(3000), (".-"):rep(30) .. "b"))},
	{"gmatch", MAIN(
		for _ in string.gmatch(("a"):rep(100000), ("(a?)"):rep(20) .. "b") do end)},
	{"gsub", MAIN(
		string.gsub(("a"):rep(100000), ("a-"):rep(20) .. "b", ""))},
	{"gsub with a callback", MAIN(
		while true do string.gsub(("a"):rep(100000), ".", function() end) end)},
	{"loop in a callback of gsub", MAIN(
		string.gsub("a", ".", function() while true do end end))},
	{"balanced", MAIN(string.find(("("):rep(1000000), "%b()"))},
	{"a large set", MAIN(
		string.find(("b"):rep(1000000), "[^" .. ("a"):rep(20000) .. "]*a"))},
	{"a long pattern", MAIN(
		string.find(("a"):rep(1000000), ("a"):rep(100000) .. "[b]"))},
	{"back references", MAIN(
		string.find(("a"):rep(200000), "(a*)%1b"))},
	{"plain search", MAIN(
		string.find(("a"):rep(2000000), ("a"):rep(1000000) .. "b", 1, true))},
	{"search without specials", MAIN(
		string.find(("a"):rep(2000000), ("a"):rep(1000000) .. "b"))},
	/* tables */
	{"sort", MAIN(
		local t = {}
		for i = 1, 100000 do t[i] = i end
		while true do table.sort(t, function(a, b) return a > b end) end)},
	{"sort of what is no table", MAIN(
		table.sort(setmetatable({}, { __len = function() return 2 ^ 30 | 0 end,
			__index = function(t, i) return i end, __newindex = function() end })))},
	{"loop in a comparator", MAIN(
		table.sort({ 2, 1 }, function() while true do end end))},
	{"a comparator without order", MAIN(
		local t = {}
		for i = 1, 1000 do t[i] = i end
		while true do pcall(table.sort, t, function() return true end) end)},
	{"move", MAIN(table.move({}, 1, 1 << 60, 1, {}))},
	{"move downwards", MAIN(table.move({}, 1, 1 << 60, 2))},
	{"concat", MAIN(
		local t = setmetatable({}, { __index = function() return "" end })
		table.concat(t, "", 1, 1 << 60))},
	{"insert", MAIN(
		table.insert(setmetatable({}, { __len = function() return 1 << 60 end }), 1, 1))},
	{"remove", MAIN(
		table.remove(setmetatable({}, { __len = function() return 1 << 60 end }), 1))},
	{"unpack", MAIN(while true do select("#", table.unpack({}, 1, 500000)) end)},
	{"pack", MAIN(while true do table.pack(table.unpack({}, 1, 50000)) end)},
	{"create", MAIN(while true do table.create(1000, 1000) end)},
	{"next", MAIN(local t = { 1, 2, 3 } local k while true do k = next(t, k) end)},
	/* coroutines */
	{"ping-pong", MAIN(
		local co = coroutine.wrap(function() while true do coroutine.yield() end end)
		while true do co() end)},
	{"loop in a coroutine", MAIN(
		coroutine.wrap(function() pcall(function() while true do end end) end)())},
	{"chains of wrap", MAIN(
		local function f() coroutine.wrap(f)() end
		while true do pcall(f) end)},
	{"coroutines that end", MAIN(while true do coroutine.wrap(function() end)() end)},
	{"chains of coroutines that end", MAIN(
		local function f() coroutine.spawn(f) end
		f() channel.new():receive())},
	{"spawned coroutines", MAIN(while true do coroutine.spawn(function() end) end)},
	{"yield at top level", MAIN(
		coroutine.spawn(function() while true do coroutine.yield() end end)
		while true do coroutine.yield() end)},
	{"close", MAIN(
		while true do
			local co = coroutine.create(function()
				local c <close> = setmetatable({}, { __close = function() end })
				coroutine.yield()
			end)
			coroutine.resume(co)
			coroutine.close(co)
		end)},
	/* other libraries */
	{"load", MAIN(while true do load("return 1")() end)},
	{"load of much", MAIN(
		local text = "local a if a then" .. (" elseif a then"):rep(20000) .. " end"
		while true do load(text) end)},
	{"load by pieces", MAIN(load(function() return " " end))},
	{"load of what is wrong", MAIN(while true do load(("("):rep(1000)) end)},
	{"format", MAIN(while true do string.format("%99.99f %s", 1 / 3, "x") end)},
	{"rep", MAIN(while true do string.rep("x", 10000) end)},
	{"utf8", MAIN(
		local s = ("\xc3\xa4"):rep(100000)
		while true do utf8.len(s) for _ in utf8.codes(s) do end end)},
	{"utf8.len of much", MAIN(
		local s = ("a"):rep(30000)
		while true do utf8.len(s) end)},
	{"tostring", MAIN(while true do tostring(1.5) tonumber("0x10") end)},
	{"os.date", MAIN(while true do os.date("%c") os.time() end)},
	{"errors", MAIN(while true do pcall(error, errors.new("Internal", "x")) end)},
	{"traceback", MAIN(while true do debug.traceback() end)},
	{"collectgarbage", MAIN(while true do collectgarbage() end)},
	{"require", MAIN(while true do pcall(require, "nothing") end)},
	{"print", MAIN(while true do tostring(print) end)},
	/* channels, timers, processes */
	{"select", MAIN(
		local c = channel.new()
		while true do channel.select { c:case_receive(), default = true } end)},
	{"select over many", MAIN(
		local cases = {}
		for i = 1, 100000 do cases[i] = channel.new():case_receive() end
		cases.default = true
		while true do channel.select(cases) end)},
	{"send and receive", MAIN(
		local c = channel.new(1)
		while true do c:send(1) c:receive() end)},
	{"rendezvous", MAIN(
		local c = channel.new()
		coroutine.spawn(function() while true do c:send(1) end end)
		while true do c:receive() end)},
	{"sleep", MAIN(while true do time.sleep(1) end)},
	{"timers", MAIN(while true do time.after("1h") end)},
	{"spawn", MAIN(while true do process.spawn("app:short") end)},
	{"a chunk that never returns", MAIN(process.spawn("app:chunk"))},
	{"a chunk that never returns in pcall", MAIN(pcall(process.spawn, "app:wall"))},
	{"messages to oneself", MAIN(
		while true do process.send(process.pid(), "x", 1) end)},
	{"messages received", MAIN(
		local inbox = process.inbox()
		while true do process.send(process.pid(), "x", 1) inbox:receive() end)},
	{"monitor and unmonitor", MAIN(
		local pid = process.spawn("app:ticker")
		while true do process.monitor(pid) process.unmonitor(pid) end)},
	{"a large payload", MAIN(
		local t = {}
		for i = 1, 300000 do t[i] = { i } end
		while true do payload.new(t) end)},
	{"one large payload", MAIN(
		local t = {}
		for i = 1, 3000000 do t[i] = true end
		while true do payload.new(t) end)},
	{"a large payload read", MAIN(
		local t = {}
		for i = 1, 300000 do t[i] = { i } end
		local p = payload.new(t)
		while true do p:data() end)},
};

/* Those that are put by while they hold C memory, for ASan. */
static const struct endless holding[] = {
	{"an encoder", MAIN(
		local t = {}
		for i = 1, 3000 do t[i] = { "x", payload.new({ 1 }) } end
		while true do payload.new(t) end)},
	{"an encoder of an error", MAIN(
		local t = {}
		for i = 1, 3000 do t[i] = { "x" } end
		local e = errors.new({ message = "x", kind = "Invalid", details = t })
		while true do process.send(process.pid(), "x", e) end)},
	{"JSON", MAIN(
		local t = {}
		for i = 1, 3000 do t[i] = { x = "x" } end
		while true do json.decode(json.encode(t)) end)},
};

static const struct entry others[] = {
	{"app:ticker", MAIN(
		local ticks = time.ticker("1ms"):channel()
		while true do ticks:receive() print("tick") end)},
	{"app:short", MAIN(return 1)},
	{"app:chunk", LUA(while true do end)},
	{"app:wall", LUA(while true do pcall(function() while true do end end) end)},
};

/* ---- One worker, real threads ---- */

/* What is measured is the time that the program's threads run: what else the machine does is left
 * out. */
static int64_t cpu_ns(void) {
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

struct arena {
	struct stage stage;
	_Atomic(uint64_t) xticks;
	_Atomic(int64_t) xended_ns; /* when the one that is forced ended; 0: not yet */
	_Atomic(uint32_t) xcause;
};

static void arena_output(void *user, const char *text, size_t len) {
	struct arena *arena = user;
	(void)text, (void)len;
	ki_add_rlx(&arena->xticks, 1); /* rlx: a counter */
}

static void arena_crash(void *user, const struct ki_crash *crash) {
	struct arena *arena = user;
	if (strcmp(crash->entry, "app:main") == 0) {
		ki_store_rlx(&arena->xcause, crash->result->cause); /* rlx: before xended_ns */
		ki_store_rel(&arena->xended_ns, cpu_ns()); /* rel: after the cause. [TS1] */
	}
}

static void arena_open(struct arena *arena, const char *source, int preempt_signal) {
	struct entry entries[STAGE_ENTRIES_MAX] = {{"app:main", source}};
	memcpy(&entries[1], others, sizeof others);
	ki_store_rlx(&arena->xticks, 0);
	ki_store_rlx(&arena->xended_ns, 0);
	struct stage_options options = {
		.threads = true, .nr_workers = 1, .preempt_signal = preempt_signal};
	stage_open_with(&arena->stage, entries, 1 + ki_countof(others), 1, &options);
	arena->stage.system.hooks = (struct ki_system_hooks){
		.user = arena, .output = arena_output, .crash = arena_crash};
}

static void arena_close(struct arena *arena) {
	struct stage *stage = &arena->stage;
	struct ki_counts stats;
	do {
		ki_procs_each(&stage->system, stage->host, stage_kill, &stage->system);
		ki_thread_yield();
		ki_host_counts(stage->host->host, &stats);
	} while (ki_proc_host_live(stage->host) > 0 || stats.workers_busy > 0 ||
		stats.queue_depth > 0);
	stage_leave(stage);
}

static void pause_ns(int64_t ns) {
	for (int64_t until = ki_clock_mono_ns() + ns; ki_clock_mono_ns() < until;) {
		nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
	}
}

/* A machine that does much else may let nothing of ours run for a while. */
static bool wait_for_tick(struct arena *arena, uint64_t before) {
	for (int i = 0; i < 1000 && ki_load_rlx(&arena->xticks) == before; i++) {
		pause_ns(1000000);
	}
	return ki_load_rlx(&arena->xticks) != before;
}

static int64_t wait_for_end(struct arena *arena, int64_t from_ns) {
	int64_t ended_ns, start_ns = ki_clock_mono_ns();
	/* acq: the cause was written before. [TS1] */
	while ((ended_ns = ki_load_acq(&arena->xended_ns)) == 0) {
		if (ki_clock_mono_ns() - start_ns > INT64_C(4000000000) * TEST_SCALE) {
			return INT64_MAX;
		}
		pause_ns(200000);
	}
	return ended_ns - from_ns;
}

/* ---- The table ---- */

enum { RUNS_MAX = 5 };

static const int64_t run_ns = INT64_C(10000000) * TEST_SCALE;

struct trial {
	int64_t end_ns;  /* from the force to the end */
	uint64_t ticks;  /* while it ran */
};

static struct trial try_once(const struct endless *program, int preempt_signal) {
	struct arena arena;
	struct trial trial;
	arena_open(&arena, program->source, preempt_signal);
	stage_spawn(&arena.stage, 1);
	kith_pid pid = stage_spawn(&arena.stage, 0);
	pause_ns(run_ns / 5); /* it may have to prepare */
	uint64_t before = ki_load_rlx(&arena.xticks);
	pause_ns(run_ns);
	if (!wait_for_tick(&arena, before)) {
		FAIL("%s: the ticker stood still", program->what);
	}
	trial.ticks = ki_load_rlx(&arena.xticks) - before;
	int64_t from_ns = cpu_ns();
	if (ki_force(&arena.stage.system, pid, KI_CAUSE_TERMINATE)) {
		FAIL("%s: returned", program->what);
	}
	trial.end_ns = wait_for_end(&arena, from_ns);
	if (trial.end_ns == INT64_MAX) {
		FAIL("%s: never ended", program->what);
	}
	EQ_UINT(ki_load_rlx(&arena.xcause), KI_CAUSE_TERMINATE);
	arena_close(&arena);
	return trial;
}

static int compare_ends(const void *a, const void *b) {
	const struct trial *x = a, *y = b;
	return (x->end_ns > y->end_ns) - (x->end_ns < y->end_ns);
}

/* Of `nr_runs`: the median and the worst end in time. */
static void try_program(const struct endless *program, int nr_runs, int preempt_signal) {
	char times[100];
	struct trial trials[RUNS_MAX];
	uint64_t ticks = 0;
	for (int i = 0; i < nr_runs; i++) {
		trials[i] = try_once(program, preempt_signal);
		ticks += trials[i].ticks;
	}
	qsort(trials, (size_t)nr_runs, sizeof trials[0], compare_ends);
	int64_t median = trials[nr_runs / 2].end_ns, worst = trials[nr_runs - 1].end_ns;
	sprintf(times, "%8.3f %8.3f ms %4u ticks", (double)median / 1e6, (double)worst / 1e6,
		(unsigned)ticks);
	if (getenv("KITH_VERBOSE")) {
		fprintf(stderr, "%-40s %s\n", program->what, times);
	}
	if (median > INT64_C(20000000) * TEST_SCALE || worst > INT64_C(200000000) * TEST_SCALE) {
		FAIL("%s: terminated late (median, worst): %s", program->what, times);
	}
}

/* Under a sanitizer all takes longer; there the answer counts, not how long it takes. */
static int runs(int nr) {
	return TEST_SCALE > 1 ? 1 : nr;
}

static void try_programs(size_t part) {
	for (size_t i = part; i < ki_countof(programs); i += 8) {
		try_program(&programs[i], runs(RUNS_MAX), SIGURG);
		try_program(&programs[i], 1, 0); /* without signals */
	}
}

/* ---- Cancel ---- */

static int64_t cancel_and_wait(const char *source, uint32_t cause) {
	struct arena arena;
	arena_open(&arena, source, SIGURG);
	kith_pid pid = stage_spawn(&arena.stage, 0);
	wait_for_tick(&arena, 0); /* it says that it waits */
	int64_t from_ns = ki_clock_mono_ns();
	int64_t deadline_ns = INT64_C(30000000) * TEST_SCALE;
	OK(ki_cancel(&arena.stage.system, 0, pid, deadline_ns, ki_strv("enough")));
	NE_INT(wait_for_end(&arena, 0), INT64_MAX);
	int64_t took_ns = ki_clock_mono_ns() - from_ns;
	EQ_UINT(ki_load_rlx(&arena.xcause), cause);
	arena_close(&arena);
	if (cause == KI_CAUSE_DEADLINE) {
		GE_INT(took_ns, deadline_ns);
	}
	return took_ns;
}

TEST(lua_force, handlers_at_the_end_have_the_time_of_the_deadline_7_2) {
	cancel_and_wait(MAIN(
		local events = process.events()
		print("waits")
		local c <close> = setmetatable({}, { __close = function() while true do end end })
		events:receive()), KI_CAUSE_DEADLINE);
	cancel_and_wait(MAIN(
		local events = process.events()
		print("waits")
		local c <close> = setmetatable({}, { __close = function() time.sleep("1h") end })
		events:receive()), KI_CAUSE_DEADLINE);
	cancel_and_wait(MAIN(
		local events = process.events()
		print("waits")
		local c <close> = setmetatable({}, { __close = function()
			pcall(string.find, ("a"):rep(100000), ("a*"):rep(30) .. "b") end })
		events:receive()
		error("cancelled")), KI_CAUSE_DEADLINE);
	/* and no more than they need */
	cancel_and_wait(MAIN(
		local events = process.events()
		print("waits")
		local c <close> = setmetatable({}, { __close = function()
			time.sleep("2ms")
			error("closed")
		end })
		events:receive()), KI_CAUSE_ERROR);
}

TEST(lua_force, what_is_held_is_let_go_of) {
	for (size_t i = 0; i < ki_countof(holding); i++) {
		for (int run = 0; run < 10; run++) {
			try_program(&holding[i], 1, run % 2 == 0 ? SIGURG : 0);
		}
	}
}

TEST(lua_force, a_program_that_never_returns_is_terminated_7_5_a) {
	try_programs(0);
}

TEST(lua_force, a_program_that_never_returns_is_terminated_7_5_b) {
	try_programs(1);
}

TEST(lua_force, a_program_that_never_returns_is_terminated_7_5_c) {
	try_programs(2);
}

TEST(lua_force, a_program_that_never_returns_is_terminated_7_5_d) {
	try_programs(3);
}

TEST(lua_force, a_program_that_never_returns_is_terminated_7_5_e) {
	try_programs(4);
}

TEST(lua_force, a_program_that_never_returns_is_terminated_7_5_f) {
	try_programs(5);
}

TEST(lua_force, a_program_that_never_returns_is_terminated_7_5_g) {
	try_programs(6);
}

TEST(lua_force, a_program_that_never_returns_is_terminated_7_5_h) {
	try_programs(7);
}

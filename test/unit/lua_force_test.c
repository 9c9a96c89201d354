/*
 * Programs that never return (SPEC 7.5, 15.3): each is terminated soon, wherever it is, while a
 * ticker goes on beside it on the one worker that both have.
 */
#include "lua_stage.h"

#include "base/atomic.h"
#include "process/names.h"
#include "process/native.h"
#include "sys/clock.h"
#include "sys/thread.h"

#include <dirent.h>
#include <signal.h>
#include <time.h>

struct endless {
	const char *what, *source;
};

enum { NR_PARTS = 8 };

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
	{"rep of nothing", MAIN(while true do string.rep("", 1 << 60, "") end)},
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

/* Calls ready() when what it loops over is there. */
#define LARGE(...)                                                                                 \
	"local function ready() process.registry.register('ready') end " MAIN(__VA_ARGS__)

/* Those that loop over much, which takes them a while to make. */
static const struct endless large[] = {
	{"utf8.len of much", LARGE(
		local s = ("a"):rep(100000000)
		ready() while true do utf8.len(s) end)},
	{"utf8.offset in much", LARGE(
		local s = ("a"):rep(100000000)
		ready() while true do utf8.offset(s, 90000000) end)},
	{"utf8.codes over one long character", LARGE(
		local s = "a" .. ("\x80"):rep(100000000)
		ready() while true do pcall(function() for _ in utf8.codes(s) do end end) end)},
	{"a set as long as a program", LARGE(
		local set = "[^" .. ("a"):rep(50000000) .. "]"
		ready() while true do string.find("b", set) end)},
	{"patterns that are wrong", LARGE(
		local p = ("[a"):rep(30000000)
		ready() while true do pcall(string.find, "b", p) end)},
	{"os.date of much", LARGE(
		local f = ("%c"):rep(1000000)
		ready() while true do os.date(f) end)},
	{"JSON written", LARGE(
		local t = {}
		for i = 1, 200000 do t[i] = { x = "x", y = i } end
		ready() while true do json.encode(t) end)},
	{"JSON of one object", LARGE(
		local t = {}
		for i = 1, 300000 do t["k" .. i] = i end
		ready() while true do json.encode(t) end)},
	{"JSON read", LARGE(
		local text = "[" .. ("[1,2.5,true],"):rep(1000000) .. "0]"
		ready() while true do json.decode(text) end)},
	{"a payload transcoded", LARGE(
		local t = {}
		for i = 1, 200000 do t[i] = { x = "x", y = i } end
		local p = payload.new(t)
		ready() while true do p:transcode(payload.format.JSON) end)},
	{"a mailbox that fills", LARGE(
		local me = process.pid()
		ready() while true do
			for i = 1, 300000 do process.send(me, "t", i) end
			process.unlisten(process.listen("t"))
		end)},
	{"a full mailbox", LARGE(
		local me = process.pid()
		for i = 1, 300000 do process.send(me, "t", i) end
		ready() while true do end)},
	{"kept messages routed anew", LARGE(
		local me = process.pid()
		for i = 1, 300000 do process.send(me, "t", i) end
		ready() while true do process.unlisten(process.listen("t")) end)},
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

/* ---- Time ---- */

/*
 * Bounds of real time say something of kith only while the machine runs what is ready. When it does
 * not is seen by a witness, a thread that only takes naps of a millisecond; and where the system
 * tells how long our threads waited for a processor, by that. A trial that is late is void, and
 * made again, if a nap in it or that waiting took longer than STILL_NS. Late without that fails.
 */
enum { STILL_NS = 5000000, VOID_MAX = 20 };

struct witness {
	struct ki_thread thread;
	_Atomic(bool) xstop;
	_Atomic(int64_t) xstill_ns; /* when it last saw the machine stand still */
};

static void witness_main(void *arg) {
	struct witness *witness = arg;
	while (!ki_load_rlx(&witness->xstop)) { /* rlx: nothing comes with it */
		int64_t before_ns = ki_clock_mono_ns();
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
		int64_t after_ns = ki_clock_mono_ns();
		if (after_ns - before_ns > STILL_NS) {
			ki_store_rlx(&witness->xstill_ns, after_ns); /* rlx: a time alone */
		}
	}
}

static void witness_open(struct witness *witness) {
	ki_store_rlx(&witness->xstop, false);
	ki_store_rlx(&witness->xstill_ns, 0);
	OK(ki_thread_start(&witness->thread, witness_main, witness, 0));
}

static void witness_close(struct witness *witness) {
	ki_store_rlx(&witness->xstop, true);
	ki_thread_join(&witness->thread);
}

/* The second number of schedstat; 0 where there is none. */
static int64_t waited_by_thread(const char *tid) {
	char path[300];
	long long ran_ns, waited_ns = 0;
	snprintf(path, sizeof path, "/proc/self/task/%s/schedstat", tid);
	FILE *file = fopen(path, "r");
	if (file && fscanf(file, "%lld %lld", &ran_ns, &waited_ns) != 2) {
		waited_ns = 0;
	}
	if (file) {
		fclose(file);
	}
	return waited_ns;
}

/* What all threads of the program that live have waited for a processor. */
static int64_t waited(void) {
	DIR *dir = opendir("/proc/self/task");
	int64_t waited_ns = 0;
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		waited_ns += entry->d_name[0] != '.' ? waited_by_thread(entry->d_name) : 0;
	}
	if (dir) {
		closedir(dir);
	}
	return waited_ns;
}

/* Asked two naps later, so that a nap that was too long has ended. */
static bool stood_still_since(struct witness *witness, int64_t from_ns) {
	nanosleep(&(struct timespec){.tv_nsec = 2 * STILL_NS}, NULL);
	return ki_load_rlx(&witness->xstill_ns) >= from_ns;
}

/* ---- One worker, real threads ---- */

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
		/* rel: after the cause. [TS1] */
		ki_store_rel(&arena->xended_ns, ki_clock_mono_ns());
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

/* False: none came in a second. */
static bool wait_for_tick(struct arena *arena, uint64_t before) {
	for (int i = 0; i < 1000 * TEST_SCALE && ki_load_rlx(&arena->xticks) == before; i++) {
		pause_ns(1000000);
	}
	return ki_load_rlx(&arena->xticks) != before;
}

static int64_t wait_for_end(struct arena *arena) {
	int64_t ended_ns, start_ns = ki_clock_mono_ns();
	/* acq: the cause was written before. [TS1] */
	while ((ended_ns = ki_load_acq(&arena->xended_ns)) == 0) {
		if (ki_clock_mono_ns() - start_ns > INT64_C(4000000000) * TEST_SCALE) {
			return INT64_MAX;
		}
		pause_ns(200000);
	}
	return ended_ns;
}

/* ---- The table ---- */

/* In a trial the ticker ticks TICKS times beside the program, which then is ended by force. */
enum { RUNS = 5, TICKS = 5 };

static const int64_t moment_ns = INT64_C(2000000) * TEST_SCALE;
static const int64_t median_ns = INT64_C(20000000) * TEST_SCALE;
static const int64_t late_ns = INT64_C(200000000) * TEST_SCALE;

struct trial {
	int64_t ticks_ns; /* that all ticks took */
	int64_t end_ns;   /* from the force to the end */
	int64_t waited_ns; /* for a processor */
};

static struct trial try_once(const struct endless *program, int preempt_signal) {
	struct arena arena;
	struct trial trial;
	arena_open(&arena, program->source, preempt_signal);
	stage_spawn(&arena.stage, 1);
	wait_for_tick(&arena, 0);
	kith_pid pid = stage_spawn(&arena.stage, 0);
	while (strstr(program->source, "ready") &&
		ki_name_find(&arena.stage.system, ki_strv("ready"), &pid) != KITH_OK) {
		pause_ns(1000000);
	}
	pause_ns(moment_ns);
	int64_t waited_ns = waited(), from_ns = ki_clock_mono_ns();
	for (int i = 0; i < TICKS; i++) {
		if (!wait_for_tick(&arena, ki_load_rlx(&arena.xticks))) {
			FAIL("%s: the ticker stood still", program->what);
		}
	}
	trial.ticks_ns = ki_clock_mono_ns() - from_ns;
	from_ns = ki_clock_mono_ns();
	if (ki_force(&arena.stage.system, pid, KI_CAUSE_TERMINATE)) {
		FAIL("%s: returned", program->what);
	}
	int64_t ended_ns = wait_for_end(&arena);
	if (ended_ns == INT64_MAX) {
		FAIL("%s: never ended", program->what);
	}
	EQ_UINT(ki_load_rlx(&arena.xcause), KI_CAUSE_TERMINATE);
	trial.end_ns = ended_ns - from_ns;
	trial.waited_ns = waited() - waited_ns;
	arena_close(&arena);
	return trial;
}

static int compare_ends(const void *a, const void *b) {
	const struct trial *x = a, *y = b;
	return (x->end_ns > y->end_ns) - (x->end_ns < y->end_ns);
}

/* Of so many runs that count: the median and the worst end in time, and so do all ticks. */
static void try_program(
	struct witness *witness, const struct endless *program, int nr_runs, int preempt_signal) {
	struct trial trials[RUNS];
	int64_t ticks = 0;
	int nr_void = 0;
	for (int i = 0; i < nr_runs;) {
		int64_t from_ns = ki_clock_mono_ns();
		trials[i] = try_once(program, preempt_signal);
		bool late = trials[i].end_ns > median_ns || trials[i].ticks_ns > late_ns;
		if (late && nr_void < VOID_MAX &&
			(trials[i].waited_ns > STILL_NS || stood_still_since(witness, from_ns))) {
			nr_void++;
			continue;
		}
		ticks = trials[i].ticks_ns > ticks ? trials[i].ticks_ns : ticks;
		i++;
	}
	qsort(trials, (size_t)nr_runs, sizeof trials[0], compare_ends);
	int64_t median = trials[nr_runs / 2].end_ns, worst = trials[nr_runs - 1].end_ns;
	char text[200];
	snprintf(text, sizeof text, "%-40s %8.3f %8.3f ms, ticks %8.3f ms, %d void",
		program->what, (double)median / 1e6, (double)worst / 1e6, (double)ticks / 1e6,
		nr_void);
	if (getenv("KITH_VERBOSE")) {
		fprintf(stderr, "%s\n", text);
	}
	if (median > median_ns || worst > late_ns || ticks > late_ns) {
		FAIL("late (median and worst end, worst ticks): %s", text);
	}
}

/* Under a sanitizer all takes longer; there the answer counts, not how long it takes. */
static int runs(int nr) {
	return TEST_SCALE > 1 ? 1 : nr;
}

static void try_programs(size_t part) {
	struct witness witness;
	witness_open(&witness);
	for (size_t i = part; i < ki_countof(programs); i += NR_PARTS) {
		try_program(&witness, &programs[i], runs(RUNS), SIGURG);
		try_program(&witness, &programs[i], 1, 0); /* without signals */
	}
	for (size_t i = part; i < ki_countof(large); i += NR_PARTS) {
		try_program(&witness, &large[i], runs(RUNS), SIGURG);
		try_program(&witness, &large[i], 1, 0);
	}
	witness_close(&witness);
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
	NE_INT(wait_for_end(&arena), INT64_MAX);
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

struct spawner {
	struct stage *stage;
	size_t entry;
	_Atomic(int) xstatus; /* 2: not begun, 1: not back yet */
};

static int spawn_and_return(struct ki_proc *proc, void *arg) {
	struct spawner *spawner = arg;
	struct ki_spawn spawn = {.program = &spawner->stage->programs[spawner->entry],
		.host = spawner->stage->host,
		.parent = proc};
	struct ki_payload *error = NULL;
	kith_pid pid;
	ki_store_rel(&spawner->xstatus, 1);
	int status = ki_proc_spawn(proc->system, &spawn, &pid, &error);
	ki_payload_unref(error);
	ki_store_rel(&spawner->xstatus, status);
	return status;
}

/* Gives what the spawn came to. */
static int force_native_spawner(const char *chunk, int preempt_signal) {
	struct arena arena;
	arena_open(&arena, chunk, preempt_signal);
	struct spawner spawner = {.stage = &arena.stage, .xstatus = 2};
	struct ki_native native = {.run = spawn_and_return, .arg = &spawner};
	struct ki_program program = {.id = "app:native", .ops = &ki_native_ops, .data = &native};
	kith_pid pid = stage_spawn_as(
		&arena.stage, (struct ki_spawn){.program = &program, .host = arena.stage.host});
	while (ki_load_acq(&spawner.xstatus) == 2) {
		pause_ns(moment_ns);
	}
	OK(ki_force(&arena.stage.system, pid, KI_CAUSE_TERMINATE));
	arena_close(&arena);
	return ki_load_acq(&spawner.xstatus);
}

/* A native body has to return (SPEC 23), so its frames are not given up. */
TEST(lua_force, native_body_returns_from_a_spawn_that_does_not_23) {
	static const char *const chunks[] = {LUA(while true do end),
		LUA(while true do pcall(function() while true do end end) end),
		LUA(coroutine.wrap(function() while true do end end)()),
		LUA(string.find(("a"):rep(100000), ("a*"):rep(30) .. "b")),
		LUA(local t = {} for i = 1, 1000 do t[i] = { "x" } end
			while true do payload.new(t) json.encode(t) end)};
	for (size_t i = 0; i < ki_countof(chunks); i++) {
		STATUS(force_native_spawner(chunks[i], SIGURG), KITH_EKILLED);
		STATUS(force_native_spawner(chunks[i], 0), KITH_EKILLED);
	}
}

TEST(lua_force, what_is_held_is_let_go_of) {
	struct witness witness;
	witness_open(&witness);
	for (size_t i = 0; i < ki_countof(holding); i++) {
		for (int run = 0; run < 10; run++) {
			try_program(&witness, &holding[i], 1, run % 2 == 0 ? SIGURG : 0);
		}
	}
	witness_close(&witness);
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

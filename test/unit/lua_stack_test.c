/*
 * Deep stacks and odd places (SPEC 13.7, 10.6): a process overruns neither Lua's stack nor its own,
 * and waits wherever it likes.
 */
#include "lua_stage.h"

#include <signal.h>
#include <time.h>

#include "base/compiler.h"
#include "sched/worker.h"

TEST(lua_stack, an_overflow_can_be_caught_and_life_goes_on) {
	play("true\ton\n", MAIN(
		local function f() return 1 + f() end
		local ok, err = pcall(f)
		time.sleep(5)
		print(not ok and err:find("stack overflow") ~= nil, "on")));
}

TEST(lua_stack, an_overflow_that_nobody_catches_fails_the_process) {
	play("! app:main Internal: app:main:1: stack overflow\n", MAIN(
		local function f() return 1 + f() end
		f()));
}

/* The signals that end slices come while a million calls stand on the thread. */
TEST(lua_stack, signals_leave_time_for_a_deep_recursion) {
	struct entry main = {"app:main", MAIN(
		local function f() return 1 + f() end
		for i = 1, 2 do
			local ok, err = pcall(f)
			if ok or not err:find("stack overflow") then print(err) end
		end
		print("well"))};
	struct stage_options how = {.threads = true, .nr_workers = 1, .preempt_signal = SIGURG};
	struct stage stage;
	stage_open_with(&stage, &main, 1, 1, &how);
	TRUE(stage_start(&stage, NULL, 0) != 0);
	while (ki_proc_host_live(stage.host) > 0) {
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	ki_host_stop(stage.host->host); /* joins the worker: what it printed is ours */
	EQ_STR(ki_buf_cstr(&stage.output), "well\n");
	stage_leave(&stage);
}

#define DEEP(call)                                                                                 \
	MAIN(local depth = 0                                                                       \
		local function f()                                                                 \
			depth = depth + 1                                                          \
			if depth > 150 then time.sleep("1ms") end                                  \
			call                                                                       \
		end                                                                                \
		local ok, err = pcall(f)                                                           \
		print(not ok and tostring(err):find("C stack overflow") ~= nil, depth > 150))

TEST(lua_stack, waits_are_allowed_at_the_bottom_of_nested_c_calls) {
	play("true\ttrue\n", DEEP(string.gsub("x", ".", f)));
	play("true\ttrue\n", DEEP(table.sort({ 1, 2 }, f)));
	play("true\ttrue\n", DEEP(coroutine.wrap(f)()));
}

TEST(lua_stack, handlers_at_the_end_may_wait) {
	play("! app:main Internal: slow\n", MAIN(
		error(setmetatable({}, { __tostring = function()
			time.sleep("1ms") return "slow" end }))));
	play("! app:main Internal: app:main:1: in close\n", MAIN(
		local c <close> = setmetatable({}, { __close = function()
			time.sleep("1ms") error("in close") end })
		error("first")));
	play("false\thandled app:main:1: a\n", MAIN(
		print(xpcall(function() error("a") end, function(e)
			time.sleep("1ms") return "handled " .. e end))));
}

TEST(lua_stack, yield_inside_a_call_from_c_is_a_wait_at_top_level_and_an_error_elsewhere) {
	play("ok\nfalse\tattempt to yield across a C-call boundary\n", MAIN(
		table.sort({ 1, 2, 3 }, function(a, b) coroutine.yield() return a < b end)
		print("ok")
		print(coroutine.resume(coroutine.create(function()
			table.sort({ 1, 2, 3 }, function(a, b) coroutine.yield() return a < b end)
		end)))));
}

/* ---- What can be nested, and how deep (13.7) ---- */

TEST(lua_stack, about_200_000_calls_can_be_nested_13_7) {
	play("true\ttrue\ttrue\n", MAIN(
		local depth = 0
		local function f(a, b)
			depth = depth + 1
			local c = a + b
			return f(c, b) + 1
		end
		local ok, err = pcall(f, 0, 1)
		print(not ok and err:find("stack overflow") ~= nil,
			depth > 150000, depth < 300000)));
}

/* What nests itself in calls of C, until that fails. */
static const char *const nests[] = {
#define NESTED(...)                                                                                \
	"local depth, overflow = 0, nil\n"                                                         \
	"local f\n"                                                                                \
	"f = function() depth = depth + 1 " #__VA_ARGS__ " return 'x' end\n"                       \
	"return function()\n"                                                                      \
	"	print('paint')\n"                                                                  \
	"	local ok, err = pcall(f)\n"                                                        \
	"	print('measure')\n"                                                                \
	"	err = tostring(err or overflow)\n"                                                 \
	"	local good = err:find('stack overflow') and depth > 40 and depth < 250\n"          \
	"	print(good and 'good' or err .. ' at depth ' .. depth)\n"                          \
	"end\n"
	NESTED(string.gsub("x", ".", f)),
	NESTED(string.gsub("x", ".", setmetatable({}, { __index = f }))),
	NESTED(table.sort({ 1, 2 }, f)),
	NESTED(table.sort(setmetatable({}, { __index = f, __len = function() return 3 end }))),
	NESTED(table.concat(setmetatable({}, { __index = f }), "", 1, 2)),
	NESTED(table.unpack(setmetatable({}, { __index = f }), 1, 2)),
	NESTED(local m = { __index = f, __len = function() return 3 end }
		table.insert(setmetatable({}, m), 1, 1)),
	NESTED(coroutine.wrap(f)()),
	NESTED(local ok, e = coroutine.resume(coroutine.create(f)) if not ok then error(e, 0) end),
	NESTED(local co = coroutine.create(function()
			local c <close> = setmetatable({}, { __close = f })
			coroutine.yield() end)
		coroutine.resume(co)
		local ok, e = coroutine.close(co)
		if not ok then error(e, 0) end),
	NESTED(tostring(setmetatable({}, { __tostring = f }))),
	NESTED(string.format("%s %s", 1, setmetatable({}, { __tostring = f }))),
	NESTED(print(setmetatable({}, { __tostring = f }))),
	NESTED(local t = setmetatable({}, { __index = f }) local x = t.x),
	NESTED(local t = setmetatable({}, { __newindex = f }) t.x = 1),
	NESTED(local t = setmetatable({}, { __concat = f }) local x = t .. t),
	NESTED(local t = setmetatable({}, { __lt = f }) local x = t < t),
	NESTED(local m = { __eq = f }
		local x = setmetatable({}, m) == setmetatable({}, m)),
	NESTED(local t = setmetatable({}, { __len = f }) local x = #t),
	NESTED(local c <close> = setmetatable({}, { __close = f })),
	NESTED(for _ in pairs(setmetatable({}, { __pairs = f })) do end),
	NESTED(local ok, e = load(f) if not ok then error(e, 0) end),
	NESTED(local ok, e = pcall(f) if not ok then error(e, 0) end),
	NESTED(local ok, e = xpcall(f, debug.traceback) if not ok then error(e, 0) end),
	NESTED(string.gsub("x", ".", function()
		return string.format("%s", setmetatable({}, { __tostring = f })) end)),
	/* and at the bottom what needs much without calling back */
	NESTED(
		string.find(("a"):rep(300), ("a?"):rep(190))
		load(("("):rep(190) .. "1" .. (")"):rep(190))
		string.gsub("x", ".", f)),
	NESTED(
		overflow = overflow or select(2, load(("do "):rep(500)))
		load("return " .. ("function() return "):rep(90) .. ("end "):rep(90))
		load("return " .. ("{"):rep(190) .. ("}"):rep(190))
		coroutine.wrap(f)()),
	/* a message handler has a tenth more */
	LUA(local depth = 0
		local function f() depth = depth + 1 string.gsub("x", ".", f) end
		return function()
			print("paint")
			local ok, err = xpcall(f, f)
			print("measure")
			print(not ok and depth > 190 and depth < 250 and "good" or depth)
		end),
	/* a reader is called by the parser, wherever that stands */
	NESTED(
		local open = 0
		local ok, e = load(function()
			open = open + 1
			if open == 1 then return "return " end
			if open % 3 == 0 then f() end
			return "(" end)
		if not ok then error(e, 0) end),
};

#if !KI_ASAN && !KI_TSAN

enum { MARK = 0xa5 };

struct painter {
	struct stage stage;
	const unsigned char *low;
	size_t most;
};

/* The strand's stack, but for what is in use. */
static KI_NOINLINE void paint(struct painter *painter) {
	const struct ki_stack *stack = ki_worker_self()->strand->stack;
	unsigned char here, *low = stack->low;
	painter->low = low;
	memset(low, MARK, (size_t)(&here - low) - 1024);
}

static void measure(struct painter *painter) {
	const struct ki_stack *stack = ki_worker_self()->strand->stack;
	EQ_PTR(stack->low, painter->low);
	size_t unused = 0;
	while (unused < stack->size && painter->low[unused] == MARK) {
		unused++;
	}
	size_t used = stack->size - unused;
	if (used > painter->most) {
		painter->most = used;
	}
}

static void painter_output(void *user, const char *text, size_t len) {
	struct painter *painter = user;
	if (strncmp(text, "paint", 5) == 0) {
		paint(painter);
	} else if (strncmp(text, "measure", 7) == 0) {
		measure(painter);
	} else {
		ki_buf_put(&painter->stage.output, text, len);
	}
}

TEST(lua_stack, two_hundred_c_calls_fit_the_native_stack_13_7) {
	size_t most = 0;
	for (size_t i = 0; i < ki_countof(nests); i++) {
		struct painter painter = {0};
		struct entry entry = {"app:main", nests[i]};
		stage_open(&painter.stage, &entry, 1, 1);
		painter.stage.system.hooks.user = &painter;
		painter.stage.system.hooks.output = painter_output;
		stage_start(&painter.stage, NULL, 0);
		stage_run(&painter.stage, -1);
		if (getenv("KITH_VERBOSE")) {
			fprintf(stderr, "%zu: %zu\n", i, painter.most);
		}
		most = painter.most > most ? painter.most : most;
		EQ_STR(ki_buf_cstr(&painter.stage.output), "good\n");
		ki_buf_reset(&painter.stage.output);
		stage_close(&painter.stage, "");
	}
	GT_UINT(most, 100000);
	LT_UINT(most, KI_STACK_BYTES * 15 / 16);
}

#else

TEST(lua_stack, two_hundred_c_calls_fit_the_native_stack_13_7) {
	for (size_t i = 0; i < ki_countof(nests); i++) {
		play("paint\nmeasure\ngood\n", nests[i]);
	}
}

#endif

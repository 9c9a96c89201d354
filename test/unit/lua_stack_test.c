/*
 * Deep stacks and odd places (SPEC 13.7, 10.6): a process overruns neither Lua's stack nor its own,
 * and waits wherever it likes.
 */
#include "lua_stage.h"

#include <signal.h>
#include <time.h>

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
TEST_SLOW(lua_stack, signals_leave_time_for_a_deep_recursion, 10) {
	struct entry main = {"app:main", MAIN(
		local function f() return 1 + f() end
		for i = 1, 4 do
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

/*
 * Coroutines of a process (SPEC 10.4, 10.5), time slices (15.3), to-be-closed variables at the end
 * (4.7).
 */
#include "lua_stage.h"

TEST(lua_coroutine, spawn_runs_the_new_one_up_to_its_first_wait) {
	play("a\nb\nc\nd\n", MAIN(
		local co = coroutine.spawn(function() print("a") coroutine.yield() print("d") end)
		print("b")
		assert(type(co) == "thread")
		print("c")
		coroutine.yield()));
}

TEST(lua_coroutine, ready_ones_run_first_in_first_out) {
	play("1a 2a 3a 1b 2b 3b 1c 2c 3c\n", MAIN(
		local log = {}
		for i = 1, 3 do
			coroutine.spawn(function()
				for _, c in ipairs { "a", "b", "c" } do
					log[#log + 1] = i .. c
					coroutine.yield()
				end
			end)
		end
		for i = 1, 4 do coroutine.yield() end
		print(table.concat(log, " "))));
}

TEST(lua_coroutine, nobody_resumes_or_closes_a_spawned_thread) {
	play("false\tcannot resume a spawned coroutine\n"
	     "false\tapp:main:1: cannot resume a spawned coroutine\nsuspended\ndead\n", MAIN(
		local co = coroutine.spawn(function() coroutine.yield() end)
		print(coroutine.resume(co))
		print(pcall(function() coroutine.close(co) end))
		print(coroutine.status(co))
		coroutine.yield()
		print(coroutine.status(co))));
}

TEST(lua_coroutine, main_cannot_be_resumed_while_it_waits) {
	play("false\tsuspended\n", MAIN(
		local main_thread = coroutine.running()
		coroutine.spawn(function()
			coroutine.yield()
			print(coroutine.resume(main_thread), coroutine.status(main_thread))
		end)
		coroutine.yield() coroutine.yield()
));
}

TEST(lua_coroutine, those_of_the_program_work_as_in_lua) {
	play("true\t1\t2\ntrue\t3\nfalse\tcannot resume dead coroutine\n"
	     "false\tapp:main:1: x\ntrue\n"
	     "1 2 3\nrunning\tnormal\tfalse\ttrue\n", MAIN(
		local co = coroutine.create(function(a, b) local c = coroutine.yield(a, b) return c
			end)
		print(coroutine.resume(co, 1, 2))
		print(coroutine.resume(co, 3))
		print(coroutine.resume(co))
		print(coroutine.resume(coroutine.create(function() error("x") end)))
		co = coroutine.create(function() coroutine.yield() end)
		coroutine.resume(co)
		print(coroutine.close(co))
		local t = {}
		for i in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) do
			t[#t + 1] = i
		end
		print(table.concat(t, " "))
		local main_thread, is_main = coroutine.running()
		co = coroutine.create(function(self)
			local _, inner = coroutine.running()
			print(coroutine.status(self), coroutine.status(main_thread), inner, is_main)
		end)
		coroutine.resume(co, co)));
}

TEST(lua_coroutine, a_wait_inside_a_resumed_one_makes_its_resumer_wait_too) {
	play("other\ninner\t1\nouter\ttrue\tdone\nnormal\n", MAIN(
		local ch = channel.new()
		local status
		local co = coroutine.create(function() print("inner", (ch:receive())) return "done"
			end)
		coroutine.spawn(function()
			coroutine.yield()
			print("other")
			status = coroutine.status(co)
			ch:send(1)
		end)
		print("outer", coroutine.resume(co))
		print(status)));
}

TEST(lua_coroutine, an_error_in_a_spawned_one_fails_the_process) {
	play("! app:main Internal: app:main:1: oops\n", MAIN(
		coroutine.spawn(function() coroutine.yield() error("oops") end)
		time.sleep("1h")));
}

TEST(lua_coroutine, main_returning_drops_the_others) {
	play("end\n", MAIN(
		coroutine.spawn(function() time.sleep("1s") print("never") end)
		print("end")));
}

TEST(lua_coroutine, to_be_closed_variables_close_before_the_end_and_may_wait) {
	play("closing\nclosed\n! app:main Internal: app:main:1: x\n", MAIN(
		local c <close> = setmetatable({}, { __close = function()
			print("closing") time.sleep("5ms") print("closed") end })
		coroutine.yield()
		error("x")));
}

TEST(lua_coroutine, no_other_one_runs_while_the_process_is_set_aside) {
	play("true\n", MAIN(
		local count = 0
		coroutine.spawn(function() while true do count = count + 1 coroutine.yield() end
			end)
		local before = count
		for i = 1, 1000000 do end
		print(count == before)));
}

TEST(lua_coroutine, an_endless_loop_leaves_others_their_turns) {
	PLAY("turn 1\nturn 2\nturn 3\n! app:spin Canceled: process terminated\n",
		{"app:main", MAIN(
			local spin = assert(process.spawn("app:spin"))
			for i = 1, 3 do time.sleep("10ms") print("turn " .. i) end
			assert(process.terminate(spin))
			assert(select(2, process.terminate(spin)) == nil)
			time.sleep("1s"))},
		{"app:spin", MAIN(pcall(function() while true do end end))});
}

/* Stacks are kept where Lua could yield, and change workers (ki_sched_options.roam): nobody can
 * tell. */
TEST(lua_coroutine, waits_are_the_same_on_any_stack_10_6) {
	static const struct entry entries[] = {
		{"app:main", MAIN(
			local ch, done = channel.new(), channel.new(3)
			local sum = 0
			coroutine.spawn(function()
				for i = 1, 20 do ch:send(i) end
				ch:close()
			end)
			coroutine.spawn(function()
				for i = 1, 5 do time.sleep("1ms") coroutine.yield() end
				done:send("slept")
			end)
			coroutine.spawn(function()
				local wrapped = coroutine.wrap(function()
					coroutine.yield(ch:receive())
					time.sleep("2ms")
					return ch:receive()
				end)
				sum = sum + wrapped() + wrapped()
				done:send("wrapped")
			end)
			coroutine.spawn(function()
				done:send(process.exec("app:child", "app:processes", 7))
			end)
			time.sleep("10ms")
			while true do
				local r = channel.select { ch:case_receive() }
				if not r.ok then break end
				sum = sum + r.value
			end
			local got = {}
			for i = 1, 3 do got[i] = tostring((done:receive())) end
			table.sort(got)
			print(sum, table.concat(got, " ")))},
		{"app:child", MAIN(
			local n = ...
			process.send(process.pid(), "x", n)
			return process.listen("x"):receive() + 1)}};
	for (uint64_t seed = 1; seed <= 30; seed++) {
		struct stage stage;
		struct stage_options how = {.nr_workers = 2, .roam = true};
		stage_open_with(&stage, entries, 2, seed, &how);
		stage_start(&stage, NULL, 0);
		stage_run(&stage, -1);
		stage_close(&stage, "210\t8 slept wrapped\n");
	}
}

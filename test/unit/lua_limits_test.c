/* Limits of a process, from Lua (SPEC 15.6, 8.6). */
#include "lua_stage.h"

TEST(lua_limits, full_mailbox_refuses_until_lua_has_received) {
	PLAY("true\ttrue\tnil\tmailbox full\tRateLimited\ttrue\n"
	     "true\n",
		{"app:main", MAIN(
			local p = process.with_options{max_mailbox = 2}:spawn("app:slow")
			time.sleep("1ms")
			local a, b = process.send(p, "t"), process.send(p, "t")
			local c, err = process.send(p, "t")
			print(a, b, c, err, err:kind(), err:retryable())
			process.send(p, "go")
			process.cancel(p)
			time.sleep("20ms")
			print(process.send(p, "t")))},
		{"app:slow", MAIN(
			local inbox, events = process.inbox(), process.events()
			events:receive()
			inbox:receive() inbox:receive()
			time.sleep("1s"))});
}

TEST(lua_limits, kept_messages_count) {
	PLAY("true\tnil\n",
		{"app:main", MAIN(
			local p = process.with_options{max_mailbox = 1}:spawn("app:deaf")
			local a = process.send(p, "t")
			time.sleep("20ms")
			print(a, (process.send(p, "t"))))},
		{"app:deaf", MAIN(local l = process.listen("other") time.sleep("10ms")
			coroutine.yield() time.sleep("1s"))});
}

TEST(lua_limits, options_go_over_the_entry_and_are_not_inherited) {
	struct stage stage;
	const struct entry entries[] = {
		{"app:main", MAIN(
			local function room(spawner)
				local p = spawner:spawn("app:waits")
				local n = 0
				while process.send(p, "t") do n = n + 1 end
				process.cancel(p)
				return n
			end
			print(room(process.with_options{max_mailbox = 3}),
				room(process.with_options{}),
				process.with_options{max_mailbox = 2}:exec("app:middle")))},
		{"app:waits", MAIN(process.events():receive())},
		{"app:middle", MAIN(
			local p = process.spawn("app:waits")
			local n = 0
			while process.send(p, "t") do n = n + 1 end
			process.cancel(p)
			return n)}};
	stage_open(&stage, entries, 3, 1);
	for (size_t i = 0; i < 3; i++) {
		if (!strcmp(stage.programs[i].id, "app:waits")) {
			ki_limits_set_mailbox(&stage.programs[i].limits, 5);
		}
	}
	stage_start(&stage, NULL, 0);
	stage_run(&stage, INT64_C(36000000000000));
	stage_close(&stage, "3\t5\t5\tnil\n");
}

TEST(lua_limits, host_that_is_full_refuses_until_one_has_ended) {
	struct stage stage;
	const struct entry entries[] = {
		{"app:main", MAIN(
			local events = process.events()
			local p = process.spawn_monitored("app:waits")
			local q, err = process.spawn("app:waits")
			print(q, err, err:kind(), err:retryable())
			print(process.exec("app:waits"))
			process.cancel(p)
			events:receive()
			print(process.spawn("app:waits") ~= nil))},
		{"app:waits", MAIN(process.events():receive())}};
	stage_open(&stage, entries, 2, 1);
	stage.host->max_processes = 2;
	stage_start(&stage, NULL, 0);
	stage_run(&stage, INT64_C(36000000000000));
	stage_close(&stage,
		"nil\tmax processes limit exceeded\tResourceExhausted\ttrue\n"
		"nil\tmax processes limit exceeded\n"
		"true\n");
}

TEST(lua_limits, memory_is_bounded_by_the_option_and_pcall_does_not_see_it) {
	PLAY("! app:eats ResourceExhausted: memory limit exceeded (limit 300000 bytes)\n"
	     "nil\tmemory limit exceeded (limit 300000 bytes)\tResourceExhausted\ttrue\n"
	     "10000\tnil\n",
		{"app:main", MAIN(
			local s = process.with_options{max_memory = 300000}
			local v, err = s:exec("app:eats", nil, 10000)
			print(v, err, err:kind(), err:retryable())
			print(process.exec("app:eats", nil, 10000)))},
		{"app:eats", "return function(n) local t = {}\n"
			     "pcall(function() for i = 1, n do t[i] = {i} end end)\n"
			     "return #t end"});
}

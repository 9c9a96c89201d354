/* Spawners (SPEC 12.4). */
#include "lua_stage.h"

TEST(lua_spawner, each_method_gives_another_and_leaves_the_old) {
	PLAY("false\tfalse\tuserdata\ttrue\n2\tnil\n1\tnil\n0\tnil\n",
		{"app:main", MAIN(
			local a = process.with_options{}
			local b = a:with_message("t", 1)
			local c = b:with_message("t", 2)
			print(a == b, b == c, type(a), getmetatable(a) == false)
			print(c:exec("app:counts"))
			print(b:exec("app:counts"))
			print(a:exec("app:counts")))},
		{"app:counts", MAIN(
			local t, n = process.listen("t"), 0
			while not channel.select({t:case_receive()}, true).default do n = n + 1 end
			return n)});
}

TEST(lua_spawner, messages_are_there_before_anything_else_and_from_nobody) {
	PLAY("one\t''\tnil\ntwo\t''\t2\nthree\tother\t3\n",
		{"app:main", MAIN(
			local t = {2}
			local s = process.with_options{}:with_message("one"):with_message("two", t)
			t[1] = "changed"
			local p = s:spawn("app:shows", nil, process.pid())
			process.send(p, "three", {3}))},
		{"app:shows", "return function(parent) local inbox = process.inbox()\n"
			      "for i = 1, 3 do local m = inbox:receive()\n"
			      "local from = m:from() local p = m:payload()\n"
			      "print(m:topic(), from == '' and \"''\" or 'other', p and "
			      "p:data()[1]) end end"});
}

TEST(lua_spawner, relations_are_as_asked) {
	PLAY("pid.exit\tx\n"
	     "! app:fails Internal: no\n"
	     "pid.link.down\tno\n"
	     "! app:fails Internal: no\n"
	     "pid.exit\tno\npid.link.down\tno\n",
		{"app:main", MAIN(
			process.set_options{trap_links = true}
			local events = process.events()
			local function show()
				local e = events:receive()
				print(e.kind, e.result.value or e.result.error)
			end
			local s = process.with_options{}
			s:spawn("app:gives", nil, "x")
			s:spawn_monitored("app:gives", nil, "x") show()
			s:spawn_linked("app:fails") show()
			s:spawn_linked_monitored("app:fails") show() show())},
		{"app:gives", "return function(x) return x end"},
		{"app:fails", MAIN(return nil, "no")});
}

TEST(lua_spawner, name_is_owned_before_the_start_and_while_the_holder_lives) {
	PLAY("true\n"
	     "true\ttrue\n"
	     "m\tfirst\nm\tsecond\n"
	     "pid.exit\ttrue\n"
	     "false\n"
	     "! app:keeper Canceled: process terminated\n",
		{"app:main", MAIN(
			local events = process.events()
			local s = process.with_options{}:with_name("keeper")
			local p = s:with_message("m", "first"):spawn("app:keeper")
			local q = s:with_message("m", "second"):spawn_monitored("app:keeper")
			print(p == q)
			process.send("keeper", "stop")
			local e = events:receive()
			print(e.kind, e.from == p)
			local r = s:spawn("app:keeper")
			print(r == p)
			process.terminate(r))},
		{"app:keeper", MAIN(
			print(process.registry.lookup("keeper") == process.pid(), true)
			local inbox = process.inbox()
			while true do
				local m = inbox:receive()
				if m:topic() == "stop" then return end
				print(m:topic(), m:payload():data())
			end)});
}

TEST(lua_spawner, name_that_is_taken_comes_before_what_else_is_wrong) {
	PLAY("true\nnil\tname already registered\tAlreadyExists\n"
	     "nil\thost not found\tNotFound\nnil\tmailbox full\tRateLimited\n"
	     "! app:waits Canceled: process terminated\n",
		{"app:main", MAIN(
			local s = process.with_options{max_mailbox = 2}:with_name("n")
			local p = s:spawn("app:waits")
			print(s:spawn("app:nothing", nil, print) == p)
			local v, err = s:exec("app:waits")
			print(v, err, err:kind())
			v, err = s:spawn("app:waits", "app:nowhere")
			print(v, err, err:kind())
			s = s:with_message("a"):with_message("b"):with_message("c")
			v, err = s:spawn_linked("app:waits")
			print(v, err, err:kind())
			process.terminate(p)
			time.sleep("1ms"))}, /* it lives: not linked */
		{"app:waits", MAIN(time.sleep("1h"))});
}

TEST(lua_spawner, process_may_find_itself) {
	PLAY("true\tme\ttrue\n", {"app:main", MAIN(
		process.registry.register("self")
		local s = process.with_options{}:with_name("self"):with_message("t", "me")
		print(s:spawn_linked_monitored("app:main") == process.pid(),
			process.listen("t"):receive()))});
}

TEST(lua_spawner, unusable_arguments_raise) {
	PLAY("app:main:1: spawn requires at least id and host arguments\n"
	     "app:main:1: spawn_linked requires at least id and host arguments\n"
	     "app:main:1: exec requires id and host arguments\n"
	     "app:main:1: process ID required\n"
	     "app:main:1: invalid process ID format (namespace:name required)\n"
	     "app:main:1: bad argument #1 to 'spawn' (string expected, got table)\n"
	     "app:main:1: bad argument #2 to 'exec' (string expected, got number)\n"
	     "app:main:1: name cannot be empty\n"
	     "app:main:1: name cannot look like a pid\n"
	     "app:main:1: bad argument #1 to 'with_name' (string expected, got nil)\n"
	     "app:main:1: cannot send to @ topics\n"
	     "app:main:1: bad argument #1 to 'with_message' (string expected, got no value)\n"
	     "app:main:1: cannot send a function (at #2)\n"
	     "app:main:1: bad argument #1 to 'with_context' (table expected, got no value)\n"
	     "app:main:1: bad argument #1 to 'with_options' (table expected, got nil)\n"
	     "nil\tfactory not found\tNotFound\n",
		{"app:main", MAIN(
			local s = process.with_options{}
			local function raises(method, ...)
				local args = table.pack(...)
				print(select(2, pcall(function()
					s[method](s, table.unpack(args, 1, args.n))
				end)))
			end
			raises("spawn") raises("spawn_linked") raises("exec")
			raises("spawn", "") raises("exec", "x")
			raises("spawn", {}) raises("exec", "a:b", 1)
			raises("with_name", "") raises("with_name", "{x") raises("with_name", nil)
			raises("with_message", "@x") raises("with_message")
			raises("with_message", "t", 1, print)
			raises("with_context") raises("with_options", nil)
			local v, err = s:spawn("app:nothing")
			print(v, err, err:kind()))});
}

TEST(lua_spawner, options_that_are_unknown_or_unusable_raise) {
	PLAY("app:main:1: option colour is not supported\n"
	     "app:main:1: option 1 is not supported\n"
	     "app:main:1: max_mailbox must be an integer, 0 or more\n"
	     "app:main:1: max_memory must be an integer, 0 or more\n"
	     "app:main:1: max_memory must be an integer, 0 or more\n"
	     "app:main:1: timeout must be milliseconds or a duration, not negative\n"
	     "app:main:1: timeout must be milliseconds or a duration, not negative\n"
	     "app:main:1: bad argument #1 to 'with_options' (table expected, got string)\n"
	     "ok\n",
		{"app:main", MAIN(
			local function raises(t)
				local ok, text = pcall(function() process.with_options(t) end)
				print(text or "ok")
			end
			raises{colour = 1} raises{1}
			raises{max_mailbox = -1} raises{max_memory = "1"} raises{max_memory = 0.5}
			raises{timeout = -1} raises{timeout = "soon"} raises("x")
			raises{max_mailbox = 2.0, max_memory = 0, timeout = "1.5s"})});
}

TEST(lua_spawner, exec_with_a_timeout_gives_up_and_cancels) {
	PLAY("nil\tcall timed out\tTimeout\ttrue\t0.010\n"
	     "caller context canceled\t0.010\n"
	     "nil\tcall timed out\tTimeout\ttrue\t0.030\n"
	     "caller context canceled\t0.030\n"
	     "quick\tnil\n"
	     "0.045\n",
		{"app:main", MAIN(
			local function try(timeout)
				local s = process.with_options{timeout = timeout}
				local v, err = s:exec("app:slow")
				print(v, err, err:kind(), err:retryable(),
					string.format("%.3f", os.clock()))
				time.sleep(1)
			end
			try(9.5) try(time.parse_duration("20ms"))
			local s = process.with_options{timeout = "1s"}
			print(s:exec("app:quick"))
			time.sleep("15ms")
			print(string.format("%.3f", os.clock())))},
		{"app:slow", MAIN(local e = process.events():receive()
			print(e.reason, string.format("%.3f", os.clock())))},
		{"app:quick", MAIN(return "quick")});
}

TEST(lua_spawner, result_at_the_moment_of_the_timeout_is_told_once) {
	for (uint64_t seed = 1; seed <= 20; seed++) {
		const struct entry entries[] = {
			{"app:main", MAIN(
				local s, n = process.with_options{timeout = "5ms"}, 0
				for i = 1, 10 do
					local v, err = s:exec("app:five")
					n = n + ((v == 5 or err:kind() == "Timeout") and 1 or 0)
				end
				print(n))},
			{"app:five", MAIN(time.sleep("5ms") return 5)}};
		struct stage stage;
		stage_open(&stage, entries, 2, seed);
		stage_start(&stage, NULL, 0);
		stage_run(&stage, INT64_C(36000000000000));
		stage_close(&stage, "10\n");
	}
}

TEST(lua_spawner, builders_work_while_the_chunk_loads_and_spawns_do_not) {
	PLAY("false\tcannot call spawn while the chunk is loading\nok\n",
		{"app:main", "local s = process.with_context{a = 'ok'}:with_name('n')"
			     ":with_options{max_mailbox = 1}:with_message('t', 1)\n"
			     "print(pcall(s.spawn, s, 'app:child'))\n"
			     "return function() s:spawn('app:child') end"},
		{"app:child", MAIN(print(ctx.get("a")))});
}

TEST(lua_spawner, methods_know_their_self) {
	PLAY("bad argument #1 to 'spawn' (process.Spawner expected, got no value)\n",
		{"app:main", MAIN(
			print(select(2, pcall(process.with_options{}.spawn))))});
}

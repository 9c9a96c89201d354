/*
 * What waits in the module time (SPEC 11.1, 11.5).
 */
#include "lua_stage.h"

TEST(lua_timer, sleep_lasts_as_long_as_asked) {
	play("0.25\nnil\tduration must be number or string\tInvalid\tfalse\n", MAIN(
		local t = os.clock()
		time.sleep("100ms") time.sleep(150 * time.MILLISECOND) time.sleep(0)
		print(string.format("%.2f", os.clock() - t))
		local v, err = time.sleep({})
		print(v, err, err:kind(), err:retryable())));
}

TEST(lua_timer, after_gives_one_time_and_closes) {
	play("userdata\ttrue\tnil\tfalse\ntime.after: duration must be > 0\n", MAIN(
		local ch = time.after("5s")
		local t, ok = ch:receive()
		print(type(t), ok, ch:receive())
		print(select(2, time.after(0)))));
}

TEST(lua_timer, a_select_meets_its_timeout) {
	play("true\t5.00\n", MAIN(
		local inbox, timeout = process.inbox(), time.after("5s")
		local r = channel.select { inbox:case_receive(), timeout:case_receive() }
		print(r.channel == timeout, string.format("%.2f", os.clock()))));
}

TEST(lua_timer, a_timer_is_stopped_and_reset) {
	play("true\ttrue\ttrue\nnil\tfalse\nfalse\tfalse\ntrue\t3.00\nfalse\tfalse\n"
	     "app:main:1: time.timer: duration must be > 0\n", MAIN(
		local t = time.timer("1s")
		print(t:channel() == t:response(), t:stop(), true)
		print(t:channel():receive())
		print(t:stop(), t:reset("1s"))
		t = time.timer("1s")
		time.sleep("500ms")
		print(t:reset("2500ms"), (string.format("%.2f", t:channel():receive() and
			os.clock())))
		print(t:stop(), t:reset("1s"))
		print(select(2, pcall(function() t:reset(0) end)))));
}

TEST(lua_timer, a_ticker_ticks_and_keeps_sixteen) {
	play("3\t3.00\n16\nnil\tfalse\ttrue\n", MAIN(
		local t = time.ticker("1s")
		local n = 0
		while n < 3 do t:channel():receive() n = n + 1 end
		print(n, (string.format("%.2f", os.clock()))) local count = 0
		time.sleep("100s")
		while not channel.select({ t:channel():case_receive() }, true).default do
			count = count + 1
		end
		print(count)
		local stopped = t:stop()
		local v, ok = t:response():receive()
		print(v, ok, stopped)));
}

TEST(lua_timer, one_that_nothing_refers_to_is_released) {
	play("true\n", MAIN(
		local inbox = process.inbox()
		local most = 0
		for i = 1, 20000 do
			channel.select({ inbox:case_receive(), time.after("60s"):case_receive() },
				true)
			if i % 1000 == 0 then
				collectgarbage()
				most = math.max(most, collectgarbage("count"))
			end
		end
		print(most < 1000)));
}

TEST(lua_timer, one_made_while_the_chunk_loads_runs_from_then_on) {
	play("2.00\n", "local t = time.after('2s') return { main = function() "
		       "t:receive() print(string.format('%.2f', os.clock())) end }");
}

TEST(lua_timer, a_pending_timer_does_not_delay_the_end) {
	struct stage stage;
	stage_open(&stage, (struct entry[]){{"app:main", MAIN(
		t = { time.after("1h"), time.timer("1h"), time.ticker("1h") } print(1))}}, 1, 1);
	stage_start(&stage, NULL, 0);
	stage_run(&stage, -1);
	LT_INT(ki_sched_now(stage.sched) - stage.system.started_ns, 1000000000);
	stage_close(&stage, "1\n");
}

TEST(lua_timer, arrival_decides_between_a_message_and_a_timer) {
	PLAY("message\n",
		{"app:main", MAIN(
			local inbox = process.inbox()
			local me = process.pid()
			process.send(process.spawn("app:other"), "to", me)
			local timeout = time.after("10ms")
			time.sleep("5ms")
			coroutine.spawn(function() table.sort({ 1, 2 }, function()
				time.sleep("1s") return false end) end)
			local r = channel.select { inbox:case_receive(), timeout:case_receive() }
			print(r.channel == inbox and "message" or "timer")) },
		{"app:other", MAIN(
			local to = process.inbox():receive():payload():data()
			time.sleep("8ms")
			process.send(to, "x"))});
}

/*
 * Channels and select (SPEC 10.1 to 10.3), and deadlock (10.8).
 */
#include "lua_stage.h"

TEST(lua_channel, buffered_values_come_out_in_order_nils_included) {
	play("true\ttrue\n1\ttrue\nnil\ttrue\nnil\tfalse\n", MAIN(
		local ch = channel.new(3)
		print(ch:send(1), ch:send(nil))
		ch:close()
		ch:close()
		print(ch:receive()) print(ch:receive()) print(ch:receive())));
}

TEST(lua_channel, a_ring_wraps_around) {
	play("55\n", MAIN(
		local ch = channel.new(3)
		local sum = 0
		ch:send(0) ch:send(0)
		for i = 1, 10 do ch:send(i) sum = sum + ch:receive() end
		sum = sum + ch:receive() + ch:receive()
		print(sum)));
}

TEST(lua_channel, who_meets_a_waiting_partner_goes_on_first) {
	play("before\ngot\t1\tsent\tsent\n", MAIN(
		local ch = channel.new()
		local log = {}
		coroutine.spawn(function()
			for i = 1, 2 do ch:send(i) log[#log + 1] = "sent" end
			print(table.concat(log, "\t"))
		end)
		print("before")
		for i = 1, 2 do local v = ch:receive() log[#log + 1] = "got\t" .. v end
		coroutine.yield()));
}

TEST(lua_channel, waiting_receivers_are_served_first_come_first_served) {
	play("a\t1\nb\t2\nc\tnil\n", MAIN(
		local ch = channel.new()
		for _, name in ipairs { "a", "b", "c" } do
			coroutine.spawn(function() print(name, (ch:receive())) end)
		end
		ch:send(1) ch:send(2) ch:close()
		coroutine.yield()));
}

TEST(lua_channel, a_full_buffer_passes_on_what_senders_hold) {
	play("1\t2\t3\t4\n", MAIN(
		local ch = channel.new(1)
		coroutine.spawn(function() for i = 1, 4 do ch:send(i) end end)
		print((ch:receive()), (ch:receive()), (ch:receive()), (ch:receive()))));
}

TEST(lua_channel, send_on_a_closed_channel_raises_with_its_position) {
	play("app:main:1: send on closed channel\napp:main:1: send on closed channel\n", MAIN(
		local ch = channel.new()
		coroutine.spawn(function() print(select(2, pcall(function() ch:send(1) end))) end)
		ch:close()
		coroutine.yield()
		print(select(2, pcall(function() ch:send(1) end)))));
}

TEST(lua_channel, the_first_ready_case_in_order_wins) {
	play("true\t1\ttrue\ntrue\tx\ttrue\nnil\ttrue\ttrue\n", MAIN(
		local a, b = channel.new(1), channel.new(1)
		b:send(1)
		local r = channel.select { a:case_receive(), b:case_receive() }
		print(r.channel == b, r.value, r.ok)
		r = channel.select({ a:case_receive(), b:case_send("x") }, true)
		print(r.channel == b, r.value, r.ok)
		r = channel.select { a:case_receive(), b:case_send("y"), default = true }
		print(r.channel, r.default, r.ok)));
}

TEST(lua_channel, a_closed_channel_is_always_ready_in_select) {
	play("nil\tfalse\nnil\tfalse\n", MAIN(
		local a = channel.new()
		a:close()
		local r = channel.select { a:case_receive() }
		print(r.value, r.ok)
		r = channel.select { a:case_send(1) }
		print(r.value, r.ok)));
}

TEST(lua_channel, a_waiting_select_takes_one_arrival_and_leaves_the_others) {
	play("true\tA\ttrue\nB\tC\n", MAIN(
		local chs = {}
		local cases = {}
		for i = 1, 6 do chs[i] = channel.new(1) cases[i] = chs[i]:case_receive() end
		coroutine.spawn(function()
			local r = channel.select(cases)
			print(r.channel == chs[5], r.value, r.ok)
		end)
		for i = 1, 6 do cases[i] = nil end
		chs[5]:send("A") chs[2]:send("B") chs[5]:send("C")
		coroutine.yield()
		print((chs[2]:receive()), (chs[5]:receive()))));
}

TEST(lua_channel, a_waiting_select_can_send) {
	play("got\tv\nsent\tv\ttrue\nclosed\tnil\tfalse\n", MAIN(
		local ch, other = channel.new(), channel.new()
		local case = ch:case_send("v")
		coroutine.spawn(function()
			local r = channel.select { other:case_receive(), case }
			print("sent", r.value, r.ok)
			r = channel.select { other:case_receive(), case }
			print("closed", r.value, r.ok)
		end)
		print("got", (ch:receive()))
		coroutine.yield()
		ch:close()
		coroutine.yield()));
}

TEST(lua_channel, what_is_no_case_is_named) {
	play("app:main:1: bad argument #1 to 'select' (case expected at index 2, got number)\n",
		MAIN(
		local ch = channel.new()
		print(select(2, pcall(function() channel.select { ch:case_receive(), 7 } end)))));
}

TEST(lua_channel, a_process_that_nothing_could_wake_fails) {
	play("! app:main Internal: deadlock: all coroutines blocked with no pending operations "
	     "(threads=2)\n", MAIN(
		local ch = channel.new()
		coroutine.spawn(function() ch:receive() end)
		channel.select {}));
}

TEST(lua_channel, a_subscription_keeps_a_process_waiting) {
	play("", MAIN(process.inbox() channel.new():receive()));
}

TEST(lua_channel, waits_are_allowed_anywhere) {
	play("sorted\t1 2 3\nxXyY\nmeta\t7\nwrap\t5\nclosed\n3\n", MAIN(
		local ticks = 0
		coroutine.spawn(function() while true do time.sleep("1ms") ticks = ticks + 1 end
			end)
		local t = { 3, 1, 2 }
		table.sort(t, function(a, b) time.sleep("1ms") return a < b end)
		print("sorted", table.concat(t, " "))
		print((string.gsub("xy", ".", function(c)
			local ch = channel.new()
			coroutine.spawn(function() time.sleep("1ms") ch:send(c:upper()) end)
			return c .. ch:receive()
		end)))
		local m = setmetatable({}, { __tostring = function() time.sleep("1ms") return "7"
			end })
		print("meta", tostring(m))
		local w = coroutine.wrap(function() time.sleep("1ms") coroutine.yield(5) end)
		print("wrap", w())
		do local c <close> = setmetatable({}, { __close = function()
			time.sleep("1ms") print("closed") end }) end
		print(ticks >= 3 and 3)));
}

TEST(lua_channel, force_drops_strands_that_were_put_by) {
	struct stage stage;
	stage_open(&stage, (struct entry[]){{"app:main", MAIN(
		process.inbox()
		for i = 1, 3 do
			coroutine.spawn(function()
				table.sort({ 1, 2, 3 }, function(a, b) channel.new():receive() end)
			end)
		end
		string.gsub("x", ".", function() channel.new():receive() end))}}, 1, 1);
	stage_start(&stage, NULL, 0);
	stage_run(&stage, -1);
	stage_close(&stage, "");
}

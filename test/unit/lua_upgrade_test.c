/*
 * process.upgrade, by the sentences of SPEC 12.3.
 */
#include "lua_stage.h"

#include "process/names.h"

/* What the processes below become: says what it is and what it was given. */
#define NEXT {"app:next", MAIN(print(process.id(), select("#", ...), ...))}

/* ---- What it goes on as ---- */

TEST(lua_upgrade, restarts_with_the_body_of_an_entry_and_does_not_return_12_3) {
	PLAY("app:main\t0\napp:next\t4\tone\tnil\t3\tnil\n",
		{"app:main", MAIN(
			print(process.id(), select("#", ...))
			process.upgrade("app:next", "one", nil, 3, nil)
			print("never"))}, NEXT);
}

TEST(lua_upgrade, without_a_string_it_is_the_present_entry_12_3) {
	static const char *const ids[] = {"nil", "false", "42", "{}"};
	for (size_t i = 0; i < ki_countof(ids); i++) {
		char source[256];
		snprintf(source, sizeof source,
			"return function(n, ...) print(process.id(), n, ...)\n"
			"if n == nil then process.upgrade(%s, 1, 'x') end end", ids[i]);
		PLAY("app:main\tnil\napp:main\t1\tx\n", {"app:main", source}, NEXT);
	}
	PLAY("app:main\nnil\tapp:next\n", /* without any argument; the present one is the last */
		{"app:main", MAIN(print(process.id()) process.upgrade("app:again"))},
		{"app:again", "local times = 0 return function(...)\n"
			"if not process.registry.lookup('again') then\n"
			"process.registry.register('again') process.upgrade() end\n"
			"process.upgrade('app:next2') end"},
		{"app:next2", MAIN(print(..., "app:next"))});
}

TEST(lua_upgrade, its_result_is_that_of_the_last_body_12_3) {
	PLAY("pid.exit\ttrue\t7\tnil\nexec\t7\tnil\n"
	     "! app:boom Internal: app:boom:1: BOOM\nnil\tapp:boom:1: BOOM\n",
		{"app:main", MAIN(
			local pid = process.spawn_monitored("app:first", nil, "app:seven")
			local e = process.events():receive()
			print(e.kind, e.from == pid, e.result.value, e.result.error)
			print("exec", process.exec("app:first", "app:processes", "app:seven"))
			process.spawn_monitored("app:first", nil, "app:boom")
			e = process.events():receive()
			print(e.result.value, e.result.error))},
		{"app:first", MAIN(process.upgrade(...))},
		{"app:seven", MAIN(return 7)},
		{"app:boom", MAIN(error("BOOM"))});
}

/* ---- Where it is called ---- */

TEST(lua_upgrade, does_not_return_wherever_it_is_called_12_3) {
	static const char *const places[] = {
		"up()",
		"print(pcall(up))",
		"print(xpcall(error, up, 1))",
		"table.sort({3, 2, 1}, function(a, b) up() end)",
		"print((('x'):gsub('x', up)))",
		"coroutine.wrap(function() coroutine.wrap(up)() end)()",
		"coroutine.wrap(function() table.sort({2, 1}, up) end)()",
		"local t = setmetatable({}, {__index = up}) print(t.x)",
		"print(tostring(setmetatable({}, {__tostring = up})))",
		"for _ in up do end",
		"do local x <close> = setmetatable({}, {__close = up}) end",
		"coroutine.spawn(up) time.sleep('1s')",
		"coroutine.spawn(function() time.sleep('1ms') up() end) time.sleep('1s')",
		"local function odd() table.sort({2, 1}, function() time.sleep('1s') end) end"
		" coroutine.spawn(odd) up()",
		"coroutine.spawn(function() channel.new():receive() end)"
		" table.sort({2, 1}, function() time.sleep('1ms') up() end)",
		"local m = {__close = function() print('closed') end}"
		" local x <close> = setmetatable({}, m) up()",
		"load('local f = ... f()')(up)",
	};
	for (size_t i = 0; i < ki_countof(places); i++) {
		char source[512];
		snprintf(source, sizeof source,
			"local function up() process.upgrade('app:next', 'ok') print('back') end\n"
			"return function() %s print('went on') end", places[i]);
		struct stage stage;
		struct entry entries[] = {{"app:main", source}, NEXT};
		stage_open(&stage, entries, 2, i);
		stage_start(&stage, NULL, 0);
		stage_run(&stage, -1);
		if (strcmp(ki_buf_cstr(&stage.output), "app:next\t1\tok\n") != 0) {
			FAIL("%s: %s", places[i], ki_buf_cstr(&stage.output));
		}
		stage_close(&stage, "app:next\t1\tok\n");
	}
}

TEST(lua_upgrade, raises_while_the_chunk_loads_4_2) {
	PLAY("nil\tfailed to execute script: app:chunk:1: "
	     "cannot call upgrade while the chunk is loading\n",
		{"app:main", MAIN(print(process.spawn("app:chunk")))},
		{"app:chunk", "process.upgrade('app:next') return print"}, NEXT);
	PLAY("! app:chunk Internal: upgrade: init failed: failed to execute script: app:chunk:1: "
	     "cannot call upgrade while the chunk is loading\n",
		{"app:main", MAIN(process.upgrade("app:chunk"))},
		{"app:chunk", "process.upgrade('app:next') return print"}, NEXT);
}

/* ---- Kept ---- */

TEST(lua_upgrade, keeps_pid_host_names_options_and_context_12_3) {
	PLAY("true\ttrue\ttrue\ttrue\tctx\ttrue\n", {"app:main", MAIN(
		process.with_context({ key = "ctx" }):spawn("app:first"))},
		{"app:first", MAIN(
			process.registry.register("first")
			process.registry.register("second")
			process.set_options { trap_links = true }
			process.upgrade("app:second", process.pid()))},
		{"app:second", MAIN(
			local pid = ...
			local lookup = process.registry.lookup
			print(pid == process.pid(), lookup("first") == pid, lookup("second") == pid,
				process.get_options().trap_links, require("ctx").get("key"),
				pid:find("app:processes") ~= nil))});
}

TEST(lua_upgrade, keeps_monitors_and_links_of_both_sides_12_3) {
	PLAY("mine\tpid.exit\ttrue\n"
	     "! app:fails Internal: app:fails:1: DOWN\n"
	     "mine\tpid.link.down\ttrue\n"
	     "watcher\tpid.exit\t9\nwatcher\tnothing\n"
	     "! app:third Internal: third\n"
	     "linked\tpid.link.down\tthird\n",
		{"app:main", MAIN(
			process.set_options { trap_links = true }
			local events = process.events()
			process.spawn_linked_monitored("app:first", nil, 9)
			local e = events:receive()
			print("watcher", e.kind, e.result.value)
			local r = channel.select({ events:case_receive(),
				time.after("1s"):case_receive() })
			print("watcher", r.channel == events and r.value.kind or "nothing")
			process.spawn_linked("app:first", nil)
			e = events:receive()
			print("linked", e.kind, e.result.error))},
		{"app:first", MAIN(
			local v = ...
			process.set_options { trap_links = true }
			if not v then process.upgrade("app:third") end
			local watched = process.spawn_monitored("app:ends")
			local linked = process.spawn_linked("app:fails")
			process.upgrade("app:second", v, watched, linked))},
		{"app:second", MAIN(
			local v, watched, linked = ...
			local events = process.events()
			local e = events:receive()
			print("mine", e.kind, e.from == watched)
			e = events:receive()
			print("mine", e.kind, e.from == linked)
			return v)},
		{"app:ends", MAIN(time.sleep("5ms"))},
		{"app:fails", MAIN(time.sleep("10ms") error("DOWN"))},
		{"app:third", MAIN(return nil, "third")});
}

/* Of whatever had become of them: in the queue of an inbox, of a topic, kept, or not looked at. */
TEST(lua_upgrade, keeps_unread_messages_in_order_12_3) {
	PLAY("b\nb1\ttrue\n2\tb2\n4\td\n5\ta\n6\tc\n7\te\n8\ta\nnone\n",
		{"app:main", MAIN(
		local me = process.pid()
		for i, topic in ipairs { "b", "b", "d", "a" } do
			process.send(me, topic, topic .. i)
		end
		local a = process.listen("a")
		local b = process.listen("b")
		print("b")
		print(b:receive())
		process.send(me, "c")
		process.inbox()
		process.unlisten(a)
		process.send(me, "e")
		process.send(me, "a")
		process.upgrade("app:next", me))},
		{"app:next", MAIN(
			local inbox = process.inbox()
			for _, i in ipairs { 2, 4, 5, 6, 7, 8 } do
				local m = inbox:receive()
				print(i, m:topic() == "b" and m:payload():data() or m:topic())
			end
			local r = channel.select({ inbox:case_receive() }, true)
			print(r.default and "none" or r.value:topic()))});
}

/* More than a few, to the last one counted: nothing is lost or doubled between many upgrades. */
TEST(lua_upgrade, loses_no_message_between_many_upgrades_12_3) {
	PLAY("all\n", {"app:main", MAIN(
		local pid = process.spawn_monitored("app:takes", nil, 1)
		for i = 1, 500 do
			process.send(pid, i % 3 == 0 and "third" or "other", i)
			if i % 7 == 0 then time.sleep("1ms") end
		end
		print(process.events():receive().result.value))},
		{"app:takes", MAIN(
			local n = ...
			local inbox = process.inbox()
			if n % 2 == 0 then process.listen("late") end
			for i = 1, n % 5 do
				local got = inbox:receive():payload():data()
				if got ~= n then return nil, got .. " in place of " .. n end
				n = n + 1
				if n == 501 then return "all" end
			end
			process.upgrade(nil, n))});
}

TEST(lua_upgrade, keeps_unread_events_in_order_12_3) {
	PLAY("! app:fails Internal: app:fails:1: DOWN\n"
	     "pid.cancel\tone\npid.exit\t1\npid.exit\t2\npid.link.down\tapp:fails:1: DOWN\n"
	     "pid.cancel\ttwo\n", {"app:main", MAIN(
		process.set_options { trap_links = true }
		local me = process.pid()
		process.cancel(me, "one")
		process.spawn_monitored("app:ends", nil, 1)
		time.sleep("1ms")
		process.events()
		process.spawn_monitored("app:ends", nil, 2)
		time.sleep("1ms")
		process.spawn_linked("app:fails")
		time.sleep("1ms")
		process.cancel(me, "two")
		process.upgrade("app:next"))},
		{"app:next", MAIN(
			local events = process.events()
			for i = 1, 5 do
				local e = events:receive()
				print(e.kind, e.reason or e.result.value or e.result.error)
			end)},
		{"app:ends", MAIN(return (...))},
		{"app:fails", MAIN(error("DOWN"))});
}

TEST(lua_upgrade, keeps_a_cancel_deadline_12_3_7_2) {
	PLAY("! app:spins Canceled: cancel deadline exceeded\n0.050\tcancel deadline exceeded\n",
		{"app:main", MAIN(
			local pid = process.spawn_monitored("app:first")
			process.cancel(pid, "50ms")
			time.sleep("10ms")
			process.send(pid, "go")
			local e = process.events():receive()
			print(("%.3f"):format(os.clock()), e.result.error))},
		{"app:first", MAIN(
			local events = process.events()
			events:receive()
			process.inbox():receive()
			process.upgrade("app:sleeps"))},
		{"app:sleeps", MAIN(time.sleep("20ms") process.upgrade("app:spins"))},
		{"app:spins", MAIN(while true do end)});
}

/* It is no look into the mailbox: LINK_DOWN is judged by the option of the new body's main. */
TEST(lua_upgrade, judges_link_down_when_main_starts_6_5) {
	const struct entry entries[] = {
		{"app:main", MAIN(
			process.spawn_linked("app:fails")
			local t = os.clock()
			while os.clock() == t do end
			process.upgrade("app:next"))},
		{"app:next", "process.set_options { trap_links = true }\n"
			"return function() print(process.events():receive().kind) end"},
		{"app:fails", MAIN(error("DOWN"))}};
	play_all("! app:fails Internal: app:fails:1: DOWN\npid.link.down\n", entries, 3);
	PLAY("! app:fails Internal: app:fails:1: DOWN\nloads\n"
	     "! app:next Internal: linked process failed\n", entries[0],
		{"app:next", "print('loads') return function() time.sleep('1h') end"}, entries[2]);
}

/* ---- Dropped ---- */

TEST(lua_upgrade, drops_coroutines_globals_and_timers_12_3) {
	PLAY("nil\n0.100\n", {"app:main", MAIN(
		kept = 1
		string.own = print
		coroutine.spawn(function()
			while true do time.sleep("1ms") print("ticks") end
		end)
		coroutine.spawn(function() channel.new():receive() end)
		coroutine.spawn(function()
			table.sort({ 2, 1 }, function() time.sleep("2ms") end)
		end)
		local ticker = time.ticker("1ms")
		coroutine.spawn(function()
			while true do ticker:channel():receive() print("t") end
		end)
		time.after("3ms")
		process.upgrade("app:next"))},
		{"app:next", MAIN(
			print(rawget(_G, "kept") or string.own)
			time.sleep("100ms")
			print(("%.3f"):format(os.clock())))});
}

/* A timer that has fired, but of which nobody has heard: its signal is in the mailbox. */
TEST(lua_upgrade, drops_timers_that_have_just_fired_12_3) {
	PLAY("! app:waits Internal: deadlock: all coroutines blocked with no pending operations "
	     "(threads=1)\n", {"app:main", MAIN(
		time.after("1ms")
		time.ticker("1ms")
		local t = time.timer("2ms")
		coroutine.spawn(function() time.sleep("1ms") print("never") end)
		while os.clock() < 0.01 do end
		t:stop()
		process.upgrade("app:waits"))},
		{"app:waits", MAIN(channel.new():receive())});
}

TEST(lua_upgrade, drops_subscriptions_12_3) {
	PLAY("! app:waits Internal: deadlock: all coroutines blocked with no pending operations "
	     "(threads=1)\n", {"app:main", MAIN(
		process.events() process.inbox() process.listen("x")
		process.upgrade("app:waits"))},
		{"app:waits", MAIN(channel.new():receive())});
}

TEST(lua_upgrade, drops_pending_calls_and_cancels_who_was_called_12_3) {
	PLAY("pid.cancel\tcaller context canceled\ttrue\nnext\n", {"app:main", MAIN(
		coroutine.spawn(function() print(process.exec("app:callee", "app:processes")) end)
		coroutine.spawn(function() print(process.exec("app:quick", "app:processes")) end)
		time.sleep("1ms")
		process.upgrade("app:next"))},
		{"app:next", MAIN(time.sleep("1s") print("next"))},
		{"app:quick", MAIN(
			local t = os.clock()
			while os.clock() == t do end
			return 1)},
		{"app:callee", MAIN(
			local e = process.events():receive()
			print(e.kind, e.reason, e.deadline ~= nil))});
}

/* ---- Failures ---- */

TEST(lua_upgrade, a_failure_fails_the_process_12_3) {
	PLAY("! app:main Internal: upgrade: create failed: factory not found\n"
	     "Internal\tupgrade: create failed: factory not found\tnil\ttrue\n",
		{"app:watch", MAIN(
			process.spawn_monitored("app:main")
			local err = process.events():receive().result.error
			print(err:kind(), err, err:retryable(),
				err:stack():find("app:main:1:", 1, true) ~= nil))},
		{"app:main", MAIN(pcall(process.upgrade, "app:none") print("never"))});
	static const struct {
		const char *source, *text;
	} cases[] = {
		{"error('BOOM')", "failed to execute script: app:bad:1: BOOM"},
		{"local x = = 1",
			"failed to execute script: app:bad:1: unexpected symbol near '='"},
		{"return 1", "method \"main\" not found in module"},
		{"return { other = print }", "method \"main\" not found in module"},
	};
	for (size_t i = 0; i < ki_countof(cases); i++) {
		char want[256];
		snprintf(want, sizeof want, "! app:bad Internal: upgrade: init failed: %s\n",
			cases[i].text);
		PLAY(want, {"app:main", MAIN(pcall(process.upgrade, "app:bad") print("never"))},
			{"app:bad", cases[i].source});
	}
}

TEST(lua_upgrade, arguments_that_cannot_be_copied_are_such_a_failure_12_3) {
	PLAY("! app:main Internal: upgrade: init failed: cannot send a function (at #2.f)\n",
		{"app:main", MAIN(process.upgrade("app:next", 1, { f = print }) print("never"))},
		NEXT);
}

TEST(lua_upgrade, links_hear_of_a_failure_12_3) {
	PLAY("! app:first Internal: upgrade: create failed: factory not found\n"
	     "pid.link.down\tupgrade: create failed: factory not found\tfalse\n",
		{"app:main", MAIN(
			process.set_options { trap_links = true }
			local pid = process.spawn_linked("app:first")
			local e = process.events():receive()
			print(e.kind, e.result.error, (process.send(pid, "x") or false)))},
		{"app:first", MAIN(
			process.registry.register("first")
			process.upgrade("app:none"))});
}

/* ---- Force ---- */

TEST(lua_upgrade, a_chunk_that_spins_gives_way_and_is_ended_by_force_7_5) {
	PLAY("still here\n! app:spins Canceled: process terminated\nprocess terminated\n",
		{"app:main", MAIN(
			local pid = process.spawn_monitored("app:first")
			time.sleep("20ms")
			print("still here")
			process.send(pid, "x", 1)
			process.terminate(pid)
			print(process.events():receive().result.error))},
		{"app:first", MAIN(
			process.inbox()
			process.send(process.pid(), "kept", {})
			process.upgrade("app:spins", ("x"):rep(1000)))},
		{"app:spins", "local t = time.ticker('1ms') while true do end"});
}

TEST(lua_upgrade, a_link_that_fails_while_the_chunk_spins_ends_it_6_5) {
	PLAY("! app:fails Internal: app:fails:1: DOWN\n"
	     "! app:spins Internal: linked process failed\n", {"app:main", MAIN(
		process.spawn_linked("app:fails")
		process.upgrade("app:spins"))},
		{"app:fails", MAIN(time.sleep("5ms") error("DOWN"))},
		{"app:spins", "while true do end"});
}

/* ---- Again and again ---- */

TEST(lua_upgrade, leaves_nothing_of_the_old_body_behind_12_3) {
	PLAY("2000\ttrue\n", {"app:main", MAIN(
		local n, least = ...
		n = n or 0
		local bytes = collectgarbage("count")
		if n == 2000 then
			print(n, bytes < least + 1)
			return
		end
		time.ticker("1ms")
		big = ("x"):rep(10000)
		coroutine.spawn(function()
			table.sort({ 2, 1 }, function() time.sleep("1h") end)
		end)
		process.upgrade(nil, n + 1, least or bytes))});
}

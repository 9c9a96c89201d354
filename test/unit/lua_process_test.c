/*
 * The library `process`: spawning, relations, send, cancel, subscriptions (SPEC 4 to 8), by the
 * scenarios of SPEC 24 where there is one.
 */
#include "lua_stage.h"

#define VALUE {"app:value", MAIN(return 42)}
#define BOOM {"app:boom", "return function()\n\nerror('BOOM')\nend"}
#define LATE {"app:late", MAIN(time.sleep("20ms") error("LATE"))}
#define DEAF {"app:deaf", MAIN(while true do time.sleep("1s") end)}
#define SPIN {"app:spin", MAIN(while true do end)}
#define POLITE                                                                                     \
	{"app:polite", MAIN(                                                                       \
		local events, inbox = process.events(), process.inbox()                            \
		while true do                                                                      \
			local r = channel.select { inbox:case_receive(), events:case_receive() }   \
			if r.channel == events and r.value.kind == process.event.CANCEL then       \
				return "cancelled gracefully"                                      \
			end                                                                        \
			print("handled", r.value:topic())                                          \
		end)}

#define WATCH(w)                                                                                   \
	"local function main() local events = process.events()\n"                                  \
	"local p, err = process.spawn_monitored('" w "', 'app:processes')\n"                       \
	"if err then return nil, 'spawn failed: ' .. tostring(err) end\n"                          \
	"local e = events:receive()\n"                                                             \
	"print(e.kind, e.from == p, e.result.value, e.result.error) end return { main = main }"

TEST(lua_process, s1_a_monitoring_spawn_tells_the_result) {
	PLAY("pid.exit\ttrue\t42\tnil\n", {"app:main", WATCH("app:value")}, VALUE);
	PLAY("! app:boom Internal: app:boom:3: BOOM\npid.exit\ttrue\tnil\tapp:boom:3: BOOM\n",
		{"app:main", WATCH("app:boom")}, BOOM);
	PLAY("! app:main Internal: spawn failed: factory not found\n", {"app:main",
		WATCH("app:no")});
}

TEST(lua_process, s2_a_monitor_sees_a_cancel_deadline) {
	static const char main[] =
		"local function main(w) local events = process.events()\n"
		"local p = process.spawn(WORKER) print(process.monitor(p))\n"
		"print(select(2, process.monitor(p)))\n"
		"time.sleep('5ms') print(process.cancel(p, '100ms'))\n"
		"local e = events:receive()\n"
		"print(e.from == p, e.result.value, e.result.error,\n"
		"string.format('%.3f', os.clock()))\n"
		"print(select(2, process.monitor(p))) end return { main = main }";
	char source[sizeof main + 64];
	snprintf(source, sizeof source, "WORKER = 'app:deaf' %s", main);
	PLAY("true\nalready monitoring pid\ntrue\n"
	     "! app:deaf Canceled: cancel deadline exceeded\n"
	     "true\tnil\tcancel deadline exceeded\t0.105\n"
	     "process not found: pid not registered\n", {"app:main", source}, DEAF);
	snprintf(source, sizeof source, "WORKER = 'app:polite' %s", main);
	PLAY("true\nalready monitoring pid\ntrue\n"
	     "true\tcancelled gracefully\tnil\t0.005\n"
	     "process not found: pid not registered\n", {"app:main", source}, POLITE);
}

TEST(lua_process, s3_there_is_silence_after_unmonitor) {
	PLAY("true\ttrue\n! app:deaf Canceled: cancel deadline exceeded\n"
	     "true\tuserdata\t0.205\nprocess not found\n",
		{"app:main", MAIN(
			local events = process.events()
			local p = process.spawn_monitored("app:deaf")
			time.sleep("5ms")
			print((process.unmonitor(p)), (process.unmonitor(p)))
			process.cancel(p, "100ms")
			local timeout = time.after("200ms")
			local r = channel.select { events:case_receive(), timeout:case_receive() }
			print(r.channel == timeout, type(r.value), string.format("%.3f",
				os.clock()))
			print(select(2, process.send(p, "x"))))},
		DEAF);
}

TEST(lua_process, s5_a_linked_failure_is_an_event_for_who_traps) {
	PLAY("! app:late Internal: app:late:1: LATE\n"
	     "pid.link.down\ttrue\tapp:late:1: LATE\t0.020\n",
		{"app:main", MAIN(
			local events = process.events()
			local p = process.spawn_linked("app:late")
			process.set_options { trap_links = true }
			local e = events:receive()
			print(e.kind, e.from == p, e.result.error, string.format("%.3f",
				os.clock())))},
		LATE);
}

TEST(lua_process, s6_a_linked_failure_kills_who_does_not_trap) {
	PLAY("false\n! app:boom Internal: app:boom:3: BOOM\n"
	     "! app:main Internal: linked process failed\n",
		{"app:main", MAIN(
			print(process.get_options().trap_links)
			process.spawn_linked("app:boom")
			pcall(time.sleep, "1h")
			print("never"))},
		BOOM);
	PLAY("", {"app:main", MAIN(process.spawn_linked("app:value") time.sleep("1h"))}, VALUE);
}

TEST(lua_process, s6_a_loop_that_never_looks_dies_at_the_end_of_a_slice) {
	PLAY("! app:boom Internal: app:boom:3: BOOM\n! app:main Internal: linked process failed\n",
		{"app:main", MAIN(process.spawn_linked("app:boom") while true do end)}, BOOM);
}

TEST(lua_process, s9_messages_then_cancel_are_handled_in_order) {
	PLAY("handled\ta\nhandled\tb\nhandled\tc\npid.exit\tcancelled gracefully\tnil\n",
		{"app:main", MAIN(
			local events = process.events()
			local p = process.spawn_monitored("app:polite")
			for _, t in ipairs { "a", "b", "c" } do process.send(p, t) end
			process.cancel(p)
			local e = events:receive()
			print(e.kind, e.result.value, e.result.error))},
		POLITE);
}

#define FELL "! app:child Internal: linked process failed\n"

TEST(lua_process, s10_a_star_falls_as_one) {
	PLAY("! app:parent Internal: app:parent:1: PARENT_STAR_FAILURE\n"
	     FELL FELL FELL FELL FELL FELL FELL FELL FELL FELL
	     "10\tlinked process failed\ttrue\n",
		{"app:main", MAIN(
			local events, inbox = process.events(), process.inbox()
			local parent = process.spawn_monitored("app:parent", nil, process.pid())
			for i = 1, 10 do process.monitor((inbox:receive():payload():data())) end
			process.send(parent, "go")
			local n, text, same = 0, nil, true
			for i = 1, 11 do
				local e = events:receive()
				if e.from ~= parent then
					n = n + 1
					text = e.result.error:message()
					same = same and e.result.error:details().pid == parent
				end
			end
			print(n, text, same))},
		{"app:parent", MAIN(
			local observer = ...
			process.set_options { trap_links = true }
			local inbox = process.inbox()
			for i = 1, 10 do
				local p = process.spawn("app:child")
				process.send(p, "inbox", process.pid())
			end
			for i = 1, 10 do
				local m = inbox:receive()
				assert(m:topic() == "linked")
				process.send(observer, "child", m:from())
			end
			inbox:receive()
			error("PARENT_STAR_FAILURE"))},
		{"app:child", MAIN(
			local m = process.inbox():receive()
			process.link(m:payload():data())
			process.send(m:payload():data(), "linked", process.pid())
			process.events():receive())});
}

TEST(lua_process, s11_a_chain_falls_link_by_link) {
	PLAY("! app:main Internal: app:main:1: CHAIN_ROOT_FAILURE\n"
	     "! app:node Internal: linked process failed\n"
	     "! app:node Internal: linked process failed\n"
	     "! app:node Internal: linked process failed\n",
		{"app:main", MAIN(
			process.spawn_linked("app:node", nil, 2)
			time.sleep("100ms")
			error("CHAIN_ROOT_FAILURE"))},
		{"app:node", MAIN(
			local depth = ...
			if depth > 0 then process.spawn_linked("app:node", nil, depth - 1) end
			time.sleep("5s"))});
}

TEST(lua_process, a_spawn_reports_the_first_step_that_fails) {
	PLAY("nil\tspawn requires at least id and host arguments\tInvalid\n"
	     "nil\tprocess ID required\tInvalid\n"
	     "nil\thost not found\tNotFound\n"
	     "nil\thost does not implement process.Host\tInternal\n"
	     "nil\tfactory not found\tNotFound\n"
	     "nil\tcannot send a function (at #2)\tInvalid\n"
	     "nil\tfailed to execute script: app:bad:1: no\tInternal\n"
	     "nil\tmethod \"main\" not found in module\tNotFound\n"
	     "x:y\tapp:nope\n",
		{"app:main", MAIN(
			local function show(v, err) print(v, err, err:kind()) end
			show(process.spawn())
			show(process.spawn(""))
			show(process.spawn("app:bad", "x:y"))
			show(process.spawn("app:bad", "kith:system"))
			show(process.spawn("app:nope"))
			show(process.spawn("app:bad", nil, 1, print))
			show(process.spawn("app:bad"))
			show(process.spawn("app:empty"))
			print(select(2, process.spawn("app:bad", "x:y")):details().host_id,
				select(2, process.spawn("app:nope")):details().id))},
		{"app:bad", "error('no')"}, {"app:empty", ""});
}

TEST(lua_process, arguments_keep_their_places_and_nils) {
	PLAY("3\tnil\t2\tnil\n",
		{"app:main", MAIN(process.spawn("app:child", nil, nil, 2, nil))},
		{"app:child", MAIN(print(select("#", ...), ...))});
}

TEST(lua_process, a_loading_chunk_may_call_only_what_waits_for_nothing) {
	play("true\tapp:main\t{}\napp:main:1: cannot call send while the chunk is loading\n"
	     "app:main:1: cannot call receive while the chunk is loading\n"
	     "app:main:1: cannot call sleep while the chunk is loading\n"
	     "app:main:1: cannot call spawn while the chunk is loading\n",
		LUA(
		print(process.pid():find("^{app:processes|0x%x+}$") ~= nil, process.id(), "{}")
		local inbox = process.inbox()
		local function try(f) print(select(2, pcall(f))) end
		try(function() process.send(process.pid(), "x") end)
		try(function() inbox:receive() end)
		try(function() time.sleep("1s") end)
		try(function() coroutine.spawn(print) end)
		return function() end));
}

TEST(lua_process, a_result_that_cannot_be_sent_fails_with_its_path) {
	play("! app:main Invalid: cannot send a function (at .x)\n", MAIN(return { x = print }));
	play("! app:main Internal: text\n", MAIN(return 1, "text"));
	play("", MAIN(return 1, {}));
}

TEST(lua_process, messages_wait_for_the_subscription_that_fits) {
	play("T1\nT2\nA 1\nB nil\nfour\tfive\t2\nA 3\n", MAIN(
		local me = process.pid()
		process.send(me, "a", 1)
		process.send(me, "t", "T1")
		process.send(me, "t", "T2")
		process.send(me, "b")
		process.send(me, "c", "four", "five")
		local t = process.listen("t")
		print((t:receive())) print((t:receive()))
		local c = process.listen("c")
		local inbox = process.inbox()
		local function show(m) print(m:topic():upper() .. " " ..
			tostring(m:payload() and m:payload():data())) end
		show(inbox:receive()) show(inbox:receive())
		local v = c:receive()
		print(v[1], v[2], #v)
		process.send(me, "a", 3)
		show(inbox:receive())));
}

TEST(lua_process, unlisten_loses_nothing_and_keeps_the_order) {
	play("true\tnil\tfalse\nx1 y2 x3 y4\nfalse\tchannel not found\ttrue\n", MAIN(
		local me = process.pid()
		local x, inbox = process.listen("x"), process.inbox()
		for i = 1, 4 do process.send(me, i % 2 == 1 and "x" or "y", i) end
		print(process.unlisten(x), x:receive())
		local got = {}
		for i = 1, 4 do
			local m = inbox:receive()
			got[i] = m:topic() .. m:payload():data()
		end
		print(table.concat(got, " "))
		local ok, err = process.unlisten(x)
		print(ok, err, process.listen("x") ~= x)));
}

TEST(lua_process, a_closed_inbox_gives_its_messages_to_those_who_listen_now) {
	play("x1 x3 y2 y4\n", MAIN(
		local me = process.pid()
		local inbox = process.inbox()
		for i = 1, 4 do process.send(me, i % 2 == 1 and "x" or "y", i) end
		local x = process.listen("x")
		inbox:close()
		local got = {}
		got[1] = "x" .. x:receive() got[2] = "x" .. x:receive()
		local y = process.listen("y", { message = true })
		for i = 3, 4 do
			local m = y:receive()
			got[i] = m:topic() .. m:payload():data()
		end
		print(table.concat(got, " "))));
}

TEST(lua_process, subscriptions_are_the_same_object_until_closed_and_take_no_sends) {
	play("true\ttrue\ttrue\nfalse\tapp:main:1: cannot send on a subscription channel\n"
	     "topic cannot be empty\tcannot listen to @ topics\n", MAIN(
		print(process.events() == process.events(), process.inbox() == process.inbox(),
			process.listen("t") == process.listen("t"))
		print(pcall(function() process.inbox():send(1) end))
		print(select(2, process.listen("")), (select(2, process.listen("@x"))))));
}

TEST(lua_process, send_names_what_is_wrong) {
	play("send requires at least destination and topic arguments\n"
	     "cannot send to @ topics\ncould not resolve 'bob' as PID or registered name\n"
	     "process not found\nhost not found\nnode not found\ncannot send a function\n"
	     "cannot send a coroutine (at #2.k[1])\n"
	     "app:main:1: bad argument #1 to 'send' (string expected, got table)\n", MAIN(
		local me = process.pid()
		local function err(...) print((select(2, process.send(...)))) end
		err(me)
		err(me, "@x")
		err("bob", "x")
		err("{app:processes|0x7ffff}", "x")
		err("{app:other|0x00001}", "x")
		err("{far@app:processes|0x00001}", "x")
		err(me, "x", print)
		err(me, "x", 1, { k = { coroutine.create(print) } })
		print(select(2, pcall(function() process.send({}, "x") end)))));
}

TEST(lua_process, cancel_reads_its_arguments) {
	play("|||0.5s|why|later\ntrue\tinvalid duration format: time: invalid duration \"x\"\n"
	     "deadline must be either a duration string or milliseconds number\n"
	     "cancel requires at least destination argument\n", MAIN(
		local me, events = process.pid(), process.events()
		process.cancel(me) process.cancel(me, -1) process.cancel(me, 0, nil)
		process.cancel(me, "0.5s") process.cancel(me, "why") process.cancel(me, 50, "later")
		local reasons, last = {}, nil
		for i = 1, 6 do last = events:receive() reasons[i] = last.reason end
		print(table.concat(reasons, "|"))
		local now_ms = math.floor(time.now():unix_nano() / 1000000)
		print(last.deadline - now_ms == 50, (select(2, process.cancel(me, "x", "y"))))
		print((select(2, process.cancel(me, {}))))
		print((select(2, process.cancel())))));
}

TEST(lua_process, terminating_oneself_does_not_return) {
	play("! app:main Canceled: process terminated\n", MAIN(
		pcall(process.terminate, process.pid()) print("never")));
}

TEST(lua_process, relations_with_oneself_and_with_nobody) {
	play("true\ttrue\ttrue\ttrue\nprocess not found: pid not registered\n"
	     "process not found: pid not registered\ntrue\ttrue\n"
	     "link requires a destination argument\n", MAIN(
		local me, gone = process.pid(), "{app:processes|0x7ffff}"
		print((process.monitor(me)), (process.link(me)), (process.unmonitor(me)),
			(process.unlink(me)))
		print((select(2, process.monitor(gone))))
		print((select(2, process.link(gone))))
		print((process.unmonitor(gone)), (process.unlink(gone)))
		print((select(2, process.link())))));
}

TEST(lua_process, options_take_effect_one_by_one) {
	play("false\toptions parameter must be a table\nfalse\ttrap_links must be a boolean\n"
	     "false\toption nope is not supported\ttrue\ntrue\tfalse\n", MAIN(
		print(process.set_options(1))
		print(process.set_options { trap_links = 1 })
		local ok, err = process.set_options { trap_links = true, nope = 1 }
		print(ok, err, process.get_options().trap_links)
		print(process.set_options { trap_links = false },
			process.get_options().trap_links)));
}

TEST(lua_process, force_on_the_spawner_drops_the_child_that_loads) {
	PLAY("! app:parent Canceled: cancel deadline exceeded\ntrue\n",
		{"app:main", MAIN(
			local events = process.events()
			local p = process.spawn_monitored("app:parent")
			process.cancel(p, "20ms")
			print(events:receive().result.error ~= nil))},
		{"app:parent", MAIN(process.spawn("app:loops", nil, { "big", {} }) print("never"))},
		{"app:loops", "local t = time.after('1s') while true do end"});
}

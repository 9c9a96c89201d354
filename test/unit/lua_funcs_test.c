/* Functions and Futures (SPEC 12.6, 12.7). */
#include "lua_stage.h"

/* Not by way of MAIN, which would see 1 for true. */
#define MAIN_CALLS(...)                                                                            \
	{"app:main", "local function main() " #__VA_ARGS__ " end return { main = main }"}

/* Sleeps as long as it is told to and gives what it is given; never hears a CANCEL. */
#define DEAF {"app:deaf", "return function(d, x) time.sleep(d) return x end"}

/* Says what it is cancelled with, and when. */
#define POLITE                                                                                     \
	{"app:polite",                                                                             \
		"return function() local events = process.events()\n"                              \
		"local e = events:receive()\n"                                                     \
		"local now = time.now():unix_nano() // 1000000\n"                                  \
		"print(e.kind, e.reason, e.from, e.deadline - now)\n"                              \
		"return 'never seen' end"}

/* ---- call ---- */

TEST(lua_funcs, call_gives_the_value_or_the_error_of_the_callee) {
	PLAY("7\tnil\n"
	     "nil\tnil\n"
	     "false\tnil\n"
	     "2\tnil\n"
	     "! app:fails Internal: no luck\n"
	     "nil\tno luck\tInternal\tnil\n"
	     "! app:throws Conflict: kept\n"
	     "nil\tkept\tConflict\ttrue\tx\n"
	     "! app:breaks Internal: app:breaks:1: broken\n"
	     "nil\tapp:breaks:1: broken\tInternal\tnil\n"
	     "! app:unsendable Invalid: cannot send a function (at .f)\n"
	     "nil\tcannot send a function (at .f)\tInvalid\tfalse\n",
		MAIN_CALLS(
			print(funcs.call("app:adds", 3, 4))
			print(funcs.call("app:adds"))
			print(funcs.call("app:no"))
			local t, err = funcs.call("app:table")
			print(t[2], err)
			local function fails(id)
				local v, err = funcs.call(id)
				local detail = err:details()
				print(v, err, err:kind(), err:retryable(), detail and detail.a)
			end
			local function shows(id)
				local v, err = funcs.call(id)
				print(v, err, err:kind(), err:retryable())
			end
			shows("app:fails") fails("app:throws") shows("app:breaks")
			shows("app:unsendable")),
		{"app:adds", "return function(a, b) return a and a + b end"},
		{"app:no", MAIN(return false)},
		{"app:table", MAIN(return {1, 2}, {"ignored"})},
		{"app:fails", MAIN(return nil, "no luck")},
		{"app:throws",
			MAIN(error(errors.new{message = "kept", kind = "Conflict",
				retryable = true, details = {a = "x"}}))},
		{"app:breaks", MAIN(error("broken"))},
		{"app:unsendable", MAIN(return {f = print})});
}

TEST(lua_funcs, call_says_what_is_wrong_with_its_arguments) {
	PLAY("Invalid\tfunction ID required\tfalse\n"
	     "Invalid\tfunction ID required\tfalse\n"
	     "Invalid\tinvalid function ID format (namespace:name required)\tfalse\n"
	     "Invalid\tinvalid function ID format (namespace:name required)\tfalse\n"
	     "Invalid\tinvalid function ID format (namespace:name required)\tfalse\n"
	     "NotFound\tfunction not found\tnil\n"
	     "Invalid\tcannot send a function\tfalse\n"
	     "Invalid\tcannot send a coroutine (at #3.a[2])\tfalse\n"
	     "bad argument #1 to 'call' (string expected, got number)\n"
	     "bad argument #1 to 'async' (string expected, got table)\n",
		MAIN_CALLS(
			for _, args in ipairs{{n = 0}, {""}, {"app"}, {":main"}, {"app:"},
				{"app:nothing"}, {"app:main", print},
				{"app:main", 1, nil,
					{a = {1, coroutine.create(print)}}, n = 4}} do
				local nr = args.n or #args
				local v, err = funcs.call(table.unpack(args, 1, nr))
				local w, same = funcs.async(table.unpack(args, 1, nr))
				local x, too = funcs.new():call(table.unpack(args, 1, nr))
				assert(v == nil and w == nil and x == nil)
				assert(tostring(err) == tostring(same))
				assert(tostring(err) == tostring(too))
				print(err:kind(), err, err:retryable())
			end
			print(select(2, pcall(funcs.call, 1)))
			local e = funcs.new()
			print(select(2, pcall(e.async, e, {})))));
}

TEST(lua_funcs, start_fails_as_a_spawn_does) {
	PLAY("Internal\tfailed to execute script: app:raises:1: NOT NOW\n"
	     "NotFound\tmethod \"main\" not found in module\n"
	     "Internal\tfailed to execute script: app:calls:1: cannot call call while the chunk is "
	     "loading\n"
	     "Internal\tfailed to execute script: app:asyncs:1: cannot call async while the chunk "
	     "is loading\n",
		MAIN_CALLS(
			for _, name in ipairs{"raises", "empty", "calls", "asyncs"} do
				local v, err = funcs.call("app:" .. name)
				local future, same = funcs.async("app:" .. name)
				assert(v == nil and future == nil)
				assert(tostring(err) == tostring(same))
				print(err:kind(), err)
			end),
		{"app:raises", LUA(error("NOT NOW"))},
		{"app:empty", LUA(return {})},
		{"app:calls", LUA(funcs.call("app:main"))},
		{"app:asyncs", LUA(funcs.async("app:main"))});
}

TEST(lua_funcs, callee_is_a_process_of_its_own_on_the_host_of_its_caller) {
	PLAY("app:callee\ttrue\ttrue\n"
	     "hello\tstring\n"
	     "1\tnil\t3\tnil\t4\n",
		MAIN_CALLS(
			local inbox = process.inbox()
			process.registry.register("caller")
			local future = funcs.async("app:callee", process.pid())
			local pid = inbox:receive():payload():data()
			process.send(pid, "greet", "hello")
			local _, ok = future:response():receive()
			assert(ok)
			funcs.call("app:counts", 1, nil, 3, nil)),
		{"app:callee", "return function(caller) local greet = process.listen('greet')\n"
			"local host = process.pid():match('{(.-)|')\n"
			"print(process.id(), process.pid() ~= caller, host == 'app:processes')\n"
			"process.send('caller', 'pid', process.pid())\n"
			"local text = greet:receive() print(text, type(text)) end"},
		{"app:counts", "return function(...) local n = select('#', ...)\n"
			"print((...), select(2, ...), (select(3, ...)), (select(4, ...)), n) end"});
}

TEST(lua_funcs, only_the_calling_coroutine_waits) {
	PLAY("other\t0.005\nslow\tnil\t0.030\nquick\tnil\t0.040\n",
		MAIN_CALLS(
			local done = channel.new()
			local function at() return string.format("%.3f", os.clock()) end
			coroutine.spawn(function()
				local v, err = funcs.call("app:deaf", "30ms", "slow")
				print(v, err, at())
				done:send()
			end)
			coroutine.spawn(function()
				time.sleep("5ms")
				print("other", at())
			end)
			done:receive()
			local v, err = funcs.call("app:deaf", "10ms", "quick")
			print(v, err, at())),
		DEAF);
}

TEST(lua_funcs, call_may_wait_where_lua_cannot_yield) {
	PLAY("3,2,1\t[a][b]\n",
		MAIN_CALLS(
			local t = {1, 3, 2}
			table.sort(t, function(a, b) return funcs.call("app:more", a, b) end)
			local s = string.gsub("ab", ".",
				function(c) return (funcs.call("app:wraps", c)) end)
			print(table.concat(t, ","), s)),
		{"app:more", "return function(a, b) time.sleep(1) return a > b end"},
		{"app:wraps", "return function(c) time.sleep(1) return '[' .. c .. ']' end"});
}

/* ---- Context and executors ---- */

TEST(lua_funcs, context_is_inherited_and_overlaid) {
	PLAY("a=1 b=2\na=9 b=2\na=9 b=2 c=3\na=1 b=2 c=table\na=1 b=2\n",
		MAIN_CALLS(
			local spawner = process.with_context{a = 1, b = 2}
			local value, err = spawner:exec("app:middle")
			assert(err == nil, err)),
		{"app:middle", MAIN(
			funcs.call("app:shows")
			local nine = funcs.new():with_context{a = 9}
			nine:call("app:shows")
			nine:with_context{c = 3}:call("app:shows")
			local t = {x = 1}
			local e = funcs.new():with_context{c = t}
			t.x = 2
			assert(e:async("app:shows"):channel():receive():data() == 1)
			funcs.new():call("app:shows"))},
		{"app:shows", "return function() local all, keys = ctx.all(), {}\n"
			"for k, v in pairs(all) do keys[#keys + 1] = k .. '=' ..\n"
			"(type(v) == 'table' and 'table' or tostring(v)) end table.sort(keys)\n"
			"print(table.concat(keys, ' '))\n"
			"return type(all.c) == 'table' and all.c.x or nil end"});
}

TEST(lua_funcs, executor_is_immutable) {
	PLAY("userdata\tfalse\tfalse\tapp:main:1: attempt to index a funcs.Executor value "
	     "(upvalue 'a')\n"
	     "nil\tcall timed out\n"
	     "1\tnil\n"
	     "1\tnil\n",
		MAIN_CALLS(
			local a = funcs.new()
			local b = a:with_options{timeout = "1ms", retry = {max = 3}, pool = true}
			local c = b:with_options{timeout = 0}
			print(type(a), a == b, pcall(function() a.x = 1 end))
			print(b:call("app:deaf", "5ms", 1))
			print(a:call("app:deaf", "5ms", 1))
			print(c:call("app:deaf", "5ms", 1))),
		DEAF);
}

TEST(lua_funcs, executor_refuses_what_it_cannot_use) {
	PLAY("bad argument #1 to 'with_context' (table expected, got no value)\n"
	     "bad argument #1 to 'with_options' (table expected, got no value)\n"
	     "bad argument #1 to 'with_context' (table expected, got nil)\n"
	     "bad argument #1 to 'with_options' (table expected, got string)\n"
	     "context keys must be strings, got number\n"
	     "context value f must be a string, number, boolean or table, got function\n"
	     "timeout must be milliseconds or a duration, not negative\n"
	     "timeout must be milliseconds or a duration, not negative\n"
	     "timeout must be milliseconds or a duration, not negative\n"
	     "bad argument #1 to 'call' (funcs.Executor expected, got table)\n",
		MAIN_CALLS(
			local e = funcs.new()
			local function raises(f, ...)
				print((select(2, pcall(f, ...)):gsub("^app:main:%d+: ", "")))
			end
			raises(e.with_context, e)
			raises(e.with_options, e)
			raises(e.with_context, e, nil)
			raises(e.with_options, e, "x")
			raises(e.with_context, e, {1})
			raises(e.with_context, e, {f = print})
			raises(e.with_options, e, {timeout = -1})
			raises(e.with_options, e, {timeout = "soon"})
			raises(e.with_options, e, {timeout = true})
			raises(e.call, {}, "app:main")));
}

TEST(lua_funcs, module_is_read_only) {
	PLAY("false\tapp:main:1: attempt to modify Immutable table\ntrue\n",
		MAIN_CALLS(
			print(pcall(function() funcs.call = nil end))
			print(require("funcs") == funcs)));
}

/* ---- What ends a call early cancels what it started ---- */

TEST(lua_funcs, timeout_of_a_call_cancels_the_callee) {
	PLAY("nil\tcall timed out\tTimeout\ttrue\t0.050\n"
	     "pid.cancel\tcaller context canceled\t{kith:system|0x00000}\t10000\n"
	     "later\n",
		MAIN_CALLS(
			local v, err = funcs.new():with_options{timeout = 50}:call("app:polite")
			print(v, err, err:kind(), err:retryable(),
				string.format("%.3f", os.clock()))
			time.sleep("1ms")
			print("later")),
		POLITE);
}

TEST(lua_funcs, deaf_callee_is_ended_by_force_at_the_deadline) {
	PLAY("call timed out\n"
	     "! app:deaf Canceled: cancel deadline exceeded\n"
	     "pid.exit\tcancel deadline exceeded\t10.050\n",
		MAIN_CALLS(
			local events, inbox = process.events(), process.inbox()
			process.registry.register("caller")
			local future = funcs.new():with_options{timeout = "50ms"}:async("app:deaf")
			process.monitor(inbox:receive():from())
			print((future:response():receive()))
			local e = events:receive()
			print(e.kind, e.result.error, string.format("%.3f", os.clock()))),
		{"app:deaf", "return function() process.send('caller', 'pid')\n"
			"while true do time.sleep('1s') end end"});
}

TEST(lua_funcs, result_that_comes_late_is_dropped) {
	PLAY("call timed out\nfalse\nnil\tnil\n",
		MAIN_CALLS(
			local inbox = process.inbox()
			print(select(2, funcs.new():with_options{timeout = 1}:call("app:late")))
			time.sleep("20ms")
			print(channel.select({inbox:case_receive()}, true).ok == nil)
			print(funcs.call("app:none"))),
		{"app:late", "return function() time.sleep('10ms') return 'late' end"},
		{"app:none", "return function() end"});
}

TEST(lua_funcs, timeout_does_not_follow_a_result) {
	PLAY("x\tnil\nx\ttrue\n",
		MAIN_CALLS(
			local e = funcs.new():with_options{timeout = "20ms"}
			print(e:call("app:deaf", "19ms", "x"))
			local future = e:async("app:deaf", "19ms", "x")
			time.sleep("1h")
			local payload, ok = future:channel():receive()
			print(payload:data(), ok)),
		DEAF);
}

TEST(lua_funcs, earlier_of_result_and_timeout_counts_though_both_are_seen_at_once) {
	PLAY("early\tnil\nnil\tcall timed out\n",
		MAIN_CALLS(
			local e = funcs.new():with_options{timeout = "20ms"}
			local early = e:async("app:deaf", "10ms", "early")
			local late = e:async("app:deaf", "30ms", "late")
			time.sleep("1ms")
			local start = os.clock()
			while os.clock() < start + 0.1 do end
			assert(not early:is_complete() and not late:is_complete())
			process.inbox()
			local payload, err = early:result()
			print(payload:data(), err)
			print(late:result())),
		DEAF);
}

TEST(lua_funcs, orderly_end_of_the_caller_cancels_what_it_called) {
	PLAY("pid.cancel\tcaller context canceled\t{kith:system|0x00000}\t10000\n"
	     "pid.cancel\tcaller context canceled\t{kith:system|0x00000}\t10000\n"
	     "! app:throws Internal: over\n"
	     "pid.cancel\tcaller context canceled\t{kith:system|0x00000}\t10000\n",
		MAIN_CALLS(
			process.spawn("app:returns", nil)
			time.sleep("1s")
			process.spawn("app:throws", nil)),
		{"app:returns", MAIN(
			coroutine.spawn(function() funcs.call("app:polite") end)
			funcs.async("app:polite")
			time.sleep("1ms"))},
		{"app:throws", MAIN(
			funcs.async("app:polite")
			time.sleep("1ms")
			error("over", 0))},
		POLITE);
}

TEST(lua_funcs, forced_end_of_the_caller_cancels_what_it_called) {
	PLAY("! app:calls Canceled: process terminated\n"
	     "pid.cancel\tcaller context canceled\t{kith:system|0x00000}\t10000\n"
	     "! app:spins Canceled: cancel deadline exceeded\n"
	     "pid.cancel\tcaller context canceled\t{kith:system|0x00000}\t10000\n"
	     "! app:fails Internal: on purpose\n"
	     "! app:linked Internal: linked process failed\n"
	     "pid.cancel\tcaller context canceled\t{kith:system|0x00000}\t10000\n",
		MAIN_CALLS(
			local p = process.spawn("app:calls", nil)
			time.sleep("5ms")
			process.terminate(p)
			time.sleep("5ms")
			p = process.spawn("app:spins", nil)
			time.sleep("5ms")
			process.cancel(p, 5)
			time.sleep("50ms")
			process.spawn("app:linked", nil)),
		{"app:calls", MAIN(funcs.call("app:polite"))},
		{"app:spins", MAIN(
			local future = funcs.async("app:polite")
			while true do end)},
		{"app:linked", MAIN(
			process.spawn_linked("app:fails", nil)
			funcs.call("app:polite"))},
		{"app:fails", MAIN(time.sleep("5ms") return nil, "on purpose")},
		POLITE);
}

TEST(lua_funcs, chain_of_calls_is_cancelled_one_by_one) {
	PLAY("nil\tcall timed out\n"
	     "middle\tcaller context canceled\n"
	     "pid.cancel\tcaller context canceled\t{kith:system|0x00000}\t10000\n",
		MAIN_CALLS(
			print(funcs.new():with_options{timeout = 10}:call("app:middle"))
			time.sleep("1ms")),
		{"app:middle", MAIN(
			local future = funcs.async("app:polite")
			local e = process.events():receive()
			print("middle", e.reason))},
		POLITE);
}

/* SPEC 12.3: pending calls are dropped. */
TEST(lua_funcs, upgrade_of_the_caller_cancels_what_it_called) {
	PLAY("pid.cancel\tcaller context canceled\t{kith:system|0x00000}\t10000\n"
	     "new\t7\tnil\n",
		MAIN_CALLS(
			local future = funcs.async("app:polite")
			coroutine.spawn(function() funcs.call("app:deaf", "1s", "late") end)
			time.sleep("1ms")
			process.upgrade("app:new", 7)),
		{"app:new", "return function(n) time.sleep('1s')\n"
			"local v, err = funcs.call('app:deaf', 0, n) print('new', v, err) end"},
		DEAF, POLITE);
}

/* ---- Futures ---- */

TEST(lua_funcs, future_becomes_a_payload) {
	PLAY("userdata\ttrue\n"
	     "false\tfalse\tnil\tnil\tnil\tfalse\n"
	     "userdata\tlua/any\tx\ttrue\n"
	     "nil\tfalse\n"
	     "true\tfalse\ttrue\tnil\tnil\tfalse\n"
	     "nil\ttrue\n",
		MAIN_CALLS(
			local f = funcs.async("app:deaf", "10ms", {"x"})
			print(type(f), f:response() == f:channel())
			local function state()
				local v, err = f:result()
				local e, failed = f:error()
				return f:is_complete(), f:is_canceled(), v, err, e, failed
			end
			print(state())
			local p, ok = f:response():receive()
			print(type(p), p:get_format(), p:data()[1], ok)
			print(f:response():receive())
			local complete, canceled, v, err, e, failed = state()
			print(complete, canceled, v == p, err, e, failed)
			local p, ok = funcs.async("app:deaf", 0):channel():receive()
			print(p:data(), ok)),
		DEAF);
}

TEST(lua_funcs, future_becomes_an_error) {
	PLAY("! app:fails NotFound: gone\n"
	     "gone\ttrue\tNotFound\n"
	     "nil\tfalse\n"
	     "true\tfalse\tnil\ttrue\ttrue\ttrue\n",
		MAIN_CALLS(
			local f = funcs.async("app:fails")
			local err, ok = f:channel():receive()
			print(err, ok, err:kind())
			print(f:channel():receive())
			local v, same = f:result()
			local too, failed = f:error()
			print(f:is_complete(), f:is_canceled(), v, same == err, too == err,
				failed)),
		{"app:fails", MAIN(return nil, errors.new{message = "gone", kind = "NotFound"})});
}

TEST(lua_funcs, future_can_be_cancelled) {
	PLAY("true\ttrue\ttrue\n"
	     "nil\tfuture canceled\tCanceled\tnil\n"
	     "future canceled\ttrue\n"
	     "future canceled\ttrue\n"
	     "nil\tfalse\n"
	     "true\n"
	     "pid.cancel\tcaller context canceled\t{kith:system|0x00000}\t10000\n"
	     "nil\tfuture canceled\n",
		MAIN_CALLS(
			local f = funcs.async("app:polite")
			time.sleep("1ms")
			print(f:cancel(), f:is_complete(), f:is_canceled())
			local v, err = f:result()
			print(v, err, err:kind(), err:retryable())
			print(f:error())
			print(f:channel():receive())
			print(f:channel():receive())
			print(f:cancel())
			time.sleep("1ms")
			print(f:result())),
		POLITE);
}

TEST(lua_funcs, cancel_wakes_who_waits_for_the_future) {
	PLAY("waits\nfuture canceled\ttrue\nnil\tfalse\n"
	     "! app:deaf Canceled: cancel deadline exceeded\n",
		MAIN_CALLS(
			local f = funcs.async("app:deaf", "1h")
			coroutine.spawn(function()
				print("waits")
				print(f:channel():receive())
				print(f:channel():receive())
			end)
			f:cancel()
			time.sleep("1ms")),
		DEAF);
}

TEST(lua_funcs, cancel_of_a_complete_future_changes_nothing) {
	PLAY("true\tfalse\tx\tnil\nnil\tfalse\nx\ttrue\n",
		MAIN_CALLS(
			local f = funcs.async("app:deaf", 0, "x")
			time.sleep("1ms")
			local cancelled = f:cancel()
			local payload, err = f:result()
			print(cancelled, f:is_canceled(), payload:data(), err)
			print(f:error())
			local payload, ok = f:channel():receive()
			print(payload:data(), ok)),
		DEAF);
}

/* SPEC 12.7: it changes only when its process looks into its mailbox. */
TEST(lua_funcs, future_changes_only_when_its_process_looks) {
	PLAY("false\tnil\tnil\tfalse\n"
	     "false\n"
	     "true\n"
	     "false\tfalse\tnil\tnil\n"
	     "true\ttrue\tfuture canceled\n",
		MAIN_CALLS(
			local function spin()
				local t = os.clock()
				while os.clock() < t + 0.1 do end
			end
			local f = funcs.async("app:quick")
			spin()
			print(f:is_complete(), f:result(), f:error())
			coroutine.wrap(function() coroutine.yield() end)()
			print(f:is_complete())
			process.events()
			print(f:is_complete())
			f = funcs.async("app:quick")
			spin()
			print(f:is_complete(), f:is_canceled(), f:result())
			f:cancel()
			process.inbox()
			time.sleep("1ms")
			print(f:is_complete(), f:is_canceled(), select(2, f:result()))),
		{"app:quick", MAIN(return 1)});
}

TEST(lua_funcs, first_of_several_futures_decides_a_select) {
	PLAY("2\tb\t0.010\n1\ta\t0.020\n3\ttrue\t0.025\n"
	     "! app:deaf Canceled: cancel deadline exceeded\n",
		MAIN_CALLS(
			local futures = {funcs.async("app:deaf", "20ms", "a"),
				funcs.async("app:deaf", "10ms", "b"), funcs.async("app:deaf", "1h")}
			local late = time.after("25ms")
			local function at() return string.format("%.3f", os.clock()) end
			local cases = {}
			for i, f in ipairs(futures) do cases[i] = f:channel():case_receive() end
			cases[4] = late:case_receive()
			for _ = 1, 3 do
				local r = channel.select(cases)
				for i, f in ipairs(futures) do
					if r.channel == f:channel() then
						print(i, r.value:data(), at())
						cases[i] = channel.new():case_receive()
					end
				end
				if r.channel == late then
					print(3, futures[3]:cancel(), at())
				end
			end),
		DEAF);
}

TEST(lua_funcs, dropped_future_does_not_stop_its_call) {
	PLAY("done\nafter\n",
		MAIN_CALLS(
			funcs.async("app:says")
			collectgarbage()
			local ch = funcs.async("app:deaf", "20ms", 1):channel()
			collectgarbage()
			assert(ch:receive():data() == 1)
			print("after")),
		{"app:says", "return function() time.sleep('10ms') print('done') end"}, DEAF);
}

TEST(lua_funcs, channel_of_a_future_is_to_receive_from) {
	PLAY("app:main:1: cannot send on a future channel\n"
	     "app:main:1: cannot send on a future channel\n"
	     "nil\tfalse\n"
	     "true\tx\n",
		MAIN_CALLS(
			local f = funcs.async("app:deaf", 0, "x")
			local ch = f:channel()
			local function raises(f) print(select(2, pcall(f))) end
			raises(function() ch:send(1) end)
			raises(function() ch:case_send(1) end)
			ch:close()
			print(ch:receive())
			time.sleep("1ms")
			print(f:is_complete(), f:result():data())),
		DEAF);
}

TEST(lua_funcs, futures_and_executors_cannot_be_sent) {
	PLAY("cannot send a Future\n"
	     "cannot send a Future (at .f)\n"
	     "cannot send a funcs.Executor\n"
	     "bad argument #1 to 'result' (Future expected, got table)\n",
		MAIN_CALLS(
			local f = funcs.async("app:deaf", 0)
			print(select(2, process.send(process.pid(), "t", f)))
			print(select(2, funcs.call("app:deaf", {f = f})))
			print(select(2, process.send(process.pid(), "t", funcs.new())))
			print(select(2, pcall(f.result, {})))),
		DEAF);
}

TEST(lua_funcs, many_futures_each_get_their_own) {
	PLAY("500500\ttrue\n",
		MAIN_CALLS(
			local futures, sum, ok = {}, 0, true
			for i = 1, 1000 do
				futures[i] = funcs.async("app:deaf", i % 7 .. "ms", i)
			end
			for i, f in ipairs(futures) do
				local v = f:channel():receive():data()
				ok = ok and v == i
				sum = sum + v
			end
			print(sum, ok)),
		DEAF);
}

/* ---- Deadlock (SPEC 10.8) ---- */

TEST(lua_funcs, pending_call_is_no_deadlock_and_its_end_may_be_one) {
	PLAY("x\n"
	     "! app:main Internal: deadlock: all coroutines blocked with no pending operations "
	     "(threads=1)\n",
		MAIN_CALLS(
			local f = funcs.async("app:deaf", "1h", "x")
			print(f:channel():receive():data())
			channel.new():receive()),
		DEAF);
}

/* process.exec (SPEC 5.2). */
#include "lua_stage.h"

/* Not by way of MAIN, which would see 1 for true. */
#define MAIN_EXEC(...)                                                                             \
	{"app:main", "local function main() " #__VA_ARGS__ " end return { main = main }"}

TEST(lua_exec, gives_the_value_or_the_error_of_the_child) {
	PLAY("7\tnil\n"
	     "nil\tnil\n"
	     "table\t2\tnil\n"
	     "! app:fails Internal: no luck\n"
	     "nil\tno luck\tInternal\n"
	     "! app:throws Conflict: kept\n"
	     "nil\tkept\tConflict\ttrue\n",
		MAIN_EXEC(
			print(process.exec("app:adds", "app:processes", 3, 4))
			print(process.exec("app:adds", nil, nil))
			local t, err = process.exec("app:table")
			print(type(t), t[2], err)
			t, err = process.exec("app:fails")
			print(t, err, err:kind())
			t, err = process.exec("app:throws")
			print(t, err, err:kind(), err:retryable())),
		{"app:adds", "return function(a, b) return a and a + b end"},
		{"app:table", MAIN(return {1, 2})},
		{"app:fails", MAIN(return nil, "no luck")},
		{"app:throws",
			MAIN(error(errors.new{
				message = "kept", kind = "Conflict", retryable = true}))});
}

TEST(lua_exec, only_the_calling_coroutine_waits) {
	PLAY("1\n2\nslow\t0.030\nquick\t0.010\n",
		MAIN_EXEC(
			local done = channel.new()
			coroutine.spawn(function()
				print(process.exec("app:echo", nil, "slow", "30ms"),
					string.format("%.3f", os.clock()))
				done:send()
			end)
			coroutine.spawn(function()
				print(1)
				time.sleep("5ms")
				print(2)
			end)
			done:receive()
			print(process.exec("app:echo", nil, "quick", "10ms"), "0.010")),
		{"app:echo", "return function(x, t) time.sleep(t) return x end"});
}

TEST(lua_exec, many_at_once_from_one_process_each_get_their_own) {
	PLAY("5050\n",
		MAIN_EXEC(
			local done, sum = channel.new(), 0
			for i = 1, 100 do
				coroutine.spawn(function()
					local v = process.exec("app:echo", nil, i)
					assert(v == i)
					sum = sum + v
					done:send()
				end)
			end
			for i = 1, 100 do done:receive() end
			print(sum)),
		{"app:echo", "return function(x) time.sleep((x % 7) .. 'ms') return x end"});
}

TEST(lua_exec, end_of_the_child_is_no_event) {
	PLAY("5\tnil\ntrue\ntrue\t9\tpid.exit\t9\n",
		MAIN_EXEC(
			local events = process.events()
			print(process.exec("app:value", nil, 5))
			print(channel.select({events:case_receive()}, true).default)
			local inbox = process.inbox()
			local v
			coroutine.spawn(function()
				v = process.exec("app:shows", nil, process.pid())
			end)
			local pid = inbox:receive():payload():data()
			local ok = process.monitor(pid)
			process.send(pid, "go", 9)
			local e = events:receive()
			print(ok, v, e.kind, e.result.value)),
		{"app:value", "return function(x) return x end"},
		{"app:shows", "return function(to) local go = process.listen('go')\n"
			      "process.send(to, 'pid', process.pid()) return go:receive() end"});
}

TEST(lua_exec, unusable_arguments_are_errors) {
	PLAY("nil\texec requires id and host arguments\tInvalid\n"
	     "nil\tprocess ID required\tInvalid\n"
	     "nil\tinvalid process ID format (namespace:name required)\tInvalid\n"
	     "nil\tinvalid process ID format (namespace:name required)\tInvalid\n"
	     "nil\thost not found\tNotFound\n"
	     "nil\thost does not implement process.Host\tInternal\n"
	     "nil\tfactory not found\tNotFound\n"
	     "nil\tcannot send a function (at #2)\tInvalid\n"
	     "nil\tmethod \"main\" not found in module\tNotFound\n"
	     "nil\tfailed to execute script: app:broken:1: x\tInternal\n"
	     "false\tbad argument #1 to 'exec' (string expected, got number)\n"
	     "false\tbad argument #2 to 'exec' (string expected, got boolean)\n",
		MAIN_EXEC(
			local function try(...)
				local v, err = process.exec(...)
				print(v, err, err:kind())
			end
			try() try("") try("noname") try("app:")
			try("app:empty", "app:nowhere") try("app:empty", "kith:system")
			try("app:nothing") try("app:empty", nil, 1, print)
			try("app:empty") try("app:broken")
			local function raises(...)
				local ok, text = pcall(process.exec, ...)
				print(ok, text)
			end
			raises(1) raises("app:empty", true)),
		{"app:empty", "return {}"}, {"app:broken", "error('x')"});
}

TEST(lua_exec, child_without_a_caller_is_cancelled_and_then_forced) {
	PLAY("pid.cancel\t{kith:system|0x00000}\tcaller context canceled\t10000\t0.010\n"
	     "! app:deaf Canceled: cancel deadline exceeded\n",
		MAIN_EXEC(
			coroutine.spawn(function() process.exec("app:hears") end)
			coroutine.spawn(function() process.exec("app:deaf") end)
			time.sleep("10ms")),
		{"app:hears", MAIN(
			local e = process.events():receive()
			print(e.kind, e.from, e.reason,
				math.floor(e.deadline - time.now():unix_nano() / 1e6 + 0.5),
				string.format("%.3f", os.clock())))},
		{"app:deaf", MAIN(time.sleep("60s") print("never"))});
}

TEST(lua_exec, caller_that_is_terminated_cancels_too) {
	PLAY("! app:calls Canceled: process terminated\ncaller context canceled\n",
		MAIN_EXEC(
			local p = process.spawn("app:calls")
			time.sleep("5ms")
			process.terminate(p)),
		{"app:calls", MAIN(pcall(process.exec, "app:hears"))},
		{"app:hears", MAIN(print(process.events():receive().reason))});
}

TEST(lua_exec, link_down_kills_a_caller_that_waits) {
	PLAY("! app:dies Internal: bye\n"
	     "! app:calls Internal: linked process failed\n"
	     "caller context canceled\n",
		MAIN_EXEC(process.spawn("app:calls") time.sleep("50ms")),
		{"app:calls", MAIN(process.spawn_linked("app:dies") process.exec("app:hears"))},
		{"app:dies", MAIN(time.sleep("5ms") return nil, "bye")},
		{"app:hears", MAIN(print(process.events():receive().reason))});
}

TEST(lua_exec, waits_where_lua_cannot_yield) {
	PLAY("3\t2\t1\n",
		MAIN_EXEC(
			local t = {1, 2, 3}
			table.sort(t, function(a, b) return process.exec("app:less", nil, b, a) end)
			print(table.unpack(t))),
		{"app:less", "return function(a, b) return a < b end"});
}

TEST(lua_exec, call_outstanding_is_no_deadlock) {
	PLAY("late\n",
		MAIN_EXEC(print((process.exec("app:late")))),
		{"app:late", MAIN(time.sleep("2s") return "late")});
}

TEST(lua_exec, raises_while_the_chunk_loads) {
	PLAY("false\tcannot call exec while the chunk is loading\n",
		{"app:main",
			"print(pcall(process.exec, 'app:main')) return function() end"});
}

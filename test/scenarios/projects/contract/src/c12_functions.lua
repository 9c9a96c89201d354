-- Chapter 12: functions and Futures.

local function same(what, got, want)
	if got ~= want then
		error(what .. ": got " .. tostring(got) .. ", wanted " .. tostring(want), 2)
	end
end

-- E(Kind, "text") of the contract, with what 1.2 says of retryable.
local RETRYABLE = {
	Invalid = false, Unavailable = true, RateLimited = true, ResourceExhausted = true,
	Timeout = true,
}
local function denied(kind, text, value, err)
	if value or type(err) ~= "userdata" or err:kind() ~= kind or tostring(err) ~= text
		or err:retryable() ~= RETRYABLE[kind] then
		local got = type(err) == "userdata"
			and err:kind() .. ", retryable " .. tostring(err:retryable())
		error(("got %s, %s (%s); wanted %s, %s"):format(tostring(value), tostring(err),
			tostring(got), kind, text), 2)
	end
	return err
end

-- `ms` after `start`, `slack` later at the latest.
local function at(start, ms, slack)
	local passed = time.now():sub(start):milliseconds()
	if passed < ms or passed > ms + slack then
		error(("after %d ms, wanted %d to %d"):format(passed, ms, ms + slack), 2)
	end
end

-- A callee that says when it is cancelled, and with what, to whoever is called "main".
local HEARS = [[
	local events = process.events()
	process.send("main", "runs", process.pid())
	local event = events:receive()
	process.send("main", "heard", event.kind, event.reason, event.from,
		event.deadline - time.now():unix_nano() // 1000000)
]]

-- One that hears nothing.
local DEAF = [[
	process.send("main", "runs", process.pid())
	while true do time.sleep("1s") end
]]

local function hears(heard, slack)
	local kind, reason, from, left = table.unpack((heard:receive()))
	same("kind", kind, "pid.cancel")
	same("reason", reason, "caller context canceled")
	same("from", from, "{kith:system|0x00000}")
	same("deadline", left <= 10000 and left >= 10000 - slack, true)
end

local function c12_6_call(slack)
	slack = tonumber(slack)
	same("a value", funcs.call("app:f_run", "return 42"), 42)
	local value, err = funcs.call("app:f_run", "return ...", 7, 8)
	same("no error", err, nil)
	same("of two values the first", value, 7)
	same("false", funcs.call("app:f_run", "return false"), false)
	denied("Internal", "text", funcs.call("app:f_run", "return 1, 'text'"))
	denied("Conflict", "kept", funcs.call("app:f_run",
		"error(errors.new{message = 'kept', kind = errors.CONFLICT})"))
	denied("Invalid", "function ID required", funcs.call())
	denied("Invalid", "function ID required", funcs.call(""))
	denied("Invalid", "invalid function ID format (namespace:name required)",
		funcs.call("f_run"))
	denied("NotFound", "function not found", funcs.call("app:nothing"))
	denied("NotFound", "function not found", funcs.call("app:run")) -- no default host
	denied("NotFound", "factory not found", process.spawn("app:f_run", "app:processes"))
	denied("Internal", "failed to execute script: app:f_raises:1: AT ONCE",
		funcs.call("app:f_raises"))
	same("a process with a default host", funcs.call("app:p_call", 20), 40)

	-- It is a process that others can watch, send to and end.
	process.registry.register("main")
	local runs, events = process.listen("runs"), process.events()
	local future = funcs.async("app:f_run", DEAF)
	local pid = runs:receive()
	same("monitor", process.monitor(pid), true)
	same("terminate", process.terminate(pid), true)
	same("EXIT", tostring(events:receive().result.error), "process terminated")
	local failed, ok = future:response():receive()
	same("ok", ok, true)
	denied("Canceled", "process terminated", nil, failed)

	-- Each of several at once has its own result, and its own time.
	local start, done = time.now(), channel.new()
	for i = 1, 20 do
		coroutine.spawn(function()
			local got = funcs.call("app:f_run", "time.sleep('20ms') return ...", i)
			done:send(got == i)
		end)
	end
	for _ = 1, 20 do
		same("its own", (done:receive()), true)
	end
	at(start, 20, slack)
end

local function c12_6_context()
	local e = funcs.new():with_context{a = 1, t = {2}}
	local code = "local v = ctx.all() return {v.a, v.b, v.t and v.t[1]}"
	local function shows(what, of, a, b, t)
		local got = of:call("app:f_run", code)
		same(what .. ", a", got[1], a)
		same(what .. ", b", got[2], b)
		same(what .. ", t", got[3], t)
	end
	shows("given", e, 1, nil, 2)
	shows("overlaid", e:with_context{a = 3, b = "x"}, 3, "x", 2)
	shows("as before", e, 1, nil, 2)
	shows("none", funcs.new(), nil, nil, nil)
	local inner = "local v = funcs.call('app:f_run', 'return ctx.get(\"a\")') return v"
	same("inherited", e:call("app:f_run", inner), 1)
end

local function c12_6_cancels(slack)
	slack = tonumber(slack)
	process.registry.register("main")
	local runs = process.listen("runs")
	local heard = process.listen("heard")

	-- A call whose time is over.
	local start = time.now()
	denied("Timeout", "call timed out",
		funcs.new():with_options{timeout = 30}:call("app:f_run", HEARS))
	at(start, 30, slack)
	hears(heard, slack)
	runs:receive()

	-- A Future that is cancelled.
	local future = funcs.async("app:f_run", HEARS)
	runs:receive()
	same("cancel", future:cancel(), true)
	hears(heard, slack)

	-- A caller that ends, returning, throwing, by force, and with a linked process.
	for _, ending in ipairs{"return", "error('over')", "while true do end",
		"process.spawn_linked('app:run', nil, 'return nil, \"x\"') time.sleep('1h')"} do
		local pid = assert(process.spawn("app:run", "app:processes", [[
			local code, ending = ...
			local future = funcs.async("app:f_run", code)
			process.listen("go"):receive()
			load(ending)()
		]], HEARS, ending))
		runs:receive()
		process.send(pid, "go")
		if ending:find("while") then
			time.sleep("2ms")
			process.terminate(pid)
		end
		hears(heard, slack)
	end

	-- One that waits in a call, which waits in another.
	local pid = assert(process.spawn("app:run", "app:processes", [[
		local code = ...
		funcs.call("app:f_run", "funcs.call('app:f_run', ...)", code)
	]], HEARS))
	local inner = runs:receive()
	process.terminate(pid)
	same("the inner one is left to the outer one's deadline",
		channel.select({heard:case_receive()}, true).default, true)
	process.terminate(inner)
end

-- Who does not hear the CANCEL is ended ten seconds later.
local function c12_6_deadline()
	process.registry.register("main")
	local runs, events = process.listen("runs"), process.events()
	local start = time.now()
	local future = funcs.new():with_options{timeout = "1s"}:async("app:f_run", DEAF)
	process.monitor(runs:receive())
	denied("Timeout", "call timed out", nil, (future:channel():receive()))
	at(start, 1000, 0)
	local event = events:receive()
	same("its end", tostring(event.result.error), "cancel deadline exceeded")
	same("its kind", event.result.error:kind(), "Canceled")
	at(start, 11000, 0)
end

local function c12_7_future()
	local future = funcs.async("app:f_run", "return {...}", 1, "b")
	same("one channel", future:response(), future:channel())
	local payload, ok = future:channel():receive()
	same("ok", ok, true)
	same("a Payload", payload:get_format(), "lua/any")
	same("its data", payload:data()[2], "b")
	local none, more = future:channel():receive()
	same("closed", none == nil and more == false, true)
	same("complete", future:is_complete(), true)
	same("not canceled", future:is_canceled(), false)
	same("result", future:result(), payload)
	same("no error", select(2, future:result()), nil)
	same("error", select("#", future:error()), 2)
	same("not failed", select(2, future:error()), false)

	future = funcs.async("app:f_run", "return nil, 'no'")
	local err, too = future:response():receive()
	same("ok too", too, true)
	denied("Internal", "no", future:result())
	same("the same Error", future:error(), err)
	same("failed", select(2, future:error()), true)

	future = funcs.async("app:f_run", "time.sleep('1h')")
	same("pending", future:is_complete(), false)
	same("no result yet", future:result(), nil)
	same("nor an error", select(2, future:result()), nil)
	same("cancel", future:cancel(), true)
	same("canceled", future:is_canceled(), true)
	denied("Canceled", "future canceled", future:result())
	same("failed", select(2, future:error()), true)
	denied("Invalid", "cannot send a Future (at .f)",
		process.send(process.pid(), "t", {f = future}))
end

return {
	c12_6_call = c12_6_call,
	c12_6_context = c12_6_context,
	c12_6_cancels = c12_6_cancels,
	c12_6_deadline = c12_6_deadline,
	c12_7_future = c12_7_future,
}

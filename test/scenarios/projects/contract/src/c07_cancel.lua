-- Chapter 7: cancel and terminate.
local HOST = "app:processes"

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

local function raises(text, fn)
	local ok, err = pcall(fn)
	if ok or not tostring(err):find(text, 1, true) then
		error(("got %s, %s; wanted: %s"):format(tostring(ok), tostring(err), text), 2)
	end
end

-- A process that runs `code`, which gets the other arguments.
local function child(code, ...)
	return assert(process.spawn("app:run", HOST, code, ...))
end

-- Runs `code` to its end: gives its result and its PID.
local function outcome(code, ...)
	local pid = assert(process.spawn_monitored("app:run", HOST, code, ...))
	local event = process.events():receive()
	same("EXIT of", event.from, pid)
	return event.result, pid
end

-- An ended process.
local function ended()
	local _, pid = outcome("")
	return pid
end

-- Nothing comes on `ch` for a while.
local function quiet(what, ch)
	local timeout = time.after("20ms")
	local result = channel.select { ch:case_receive(), timeout:case_receive() }
	same(what .. ": silence", result.channel, timeout)
end

-- T in ms since `start`: exact with slack 0 (the simulator).
local function at(start, want, slack)
	local got = time.now():sub(start):nanoseconds() / 1e6
	if got < want - (slack > 0 and 1 or 0) or got > want + slack then
		error(("T = %s ms, wanted %s and at most %s more"):format(got, want, slack), 2)
	end
end

local HOUR_MS = 3600000

local function unix_ms()
	return time.now():unix_nano() // time.MILLISECOND
end

local function c07_1_arguments(slack)
	slack = tonumber(slack)
	local events, me = process.events(), process.pid()
	local function gives(reason, deadline_ms, ...)
		local before = unix_ms()
		local ok, err = process.cancel(me, ...)
		same("cancel", ok, true)
		same("its error", err, nil)
		local event = events:receive()
		same("kind", event.kind, "pid.cancel")
		same("from", event.from, me)
		same("at", math.type(event.at), "integer")
		same("reason", event.reason, reason)
		if deadline_ms then
			local late = event.deadline - before - deadline_ms
			same("deadline: type", math.type(event.deadline), "integer")
			same("deadline: " .. late, late >= 0 and late <= slack, true)
		else
			same("deadline", event.deadline, nil)
		end
	end
	gives("", nil)
	gives("", nil, nil)
	gives("why", nil, nil, "why")
	gives("", HOUR_MS, HOUR_MS)
	gives("why", HOUR_MS, HOUR_MS, "why")
	gives("", HOUR_MS + 1, HOUR_MS + 0.5)
	gives("1h", HOUR_MS, "1h")
	gives("1h0m", HOUR_MS, "1h0m")
	gives("why", HOUR_MS, "1h", "why")
	gives("", HOUR_MS, time.parse_duration("1h"))
	gives("why", HOUR_MS, time.parse_duration("1h"), "why")
	gives("soon", nil, "soon")
	denied("Invalid", 'invalid duration format: time: invalid duration "soon"',
		process.cancel(me, "soon", "why"))
	for _, bad in ipairs { {}, true, print, 0 / 0 } do
		denied("Invalid",
			"deadline must be either a duration string or milliseconds number",
			process.cancel(me, bad))
	end
	quiet("nothing was sent", events)
end

local function c07_2_deadlines(slack)
	slack = tonumber(slack)
	local events = process.events()
	local start
	local function dies(what, want_ms)
		local event = events:receive()
		at(start, want_ms, slack > 0 and slack or 1) -- a slice may come before the cancel
		same(what, tostring(event.result.error), "cancel deadline exceeded")
		same(what .. ": kind", event.result.error:kind(), "Canceled")
	end

	-- Zero or negative: signal only. Of several the earliest counts.
	local pid = assert(process.spawn_monitored("app:run", HOST, "time.sleep('1h')"))
	for _, none in ipairs { 0, -5, "0", "-5s", "a reason" } do
		assert(process.cancel(pid, none))
	end
	assert(process.cancel(pid))
	quiet("nobody is killed", events)
	start = time.now()
	assert(process.cancel(pid, "200ms"))
	assert(process.cancel(pid, "40ms"))
	assert(process.cancel(pid, 300))
	dies("the earliest", 40)

	-- A deadline survives the canceller, and acts on what loops or catches.
	for _, code in ipairs {
		"time.sleep('1h')",
		"while true do end",
		"while true do pcall(function() while true do end end) end",
		"pcall(time.sleep, '1h') time.sleep('1h')",
		"process.events() process.inbox():receive()",
	} do
		pid = assert(process.spawn_monitored("app:run", HOST, code))
		start = time.now()
		child("process.cancel(..., '30ms')", pid)
		dies(code, 30)
	end

	-- A target that ends earlier is left alone, and so is whoever comes after it.
	pid = assert(process.spawn_monitored("app:run", HOST, "time.sleep('5ms') return 1"))
	assert(process.cancel(pid, "100ms"))
	same("ended before", events:receive().result.value, 1)
	local later = {}
	for i = 1, 5 do
		later[i] = child("time.sleep('1h')")
	end
	time.sleep("110ms")
	for i = 1, 5 do
		assert(process.send(later[i], "x"))
	end
	quiet("no more", events)
end

local function c07_3_always_delivered()
	local result = outcome([[
		local me = process.pid()
		process.cancel(me)
		process.cancel(me, "second")
		time.sleep("1ms")
		process.cancel(me, "third")
		local events = process.events()
		local first, second, third = events:receive(), events:receive(), events:receive()
		return { first.kind, first.from == me, second.reason, third.reason }
	]])
	if result.error then
		error(result.error)
	end
	same("kind", result.value[1], "pid.cancel")
	same("from", result.value[2], true)
	same("second", result.value[3], "second")
	same("third", result.value[4], "third")
end

local function c07_4_errors()
	denied("Invalid", "cancel requires at least destination argument", process.cancel())
	denied("NotFound", "process not found", process.cancel(ended()))
	denied("NotFound", "process not found", process.cancel(ended(), "1s"))
	denied("NotFound", "host not found", process.cancel("{app:nowhere|0x00101}"))
	denied("NotFound", "node not found", process.cancel("{other@app:processes|0x00101}"))
end

local function c07_5_terminate(slack)
	slack = tonumber(slack)
	process.set_options { trap_links = true }
	local events = process.events()
	for _, code in ipairs {
		"time.sleep('1h')",
		"while true do end",
		"while true do pcall(function() while true do end end) end",
		"pcall(function() process.inbox():receive() end) time.sleep('1h')",
		"local co = coroutine.wrap(function() while true do end end) co()",
		"coroutine.spawn(function() time.sleep('1h') end) channel.new():receive()",
		"process.events():receive() return 1",
	} do
		local pid = assert(process.spawn_linked_monitored("app:run", HOST, code))
		time.sleep("3ms")
		local start = time.now()
		local ok, err = process.terminate(pid)
		same("terminate", ok, true)
		same("its error", err, nil)
		local event = events:receive()
		at(start, 0, slack > 0 and slack or 2)
		same("EXIT: " .. code, event.kind, process.event.EXIT)
		same("its error", tostring(event.result.error), "process terminated")
		same("its kind", event.result.error:kind(), "Canceled")
		event = events:receive()
		same("LINK_DOWN", event.kind, process.event.LINK_DOWN)
		same("its error", tostring(event.result.error), "process terminated")
		denied("NotFound", "process not found", process.terminate(pid))
	end
	denied("NotFound", "process not found", process.terminate("{app:processes|0xfffff}"))
	raises("bad argument #1 to 'terminate' (string expected, got table)", function()
		process.terminate({})
	end)

	-- Of two that terminate each other, one at least ends so.
	local code = [[
		local other = process.inbox():receive():payload():data()
		return process.terminate(other)
	]]
	local a = assert(process.spawn_monitored("app:run", HOST, code))
	local b = assert(process.spawn_monitored("app:run", HOST, code))
	process.send(a, "go", b)
	process.send(b, "go", a)
	local forced = 0
	for _ = 1, 2 do
		local err = events:receive().result.error
		if err then
			same("its end", tostring(err), "process terminated")
			forced = forced + 1
		end
	end
	same("one at least", forced >= 1, true)
end

-- Library functions that loop by their arguments are stopped too, and give way to others meanwhile.
local function c07_5_library_loops(slack)
	slack = tonumber(slack)
	local events = process.events()
	for _, code in ipairs {
		"return (('a'):rep(40)):find(('a?'):rep(40) .. ('a'):rep(40))",
		"return (('a'):rep(40)):match(('a*'):rep(20) .. 'b')",
		"return (('a'):rep(40)):gsub(('a?'):rep(40) .. ('a'):rep(40), 'x')",
		"return pcall(string.find, ('a'):rep(1 << 11):rep(1 << 11), '.-.-.-.-b')",
		"return table.move({}, 1, 1 << 40, 2, {})",
		"return table.remove(setmetatable({}, { __len = function() return 1 << 40 end }), 1)",
		"return table.insert(setmetatable({}, { __len = function() return 1 << 40 end }), 1, nil)",
		"return table.concat(setmetatable({}, { __index = function() return '' end }), '', 1, 1 << 40)",
	} do
		local pid = assert(process.spawn_monitored("app:run", HOST, code))
		time.sleep("3ms")
		local start = time.now()
		process.terminate(pid)
		same(code, tostring(events:receive().result.error), "process terminated")
		at(start, 0, slack > 0 and slack or 2)
	end
end

return {
	c07_1_arguments = c07_1_arguments,
	c07_2_deadlines = c07_2_deadlines,
	c07_3_always_delivered = c07_3_always_delivered,
	c07_4_errors = c07_4_errors,
	c07_5_terminate = c07_5_terminate,
	c07_5_library_loops = c07_5_library_loops,
}

-- Chapter 6: monitors and links.
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

local SLEEPER = "time.sleep('1h')"
local GONE = "process not found: pid not registered"

local function yes(what, value, err)
	same(what, value, true)
	same(what .. ": error", err, nil)
end

local function c06_1_table()
	local events = process.events()
	local live = child(SLEEPER)
	yes("monitor", process.monitor(live))
	denied("AlreadyExists", "already monitoring pid", process.monitor(live))
	yes("unmonitor", process.unmonitor(live))
	yes("unmonitor twice", process.unmonitor(live))
	yes("monitor again", process.monitor(live))
	yes("unmonitor again", process.unmonitor(live))
	yes("link", process.link(live))
	yes("link twice", process.link(live))
	yes("unlink", process.unlink(live))
	yes("unlink twice", process.unlink(live))
	yes("terminate", process.terminate(live))

	for _, gone in ipairs { ended(), "{app:processes|0xfffff}" } do
		denied("NotFound", GONE, process.monitor(gone))
		denied("NotFound", GONE, process.link(gone))
		yes("unmonitor", process.unmonitor(gone))
		yes("unlink", process.unlink(gone))
	end

	-- An EXIT that is unread changes nothing of it.
	local pid = assert(process.spawn_monitored("app:run", HOST, ""))
	time.sleep("5ms")
	denied("NotFound", GONE, process.monitor(pid))
	same("EXIT", events:receive().from, pid)

	local me = process.pid()
	for _, name in ipairs { "monitor", "unmonitor", "link", "unlink" } do
		yes(name .. " oneself", process[name](me))
		yes(name .. " oneself twice", process[name](me))
		denied("Invalid", name .. " requires a destination argument", process[name]())
	end
	quiet("the end", events)
end

local function c06_2_request_meets_exit()
	process.set_options { trap_links = true }
	local events = process.events()
	local exits, downs = 0, 0
	for i = 1, 100 do
		local pid = child("local n = ... for _ = 1, n do coroutine.yield() end error('x', 0)", i % 7)
		local ok, err = process.monitor(pid)
		if ok then
			exits = exits + 1
		else
			denied("NotFound", GONE, ok, err)
		end
		ok, err = process.link(pid)
		if ok then
			downs = downs + 1
		else
			denied("NotFound", GONE, ok, err)
		end
	end
	while exits + downs > 0 do
		local event = events:receive()
		same("the real result", tostring(event.result.error), "x")
		if event.kind == process.event.EXIT then
			exits = exits - 1
		else
			downs = downs - 1
		end
	end
	same("exits", exits, 0)
	quiet("no third outcome", events)
end

local function c06_3_removing()
	process.set_options { trap_links = true }
	local events = process.events()
	local go = "process.inbox():receive() error('x', 0)"

	-- What has arrived is delivered.
	local pid = assert(process.spawn_linked_monitored("app:run", HOST, "error('x', 0)"))
	time.sleep("5ms")
	yes("unmonitor", process.unmonitor(pid))
	yes("unlink", process.unlink(pid))
	same("EXIT", events:receive().kind, process.event.EXIT)
	same("LINK_DOWN", events:receive().kind, process.event.LINK_DOWN)

	-- What would arrive later is not.
	pid = assert(process.spawn_linked_monitored("app:run", HOST, go))
	yes("unmonitor", process.unmonitor(pid))
	yes("unlink", process.unlink(pid))
	process.send(pid, "go")
	quiet("removed", events)

	-- Either side may remove a link.
	assert(process.spawn_linked("app:run", HOST, [[
		assert(process.unlink(...))
		error("x", 0)
	]], process.pid()))
	quiet("removed by the other side", events)

	-- Two that link each other at once have one link.
	pid = child("local other = ... process.link(other) " .. go, process.pid())
	yes("link", process.link(pid))
	process.send(pid, "go")
	same("LINK_DOWN", events:receive().kind, process.event.LINK_DOWN)
	quiet("one of them", events)

	-- A link that is removed and made anew is one again.
	pid = assert(process.spawn_linked("app:run", HOST, go))
	for _ = 1, 3 do
		yes("unlink", process.unlink(pid))
		yes("link", process.link(pid))
	end
	process.send(pid, "go")
	same("LINK_DOWN", events:receive().from, pid)
	quiet("one again", events)
end

local function c06_4_which_events()
	process.set_options { trap_links = true }
	local events = process.events()
	local function gives(code, value, text)
		local pid = assert(process.spawn_linked_monitored("app:run", HOST, code))
		if code:find("inbox") then
			process.send(pid, "go")
		elseif code:find("events") then
			process.cancel(pid)
		elseif code:find("sleep") then
			process.terminate(pid)
		end
		local event = events:receive()
		same("EXIT", event.kind, process.event.EXIT)
		same("from", event.from, pid)
		same("value", event.result.value, value)
		same("error", event.result.error and tostring(event.result.error), text)
		if text then
			event = events:receive()
			same("LINK_DOWN", event.kind, process.event.LINK_DOWN)
			same("from", event.from, pid)
			same("its value", event.result.value, nil)
			same("its error", tostring(event.result.error), text)
		end
		quiet("no more", events)
	end
	gives("return 1", 1)
	gives("process.inbox():receive() return 2", 2)
	gives("process.events():receive() return 'cancelled'", "cancelled")
	gives("return nil, 'text'", nil, "text")
	gives("process.inbox():receive() error('thrown', 0)", nil, "thrown")
	gives("time.sleep('1h')", nil, "process terminated")
	gives("return print", nil, "cannot send a function")
	gives("channel.new():receive()", nil,
		"deadlock: all coroutines blocked with no pending operations (threads=1)")
end

local function c06_5_judged_once()
	-- What became an event stays one.
	same("an event stays one", outcome([[
		process.set_options { trap_links = true }
		process.spawn_linked("app:run", nil, "error('x', 0)")
		time.sleep("5ms")
		process.set_options { trap_links = false }
		time.sleep("5ms")
		return process.events():receive().kind
	]]).value, "pid.link.down")

	-- Without it a link made from either side kills.
	local pid = assert(process.spawn_monitored("app:run", HOST, SLEEPER))
	local linker = child("assert(process.link(...)) error('x', 0)", pid)
	local event = process.events():receive()
	same("from", event.from, pid)
	local err = event.result.error
	same("error", tostring(err), "linked process failed")
	same("pid", err:details().pid, linker)
	same("reason", err:details().reason, "x")
end

local function c06_6_cascade()
	process.set_options { trap_links = true }
	local events = process.events()
	local b = assert(process.spawn_linked_monitored("app:run", HOST, [[
		process.spawn_linked("app:run", nil, "time.sleep('5ms') error('C', 0)")
		time.sleep("1h")
	]]))
	local event = events:receive()
	same("EXIT of B", event.from, b)
	same("its kind", event.kind, process.event.EXIT)
	event = events:receive()
	same("LINK_DOWN from B", event.from, b)
	same("its kind", event.kind, process.event.LINK_DOWN)
	same("its text", tostring(event.result.error), "linked process failed")
	quiet("one LINK_DOWN", events)

	assert(process.spawn_linked("app:run", HOST, [[
		process.spawn_linked("app:run", nil, "time.sleep('5ms') error('C', 0)")
		return "normally"
	]]))
	quiet("B returned", events)
end

return {
	c06_1_table = c06_1_table,
	c06_2_request_meets_exit = c06_2_request_meets_exit,
	c06_3_removing = c06_3_removing,
	c06_4_which_events = c06_4_which_events,
	c06_5_judged_once = c06_5_judged_once,
	c06_6_cascade = c06_6_cascade,
}

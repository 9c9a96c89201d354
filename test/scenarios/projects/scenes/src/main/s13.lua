-- S13: the worker of the pool, alone.
local time = require("time")

local HOST = "app:processes"

local function same(what, got, want)
	if got ~= want then
		error(what .. ": got " .. tostring(got) .. ", wanted " .. tostring(want), 2)
	end
end

-- T in ms since `start`: exact with slack 0 (the simulator); on threads not early, and late by the
-- slack at most.
local function at(start, want, slack)
	local got = time.now():sub(start):nanoseconds() / 1e6
	if got < want - (slack > 0 and 1 or 0) or got > want + slack then
		error(("T = %s ms, wanted %s and at most %s more"):format(got, want, slack), 2)
	end
end

local function work(slack)
	slack = tonumber(slack)
	local inbox_ch = process.inbox()
	local pid = assert(process.spawn("app.workers:task_worker", HOST, 1))
	local start = time.now()
	process.send(pid, "work", "a")
	process.send(pid, "work", "b")
	for i, text in ipairs { "completed: a", "completed: b" } do
		local msg = inbox_ch:receive()
		at(start, 100 * i, slack)
		same("topic", msg:topic(), "result")
		same("data", msg:payload():data(), text)
		same("from", msg:from(), pid)
	end
	process.terminate(pid)
end

-- Another topic does nothing, but it is a turn: the silence counts anew.
local function other(_, pause, idle)
	local events_ch = process.events()
	local pid = assert(process.spawn_monitored("app.workers:task_worker", HOST, 1, idle))
	time.sleep(pause)
	process.send(pid, "other", "x")
	events_ch:receive()
end

local function cancelled()
	local events_ch = process.events()
	local pid = assert(process.spawn_monitored("app.workers:task_worker", HOST, 1))
	process.cancel(pid)
	local event = events_ch:receive()
	same("from", event.from, pid)
	same("value", event.result.value, "cancelled")
	same("error", event.result.error, nil)
end

-- A linked process fails: `name` is the worker that traps links or the one that does not.
local function linked(_, name)
	local events_ch = process.events()
	local pid = assert(process.spawn_monitored("app.workers:" .. name, HOST, 1))
	time.sleep("20ms")
	local linker = assert(process.spawn("app.workers:failing_linker", HOST, pid))
	local event = events_ch:receive()
	same("from", event.from, pid)
	same("value", event.result.value, nil)
	same("kind", event.result.error:kind(), "Internal")
	if name == "task_worker" then
		same("error", tostring(event.result.error), "linked process failed")
		same("its pid", event.result.error:details().pid, linker)
	else
		same("error", tostring(event.result.error), "linked_process_died")
	end
end

-- A worker that nobody talks to, until the run is cut.
local function silent()
	assert(process.spawn("app.workers:task_worker", HOST, 1))
	process.events():receive()
end

return { work = work, other = other, cancelled = cancelled, linked = linked, silent = silent }

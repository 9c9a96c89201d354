-- S4: an explicit link. `how` says how the target ends, `patience` how long W waits.
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

local ENDS = {
	throws = "TARGET_DOWN",
	text = "x",
	terminated = "process terminated",
	deadline = "cancel deadline exceeded",
}

-- A target that ended before anybody could link to it.
local function ended_target(events_ch)
	local target = assert(process.spawn_monitored("app.workers:value", HOST))
	same("the target's EXIT", events_ch:receive().from, target)
	return target
end

local function main(slack, how, patience)
	slack = tonumber(slack)
	local events_ch = process.events()
	local inbox_ch = process.inbox()
	local target = how == "ended" and ended_target(events_ch)
		or assert(process.spawn("app.workers:target", HOST, how))
	local w = assert(process.spawn_monitored("app.workers:link_watcher", HOST, patience))
	process.send(w, "inbox", target)

	if how ~= "ended" then
		local msg = inbox_ch:receive()
		same("topic", msg:topic(), "linked")
		same("data", msg:payload():data(), w)
		same("sender", msg:from(), w)
	end

	local start = time.now()
	if how == "terminated" then
		time.sleep("50ms")
		process.terminate(target)
	elseif how == "deadline" then
		process.cancel(target, "50ms")
	elseif how ~= "ended" then
		process.send(target, "go")
	end

	local event = events_ch:receive()
	same("kind", event.kind, process.event.EXIT)
	same("from", event.from, w)
	if ENDS[how] then
		at(start, 50, slack)
		same("error", event.result.error, nil)
		same("value", event.result.value, "LINK_DOWN_RECEIVED")
		local saw = inbox_ch:receive():payload():data()
		same("event kind", saw.kind, "pid.link.down")
		same("event from", saw.from, target)
		same("event error", saw.text, ENDS[how])
		same("event value", saw.value, nil)
	elseif how == "ended" then
		same("error", tostring(event.result.error),
			"link failed: process not found: pid not registered")
	else
		at(start, time.parse_duration(patience):milliseconds(), slack)
		same("error", tostring(event.result.error), "no LINK_DOWN received")
		same("value", event.result.value, nil)
	end
end

return { main = main }

-- S8: cancel with a deadline of 100 ms.
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

-- When W's EXIT comes, and what it holds.
local ENDS = {
	polite = { at = 5, value = "cancelled gracefully" },
	tidy60 = { at = 65, value = "cleaned up", reports = true },
	tidy150 = { at = 105, error = "cancel deadline exceeded", reports = true },
	deaf = { at = 105, error = "cancel deadline exceeded" },
	spin = { at = 105, error = "cancel deadline exceeded" },
}

local function unix_ms()
	return time.now():unix_nano() // time.MILLISECOND
end

local function main(slack, worker)
	slack = tonumber(slack)
	local start = time.now()
	local events_ch = process.events()
	local name, ms = worker:match("^(%a+)(%d*)$")
	local pid = assert(process.spawn_monitored("app.workers:" .. name, HOST, tonumber(ms)))
	-- value has to have ended by then, also on a loaded machine.
	time.sleep(worker == "value" and (5 + slack / 5) * time.MILLISECOND or "5ms")
	local before = unix_ms()
	local ok, err = process.cancel(pid, "100ms")
	local after = unix_ms()
	if err then
		return nil, "cancel failed: " .. tostring(err)
	end
	same("cancel", ok, true)
	local event = events_ch:receive()
	local want = ENDS[worker]
	at(start, want.at, slack)
	if event.kind == process.event.EXIT then
		print("Worker cancelled:", event.from)
	end

	same("from", event.from, pid)
	same("value", event.result.value, want.value)
	if want.error then
		same("error", tostring(event.result.error), want.error)
		same("its kind", event.result.error:kind(), "Canceled")
	else
		same("error", event.result.error, nil)
	end
	if want.reports then
		local saw = process.inbox():receive():payload():data()
		same("CANCEL kind", saw.kind, "pid.cancel")
		same("CANCEL from", saw.from, process.pid())
		same("CANCEL reason", saw.reason, "100ms")
		same("CANCEL deadline is an integer", math.type(saw.deadline), "integer")
		if saw.deadline < before + 100 or saw.deadline > after + 101 then
			error("deadline " .. saw.deadline .. " of a call at " .. before .. " to "
				.. after)
		end
		if slack == 0 then
			same("CANCEL deadline", saw.deadline, before + 100)
		end
	end
end

return { main = main }

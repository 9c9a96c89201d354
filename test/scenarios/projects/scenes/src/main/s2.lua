-- S2: monitoring an existing process.
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

local function main(slack, worker)
	slack = tonumber(slack)
	local start = time.now()
	local events_ch = process.events()
	local pid = assert(process.spawn("app.workers:" .. worker, HOST))
	local ok, err = process.monitor(pid)
	same("monitor", ok, true)
	same("its error", err, nil)
	ok, err = process.monitor(pid)
	same("second monitor", ok, nil)
	same("its kind", err:kind(), "AlreadyExists")
	same("its text", tostring(err), "already monitoring pid")

	time.sleep("5ms")
	ok, err = process.cancel(pid, "100ms")
	same("cancel", ok, true)
	same("its error", err, nil)
	local event = events_ch:receive()
	at(start, worker == "polite" and 5 or 105, slack)
	if event.kind == process.event.EXIT then
		print("Worker terminated:", event.from)
	end

	same("from", event.from, pid)
	if worker == "polite" then
		same("value", event.result.value, "cancelled gracefully")
		same("error", event.result.error, nil)
	else
		same("value", event.result.value, nil)
		same("error", tostring(event.result.error), "cancel deadline exceeded")
		same("its kind", event.result.error:kind(), "Canceled")
	end
	ok, err = process.monitor(pid)
	same("monitor after the end", ok, nil)
	same("its kind", err:kind(), "NotFound")
	same("its text", tostring(err), "process not found: pid not registered")
end

return { main = main }

-- S5: a linked spawn whose parent traps links.
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

local function main(slack)
	slack = tonumber(slack)
	local start = time.now()
	process.set_options { trap_links = true }
	local events_ch = process.events()
	local pid, err = process.spawn_linked("app.workers:late", HOST)
	if err then
		return nil, "spawn_linked failed: " .. tostring(err)
	end
	local event = events_ch:receive()
	at(start, 20, slack)
	if event.kind == process.event.LINK_DOWN then
		print("Child died:", event.from)
	end

	same("from", event.from, pid)
	same("error", tostring(event.result.error), "app.workers:late:4: LATE")
	local timeout = time.after("50ms")
	local result = channel.select { events_ch:case_receive(), timeout:case_receive() }
	same("no EXIT", result.channel, timeout)
end

-- The child ends normally: no event ever comes, and the parent waits on, `patience` or for ever.
local function value(_, patience)
	process.set_options { trap_links = true }
	local events_ch = process.events()
	assert(process.spawn_linked("app.workers:value", HOST))
	if not patience then
		events_ch:receive()
	else
		local timeout = time.after(patience)
		local result = channel.select { events_ch:case_receive(), timeout:case_receive() }
		same("no event", result.channel, timeout)
	end
end

return { main = main, value = value }

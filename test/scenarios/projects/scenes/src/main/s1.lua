-- S1: a monitoring spawn.
local time = require("time")

local HOST = "app:processes"

local function same(what, got, want)
	if got ~= want then
		error(what .. ": got " .. tostring(got) .. ", wanted " .. tostring(want), 2)
	end
end

local function main(_, worker, host)
	local events_ch = process.events()
	local pid, err = process.spawn_monitored("app.workers:" .. worker, host or HOST)
	if err then
		return nil, "spawn failed: " .. tostring(err)
	end
	local event = events_ch:receive()
	if event.kind == process.event.EXIT then
		print("Worker exited:", event.from)
		if event.result then
			print("Result:", event.result.value)
		end
		if event.result and event.result.error then
			print("Error:", event.result.error)
		end
	end

	same("kind", event.kind, "pid.exit")
	same("from", event.from, pid)
	same("at is a whole number", math.type(event.at), "integer")
	same("failed", event.result.error ~= nil, worker ~= "value")
	if event.result.error then
		same("kind of the error", event.result.error:kind(), "Internal")
		same("retryable", event.result.error:retryable(), nil)
	end
end

return { main = main }

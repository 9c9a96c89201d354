-- A crowd that links, monitors, cancels and kills each other: every process ends exactly once.
local time = require("time")

local HOST = "app:processes"

local function same(what, got, want)
	if got ~= want then
		error(what .. ": got " .. tostring(got) .. ", wanted " .. tostring(want), 2)
	end
end

local function main(slack, count, steps)
	count, steps = math.tointeger(tonumber(count)), math.tointeger(tonumber(steps))
	local events_ch = process.events()
	local crowd, ends = {}, {}
	for i = 1, count do
		crowd[i] = assert(process.spawn_monitored("app.workers:restless", HOST, steps))
		ends[crowd[i]] = 0
	end
	for _, pid in ipairs(crowd) do
		process.send(pid, "crowd", crowd)
	end
	time.sleep("20ms")
	for _, pid in ipairs(crowd) do
		process.terminate(pid)
	end

	-- Each monitor fires once, with a real result.
	for _ = 1, count do
		local event = events_ch:receive()
		same("kind", event.kind, process.event.EXIT)
		same("ends of " .. event.from, ends[event.from], 0)
		ends[event.from] = 1
		local ok, err = process.send(event.from, "x")
		same("send to the dead", ok, nil)
		same("its text", tostring(err), "process not found")
		same("a result", event.result.value ~= nil or event.result.error ~= nil, true)
	end
	local timeout = time.after("20ms")
	local result = channel.select { events_ch:case_receive(), timeout:case_receive() }
	same("nothing more", result.channel, timeout)
end

return { main = main }

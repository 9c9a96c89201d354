-- S3: silence after unmonitor.
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
	local pid = assert(process.spawn_monitored("app.workers:" .. worker, HOST))
	-- boom has to have ended by then, also on a loaded machine.
	time.sleep(worker == "boom" and (5 + slack / 5) * time.MILLISECOND or "5ms")
	for _ = 1, 2 do
		local ok, err = process.unmonitor(pid)
		same("unmonitor", ok, true)
		same("its error", err, nil)
	end
	process.cancel(pid, "100ms")

	local timeout = time.after("200ms")
	local result = channel.select {
		events_ch:case_receive(),
		timeout:case_receive(),
	}
	if result.channel == events_ch then
		return nil, "should not receive event after unmonitor"
	end

	at(start, 205, slack)
	same("the timer won", result.channel, timeout)
	same("ok", result.ok, true)
	same("a Time", type(result.value:unix_nano()), "number")
	local ok, err
	for _ = 0, slack do -- on threads the deadline may be late too
		ok, err = process.send(pid, "hello")
		if not ok then
			break
		end
		time.sleep("1ms")
	end
	same("send to the dead", ok, nil)
	same("its text", tostring(err), "process not found")
end

return { main = main }

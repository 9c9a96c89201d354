-- Starts the pool of S12, does something to its workers, and ends it. What the pool and the workers
-- then print is the test; the director checks times and PIDs.
local time = require("time")

local function same(what, got, want)
	if got ~= want then
		error(what .. ": got " .. tostring(got) .. ", wanted " .. tostring(want), 2)
	end
end

local function main(slack, plan, delay, health, idle)
	slack = tonumber(slack)
	local events_ch = process.events()
	local started_ch = process.listen("started")
	local pool = assert(process.spawn_monitored("app.supervisor:pool", "app:processes", 4,
		health, idle,
		process.pid()))
	local pids, seen = {}, {}

	-- The next worker to start is number `id`, with a PID never seen before.
	local function started(id)
		local start = started_ch:receive()
		same("number", start[1], id)
		same("a new PID", seen[start[2]], nil)
		seen[start[2]] = true
		pids[id] = start[2]
	end

	for id = 1, 4 do
		started(id)
	end
	time.sleep(delay)
	local start = time.now()
	local function took(want)
		local got = time.now():sub(start):nanoseconds() / 1e6
		if got < want - (slack > 0 and 1 or 0) or got > want + slack then
			error("restarted at T = " .. got .. " ms, wanted " .. want)
		end
	end

	if plan == "terminate" then
		local old = { table.unpack(pids) }
		assert(process.terminate(pids[2]))
		started(2)
		took(100)
		for id = 1, 4 do
			same("touched " .. id, pids[id] ~= old[id], id == 2)
			assert(process.send(pids[id], "still there"))
		end
	elseif plan == "together" then
		local pair = { [pids[1]] = 1, [pids[3]] = 3 }
		for pid in pairs(pair) do
			assert(process.terminate(pid))
		end
		for i = 1, 2 do
			local first = started_ch:receive()
			took(100 * i)
			same("a new PID", seen[first[2]], nil)
			same("number 1 or 3", first[1] == 1 or first[1] == 3, true)
			seen[first[2]] = true
		end
	elseif plan == "cancel" then
		assert(process.monitor(pids[2]))
		assert(process.cancel(pids[2]))
		local event = events_ch:receive()
		same("EXIT of the worker", event.from, pids[2])
		same("its value", event.result.value, "cancelled")
		local timeout = time.after(health)
		timeout:receive()
		local result = channel.select { started_ch:case_receive(), default = true }
		same("no restart", result.default, true)
	end
	time.sleep("10ms")
	assert(process.terminate(pool))
	same("the end of the pool", events_ch:receive().from, pool)
	-- Its workers die with it: let them, before the end of the run cancels them.
	time.sleep((10 + slack) * time.MILLISECOND)
end

return { main = main }

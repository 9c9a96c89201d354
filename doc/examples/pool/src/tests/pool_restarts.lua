-- A worker that dies is started again, and the new one works. Run it with: kith test

local system = require("system")
local time = require("time")

-- The PIDs of the four workers as keys, once there are so many and `dead` is none of them.
local function wait_for_workers(dead)
	while true do
		local pids, count = {}, 0
		for _, info in ipairs(system.hosts.processes("app:processes")) do
			if info.source == "app.workers:task_worker" then
				pids[info.pid] = true
				count = count + 1
			end
		end
		if count == 4 and not pids[dead] then
			return pids
		end
		time.sleep("10ms") -- for ever, were it not for the test's timeout
	end
end

local function main()
	local before = wait_for_workers()
	local victim = next(before)
	process.terminate(victim)

	local results = process.listen("result")
	for pid in pairs(wait_for_workers(victim)) do
		if not before[pid] then
			process.send(pid, "work", "a")
			local result = results:receive()
			assert(result == "completed: a", "the new worker said: " .. tostring(result))
		end
	end
end

return {main = main}

-- Many processes that wait. What they cost is the difference of the peaks of two runs, which the
-- driver takes.
local time = require("time")

return function(count)
	count = tonumber(count)
	local inbox, pids = process.inbox(), {}
	local took = lib.timed(function()
		for i = 1, count do
			pids[i] = assert(process.spawn("bench:worker", nil, i))
		end
	end)
	for i = 1, count, math.max(1, count // 100) do
		process.send(pids[i], "work", i)
		lib.law("the answer", inbox:receive():payload():data(), i .. " completed: " .. i)
	end
	time.sleep("300ms")
	lib.result("us_per_spawn", took / count / 1000)
	lib.result("processes", count)
end

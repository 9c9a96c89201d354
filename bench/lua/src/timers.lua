-- Timers that fire, and timers that are taken back.
local time = require("time")

-- COUNT timers of 1 to 1000 ms, all pending at once: how late does each fire?
local function main(count)
	count = tonumber(count)
	local late, done = {}, channel.new(count)
	local armed = lib.timed(function()
		for i = 1, count do
			local ms = 1 + i * 7919 % 1000
			local due = os.clock() + ms / 1000
			local timer = time.after(ms * time.MILLISECOND)
			coroutine.spawn(function()
				timer:receive()
				done:send((os.clock() - due) * 1e9)
			end)
		end
	end)
	for i = 1, count do
		late[i] = done:receive()
	end
	table.sort(late)
	lib.law("whether one was early", late[1] < -1000, false) -- os.clock counts in floats
	lib.result("arm_ns", armed / count)
	lib.spread("late", late)
end

local function cancels(count)
	count = tonumber(count)
	local function run(nr)
		for _ = 1, nr do
			local timer = time.timer("60s")
			lib.law("whether it was pending", timer:stop(), true)
		end
	end
	run(count // 10)
	lib.result("ns_start_cancel", lib.timed(run, count) / count)
end

return {main = main, cancels = cancels}

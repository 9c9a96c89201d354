-- Ticks, timeouts and a timer that is stopped.

local time = require("time")

-- Waits for a value of `source`, but no longer than `timeout`.
local function receive_within(source, timeout)
	local alarm = time.after(timeout)
	local result = channel.select({
		source:case_receive(),
		alarm:case_receive(),
	})
	if result.channel == alarm then
		return nil, "nothing within " .. timeout
	end
	return result.value
end

return function()
	local start = time.now()

	local ticker = time.ticker("20ms")
	for tick = 1, 3 do
		ticker:channel():receive()
		print("tick " .. tick)
	end
	ticker:stop()

	local slow = channel.new()
	coroutine.spawn(function()
		time.sleep("60ms")
		slow:send("here it is")
	end)
	print(receive_within(slow, "20ms"))
	print(receive_within(slow, "1h"))

	local timer = time.timer("1h")
	print("stopped in time:", timer:stop())

	local took = time.now():sub(start)
	print("at least 120 ms:", took:milliseconds() >= 120)
end

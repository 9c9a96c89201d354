-- Coroutines of one process pass values through channels.

local jobs = channel.new(3) -- holds three, then the sender waits
local results = channel.new()
local done = channel.new()

local function produce()
	for number = 1, 6 do
		jobs:send(number)
	end
	jobs:close()
	print("producer: closed")
end

local function square()
	while true do
		local number, ok = jobs:receive()
		if not ok then -- closed, and nothing is left in it
			break
		end
		results:send(number * number)
	end
	done:send(true)
end

return function()
	coroutine.spawn(produce)
	coroutine.spawn(square)
	local sum = 0
	while true do
		-- Of several that are ready the first in the list wins.
		local result = channel.select({
			results:case_receive(),
			done:case_receive(),
		})
		if result.channel == done then
			break
		end
		print("main: got " .. result.value)
		sum = sum + result.value
	end
	print("main: sum " .. sum)

	local result = channel.select({results:case_receive()}, true)
	print("main: more?", not result.default)
end

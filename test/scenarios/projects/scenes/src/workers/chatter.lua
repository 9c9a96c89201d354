-- Prints what could differ between two runs: PID, random numbers, the order of a table, the clock.
local time = require("time")

local function main(n)
	local keys = {}
	for i = 1, 20 do
		keys["key" .. i] = i
	end
	local order = {}
	for _, v in pairs(keys) do
		order[#order + 1] = v
	end
	for _ = 1, 3 do
		print(n, process.pid(), math.random(1000000), time.now(), table.concat(order, " "))
		time.sleep(math.random(5) * time.MILLISECOND)
	end
end

return { main = main }

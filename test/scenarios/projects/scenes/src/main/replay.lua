-- One seed gives one run: prints what could differ between two.
local time = require("time")

local HOST = "app:processes"

local function same(what, got, want)
	if got ~= want then
		error(what .. ": got " .. tostring(got) .. ", wanted " .. tostring(want), 2)
	end
end

local function main()
	local events_ch = process.events()
	for i = 1, 8 do
		assert(process.spawn_monitored("app.workers:chatter", HOST, i))
	end
	for _ = 1, 8 do
		print("ended:", events_ch:receive().from)
	end
	same("nothing left", math.random() < 1, true)
end

return { main = main }

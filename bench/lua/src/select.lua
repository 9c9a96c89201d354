-- A wait over inbox, events and a timer of its own each time.
local time = require("time")

return function(count)
	count = tonumber(count)
	local inbox, events = process.inbox(), process.events()
	local pid = assert(process.spawn("bench:pong"))
	local function run(nr)
		for n = 1, nr do
			process.send(pid, "ping", n)
			local result = channel.select({
				events:case_receive(),
				inbox:case_receive(),
				time.after("5s"):case_receive(),
			})
			if result.value:payload():data() ~= n then
				lib.law("the number that came back is right", false, true)
			end
		end
	end
	run(count // 10)
	lib.result("ns_per_rt", lib.timed(run, count) / count)
end

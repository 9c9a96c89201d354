-- How late is a sleep of 1 ms beside SPINNERS processes that never wait?
local time = require("time")

return function(spinners, count)
	for _ = 1, tonumber(spinners) do
		assert(process.spawn("bench:spin"))
	end
	time.sleep("200ms")
	local late = {}
	for i = 1, tonumber(count) do
		local begun = os.clock()
		time.sleep(time.MILLISECOND)
		late[i] = (os.clock() - begun) * 1e9 - 1e6
	end
	lib.spread("late", late)
end

-- Works until it is cancelled, then puts its things away.

local time = require("time")

return function()
	local events = process.events()
	while true do
		local tick = time.after("10ms")
		local result = channel.select({
			events:case_receive(),
			tick:case_receive(),
		})
		if result.channel == events and result.value.kind == process.event.CANCEL then
			print("tidy: asked to stop, reason \"" .. result.value.reason .. "\"")
			time.sleep("20ms")
			return "all put away"
		end
	end
end

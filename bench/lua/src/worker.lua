-- The worker of the supervised pool, but silent: it waits for work, events, or five minutes.
local time = require("time")

local function work(id, message)
	process.send(message:from(), "result", id .. " completed: " .. tostring(message:payload():data()))
end

local function main(id)
	local inbox = process.inbox()
	local events = process.events()
	while true do
		local timeout = time.after("5m")
		local result = channel.select({
			inbox:case_receive(),
			events:case_receive(),
			timeout:case_receive(),
		})
		if result.channel == inbox then
			if result.value:topic() == "work" then
				work(id, result.value)
			end
		elseif result.channel == events then
			if result.value.kind == process.event.CANCEL then
				return "cancelled"
			elseif result.value.kind == process.event.LINK_DOWN then
				return nil, "linked_process_died"
			end
		end
	end
end

return {main = main}

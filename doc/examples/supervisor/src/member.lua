-- Says that it runs, and fails when it gets any message.

return function(name, number)
	name = number and name .. " " .. number or name
	local events, inbox = process.events(), process.inbox()
	process.registry.register(name)
	process.send("main", "runs", name)
	while true do
		local result = channel.select({
			events:case_receive(),
			inbox:case_receive(),
		})
		if result.channel == inbox then
			error(name .. " broke")
		elseif result.value.kind == process.event.CANCEL then
			return
		end
	end
end

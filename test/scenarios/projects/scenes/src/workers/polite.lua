-- The worker of S9. What it did it tells whoever sent it messages.
local function main()
	local events_ch = process.events()
	local inbox_ch = process.inbox()
	local sender

	local function cleanup()
		if sender then
			process.send(sender, "cleanup")
		end
	end

	local function handle_message(msg)
		sender = msg:from()
		process.send(sender, "handled", msg:payload():data())
	end

	while true do
		local result = channel.select {
			inbox_ch:case_receive(),
			events_ch:case_receive(),
		}
		if result.channel == events_ch then
			if result.value.kind == process.event.CANCEL then
				cleanup()
				return "cancelled gracefully"
			end
		else
			handle_message(result.value)
		end
	end
end

return { main = main }

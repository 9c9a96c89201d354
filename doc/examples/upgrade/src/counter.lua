-- Counts by one, and goes on as another entry when it is told to. What it has counted so far it
-- hands over as an argument; its mailbox, name and PID stay with the process.
local function main()
	local inbox = process.inbox()
	local count = 0
	while true do
		local message = inbox:receive()
		if message:topic() == "upgrade" then
			process.upgrade(message:payload():data(), count) -- does not return
		end
		count = count + 1
		print("counter: " .. count)
	end
end

return { main = main }

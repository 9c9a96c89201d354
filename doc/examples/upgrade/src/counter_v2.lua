-- Counts by ten, from where the version before it stood.
local function main(count)
	local inbox = process.inbox()
	while true do
		local message = inbox:receive()
		if message:topic() == "stop" then
			return count
		end
		count = count + 10
		print("counter, version 2: " .. count)
	end
end

return { main = main }

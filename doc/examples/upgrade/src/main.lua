-- Sends to a counter that upgrades itself in the middle. No message is lost: the ones behind the
-- order to upgrade wait in the mailbox for the new version.
local function main()
	local events = process.events()
	local counter = assert(process.spawn_monitored("app:counter", "app:processes"))
	for _ = 1, 2 do
		process.send(counter, "count")
	end
	process.send(counter, "upgrade", "app:counter_v2")
	for _ = 1, 2 do
		process.send(counter, "count")
	end
	process.send(counter, "stop")
	local event = events:receive()
	print("main: the same process, " .. tostring(event.from == counter) ..
		", ended with " .. event.result.value)
end

return { main = main }

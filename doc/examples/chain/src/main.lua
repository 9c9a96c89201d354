-- Ends the first node of a chain and says who follows, in which order.

local LENGTH = 5

return function()
	local events, inbox = process.events(), process.inbox()
	process.spawn("app:node", "app:processes", process.pid(), LENGTH - 1)

	local depth_of = {} -- by PID
	local first
	for _ = 1, LENGTH do
		local payloads = inbox:receive():payload()
		local pid, depth = payloads[1]:data(), payloads[2]:data()
		depth_of[pid] = depth
		first = first or pid
		process.monitor(pid)
	end

	process.terminate(first)
	for _ = 1, LENGTH do
		local event = events:receive()
		local details = event.result.error:details()
		local peer = details and ", node " .. depth_of[details.pid] or ""
		print("node " .. depth_of[event.from] .. ": " .. tostring(event.result.error) .. peer)
	end
end

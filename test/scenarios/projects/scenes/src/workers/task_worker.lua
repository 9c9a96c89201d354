-- The worker of S13. `idle` shortens its silence where time is real.
local function main(worker_id, idle)
	local time = require("time")
	local events_ch = process.events()
	local inbox_ch = process.inbox()

	print("Task worker " .. worker_id .. " started")

	while true do
		local timeout = time.after(idle or "5s")
		local result = channel.select {
			inbox_ch:case_receive(),
			events_ch:case_receive(),
			timeout:case_receive(),
		}
		if result.channel == inbox_ch then
			local msg = result.value
			if msg:topic() == "work" then
				local what = msg:payload():data()
				print("Worker " .. worker_id .. " processing: " .. what)
				time.sleep("100ms")
				process.send(msg:from(), "result", "completed: " .. what)
			end
		elseif result.channel == events_ch then
			local event = result.value
			if event.kind == process.event.CANCEL then
				print("Worker " .. worker_id .. " cancelled")
				return "cancelled"
			elseif event.kind == process.event.LINK_DOWN then
				print("Worker " .. worker_id .. " linked process died")
				return nil, "linked_process_died"
			end
		elseif result.channel == timeout then
			print("Worker " .. worker_id .. " idle")
		end
	end
end

local function trapping(worker_id, idle)
	process.set_options { trap_links = true }
	return main(worker_id, idle)
end

return { main = main, trapping = trapping }

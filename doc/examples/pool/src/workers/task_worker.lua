-- Does what it is sent, one task at a time.

local time = require("time")

local function work(worker_id, msg)
	local task = msg:payload():data()
	print("Worker " .. worker_id .. " processing: " .. tostring(task))
	time.sleep("100ms")
	process.send(msg:from(), "result", "completed: " .. tostring(task))
end

local function main(worker_id)
	print("Task worker " .. worker_id .. " started")
	local inbox = process.inbox()
	local events = process.events()

	while true do
		local timeout = time.after("5s")
		local result = channel.select({
			inbox:case_receive(),
			events:case_receive(),
			timeout:case_receive(),
		})
		if result.channel == inbox then
			if result.value:topic() == "work" then
				work(worker_id, result.value)
			end
		elseif result.channel == events then
			local event = result.value
			if event.kind == process.event.CANCEL then
				print("Worker " .. worker_id .. " cancelled")
				return "cancelled"
			elseif event.kind == process.event.LINK_DOWN then
				print("Worker " .. worker_id .. " linked process died")
				return nil, "linked_process_died"
			end
		else
			print("Worker " .. worker_id .. " idle")
		end
	end
end

return {main = main}

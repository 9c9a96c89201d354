-- Watches jobs: a monitor gets one EXIT for each, with its result, however the job ended.

local function report(way, event)
	local result = event.result
	if result.error then
		print(way .. ": failed, " .. tostring(result.error) .. " (" .. result.error:kind() .. ")")
	else
		print(way .. ": returned " .. tostring(result.value))
	end
end

return function()
	local events = process.events()
	for _, way in ipairs({"value", "error", "refusal"}) do
		process.spawn_monitored("app:job", "app:processes", way)
		report(way, events:receive())
	end

	-- A process that already runs can be watched, too; it neither knows nor cares.
	local pid = process.spawn("app:job", "app:processes", "wait")
	print("monitor:", process.monitor(pid))
	process.terminate(pid)
	report("wait", events:receive())

	-- Its PID is gone now, and stays so.
	local _, err = process.monitor(pid)
	print("monitor:", err)
end

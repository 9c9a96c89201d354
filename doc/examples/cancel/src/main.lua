-- Asks two processes to stop: one does, one is ended at the deadline.

local time = require("time")

local function stop(name, deadline, reason)
	local pid = process.spawn_monitored("app:" .. name, "app:processes")
	time.sleep("50ms")
	process.cancel(pid, deadline, reason)
	local result = process.events():receive().result
	if result.error then
		print(name .. ": failed, " .. tostring(result.error) .. " (" .. result.error:kind() .. ")")
	else
		print(name .. ": returned \"" .. result.value .. "\"")
	end
end

return function()
	process.events()
	stop("tidy", "5s", "closing time")
	stop("deaf", "100ms")
end

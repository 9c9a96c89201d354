-- Runs a parent with a child that fails, and says how the parent ended.

local function try(what, traps)
	process.spawn_monitored("app:parent", "app:processes", traps)
	local result = process.events():receive().result
	if result.error then
		print(what .. ": " .. tostring(result.error))
		print("because:", result.error:details().reason)
	else
		print(what .. ": " .. result.value)
	end
end

return function()
	try("not trapping", false)
	try("trapping", true)
end

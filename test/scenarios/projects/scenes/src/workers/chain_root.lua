-- The root of S11. `trapping` is the depth of the node that traps links, or nil.
local time = require("time")

local function main(observer, trapping)
	local pid, err = process.spawn_linked("app.workers:chain_node", "app:processes", 4,
		observer,
		trapping)
	if err then
		error("spawn failed: " .. tostring(err))
	end
	time.sleep("100ms")
	error("CHAIN_ROOT_FAILURE")
end

return { main = main }

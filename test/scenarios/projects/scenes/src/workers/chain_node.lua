-- A node of S11: spawns the next one linked to itself, then sleeps.
local time = require("time")

local function main(depth, observer, trapping)
	if depth == trapping then
		process.set_options { trap_links = true }
	end
	if depth > 0 then
		local pid, err = process.spawn_linked("app.workers:chain_node", "app:processes",
			depth - 1,
			observer, trapping)
		if err then
			error("spawn failed: " .. tostring(err))
		end
	end
	process.send(observer, "node", { depth = depth, pid = process.pid() })
	time.sleep("5s")
	return depth
end

return { main = main }

-- Makes the next node of the chain, linked with itself, and tells main of itself.

local time = require("time")

return function(main, depth)
	process.send(main, "node", process.pid(), depth)
	if depth > 0 then
		process.spawn_linked("app:node", "app:processes", main, depth - 1)
	end
	time.sleep("1h")
end

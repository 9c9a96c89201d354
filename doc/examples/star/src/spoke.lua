-- Links with the hub and waits.

return function(hub, traps)
	process.set_options({trap_links = traps})
	process.link(hub)
	process.send(hub, "linked")
	local event = process.events():receive()
	return "outlived it: " .. event.kind
end

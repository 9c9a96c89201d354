-- Is linked with a child. It traps, and hears of the child's failure; or it fails with the child.

return function(traps)
	process.set_options({trap_links = traps})
	local events = process.events()
	process.spawn_linked("app:child", "app:processes")
	local event = events:receive()
	assert(event.kind == process.event.LINK_DOWN)
	return "heard of it: " .. tostring(event.result.error)
end

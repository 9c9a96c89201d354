-- The parent of S7: traps links, set before or right after it spawns the child that fails.
local function main(observer, order)
	if order == "before" then
		process.set_options { trap_links = true }
	end
	local events_ch = process.events()
	local pid = process.spawn_linked("app.workers:boom", "app:processes")
	if order == "after" then
		process.set_options { trap_links = true }
	end
	local event = events_ch:receive()
	process.send(observer, "child", pid, event.from, tostring(event.result.error))
	if event.kind == process.event.LINK_DOWN then
		print("Child failed, handling gracefully")
		return "LINK_DOWN_RECEIVED"
	end
end

return { main = main }

-- A child of S10: it links to the PID it is sent and waits for an event.
local function main(trap)
	if trap then
		process.set_options { trap_links = true }
	end
	local events_ch = process.events()
	local msg = process.inbox():receive()
	local parent = msg:payload():data()
	process.link(parent)
	process.send(parent, "linked", process.pid())
	local event = events_ch:receive()
	if event.kind == process.event.LINK_DOWN and event.from == parent then
		return "parent_died"
	end
end

return { main = main }

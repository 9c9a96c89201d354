-- A restart loop written by hand: a keeper that traps links and starts again what failed.
local function crasher(parent)
	process.send(parent, "up")
	process.inbox():receive()
	error("boom", 0)
end

local function keeper(parent)
	process.set_options({trap_links = true})
	local events = process.events()
	while true do
		assert(process.spawn_linked("bench:crasher", nil, parent))
		lib.law("the event", events:receive().kind, process.event.LINK_DOWN)
	end
end

local function restarts(inbox, count)
	for _ = 1, count do
		process.send(inbox:receive():from(), "crash")
	end
end

return {
	crasher = crasher,
	keeper = keeper,
	main = function(count)
		count = tonumber(count)
		local inbox = process.inbox()
		local pid = assert(process.spawn("bench:keeper", nil, process.pid()))
		restarts(inbox, count // 10)
		lib.result("us_per_restart", lib.timed(restarts, inbox, count) / count / 1000)
		process.terminate(pid)
	end,
}

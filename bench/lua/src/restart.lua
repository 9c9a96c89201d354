-- Restarts: by a keeper written by hand, which traps links and starts again what failed; and by a
-- supervisor, the first thousand and the thousand after ten thousand, all within its window.
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

local function supervised(count)
	count = tonumber(count)
	local inbox = process.inbox()
	local sup = assert(supervisor.start({
		max_restarts = 1000000000,
		within = "1h",
		children = {{name = "crasher", process = "bench:crasher", input = {process.pid()}}},
	}))
	restarts(inbox, 10)
	lib.result("us_10th", lib.timed(restarts, inbox, 1000) / 1000 / 1000)
	restarts(inbox, count - 1010)
	lib.result("us_10000th", lib.timed(restarts, inbox, 1000) / 1000 / 1000)
	inbox:receive() -- the last one is up
	lib.law("restarts", supervisor.children(sup)[1].restarts, count + 1000)
end

return {
	crasher = crasher,
	supervised = supervised,
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

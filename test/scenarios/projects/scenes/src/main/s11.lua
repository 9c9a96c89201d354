-- S11: a chain of links.
local time = require("time")

local HOST = "app:processes"

local function same(what, got, want)
	if got ~= want then
		error(what .. ": got " .. tostring(got) .. ", wanted " .. tostring(want), 2)
	end
end

-- T in ms since `start`: exact with slack 0 (the simulator); on threads not early, and late by the
-- slack at most.
local function at(start, want, slack)
	local got = time.now():sub(start):nanoseconds() / 1e6
	if got < want - (slack > 0 and 1 or 0) or got > want + slack then
		error(("T = %s ms, wanted %s and at most %s more"):format(got, want, slack), 2)
	end
end

-- Starts the chain and monitors all of it: gives the PIDs by depth, the root's as [5].
local function build(trapping)
	local node_ch = process.listen("node")
	local pids = {
		[5] = assert(process.spawn_monitored("app.workers:chain_root", HOST, process.pid(),
			trapping)),
	}
	for _ = 1, 5 do
		local node = node_ch:receive()
		same("one of each depth", pids[node.depth], nil)
		assert(process.monitor(node.pid))
		pids[node.depth] = node.pid
	end
	return pids
end

-- The next EXIT is that of `depth`, killed by the one before it.
local function fell(events_ch, pids, depth)
	local event = events_ch:receive()
	same("kind", event.kind, process.event.EXIT)
	same("the order of ends", event.from, pids[depth])
	local err = event.result.error
	same("its kind", err:kind(), "Internal")
	if depth == 5 then
		if not tostring(err):find(": CHAIN_ROOT_FAILURE$") then
			error("the root's error: " .. tostring(err))
		end
	else
		same("error", tostring(err), "linked process failed")
		same("its pid", err:details().pid, pids[depth + 1])
	end
end

local function main(slack)
	slack = tonumber(slack)
	local start = time.now()
	local events_ch = process.events()
	local pids = build()
	for depth = 5, 0, -1 do
		fell(events_ch, pids, depth)
	end
	at(start, 100, slack)
end

-- The node of depth 2 traps: it and those below live and end normally.
local function trapping(slack)
	slack = tonumber(slack)
	local start = time.now()
	local events_ch = process.events()
	local pids = build(2)
	for depth = 5, 3, -1 do
		fell(events_ch, pids, depth)
	end
	at(start, 100, slack)
	local timeout = time.after("100ms")
	local result = channel.select { events_ch:case_receive(), timeout:case_receive() }
	same("the cascade has stopped", result.channel, timeout)
	for depth = 2, 0, -1 do
		assert(process.send(pids[depth], "hello"))
		if slack > 0 then
			assert(process.terminate(pids[depth]))
			events_ch:receive()
			if depth == 2 then
				return -- the others were linked to it
			end
		end
	end
	local seen = 0
	for _ = 1, 3 do
		local event = events_ch:receive()
		same("error", event.result.error, nil)
		seen = seen + event.result.value
	end
	same("2, 1 and 0 returned", seen, 3)
	at(start, 5000, slack)
end

return { main = main, trapping = trapping }

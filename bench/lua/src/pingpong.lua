-- Round trips of a small message: tag, number and sender.
local function rounds(pid, inbox, count)
	for n = count, 1, -1 do
		process.send(pid, "ping", n)
		local back = inbox:receive():payload():data()
		if back ~= n then
			lib.law("the number that came back", back, n)
		end
	end
end

-- WHERE is "same", or "other": the answering process runs on a host of its own.
local function main(where, count)
	count = tonumber(count)
	local inbox = process.inbox()
	local pid = assert(process.spawn("bench:pong", where == "other" and "bench.other:host" or "bench:host"))
	rounds(pid, inbox, count // 10)
	lib.result("ns_per_rt", lib.timed(rounds, pid, inbox, count) / count)
end

-- One of many pairs.
local function ping(parent, count)
	local inbox = process.inbox()
	local pid = assert(process.spawn("bench:pong"))
	process.send(parent, "ready")
	inbox:receive()
	rounds(pid, inbox, count)
	process.terminate(pid)
	process.send(parent, "done")
end

local function all(nr, count)
	local inbox, pids = process.inbox(), {}
	for i = 1, nr do
		pids[i] = assert(process.spawn("bench:ping", nil, process.pid(), count))
	end
	for _ = 1, nr do
		lib.law("the first message", inbox:receive():topic(), "ready")
	end
	return lib.timed(function()
		for i = 1, nr do
			process.send(pids[i], "go")
		end
		for _ = 1, nr do
			lib.law("the second message", inbox:receive():topic(), "done")
		end
	end)
end

return {
	main = main,
	ping = ping,
	pairs = function(nr, count)
		nr, count = tonumber(nr), tonumber(count)
		all(nr, count // 10)
		lib.result("ns_per_rt", all(nr, count) / (nr * count))
	end,
}

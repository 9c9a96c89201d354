-- Many senders, one receiver: of one sender it is the one-way rate.
local function sender(to, count)
	local inbox = process.inbox()
	process.send(to, "ready")
	inbox:receive()
	for n = 1, count do
		while not process.send(to, "msg", n) do -- the mailbox is full: the others' turn
			coroutine.yield()
		end
	end
end

local function fanin(senders, count)
	local inbox, me, pids = process.inbox(), process.pid(), {}
	for i = 1, senders do
		pids[i] = assert(process.spawn("bench:sender", nil, me, count))
	end
	for _ = 1, senders do
		lib.law("the first message", inbox:receive():topic(), "ready")
	end
	local sum = 0
	local took = lib.timed(function()
		for i = 1, senders do
			process.send(pids[i], "go")
		end
		for _ = 1, senders * count do
			sum = sum + inbox:receive():payload():data()
		end
	end)
	lib.law("the sum", sum, senders * (count * (count + 1) // 2))
	return took
end

return {
	sender = sender,
	main = function(senders, count)
		senders, count = tonumber(senders), tonumber(count)
		fanin(senders, count // 20)
		lib.result("ns_per_msg", fanin(senders, count) / (senders * count))
	end,
}

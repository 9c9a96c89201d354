-- A ring of processes in which tokens go round until their hops are used up.
local function node(next_pid, parent)
	local inbox = process.inbox()
	if not next_pid then -- the first made, which closes the ring
		next_pid = inbox:receive():payload():data()
	end
	while true do
		local message = inbox:receive()
		if message:topic() == "stop" then
			process.send(next_pid, "stop")
			return
		end
		local hops = message:payload():data()
		if hops == 1 then
			process.send(parent, "done")
		else
			process.send(next_pid, "token", hops - 1)
		end
	end
end

local function ring(size, tokens, hops)
	local inbox, me = process.inbox(), process.pid()
	local first = assert(process.spawn("bench:node", nil, nil, me))
	local last = first
	for _ = 2, size do
		last = assert(process.spawn("bench:node", nil, last, me))
	end
	process.send(first, "next", last)
	local took = lib.timed(function()
		for _ = 1, tokens do
			process.send(last, "token", hops)
		end
		for _ = 1, tokens do
			lib.law("a token's end", inbox:receive():topic(), "done")
		end
	end)
	process.send(first, "stop")
	return took
end

return {
	node = node,
	main = function(size, tokens, hops)
		size, tokens, hops = tonumber(size), tonumber(tokens), tonumber(hops)
		ring(size, tokens, hops // 10 // tokens)
		lib.result("ns_per_hop", ring(size, tokens, hops // tokens) / hops)
	end,
}

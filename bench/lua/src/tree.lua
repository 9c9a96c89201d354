-- A tree of ten children a node, each node the sum of its leaves' numbers.
local function node(parent, number, size)
	if size == 1 then
		process.send(parent, "sum", number)
		return
	end
	local inbox, me, part, sum = process.inbox(), process.pid(), size // 10, 0
	for i = 0, 9 do
		assert(process.spawn("bench:leaf", nil, me, number + i * part, part))
	end
	for _ = 1, 10 do
		sum = sum + inbox:receive():payload():data()
	end
	process.send(parent, "sum", sum)
end

local function tree(size)
	local inbox = process.inbox()
	return lib.timed(function()
		assert(process.spawn("bench:leaf", nil, process.pid(), 0, size))
		lib.law("the sum", inbox:receive():payload():data(), size * (size - 1) // 2)
	end)
end

return {
	node = node,
	main = function(size)
		size = tonumber(size)
		tree(size // 10)
		lib.result("ms", tree(size) / 1e6)
	end,
}

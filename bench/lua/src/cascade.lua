-- One process fails, and all that are linked with it; one observer monitors all of them.
local function linked(parent, depth)
	process.send(parent, "up")
	if depth > 0 then
		assert(process.spawn_linked("bench:linked", nil, parent, depth - 1))
	end
	process.inbox():receive()
	error("boom", 0)
end

local function star(parent, count)
	for _ = 1, count do
		assert(process.spawn_linked("bench:linked", nil, parent, 0))
	end
	process.send(parent, "up")
	process.inbox():receive()
	error("boom", 0)
end

local function cascade(form, count)
	local inbox, events, pids = process.inbox(), process.events(), {}
	local root
	if form == "chain" then
		root = assert(process.spawn("bench:linked", nil, process.pid(), count))
	else
		root = assert(process.spawn("bench:star", nil, process.pid(), count))
	end
	for i = 1, count + 1 do
		pids[i] = inbox:receive():from()
		assert(process.monitor(pids[i]))
	end
	local failed = 0
	local took = lib.timed(function()
		process.send(root, "boom")
		for _ = 1, count + 1 do
			if events:receive().result.error then
				failed = failed + 1
			end
		end
	end)
	lib.law("failures", failed, count + 1)
	return took
end

return {
	linked = linked,
	star = star,
	main = function(form, count)
		count = tonumber(count)
		cascade(form, count // 10)
		lib.result("ns_per_process", cascade(form, count) / count)
	end,
}

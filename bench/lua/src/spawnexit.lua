-- Processes that end at once, each monitored, a thousand at a time.
local function batches(count)
	local events, ended = process.events(), 0
	for _ = 1, count do
		for _ = 1, 1000 do
			assert(process.spawn_monitored("bench:nothing"))
		end
		for _ = 1, 1000 do
			if not events:receive().result.error then
				ended = ended + 1
			end
		end
	end
	lib.law("normal ends", ended, count * 1000)
end

return function(count)
	count = tonumber(count) // 1000
	batches(math.max(1, count // 50))
	lib.result("ns_per_spawn", lib.timed(batches, count) / (count * 1000))
end

-- Links and monitors, set and taken back.
return function(count)
	count = tonumber(count)
	local pid = assert(process.spawn("bench:worker", nil, 1))
	local function run(set, unset)
		return lib.timed(function()
			for _ = 1, count do
				assert(set(pid))
				assert(unset(pid))
			end
		end) / count
	end
	run(process.link, process.unlink)
	lib.result("ns_link_unlink", run(process.link, process.unlink))
	lib.result("ns_monitor_unmonitor", run(process.monitor, process.unmonitor))
	process.terminate(pid)
end

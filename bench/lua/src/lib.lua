-- What the workloads share: the clock, the lines they print, and the check of their own law.
local lib = {}

function lib.result(metric, value)
	print(("RESULT %s %.3f"):format(metric, value))
end

-- Nanoseconds that f took.
function lib.timed(f, ...)
	local begun = os.clock()
	f(...)
	return (os.clock() - begun) * 1e9
end

-- The count of what was really done: a workload that is wrong prints no figure.
function lib.law(what, got, wanted)
	if got ~= wanted then
		error(("law broken: %s is %s, not %s"):format(what, got, wanted), 0)
	end
end

-- Figures of a list of latenesses in nanoseconds.
function lib.spread(name, list)
	table.sort(list)
	for text, part in pairs {p50 = 0.5, p99 = 0.99, p999 = 0.999, max = 1} do
		lib.result(name .. "_" .. text .. "_us", list[math.max(1, math.floor(part * #list + 0.5))] / 1000)
	end
end

return lib

-- A hub with many spokes fails: how do the spokes end?

local NR_SPOKES = 100

local function count_ends(traps)
	local hub = process.spawn_monitored("app:hub", "app:processes", NR_SPOKES)
	for _ = 1, NR_SPOKES do
		process.spawn_monitored("app:spoke", "app:processes", hub, traps)
	end
	local ends = {} -- how many by what they say
	for _ = 1, 1 + NR_SPOKES do
		local result = process.events():receive().result
		local text = tostring(result.error or result.value)
		ends[text] = (ends[text] or 0) + 1
	end
	return ends
end

local function show(ends)
	local texts = {}
	for text in pairs(ends) do
		texts[#texts + 1] = text
	end
	table.sort(texts)
	for _, text in ipairs(texts) do
		print(ends[text], text)
	end
end

return function()
	process.events()
	show(count_ends(false))
	show(count_ends(true))
end

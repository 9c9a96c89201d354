local function main(name, ...)
	local events_ch = process.events()
	print(name, "starts with", select("#", ...), ...)
	local event = events_ch:receive()
	print("stops:", name, event.reason, type(event.deadline))
	return "stopped"
end

local function other(name)
	return main(name .. " by another method")
end

return { main = main, other = other }

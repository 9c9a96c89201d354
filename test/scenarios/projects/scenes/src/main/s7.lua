-- S7: with trap_links the parent lives.
local time = require("time")

local HOST = "app:processes"

local function same(what, got, want)
	if got ~= want then
		error(what .. ": got " .. tostring(got) .. ", wanted " .. tostring(want), 2)
	end
end

local function main(_, order)
	local events_ch = process.events()
	local child_ch = process.listen("child")
	local parent = assert(process.spawn_monitored("app.workers:trapping", HOST, process.pid(),
		order))
	local event = events_ch:receive()
	same("kind", event.kind, process.event.EXIT)
	same("from", event.from, parent)
	same("error", event.result.error, nil)
	same("value", event.result.value, "LINK_DOWN_RECEIVED")
	local child = child_ch:receive()
	same("LINK_DOWN from", child[2], child[1])
	same("LINK_DOWN error", child[3], "app.workers:boom:3: BOOM")
end

return { main = main }

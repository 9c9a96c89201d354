-- S6: by default a linked failure kills. `how` says how the parent waits.
local time = require("time")

local HOST = "app:processes"

local function same(what, got, want)
	if got ~= want then
		error(what .. ": got " .. tostring(got) .. ", wanted " .. tostring(want), 2)
	end
end

local function main(_, how, child)
	child = child or "boom"
	local events_ch = process.events()
	local inbox_ch = process.inbox()
	local parent = assert(process.spawn_monitored("app.workers:fragile", HOST, process.pid(),
		how,
		child))
	local event = events_ch:receive()
	local pid = inbox_ch:receive():payload():data()

	same("kind", event.kind, process.event.EXIT)
	same("from", event.from, parent)
	if child == "value" then
		same("value", event.result.value, "alive")
		same("no error", event.result.error, nil)
		return
	end
	local err = event.result.error
	same("value", event.result.value, nil)
	same("error", tostring(err), "linked process failed")
	same("its kind", err:kind(), "Internal")
	same("its pid", err:details().pid, pid)
	same("its reason", err:details().reason, "app.workers:boom:3: BOOM")
end

return { main = main }

-- S6: by default a linked failure kills. `how` says how the parent waits.
local time = require("time")

local HOST = "app:processes"

local function same(what, got, want)
	if got ~= want then
		error(what .. ": got " .. tostring(got) .. ", wanted " .. tostring(want), 2)
	end
end

local function main(slack, how, child)
	child = child or "boom"
	local events_ch = process.events()
	local inbox_ch = process.inbox()
	local parent = assert(process.spawn_monitored("app.workers:fragile", HOST, process.pid(),
		how, child))
	local event = events_ch:receive()
	-- The child's PID, as the parent told it: on threads a slice may end, and the parent with it,
	-- before it does.
	local told = channel.select({ inbox_ch:case_receive() }, true).value
	local pid = told and told:payload():data()

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
	if told or slack == "0" then
		same("its pid", err:details().pid, pid)
	end
	same("its reason", err:details().reason, "app.workers:boom:3: BOOM")
end

return { main = main }

-- S10: a star of `count` children around a parent that fails.
local time = require("time")

local HOST = "app:processes"

local function same(what, got, want)
	if got ~= want then
		error(what .. ": got " .. tostring(got) .. ", wanted " .. tostring(want), 2)
	end
end

-- T in ms since `start`: exact with slack 0 (the simulator); on threads not early, and late by the
-- slack at most.
local function at(start, want, slack)
	local got = time.now():sub(start):nanoseconds() / 1e6
	if got < want - (slack > 0 and 1 or 0) or got > want + slack then
		error(("T = %s ms, wanted %s and at most %s more"):format(got, want, slack), 2)
	end
end

local function main(slack, count, trap)
	slack = tonumber(slack)
	count = math.tointeger(tonumber(count))
	trap = trap == "trap"
	local events_ch = process.events()
	local children_ch = process.listen("children")
	local parent = assert(process.spawn_monitored("app.workers:star_parent", HOST, count,
		process.pid(), trap))
	local waiting = { [parent] = true }
	for _, pid in ipairs(children_ch:receive()) do
		assert(process.monitor(pid))
		waiting[pid] = true
	end
	local start = time.now()
	process.send(parent, "ready")

	local exits = {}
	for i = 1, count + 1 do
		exits[i] = events_ch:receive()
	end
	at(start, 0, slack)
	for _, event in ipairs(exits) do
		same("kind", event.kind, process.event.EXIT)
		same("one EXIT each", waiting[event.from], true)
		waiting[event.from] = nil
		local value, err = event.result.value, event.result.error
		if event.from == parent then
			same("the parent's value", value, nil)
			same("the parent's kind", err:kind(), "Internal")
			if not tostring(err):find(": PARENT_STAR_FAILURE$") then
				error("the parent's error: " .. tostring(err))
			end
		elseif trap then
			same("a child's error", err, nil)
			same("a child's value", value, "parent_died")
		else
			same("a child's value", value, nil)
			same("a child's error", tostring(err), "linked process failed")
			same("its kind", err:kind(), "Internal")
			same("its pid", err:details().pid, parent)
		end
		local ok, gone = process.send(event.from, "hello")
		same("none lives", ok, nil)
		same("its error", tostring(gone), "process not found")
	end
	same("all of them", next(waiting), nil)
end

return { main = main }

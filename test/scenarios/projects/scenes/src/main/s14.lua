-- S14: one worker, two processes that spin, and one that sleeps 10 ms in a loop.
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

local function main(slack)
	slack = tonumber(slack)
	local events_ch = process.events()
	local spins = {}
	for i = 1, 2 do
		spins[i] = assert(process.spawn_monitored("app.workers:spin", HOST))
	end
	local start, turns = time.now(), 0
	while time.now():sub(start):seconds() < 1 do
		time.sleep("10ms")
		turns = turns + 1
	end
	if turns < (slack > 50 and 5 or 50) then
		error("only " .. turns .. " turns in a second")
	end
	for i = 1, 2 do
		start = time.now()
		assert(process.terminate(spins[i]))
		local event = events_ch:receive()
		same("from", event.from, spins[i])
		same("error", tostring(event.result.error), "process terminated")
		at(start, 0, slack > 0 and slack or 2) -- a slice of the other may come first
	end
end

return { main = main }

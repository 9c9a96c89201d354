-- 12.3: a process goes on as another entry, or anew as its own.
local time = require("time")

local HOST = "app:processes"

local function same(what, got, want)
	if got ~= want then
		error(what .. ": got " .. tostring(got) .. ", wanted " .. tostring(want), 2)
	end
end

-- Takes numbers in order, a few in each life, while its sender goes on sending: none is lost,
-- doubled or out of order, and watchers see one process.
local function takes(n, total, me)
	n = n or 1
	same("the same process", process.pid(), me or process.pid())
	same("its name", process.registry.lookup("taker"), process.pid())
	local inbox = process.inbox()
	coroutine.spawn(function() time.sleep("1h") end)
	time.ticker("1ms")
	for _ = 1, n % 7 + 1 do
		same("the next", inbox:receive():payload():data(), n)
		n = n + 1
		if n > total then
			return n - 1
		end
	end
	if n % 2 == 0 then
		table.sort({2, 1}, function() process.upgrade(nil, n, total, process.pid()) end)
	end
	process.upgrade("app:c12_3_taker", n, total, process.pid())
end

local function c12_3_order()
	local total = 400
	local events_ch = process.events()
	local pid = process.with_options({}):with_name("taker")
		:spawn_linked_monitored("app:c12_3_taker", HOST, 1, total)
	for i = 1, total do
		assert(process.send(pid, "n", i))
		if i % 40 == 0 then
			time.sleep("1ms")
		end
	end
	local event = events_ch:receive()
	same("kind", event.kind, process.event.EXIT)
	same("from", event.from, pid)
	same("error", event.result.error, nil)
	same("taken", event.result.value, total)
end

-- A deadline, and force, reach the body that runs.
local function c12_3_force()
	local events_ch = process.events()
	local again = "if ... then while true do end end process.inbox():receive() " ..
		"process.upgrade(nil, 'while true do end', true)"
	local pid = process.spawn_monitored("app:run", HOST, again)
	process.cancel(pid, "150ms")
	process.send(pid, "go")
	same("deadline", tostring(events_ch:receive().result.error), "cancel deadline exceeded")
	pid = process.spawn_monitored("app:run", HOST, again)
	process.send(pid, "go")
	time.sleep("20ms")
	assert(process.terminate(pid))
	same("force", tostring(events_ch:receive().result.error), "process terminated")
end

local function c12_3_failures()
	local events_ch = process.events()
	for code, text in pairs({
		["process.upgrade('app:none')"] = "upgrade: create failed: factory not found",
		["process.upgrade(nil, 'return 1', print)"] =
			"upgrade: init failed: cannot send a function (at #2)",
		["pcall(process.upgrade, 'app:c12_3_broken')"] = "upgrade: init failed: " ..
			"method \"missing\" not found in module",
	}) do
		process.spawn_monitored("app:run", HOST, code)
		local err = events_ch:receive().result.error
		same(code, tostring(err), text)
		same(code, err:kind(), "Internal")
		same(code, err:retryable(), nil)
	end
end

return {
	takes = takes,
	c12_3_order = c12_3_order,
	c12_3_force = c12_3_force,
	c12_3_failures = c12_3_failures,
}

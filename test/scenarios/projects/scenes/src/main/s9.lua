-- S9: a worker that handles CANCEL, and one that ignores it.
local time = require("time")

local HOST = "app:processes"

local function same(what, got, want)
	if got ~= want then
		error(what .. ": got " .. tostring(got) .. ", wanted " .. tostring(want), 2)
	end
end

local function main()
	process.set_options { trap_links = true }
	local events_ch = process.events()
	local inbox_ch = process.inbox()
	local pid = assert(process.spawn_linked_monitored("app.workers:polite", HOST))
	for i = 1, 3 do
		assert(process.send(pid, "work", i))
	end
	assert(process.cancel(pid))

	local event = events_ch:receive()
	same("kind", event.kind, process.event.EXIT)
	same("from", event.from, pid)
	same("value", event.result.value, "cancelled gracefully")
	same("error", event.result.error, nil)
	for i = 1, 3 do
		local msg = inbox_ch:receive()
		same("topic", msg:topic(), "handled")
		same("order", msg:payload():data(), i)
	end
	same("then", inbox_ch:receive():topic(), "cleanup")
	local ok, err = process.send(pid, "work", 4)
	same("send to the dead", ok, nil)
	same("its text", tostring(err), "process not found")

	local timeout = time.after("20ms")
	local result = channel.select {
		events_ch:case_receive(),
		inbox_ch:case_receive(),
		timeout:case_receive(),
	}
	same("nothing more", result.channel, timeout)
end

-- Without a deadline a worker that ignores CANCEL runs on.
local function ignored(slack)
	local events_ch = process.events()
	local pid = assert(process.spawn_monitored("app.workers:deaf", HOST))
	assert(process.cancel(pid))
	assert(process.cancel(pid, "no time is named"))
	local timeout = time.after(slack == "0" and "1h" or "200ms")
	local result = channel.select { events_ch:case_receive(), timeout:case_receive() }
	same("it runs on", result.channel, timeout)
	assert(process.send(pid, "hello"))
	assert(process.terminate(pid))
	same("its end", tostring(events_ch:receive().result.error), "process terminated")
end

return { main = main, ignored = ignored }

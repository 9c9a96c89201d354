-- What a chunk may call while it loads (4.2), and what it may not.
local ch = channel.new()

process.set_options { trap_links = true }
local saw = {
	pid = process.pid(),
	id = process.id(),
	trap_links = process.get_options().trap_links,
	EXIT = process.event.EXIT,
	refused = {},
}
local subscriptions = { process.events(), process.inbox(), process.listen("topic") }

local function try(name, fn, ...)
	local _, err = pcall(fn, ...)
	saw.refused[name] = tostring(err)
end

for _, name in ipairs {
	"send", "spawn", "spawn_monitored", "spawn_linked", "spawn_linked_monitored", "monitor",
	"unmonitor", "link", "unlink", "cancel", "terminate",
} do
	try(name, process[name], "app:run", "app:processes")
end
try("unlisten", process.unlisten, subscriptions[3])
try("sleep", time.sleep, "1ms")
try("receive", ch.receive, ch)
try("select", channel.select, { ch:case_receive() })

local function main()
	assert(subscriptions[1] == process.events())
	assert(subscriptions[2] == process.inbox())
	assert(subscriptions[3] == process.listen("topic"))
	return saw
end

return { main = main }

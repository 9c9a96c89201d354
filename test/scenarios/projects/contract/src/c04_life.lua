-- Chapters 4 and 5: the life of a process.
local HOST = "app:processes"

local function same(what, got, want)
	if got ~= want then
		error(what .. ": got " .. tostring(got) .. ", wanted " .. tostring(want), 2)
	end
end

-- E(Kind, "text") of the contract, with what 1.2 says of retryable.
local RETRYABLE = {
	Invalid = false, Unavailable = true, RateLimited = true, ResourceExhausted = true,
	Timeout = true,
}
local function denied(kind, text, value, err)
	if value or type(err) ~= "userdata" or err:kind() ~= kind or tostring(err) ~= text
		or err:retryable() ~= RETRYABLE[kind] then
		local got = type(err) == "userdata"
			and err:kind() .. ", retryable " .. tostring(err:retryable())
		error(("got %s, %s (%s); wanted %s, %s"):format(tostring(value), tostring(err),
			tostring(got), kind, text), 2)
	end
	return err
end

local function raises(text, fn)
	local ok, err = pcall(fn)
	if ok or not tostring(err):find(text, 1, true) then
		error(("got %s, %s; wanted: %s"):format(tostring(ok), tostring(err), text), 2)
	end
end

-- A process that runs `code`, which gets the other arguments.
local function child(code, ...)
	return assert(process.spawn("app:run", HOST, code, ...))
end

-- Runs `code` to its end: gives its result and its PID.
local function outcome(code, ...)
	local pid = assert(process.spawn_monitored("app:run", HOST, code, ...))
	local event = process.events():receive()
	same("EXIT of", event.from, pid)
	return event.result, pid
end

-- An ended process.
local function ended()
	local _, pid = outcome("")
	return pid
end

-- Nothing comes on `ch` for a while.
local function quiet(what, ch)
	local timeout = time.after("20ms")
	local result = channel.select { ch:case_receive(), timeout:case_receive() }
	same(what .. ": silence", result.channel, timeout)
end

local FAMILY = { "spawn", "spawn_monitored", "spawn_linked", "spawn_linked_monitored" }

local function c04_2_steps()
	local events = process.events()
	for _, name in ipairs(FAMILY) do
		local spawn = process[name]
		local err = denied("NotFound", "host not found", spawn("app:nothing", "app:nowhere",
			print))
		same("host_id", err:details().host_id, "app:nowhere")
		denied("Internal", "host does not implement process.Host", spawn("app:nothing",
			"kith:system"))
		err = denied("NotFound", "factory not found", spawn("app:nothing", HOST, print))
		same("id", err:details().id, "app:nothing")
		denied("NotFound", "factory not found", spawn("app:processes", HOST))
		denied("Invalid", "cannot send a function", spawn("app:chunk_throws", HOST, print))
		denied("Invalid", "cannot send a function (at #2)", spawn("app:chunk_throws", HOST,
			1, print))
		denied("Internal", "failed to execute script: app:chunk_throws:2: NOT TODAY",
			spawn("app:chunk_throws", HOST))
		denied("NotFound", 'method "nope" not found in module', spawn("app:method_missing",
			HOST))
	end
	quiet("no process, no event", events)

	-- A short life is missed by nobody.
	for _ = 1, 20 do
		same("value", outcome("return 1").value, 1)
	end
	local pid = assert(process.spawn_monitored("app:method_function"))
	same("without a host", events:receive().from, pid)
	pid = assert(process.spawn_monitored("app:run", nil, "return 7"))
	same("nil as the host", events:receive().result.value, 7)
end

local function c04_2_loading()
	local pid = assert(process.spawn_monitored("app:loading", HOST))
	local event = process.events():receive()
	if event.result.error then
		error(event.result.error)
	end
	local saw = event.result.value
	same("pid", saw.pid, pid)
	same("id", saw.id, "app:loading")
	same("trap_links", saw.trap_links, true)
	same("EXIT", saw.EXIT, "pid.exit")
	for name, text in pairs(saw.refused) do
		local want = "cannot call " .. name .. " while the chunk is loading"
		if not text:find(want, 1, true) then
			error(name .. ": got " .. text .. ", wanted " .. want)
		end
	end
end

-- A chunk that never returns runs on its spawner's time, and dies with it.
local function c04_2_chunk_spins()
	local events = process.events()
	local pid = assert(process.spawn_monitored("app:run", HOST,
		"process.spawn('app:chunk_spins')"))
	time.sleep("5ms")
	assert(process.terminate(pid))
	same("terminated", tostring(events:receive().result.error), "process terminated")
	pid = assert(process.spawn_monitored("app:run", HOST,
		"pcall(process.spawn, 'app:chunk_spins')"))
	assert(process.cancel(pid, "10ms"))
	same("at a deadline", tostring(events:receive().result.error), "cancel deadline exceeded")
	quiet("no more", events)
end

local function c04_3_method()
	local events = process.events()
	local function value(id)
		assert(process.spawn_monitored(id, HOST))
		return events:receive().result.value
	end
	same("a function, whatever method says", value("app:method_function"), "function")
	same("a named field", value("app:method_named"), "named")
	same("main", value("app:method_main"), "main")
	denied("NotFound", 'method "main" not found in module',
		process.spawn("app:method_no_return", HOST))
	denied("NotFound", 'method "main" not found in module', process.spawn("app:method_string",
		HOST))
	denied("NotFound", 'method "main" not found in module', process.spawn("app:method_not_raw",
		HOST))
	denied("NotFound", 'method "main" not found in module',
		process.spawn("app:method_not_function", HOST))
end

local function c04_4_arguments()
	local function arguments(...)
		return outcome("return table.pack(...)", ...).value
	end
	same("none", arguments().n, 0)
	local t = arguments(nil, 2)
	same("nil first: number", t.n, 2)
	same("nil first: the first", t[1], nil)
	same("nil first: the second", t[2], 2)
	same("nil last", arguments(1, nil).n, 2)
	same("nil alone", arguments(nil).n, 1)
	same("many", arguments(table.unpack({}, 1, 100)).n, 100)
end

local function c04_5_results()
	local function gives(code, value)
		local result = outcome(code)
		same("result of " .. code, type(result), "table")
		same("value of " .. code, result.value, value)
		same("error of " .. code, result.error, nil)
	end
	local function fails(code, kind, text)
		local result = outcome(code)
		same("value of " .. code, result.value, nil)
		same("error of " .. code, tostring(result.error), text)
		same("kind of " .. code, result.error:kind(), kind)
		return result.error
	end
	gives("", nil)
	gives("return", nil)
	gives("return nil", nil)
	gives("return nil, nil", nil)
	gives("return false", false)
	gives("return 7, nil", 7)
	gives("return 7, nil, 'third'", 7)
	gives("return 7, {}", 7)
	gives("return 7, 8", 7)
	gives("return 7, true", 7)
	gives("return 7, false", 7)
	same("retryable", fails("return nil, 'text'", "Internal", "text"):retryable(), nil)
	fails("return 7, 'text'", "Internal", "text")
	fails("return 7, ''", "Internal", "")
	fails("return 7, select(2, process.listen(''))", "Invalid", "topic cannot be empty")
	fails("return print", "Invalid", "cannot send a function")
	fails("return {x = print}", "Invalid", "cannot send a function (at .x)")
	fails("error('x', 0)", "Internal", "x")
	fails("coroutine.spawn(function() error('x', 0) end) time.sleep('1h')", "Internal", "x")
	fails("coroutine.spawn(function() time.sleep('1ms') error('x', 0) end) time.sleep('1h')",
		"Internal", "x")
	fails("process.terminate(process.pid()) return 7", "Canceled", "process terminated")
	fails("process.cancel(process.pid(), 1) time.sleep('1h')", "Canceled",
		"cancel deadline exceeded")
	fails("channel.new():receive()", "Internal",
		"deadlock: all coroutines blocked with no pending operations (threads=1)")
end

local function c04_6_end()
	process.set_options { trap_links = true }
	local events = process.events()
	local pid = assert(process.spawn_linked_monitored("app:run", HOST, "error('x', 0)"))
	local event = events:receive()
	same("first", event.kind, process.event.EXIT)
	denied("NotFound", "process not found", process.send(pid, "x"))
	denied("NotFound", "process not found: pid not registered", process.monitor(pid))
	denied("NotFound", "process not found: pid not registered", process.link(pid))
	denied("NotFound", "process not found", process.cancel(pid))
	denied("NotFound", "process not found", process.terminate(pid))
	event = events:receive()
	same("then", event.kind, process.event.LINK_DOWN)
	same("from", event.from, pid)
	same("error", tostring(event.result.error), "x")
	quiet("no more", events)
end

-- To-be-closed variables close at an orderly end, and not at a forced one.
local function c04_7_closing()
	local events, inbox = process.events(), process.inbox()
	local code = [[
		local observer, how = ...
		local guard <close> = setmetatable({}, {
			__close = function() process.send(observer, "closed") end,
		})
		if how == "returns" then return end
		if how == "throws" then error("x", 0) end
		if how == "loops" then pcall(function() while true do end end) end
		if how == "sleeps" then pcall(time.sleep, "1h") end
		process.send(observer, "went on")
	]]
	for how, closes in pairs { returns = true, throws = true, loops = false, sleeps = false } do
		local pid = assert(process.spawn_monitored("app:run", HOST, code, process.pid(),
			how))
		if not closes then
			time.sleep("2ms")
			assert(process.terminate(pid))
		end
		events:receive()
		local result = channel.select { inbox:case_receive(), default = true }
		same(how .. ": closed", result.value and result.value:topic(), closes
			and "closed" or nil)
	end
end

local function c04_8_main_returns()
	local inbox = process.inbox()
	local result = outcome([[
		local observer = ...
		coroutine.spawn(function()
			time.sleep("5ms")
			process.send(observer, "still here")
		end)
		time.after("1h")
		return 1
	]], process.pid())
	same("value", result.value, 1)
	quiet("the rest is dropped", inbox)
	same("os.exit", os.exit, nil)
end

local function c04_9_independence()
	local grandchild = outcome([[
		return process.spawn("app:run", nil, "process.inbox():receive() time.sleep('1h')")
	]]).value
	time.sleep("5ms")
	assert(process.send(grandchild, "x"))
	assert(process.terminate(grandchild))
end

local function c05_1_family()
	local events = process.events()
	for _, name in ipairs(FAMILY) do
		local spawn = process[name]
		denied("Invalid", name .. " requires at least id and host arguments", spawn())
		denied("Invalid", "process ID required", spawn("", HOST))
	end
	raises("bad argument #1 to 'spawn' (string expected, got table)", function()
		process.spawn({}, HOST)
	end)

	process.set_options { trap_links = true }
	same("trap_links is not inherited",
		outcome("return process.get_options().trap_links").value, false)
	local relations = {
		spawn = {},
		spawn_monitored = { "pid.exit" },
		spawn_linked = { "pid.link.down" },
		spawn_linked_monitored = { "pid.exit", "pid.link.down" },
	}
	for name, kinds in pairs(relations) do
		local pid = assert(process[name]("app:run", HOST, "error('x', 0)"))
		for _, kind in ipairs(kinds) do
			local event = events:receive()
			same(name, event.kind, kind)
			same("from", event.from, pid)
		end
		quiet(name, events)
	end
end

return {
	c04_2_steps = c04_2_steps,
	c04_2_loading = c04_2_loading,
	c04_2_chunk_spins = c04_2_chunk_spins,
	c04_3_method = c04_3_method,
	c04_4_arguments = c04_4_arguments,
	c04_5_results = c04_5_results,
	c04_6_end = c04_6_end,
	c04_7_closing = c04_7_closing,
	c04_8_main_returns = c04_8_main_returns,
	c04_9_independence = c04_9_independence,
	c05_1_family = c05_1_family,
}

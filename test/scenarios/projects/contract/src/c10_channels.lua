-- Chapter 10: channels and coroutines.
local HOST = "app:processes"

local function same(what, got, want)
	if got ~= want then
		error(what .. ": got " .. tostring(got) .. ", wanted " .. tostring(want), 2)
	end
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

local function c10_1_channels()
	local ch = channel.new()
	same("type", type(ch), "userdata")
	local closed_text = "app:c10_1_channels:%d+: send on closed channel"

	-- A buffer.
	ch = channel.new(2)
	same("send", ch:send(1), true)
	same("send", ch:send(nil), true)
	local value, ok = ch:receive()
	same("value", value, 1)
	same("ok", ok, true)
	value, ok = ch:receive()
	same("a nil", value, nil)
	same("a nil: ok", ok, true)
	ch:send("left")
	same("close", ch:close(), nil)
	same("close twice", ch:close(), nil)
	same("buffered values remain", ch:receive(), "left")
	value, ok = ch:receive()
	same("drained", value, nil)
	same("drained: ok", ok, false)
	local sent, text = pcall(ch.send, ch, 1)
	same("send on closed", sent, false)
	_, text = pcall(function() ch:send(1) end)
	same("position: " .. tostring(text), tostring(text):match(closed_text) ~= nil, true)

	-- No buffer: a sender waits for its receiver.
	ch = channel.new(-3)
	local log = {}
	coroutine.spawn(function()
		log[#log + 1] = "sends"
		same("sent", ch:send("v"), true)
		log[#log + 1] = "sent"
	end)
	same("waits", table.concat(log, " "), "sends")
	same("receives", ch:receive(), "v")
	time.sleep(0)
	same("went on", table.concat(log, " "), "sends sent")

	-- Closing wakes both kinds of waiters.
	local got
	coroutine.spawn(function() got = select(2, ch:receive()) end)
	ch:close()
	time.sleep(0)
	same("a waiting receiver", got, false)
	ch = channel.new(1)
	ch:send("kept")
	coroutine.spawn(function() got = select(2, pcall(ch.send, ch, "lost")) end)
	ch:close()
	time.sleep(0)
	same("a waiting sender: " .. tostring(got),
		tostring(got):find("send on closed channel", 1, true) ~= nil, true)
	same("what was buffered", ch:receive(), "kept")
	same("nothing of the sender", select(2, ch:receive()), false)

	-- Any value goes by reference.
	ch = channel.new(1)
	local t = { print }
	ch:send(t)
	same("by reference", ch:receive(), t)
end

local function c10_2_order()
	local ch, log = channel.new(), {}
	for i = 1, 3 do
		coroutine.spawn(function()
			local value = ch:receive()
			log[#log + 1] = i .. ":" .. value
		end)
	end
	for i = 1, 3 do
		ch:send("v" .. i)
	end
	same("the sender goes on first", #log, 0)
	time.sleep(0)
	same("receivers in turn", table.concat(log, " "), "1:v1 2:v2 3:v3")

	log = {}
	for i = 1, 3 do
		coroutine.spawn(function()
			ch:send(i)
			log[#log + 1] = "sent " .. i
		end)
	end
	same("first", ch:receive(), 1)
	same("second", ch:receive(), 2)
	same("the receiver goes on first", #log, 0)
	same("third", ch:receive(), 3)
	time.sleep(0)
	same("senders in turn", table.concat(log, " "), "sent 1 sent 2 sent 3")

	-- A buffer that is full takes from those who wait, in order.
	ch = channel.new(1)
	for i = 1, 3 do
		coroutine.spawn(function() ch:send(i) end)
	end
	same("one", ch:receive(), 1)
	same("two", ch:receive(), 2)
	same("three", ch:receive(), 3)
end

local function c10_3_select()
	local a, b, full = channel.new(2), channel.new(2), channel.new()
	local result = channel.select { a:case_receive(), default = true }
	same("default", result.default, true)
	same("ok", result.ok, true)
	same("no channel", result.channel, nil)
	same("default as an argument", channel.select({ a:case_receive() }, true).default, true)

	a:send(1)
	b:send(2)
	for _ = 1, 2 do
		result = channel.select { b:case_receive(), a:case_receive() }
		same("the first ready in array order", result.channel, b)
		same("value", result.value, 2)
		same("ok", result.ok, true)
		same("not the default", result.default, nil)
		b:send(2)
	end
	result = channel.select { full:case_send("x"), a:case_receive() }
	same("a send that cannot go is not ready", result.channel, a)
	same("nothing else was taken", b:receive(), 2)

	result = channel.select { full:case_receive(), a:case_send("into a"),
		b:case_send("into b") }
	same("a send that can go", result.channel, a)
	same("its value", result.value, "into a")
	same("its ok", result.ok, true)
	same("it went", a:receive(), "into a")
	same("exactly one", channel.select({ b:case_receive() }, true).default, true)

	-- While it waits, the first arrival decides; the other cases are withdrawn.
	coroutine.spawn(function()
		time.sleep("1ms")
		b:send("late")
		a:send("too late")
	end)
	result = channel.select { a:case_receive(), b:case_receive(), full:case_send("x") }
	same("the first arrival", result.channel, b)
	same("its value", result.value, "late")
	same("withdrawn", a:receive(), "too late")
	same("withdrawn too", channel.select({ full:case_receive() }, true).default, true)

	-- A waiting send case meets its receiver.
	local got
	coroutine.spawn(function()
		time.sleep("1ms")
		got = full:receive()
	end)
	result = channel.select { a:case_receive(), full:case_send("met") }
	same("the send", result.channel, full)
	time.sleep(0)
	same("received", got, "met")

	-- Closed channels are always ready.
	a:close()
	result = channel.select { a:case_receive(), b:case_receive() }
	same("closed", result.channel, a)
	same("closed: value", result.value, nil)
	same("closed: ok", result.ok, false)
	result = channel.select { a:case_send(1), default = true }
	same("send on closed", result.channel, a)
	same("send on closed: ok", result.ok, false)
	coroutine.spawn(function()
		time.sleep("1ms")
		full:close()
	end)
	result = channel.select { b:case_receive(), full:case_receive() }
	same("closed while it waited", result.channel, full)
	same("closed while it waited: ok", result.ok, false)

	local case = b:case_receive()
	for i = 1, 3 do
		b:send(i)
		same("a case is used again", channel.select { case }.value, i)
	end
	raises("bad argument #1 to 'select' (case expected at index 2, got string)", function()
		channel.select { case, "x" }
	end)
	raises("bad argument #1 to 'select' (case expected at index 1, got channel)", function()
		channel.select { b }
	end)
end

local function c10_4_spawn()
	local log = {}
	local function say(text)
		log[#log + 1] = text
	end
	local co = coroutine.spawn(function(...)
		say("up to the first wait " .. select("#", ...))
		coroutine.yield()
		say("after it")
	end, 1, 2)
	say("the caller")
	same("a thread", type(co), "thread")
	same("status", coroutine.status(co), "suspended")
	local function refused(fn)
		local ran, a, b = pcall(fn, co)
		local text = tostring(ran and b or a)
		same("refused", ran and a, false)
		same(text, text:find("cannot resume a spawned coroutine", 1, true) ~= nil, true)
	end
	refused(coroutine.resume)
	refused(coroutine.close)
	raises("bad argument #1 to 'spawn' (function expected, got number)", function()
		assert(pcall(coroutine.spawn, 5))
	end)
	raises("bad argument #1 to 'coroutine.resume' (coroutine expected, got number)", function()
		assert(pcall(coroutine.resume, 5))
	end)
	coroutine.yield()
	same("in order", table.concat(log, ", "),
		"up to the first wait 0, the caller, after it")
	same("its end is silent", coroutine.status(co), "dead")

	log = {}
	for i = 1, 3 do
		coroutine.spawn(function()
			for n = 1, 2 do
				coroutine.yield()
				say(i .. "." .. n)
			end
		end)
	end
	for _ = 1, 3 do
		coroutine.yield()
	end
	same("first in, first out", table.concat(log, " "), "1.1 2.1 3.1 1.2 2.2 3.2")

	-- Between two waits nothing else of the process runs.
	local others = 0
	coroutine.spawn(function()
		while true do
			time.sleep(0)
			others = others + 1
		end
	end)
	local before = others
	for _ = 1, 3000000 do
	end
	same("none in between", others, before)
end

local function c10_5_lua()
	local co = coroutine.create(function(a, b)
		local c = coroutine.yield(a + b)
		return c * 2
	end)
	same("status", coroutine.status(co), "suspended")
	local ok, value = coroutine.resume(co, 1, 2)
	same("resume", ok, true)
	same("yielded", value, 3)
	ok, value = coroutine.resume(co, 21)
	same("returned", value, 42)
	same("dead", coroutine.status(co), "dead")
	same("resume the dead", coroutine.resume(co), false)
	local gen = coroutine.wrap(function()
		for i = 1, 3 do
			coroutine.yield(i)
		end
	end)
	same("wrap", gen() + gen() + gen(), 6)
	same("isyieldable", coroutine.isyieldable(), true)
	same("running", type(coroutine.running()), "thread")
	co = coroutine.create(function() coroutine.yield() end)
	coroutine.resume(co)
	same("close", coroutine.close(co), true)

	-- A wait inside a resumed coroutine: its resumer waits too, the others go on.
	local turns = 0
	coroutine.spawn(function()
		for _ = 1, 20 do
			time.sleep("1ms")
			turns = turns + 1
		end
	end)
	co = coroutine.create(function()
		time.sleep("10ms")
		coroutine.yield("yielded")
		time.sleep("10ms")
		return "returned"
	end)
	ok, value = coroutine.resume(co)
	same("after the wait", value, "yielded")
	same("others went on", turns > 0, true)
	ok, value = coroutine.resume(co)
	same("to the end", value, "returned")
end

local function c10_6_waits_anywhere()
	local function wait(value)
		time.sleep("1ms")
		return value
	end
	same("pcall", select(2, pcall(wait, 1)), 1)
	same("pcall, thrown", select(2, pcall(function()
		wait()
		error("x", 0)
	end)), "x")
	same("xpcall", select(2, xpcall(wait, print, 2)), 2)
	local mt = {
		__index = function(_, key) return wait(key) end,
		__newindex = function(t, key, value) rawset(t, key, wait(value)) end,
		__call = function(_, value) return wait(value) end,
		__add = function() return wait("sum") end,
		__concat = function() return wait("text") end,
		__eq = function() return wait(true) end,
		__lt = function() return wait(true) end,
		__len = function() return wait(5) end,
	}
	local t, u = setmetatable({}, mt), setmetatable({}, mt)
	same("__index", t.key, "key")
	t.new = 7
	same("__newindex", rawget(t, "new"), 7)
	same("__call", t(3), 3)
	same("__add", t + u, "sum")
	same("__concat", t .. u, "text")
	same("__eq", t == u, true)
	same("__lt", t < u, true)
	same("__len", #t, 5)
	local sum = 0
	for i in function(_, n) n = n + 1 return wait(n <= 3 and n or nil) end, nil, 0 do
		sum = sum + i
	end
	same("an iterator", sum, 6)
	same("wrap", coroutine.wrap(wait)(4), 4)
	local closed
	do
		local guard <close> = setmetatable({},
			{ __close = function() closed = wait(true) end })
	end
	same("__close", closed, true)
	same("a nest of them", select(2, pcall(pcall, coroutine.wrap(function()
		return select(2, pcall(wait, "deep"))
	end))), true)
end

-- Where Lua itself cannot yield, and with other coroutines at work.
local function c10_6_inside_c_functions()
	local ticks = 0
	coroutine.spawn(function()
		while true do
			time.sleep("1ms")
			ticks = ticks + 1
		end
	end)
	local function wait(value)
		local before = ticks
		time.sleep("3ms")
		if ticks == before then
			error("nobody else went on")
		end
		return value
	end
	local t = { 3, 1, 2 }
	table.sort(t, function(a, b) return wait(a < b) end)
	same("sort", table.concat(t, " "), "1 2 3")
	same("gsub", string.gsub("abc", ".", function(c) return wait(c:upper()) end), "ABC")
	local mt = {
		__tostring = function() return wait("text") end,
		__index = function(_, i) return wait("i" .. i) end,
		__len = function() return 3 end,
		__pairs = function(t) return wait(next), t, nil end,
	}
	t = setmetatable({}, mt)
	same("tostring", tostring(t), "text")
	same("format", string.format("%s", t), "text")
	same("concat", table.concat(t, " "), "i1 i2 i3")
	same("unpack", select("#", table.unpack(t)), 3)
	for _ in pairs(t) do
		error("empty")
	end
	local parts = { "return ", "4", "2" }
	same("load", load(function() return wait(table.remove(parts, 1)) end)(), 42)
	same("a message handler", select(2, xpcall(error, function(x) return wait(x .. "!") end,
		"x")), "x!")
	same("a coroutine in a comparator", select(2, pcall(function()
		table.sort({ 2, 1 }, function(a, b)
			return coroutine.wrap(function() return wait(a < b) end)()
		end)
		return "sorted"
	end)), "sorted")
	same("two at once", table.concat((function()
		local done, results = channel.new(), {}
		for i = 1, 5 do
			coroutine.spawn(function()
				local list = { 5, i }
				table.sort(list, function(a, b) return wait(a < b) end)
				done:send(list[1])
			end)
		end
		for i = 1, 5 do
			results[i] = done:receive()
		end
		table.sort(results)
		return results
	end)(), " "), "1 2 3 4 5")

	-- Force reaches a process there too.
	local pid = assert(process.spawn_monitored("app:run", HOST,
		"table.sort({ 1, 2, 3 }, function() time.sleep('1h') end)"))
	time.sleep("3ms")
	process.terminate(pid)
	same("terminated", tostring(process.events():receive().result.error), "process terminated")
end

local function c10_8_deadlock()
	local events = process.events()
	local function ends(code, threads)
		local pid = assert(process.spawn_monitored("app:run", HOST, code))
		local timeout = time.after("20ms")
		local result = channel.select { events:case_receive(), timeout:case_receive() }
		if threads then
			same("ended: " .. code, result.channel, events)
			local err = result.value.result.error
			same("kind", err:kind(), "Internal")
			same("text", tostring(err),
				"deadlock: all coroutines blocked with no pending operations "
				.. "(threads=" .. threads .. ")")
		else
			same("waits: " .. code, result.channel, timeout)
			process.terminate(pid)
			events:receive()
		end
	end
	ends("channel.new():receive()", 1)
	ends("channel.new():send(1)", 1)
	ends("channel.select {}", 1)
	ends("pcall(function() channel.new():receive() end)", 1)
	ends("coroutine.spawn(function() channel.new():receive() end) channel.new():receive()", 2)
	ends("time.after('1ms'):receive() channel.new():receive()", 1)
	ends("process.unlisten(process.inbox()) channel.new():receive()", 1)
	ends("process.inbox() channel.new():receive()", nil)
	ends("process.events() channel.new():receive()", nil)
	ends("process.listen('x') channel.new():receive()", nil)
	ends("local t = time.after('1h') t:receive()", nil)
	ends("coroutine.spawn(function() time.sleep('1h') end) channel.new():receive()", nil)
end

return {
	c10_1_channels = c10_1_channels,
	c10_2_order = c10_2_order,
	c10_3_select = c10_3_select,
	c10_4_spawn = c10_4_spawn,
	c10_5_lua = c10_5_lua,
	c10_6_waits_anywhere = c10_6_waits_anywhere,
	c10_6_inside_c_functions = c10_6_inside_c_functions,
	c10_8_deadlock = c10_8_deadlock,
}

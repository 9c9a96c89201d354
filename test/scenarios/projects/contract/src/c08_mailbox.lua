-- Chapter 8: mailbox, send, events.
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

local ME = process.pid()

local function say(topic, ...)
	assert(process.send(ME, topic, ...))
end

-- The topics that wait in an inbox, up to now, separated by blanks.
local function topics(inbox)
	local seen = {}
	while true do
		local result = channel.select { inbox:case_receive(), default = true }
		if result.default then
			return table.concat(seen, " ")
		end
		seen[#seen + 1] = result.value:topic()
	end
end

-- What is kept until a subscription fits.
local function c08_2_kept()
	say("a", 1)
	say("b", 1)
	say("a", 2)
	say("inbox", 1)
	say("c", 1)
	time.sleep("1ms")
	local a = process.listen("a")
	same("first a", a:receive(), 1)
	same("second a", a:receive(), 2)
	local inbox = process.inbox()
	same("the rest", topics(inbox), "b inbox c")
	say("a", 3)
	say("d", 1)
	same("a goes to its listener", a:receive(), 3)
	same("d goes to the inbox", topics(inbox), "d")
end

-- A subscription is made first, then what has arrived is routed; what was routed stays.
local function c08_2_order()
	local inbox = process.inbox()
	say("c", "routed before")
	time.sleep("1ms")
	local c = process.listen("c")
	say("c", "for the listener")
	same("listener", c:receive(), "for the listener")
	same("inbox", inbox:receive():payload():data(), "routed before")

	say("e", "not looked at")
	local e = process.listen("e")
	same("arrived before listen, routed by it", e:receive(), "not looked at")
	same("inbox", topics(inbox), "")

	same("unlisten", process.unlisten(c), true)
	say("c", "back")
	same("after unlisten", inbox:receive():topic(), "c")
end

local function c08_3_subscriptions()
	local events, inbox = process.events(), process.inbox()
	same("events", process.events(), events)
	same("inbox", process.inbox(), inbox)
	local t = process.listen("t")
	same("listen", process.listen("t"), t)
	same("as a key", ({ [t] = 1 })[process.listen("t")], 1)
	same("another topic", process.listen("u") ~= t, true)

	say("t")
	say("t", "one")
	say("t", 1, nil, 3)
	say("t", false)
	local value, ok = t:receive()
	same("no payload", value, nil)
	same("ok", ok, true)
	same("one payload", t:receive(), "one")
	local several = t:receive()
	same("first", several[1], 1)
	same("hole", several[2], nil)
	same("third", several[3], 3)
	same("false", t:receive(), false)

	local m = process.listen("m", { message = true })
	say("m", 5)
	local msg = m:receive()
	same("Message", msg:topic(), "m")
	same("its data", msg:payload():data(), 5)
	same("its sender", msg:from(), ME)
	same("switched over", process.listen("t", { message = true }), t)
	say("t", 6)
	same("Message", t:receive():payload():data(), 6)
	same("for good", process.listen("t"), t)
	say("t", 7)
	same("Message still", t:receive():payload():data(), 7)

	denied("Invalid", "topic cannot be empty", process.listen(""))
	denied("Invalid", "cannot listen to @ topics", process.listen("@x"))
	raises("cannot send on a subscription channel", function() t:send(1) end)
	raises("cannot send on a subscription channel", function()
		channel.select { t:case_send(1), default = true }
	end)
end

local function c08_3_unlisten()
	local inbox = process.inbox()
	local t = process.listen("t")
	say("t", "unread")
	say("t", "unread too")
	time.sleep("1ms")
	same("unlisten", process.unlisten(t), true)
	local value, ok = t:receive()
	same("closed", ok, false)
	same("its value", value, nil)
	same("not received: routed anew", inbox:receive():payload():data(), "unread")
	same("in order", inbox:receive():payload():data(), "unread too")
	local new = process.listen("t")
	same("a new channel", new ~= t, true)

	local waiting
	coroutine.spawn(function()
		local _, open = new:receive()
		waiting = open
	end)
	new:close()
	time.sleep("1ms")
	same("a receiver that waits", waiting, false)
	same("closed twice", new:close(), nil)

	value, ok = process.unlisten(channel.new())
	same("no subscription", value, false)
	denied("NotFound", "channel not found", value, ok)
	value, ok = process.unlisten(new)
	same("not one any more", value, false)
	raises("bad argument #1 to 'unlisten'", function() process.unlisten("t") end)

	say("kept")
	time.sleep("1ms")
	same("unlisten the inbox", process.unlisten(inbox), true)
	same("a new inbox", process.inbox() ~= inbox, true)
	same("kept", topics(process.inbox()), "kept")

	local events = process.events()
	process.cancel(ME, "kept")
	time.sleep("1ms")
	same("unlisten events", process.unlisten(events), true)
	same("kept", process.events():receive().reason, "kept")
end

local function c08_4_send_errors()
	local inbox = process.inbox()
	local few = "send requires at least destination and topic arguments"
	denied("Invalid", few, process.send())
	denied("Invalid", few, process.send(ME))
	denied("Invalid", "cannot send to @ topics", process.send(ME, "@x"))
	denied("NotFound", "process not found", process.send(ended(), "x"))
	denied("NotFound", "process not found", process.send("{app:processes|0xfffff}", "x"))
	denied("NotFound", "host not found", process.send("{app:nowhere|0x00101}", "x"))
	denied("NotFound", "node not found", process.send("{other@app:processes|0x00101}", "x"))
	denied("Invalid", "cannot send a function", process.send(ME, "x", print))
	same("nothing was sent", topics(inbox), "")

	local ok, err = process.send(ME, "", 1)
	same("the empty topic", ok, true)
	same("no error", err, nil)
	same("it arrives", inbox:receive():topic(), "")
	say("none")
	same("no payload", inbox:receive():payload(), nil)
	say("one", 1)
	same("one", inbox:receive():payload():data(), 1)
	say("nil", nil)
	same("nil", inbox:receive():payload():data(), nil)
	say("three", 1, nil, 3)
	local three = inbox:receive():payload()
	same("several: a table", type(three), "table")
	same("first", three[1]:data(), 1)
	same("third", three[3]:data(), 3)
end

local function c08_5_order()
	local inbox, events = process.inbox(), process.events()
	local pids = {}
	for _ = 1, 4 do
		pids[assert(process.spawn_monitored("app:run", HOST, [[
			local parent = ...
			for n = 1, 100 do
				process.send(parent, "n", n)
				if n % 10 == 0 then coroutine.yield() end
				if n % 25 == 0 then time.sleep("1ms") end
			end
		]], ME))] = 0
	end
	for _ = 1, 4 do
		same("ended well", events:receive().result.error, nil)
	end
	-- The end of a process comes after everything it did.
	for _ = 1, 400 do
		local msg = channel.select({ inbox:case_receive() }, true).value
		local n = msg:payload():data()
		same("the order of one sender", n, pids[msg:from()] + 1)
		pids[msg:from()] = n
	end
	same("nothing more", topics(inbox), "")

	-- Of two channels the order of the cases decides.
	say("x")
	process.cancel(ME)
	time.sleep("1ms")
	local result = channel.select { events:case_receive(), inbox:case_receive() }
	same("events first", result.channel, events)
	result = channel.select { events:case_receive(), inbox:case_receive() }
	same("inbox then", result.channel, inbox)
end

local function c08_7_events()
	same("EXIT", process.event.EXIT, "pid.exit")
	same("LINK_DOWN", process.event.LINK_DOWN, "pid.link.down")
	same("CANCEL", process.event.CANCEL, "pid.cancel")
	raises("attempt to modify Immutable table", function() process.event.EXIT = "x" end)
	raises("attempt to modify Immutable table", function() process.event.OTHER = "x" end)

	process.set_options { trap_links = true }
	local before = time.now():unix()
	local pid = assert(process.spawn_linked_monitored("app:run", HOST, "return nil, 'x'"))
	local function keys(event)
		local names = {}
		for name in pairs(event) do
			names[#names + 1] = name
		end
		table.sort(names)
		same("at", event.at >= before and event.at <= time.now():unix(), true)
		same("from", event.from, pid)
		return table.concat(names, " ")
	end
	same("EXIT", keys(process.events():receive()), "at from kind result")
	same("LINK_DOWN", keys(process.events():receive()), "at from kind result")
	pid = ME
	process.cancel(ME)
	same("CANCEL", keys(process.events():receive()), "at from kind reason")
	process.cancel(ME, "1h")
	same("CANCEL", keys(process.events():receive()), "at deadline from kind reason")
end

local function c12_2_options()
	local options = process.get_options()
	same("at birth", options.trap_links, false)
	same("nothing else", next(options, next(options)), nil)
	local function sets(options_table)
		local ok, err = process.set_options(options_table)
		same("set", ok, true)
		same("error", err, nil)
	end
	local function refuses(text, options_table)
		local ok, err = process.set_options(options_table)
		same("refused", ok, false)
		denied("Invalid", text, ok, err)
	end
	sets { trap_links = true }
	same("set", process.get_options().trap_links, true)
	sets {}
	same("kept", process.get_options().trap_links, true)
	refuses("options parameter must be a table", "trap_links")
	refuses("options parameter must be a table", nil)
	refuses("trap_links must be a boolean", { trap_links = 1 })
	refuses("option other is not supported", { other = 1 })
	refuses("option other is not supported", { other = 1, trap_links = false })
	same("valid keys take effect all the same", process.get_options().trap_links, false)
end

return {
	c08_2_kept = c08_2_kept,
	c08_2_order = c08_2_order,
	c08_3_subscriptions = c08_3_subscriptions,
	c08_3_unlisten = c08_3_unlisten,
	c08_4_send_errors = c08_4_send_errors,
	c08_5_order = c08_5_order,
	c08_7_events = c08_7_events,
	c12_2_options = c12_2_options,
}

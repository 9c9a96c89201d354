-- Chapter 11: time.
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

-- T in ms since `start`: exact with slack 0 (the simulator).
local function at(start, want, slack)
	local got = time.now():sub(start):nanoseconds() / 1e6
	if got < want - (slack > 0 and 1 or 0) or got > want + slack then
		error(("T = %s ms, wanted %s and at most %s more"):format(got, want, slack), 2)
	end
end

-- Errors of this module are never retryable.
local function refuses(kind, text, value, err)
	denied(kind, text, value, err)
	same("retryable", err:retryable(), false)
end

local function c11_1_sleep(slack)
	slack = tonumber(slack)
	local start = time.now()
	local function sleeps(want_ms, d)
		same("returns nothing", select("#", time.sleep(d)), 0)
		at(start, want_ms, slack)
	end
	sleeps(5, "5ms")
	sleeps(10, 5000000)
	sleeps(15, 5 * time.MILLISECOND)
	sleeps(20, time.parse_duration("5ms"))
	sleeps(20, 0)
	sleeps(20, -1)
	sleeps(20, "-5s")
	sleeps(22, "1.5ms500us")
	refuses("Invalid", "duration must be number or string", time.sleep({}))
	refuses("Invalid", "duration must be number or string", time.sleep(nil))
	refuses("Invalid", 'time: invalid duration "soon"', time.sleep("soon"))
	refuses("Invalid", 'time: invalid duration "5"', time.sleep("5"))
	refuses("Invalid", 'time: invalid duration ""', time.sleep(""))
	refuses("Invalid", 'time: invalid duration "5 ms"', time.sleep("5 ms"))

	local others = 0
	coroutine.spawn(function()
		time.sleep(0)
		others = others + 1
	end)
	same("up to its wait", others, 0)
	time.sleep(0)
	same("others run once", others, 1)
end

local function c11_1_after(slack)
	slack = tonumber(slack)
	local start = time.now()
	local ch = time.after("10ms")
	local moment, ok = ch:receive()
	at(start, 10, slack)
	same("ok", ok, true)
	same("a Time", moment:sub(start):milliseconds() >= 9, true)
	moment, ok = ch:receive()
	same("then closed", moment, nil)
	same("then closed: ok", ok, false)
	for _, d in ipairs { 0, -1, "0", "-1s" } do
		refuses("Invalid", "time.after: duration must be > 0", time.after(d))
		refuses("Invalid", "time.timer: duration must be > 0", time.timer(d))
		refuses("Invalid", "time.ticker: duration must be > 0", time.ticker(d))
	end
	refuses("Invalid", "duration must be number or string", time.after({}))
	refuses("Invalid", 'time: invalid duration "soon"', time.timer("soon"))

	-- Several at once, each at its own moment.
	start = time.now()
	local chans = { time.after("30ms"), time.after("10ms"), time.after("20ms") }
	for i, want in ipairs { 2, 3, 1 } do
		local cases = {}
		for n, c in pairs(chans) do
			cases[#cases + 1] = c:case_receive()
		end
		same("turn " .. i, channel.select(cases).channel, chans[want])
		at(start, 10 * i, slack)
		chans[want] = nil
	end
end

local function c11_1_timer(slack)
	slack = tonumber(slack)
	local start = time.now()
	local t = time.timer("10ms")
	same("channel", t:channel(), t:response())
	same("the same each time", t:channel(), t:channel())
	local _, ok = t:channel():receive()
	at(start, 10, slack)
	same("ok", ok, true)
	same("closed", select(2, t:channel():receive()), false)
	same("stop when fired", t:stop(), false)
	same("reset when fired", t:reset("1ms"), false)
	same("not revived", select(2, t:channel():receive()), false)

	t = time.timer("10ms")
	same("stop", t:stop(), true)
	same("stop twice", t:stop(), false)
	same("closed by stop", select(2, t:channel():receive()), false)
	same("reset when stopped", t:reset("1ms"), false)

	start = time.now()
	t = time.timer("10ms")
	same("reset", t:reset("30ms"), true)
	t:channel():receive()
	at(start, 30, slack)
	t = time.timer("1h")
	raises("", function() t:reset({}) end)
	same("still pending", t:stop(), true)
end

local function c11_1_ticker(slack)
	slack = tonumber(slack)
	local start = time.now()
	local t = time.ticker("10ms")
	same("channel", t:channel(), t:response())
	for i = 1, 3 do
		local moment, ok = t:channel():receive()
		same("ok", ok, true)
		same("a Time", type(moment:unix()), "number")
		at(start, 10 * i, slack)
	end
	same("stop", t:stop(), true)
	local ticks = 0
	while select(2, t:channel():receive()) do
		ticks = ticks + 1 -- one that came before the stop
	end
	same("closed", ticks <= 16, true)

	t = time.ticker("1ms")
	time.sleep("40ms")
	local waiting = 0
	while not channel.select({ t:channel():case_receive() }, true).default do
		waiting = waiting + 1
	end
	if slack == 0 then
		same("at most 16 wait", waiting, 16)
	end
	t:stop()
end

local function c11_1_moments(slack)
	if slack == "0" then
		same("the simulator starts at", time.now():unix(), 1577836800)
		same("to the nanosecond", time.now():unix_nano(), 1577836800000000000)
		same("tostring", tostring(time.now()), "2020-01-01T00:00:00Z")
		time.sleep("1.5s")
		same("tostring", tostring(time.now()), "2020-01-01T00:00:01.5Z")
	end
	local t = time.unix(1577836800, 5)
	same("type", type(t), "userdata")
	same("unix", t:unix(), 1577836800)
	same("unix_nano", t:unix_nano(), 1577836800000000005)
	same("carried over", time.unix(10, 2000000000):unix(), 12)
	same("before 1970", time.unix(-1, 0):unix_nano(), -1000000000)
	local u = t:add("1h")
	same("add", u:unix(), 1577840400)
	same("add a number", t:add(5):unix_nano(), 1577836800000000010)
	same("add a Duration", t:add(time.parse_duration("-5ns")):unix_nano(), 1577836800000000000)
	same("sub", tostring(u:sub(t)), "1h0m0s")
	same("sub, negative", t:sub(u):hours(), -1.0)
	same("after", u:after(t), true)
	same("not after", t:after(t), false)
	same("before", t:before(u), true)
	same("equal", t:equal(time.unix(1577836800, 5)), true)
	same("==", t == time.unix(1577836800, 5), true)
	same("<", t < u, true)
	same("<=", t <= t, true)
	same("not <", u < t, false)
end

local function c11_2_constants()
	local function all(names, value, step)
		for name in names:gmatch("%S+") do
			same(name, time[name], value)
			same(name, math.type(time[name]), "integer")
			value = step(value)
		end
	end
	all("NANOSECOND MICROSECOND MILLISECOND SECOND", 1, function(v) return v * 1000 end)
	all("MINUTE HOUR", 60000000000, function(v) return v * 60 end)
	all("JANUARY FEBRUARY MARCH APRIL MAY JUNE JULY AUGUST SEPTEMBER OCTOBER NOVEMBER DECEMBER",
		1,
		function(v) return v + 1 end)
	all("SUNDAY MONDAY TUESDAY WEDNESDAY THURSDAY FRIDAY SATURDAY", 0,
		function(v) return v + 1 end)
	raises("attempt to modify Immutable table", function() time.SECOND = 1 end)
end

local function c11_4_duration()
	local function parses(text, ns, shown)
		local d = assert(time.parse_duration(text))
		same(tostring(text), d:nanoseconds(), ns)
		same("integer", math.type(d:nanoseconds()), "integer")
		if shown then
			same("tostring of " .. tostring(text), tostring(d), shown)
		end
	end
	parses("1h30m", 5400000000000, "1h30m0s")
	parses("1.5s", 1500000000, "1.5s")
	parses("100ms", 100000000, "100ms")
	parses("5ms", 5000000, "5ms")
	parses("-1.5h", -5400000000000, "-1h30m0s")
	parses("+5s", 5000000000, "5s")
	parses("0", 0, "0s")
	parses("1us", 1000)
	parses("1µs", 1000)
	parses("1500ns", 1500)
	parses("7ns", 7, "7ns")
	parses("0.5s", 500000000, "500ms")
	parses("1h1m1s1ms1us1ns", 3661001001001, "1h1m1.001001001s")
	parses(1500000, 1500000, "1.5ms")
	parses(time.parse_duration("2s"), 2000000000, "2s")
	for _, bad in ipairs { "", "5", "s", "1x", "1h 30m", " 1s", "1s ", "-", "." , "1d",
		"--1s" } do
		refuses("Invalid", ('time: invalid duration "%s"'):format(bad),
			time.parse_duration(bad))
	end
	refuses("Invalid", "duration must be number or string", time.parse_duration({}))
	refuses("Invalid", 'time: invalid duration "1000000h1000000h1000000h"',
		time.parse_duration("1000000h1000000h1000000h"))

	local d = time.parse_duration("90m")
	same("type", type(d), "userdata")
	same("milliseconds", d:milliseconds(), 5400000)
	same("integer", math.type(d:milliseconds()), "integer")
	same("microseconds", d:microseconds(), 5400000000)
	same("integer", math.type(d:microseconds()), "integer")
	same("seconds", d:seconds(), 5400.0)
	same("float", math.type(d:seconds()), "float")
	same("minutes", d:minutes(), 90.0)
	same("hours", d:hours(), 1.5)
	same("==", d == time.parse_duration("1h30m"), true)
	same("<", time.parse_duration("1s") < d, true)
	same("<=", d <= d, true)
end

return {
	c11_1_sleep = c11_1_sleep,
	c11_1_after = c11_1_after,
	c11_1_timer = c11_1_timer,
	c11_1_ticker = c11_1_ticker,
	c11_1_moments = c11_1_moments,
	c11_2_constants = c11_2_constants,
	c11_4_duration = c11_4_duration,
}

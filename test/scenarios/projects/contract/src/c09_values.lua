-- Chapter 9: what crosses between processes.
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

-- Nothing comes on `ch` for a while.
local function quiet(what, ch)
	local timeout = time.after("20ms")
	local result = channel.select { ch:case_receive(), timeout:case_receive() }
	same(what .. ": silence", result.channel, timeout)
end

local ME = process.pid()

-- What arrives of one value that is sent.
local function sent(...)
	assert(process.send(ME, "value", ...))
	return process.inbox():receive():payload()
end

local function crossed(value)
	return sent(value):data()
end

local function c09_1_message()
	local inbox = process.inbox()
	assert(process.send(ME, "topic", 1))
	local msg = inbox:receive()
	same("type", type(msg), "userdata")
	same("topic", msg:topic(), "topic")
	same("from", msg:from(), ME)
	same("payload", msg:payload():data(), 1)
	same("tostring", tostring(msg), "process.Message{topic=topic}")
	raises("", function() msg.field = 1 end)
end

local function c09_2_payload()
	local p = sent { list = { 1, 2 } }
	same("type", type(p), "userdata")
	same("tostring", tostring(p), "payload{format=lua/any}")
	same("format", p:get_format(), "lua/any")
	same("payload.format", payload.format.LUA, "lua/any")
	local data = p:data()
	same("the same table each time", p:data(), data)
	local fresh = p:unmarshal()
	same("a fresh value", fresh ~= data and fresh ~= p:unmarshal(), true)
	same("with the same content", fresh.list[2], 2)

	data.list[1] = "changed"
	local again = sent(p)
	same("forwarded unchanged", again:data().list[1], 1)
	local inside = sent { p, named = p }:data()
	same("inside a table", tostring(inside[1]), "payload{format=lua/any}")
	same("its content", inside.named:data().list[2], 2)
	same("made by hand", sent(payload.new("text")):data(), "text")
	raises("", function() p.field = 1 end)
end

local function c09_3_scalars()
	for _, value in ipairs {
		true, false, "", "text", "a\0b", ("x"):rep(100000), 0, -1, math.maxinteger,
			math.mininteger,
		1.5, -0.0, 1e308, math.huge, -math.huge, 2.0 ^ 53,
	} do
		local got = crossed(value)
		same("value", got, value)
		same("type", type(got), type(value))
		same("subtype", math.type(got), math.type(value))
	end
	same("nil", crossed(nil), nil)
	same("minus zero", 1 / crossed(-0.0), -math.huge)
	local nan = crossed(0 / 0)
	same("NaN", nan ~= nan, true)
	same("an integral float", math.type(crossed(3.0)), "float")
end

local function c09_3_tables()
	local source = { 1, 2, 3, x = { y = { z = "deep" } }, [1.5] = "float", [true] = "yes",
		[-1] = "neg" }
	local got = crossed(source)
	same("a copy", got ~= source and got.x ~= source.x, true)
	same("sequence", #got, 3)
	same("deep", got.x.y.z, "deep")
	same("float key", got[1.5], "float")
	same("boolean key", got[true], "yes")
	same("negative key", got[-1], "neg")
	source.x.y.z = "changed"
	same("independent", got.x.y.z, "deep")
	same("empty", next(crossed {}), nil)

	got = crossed(setmetatable({ a = 1 }, { __index = { b = 2 } }))
	same("raw fields", got.a, 1)
	same("no metatable", getmetatable(got), nil)

	local cycle = { name = "cycle" }
	cycle.me = cycle
	cycle.list = { cycle, { back = cycle } }
	got = crossed(cycle)
	same("cycle", got.me, got)
	same("cycle in a list", got.list[1], got)
	same("cycle deeper", got.list[2].back, got)

	local shared = {}
	got = crossed { a = shared, b = shared }
	same("shared inside", got.a, got.b)
	local both = sent(shared, shared)
	same("not shared between", both[1]:data() ~= both[2]:data(), true)
	same("a table as key", next(crossed { [{ 1 }] = "x" })[1], 1)

	local nested = {}
	for _ = 2, 200 do
		nested = { nested }
	end
	same("200 tables", type(crossed(nested)), "table")
	denied("Invalid", "payload nested deeper than 200", process.send(ME, "value", { nested }))
	local wide = {}
	for i = 1, 100000 do
		wide[i] = i
	end
	got = crossed(wide)
	same("wide", #got, 100000)
	same("its end", got[100000], 100000)
end

local function c09_3_objects()
	local _, err = process.spawn("app:run", "app:nowhere")
	local got = crossed { err = err }.err
	same("Error", type(got), "userdata")
	same("its kind", got:kind(), "NotFound")
	same("its text", tostring(got), "host not found")
	same("its details", got:details().host_id, "app:nowhere")
	local now = time.now()
	got = crossed(now)
	same("Time", got == now, true)
	same("its moment", got:unix_nano(), now:unix_nano())
	local d = time.parse_duration("1h30m")
	same("Duration", crossed(d) == d, true)
	same("its text", tostring(crossed(d)), "1h30m0s")
end

local function c09_4_refused()
	local inbox = process.inbox()
	local function refuses(text, ...)
		denied("Invalid", text, process.send(ME, "value", ...))
	end
	refuses("cannot send a function", print)
	refuses("cannot send a function", function() end)
	refuses("cannot send a channel", channel.new())
	refuses("cannot send a function (at .path.to.key)", { path = { to = { key = print } } })
	refuses("cannot send a function (at [3])", { 1, 2, print })
	refuses('cannot send a function (at ["a b"])', { ["a b"] = print })
	refuses("cannot send a function (at .list[2].x)", { list = { 1, { x = print } } })
	refuses("cannot send a function (at #2)", 1, print)
	refuses("cannot send a function (at #2.x)", 1, { x = print })
	refuses("cannot send a function (at #3[1])", 1, nil, { print })
	refuses("cannot send a function (as a key of .a)", { a = { [print] = 1 } })
	assert(process.send(ME, "other", 1))
	for _, value in ipairs { coroutine.create(print), inbox:receive(), time.timer("1h") } do
		local ok, err = process.send(ME, "value", { at = { value } })
		same("value", ok, nil)
		same("kind", err:kind(), "Invalid")
		same("text", tostring(err):match("^cannot send an? %a+ (.*)$"), "(at .at[1])")
	end
	quiet("nothing was sent", inbox)
end

return {
	c09_1_message = c09_1_message,
	c09_2_payload = c09_2_payload,
	c09_3_scalars = c09_3_scalars,
	c09_3_tables = c09_3_tables,
	c09_3_objects = c09_3_objects,
	c09_4_refused = c09_4_refused,
}

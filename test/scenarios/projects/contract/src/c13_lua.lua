-- Chapter 13: Lua in a process.
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

local function c13_1_present()
	local function are_there(where, t, names)
		for name in names:gmatch("%S+") do
			if t[name] == nil then
				error(where .. "." .. name .. " is missing", 2)
			end
		end
	end
	local function are_not(where, t, names)
		for name in names:gmatch("%S+") do
			if t[name] ~= nil then
				error(where .. "." .. name .. " should not be there", 2)
			end
		end
	end
	are_there("_G", _G,
		"assert collectgarbage error getmetatable ipairs load next pairs pcall print "
		.. "rawequal rawget rawlen rawset require select setmetatable tonumber tostring type xpcall "
		.. "_G _VERSION unpack process channel payload string table utf8 coroutine math os debug package")
	are_there("string", string,
		"byte char find format gmatch gsub len lower match pack packsize rep "
		.. "reverse sub unpack upper")
	are_there("table", table, "concat create insert move pack remove sort unpack")
	are_there("utf8", utf8, "char charpattern codepoint codes len offset")
	are_there("coroutine", coroutine,
		"close create isyieldable resume running spawn status wrap yield")
	are_there("math", math,
		"abs acos asin atan ceil cos deg exp floor fmod huge log max maxinteger min "
		.. "mininteger modf pi rad random randomseed sin sqrt tan tointeger type ult cosh sinh tanh pow "
		.. "frexp ldexp log10")
	are_there("os", os, "time date clock difftime platform")
	are_there("debug", debug, "traceback")
	are_there("package", package, "loaded")
	are_not("_G", _G,
		"dofile loadfile loadstring io subscribe unsubscribe ctx funcs logger registry "
		.. "system supervisor json")
	are_not("os", os, "execute exit getenv remove rename tmpname setlocale")
	are_not("package", package, "path cpath loadlib searchers searchpath preload config")
	are_not("debug", debug,
		"getinfo sethook gethook getlocal setlocal getmetatable setmetatable "
		.. "getregistry getupvalue setupvalue upvalueid upvaluejoin getuservalue setuservalue debug")
	are_not("string", string, "dump")
	same("_VERSION", _VERSION, "Lua 5.4")
	same("unpack", unpack, table.unpack)
	same("table.create", #table.create(10, 2), 0)
	same("count", type(collectgarbage("count")), "number")
	collectgarbage("collect")
	collectgarbage("step")
	raises("__gc is not supported", function() setmetatable({}, { __gc = function() end }) end)
	raises("__gc is not supported", function() setmetatable({}, { __gc = true }) end)
	same("integers", 7 // 2, 3)
	same("goto", load("goto over do return 1 end ::over:: return 2")(), 2)
	for _, change in ipairs { "process.x = 1", "channel.x = 1", "time.x = 1", "payload.x = 1",
		"process.send = nil" } do
		raises("attempt to modify Immutable table", load(change))
	end
end

local function c13_2_require()
	same("declared", require("time"), time)
	for _, name in ipairs { "process", "channel", "payload", "os", "string", "table", "math",
		"utf8",
		"coroutine", "print" } do
		same(name, require(name), _G[name])
	end
	raises("module 'nope' not found (not in modules or imports of app:c13_2_require)",
		function()
		require("nope")
	end)
	local pid = assert(process.spawn_monitored("app:no_modules", HOST))
	local result = process.events():receive().result
	if result.error then
		error(result.error)
	end
	same("not declared, not there", result.value.global, "nil")
	same("nor required", result.value.text:find(
		"module 'time' not found (not in modules or imports of app:no_modules)", 1,
			true) ~= nil, true)
end

local function c13_3_globals()
	shared = "mine"
	string.mine = "mine"
	same("here", shared, "mine")
	local result = outcome("return { tostring(shared), tostring(string.mine) }").value
	same("a global", result[1], "nil")
	same("a library of Lua", result[2], "nil")
end

local function c13_4_print()
	print()
	print("one")
	print("a", 1, 1.5, nil, true, false)
	print(setmetatable({}, { __tostring = function() return "by __tostring" end }))
	print(select(2, process.send(process.pid())))
	print("", "")
	print(("long "):rep(3))
end

-- Lines of different processes never mix, and none is lost.
local function c13_4_units()
	for i = 1, 4 do
		assert(process.spawn_monitored("app:run", HOST, [[
			local who = ...
			for n = 1, 50 do
				print(who, ("x"):rep(60), who, ("y"):rep(60), who)
				if n % 7 == 0 then coroutine.yield() end
			end
		]], i))
	end
	for _ = 1, 4 do
		process.events():receive()
	end
	print("end")
end

local function c13_5_os(slack)
	same("platform", os.platform, "kith")
	raises("bad argument #1 to 'os.time' (table expected, got number)", function()
		assert(pcall(os.time, 5))
	end)
	same("time", math.type(os.time()), "integer")
	same("the clock", math.type(os.clock()), "float")
	local before = os.clock()
	time.sleep("20ms")
	same("it runs", os.clock() - before >= 0.019, true)
	if slack == "0" then
		same("now", os.time(), 1577836800)
		same("missing hours are 0", os.time { year = 2020, month = 1, day = 2 }, 1577923200)
		same("missing days are today's", os.time { hour = 1 }, 1577840400)
		same("all missing", os.time {}, 1577836800)
		same("date", os.date("%Y-%m-%d %H:%M:%S"), "2020-01-01 00:00:00")
	end
	same("utc", os.date("!%Y-%m-%d %H:%M:%S", 86399), "1970-01-01 23:59:59")
	local t = os.date("!*t", 0)
	same("year", t.year, 1970)
	same("wday", t.wday, 5)
	same("yday", t.yday, 1)
	same("isdst", t.isdst, false)
	same("there and back", os.time(os.date("*t", 1577836800)), 1577836800)
	same("difftime", os.difftime(5, 3), 2.0)
end

local function c13_6_load()
	same("text", load("return 1 + 1")(), 2)
	local parts = { "return ", "4", "2" }
	same("a function", load(function() return table.remove(parts, 1) end)(), 42)
	local fn, text = load("\27Lua")
	same("a binary chunk", fn, nil)
	same("its text", text, "attempt to load a binary chunk (mode is 't')")
	fn, text = load("\27Lua", "name", "b")
	same("whatever the mode", fn, nil)
	fn, text = load("x =", "=name")
	same("syntax", fn, nil)
	same("its text", text:match("^name:1: ") ~= nil, true)
	same("env", load("return x", "=x", "t", { x = 5 })(), 5)
	same("the caller's env", load("return time")(), time)
	reached = 7
	same("its globals", load("return reached")(), 7)
end

local function c13_7_depth()
	local function down(n) return 1 + down(n + 1) end
	raises("stack overflow", function() down(0) end)
	local function deep(n) return n == 0 and 0 or 1 + deep(n - 1) end
	same("a hundred thousand calls", deep(100000), 100000)
	local t = setmetatable({}, {})
	getmetatable(t).__index = function(_, key) return t[key + 1] end
	raises("stack overflow", function() return t[1] end)
	local function nested(s) return (s:gsub(".", nested)) end
	raises("stack overflow", function() nested("x") end)
	same("still well", outcome("return 1").value, 1)
end

local function c13_8_random()
	local code = "local t = {} for i = 1, 8 do t[i] = math.random(0) end return table.concat(t, ' ')"
	same("each its own", outcome(code).value ~= outcome(code).value, true)
end

return {
	c13_1_present = c13_1_present,
	c13_2_require = c13_2_require,
	c13_3_globals = c13_3_globals,
	c13_4_print = c13_4_print,
	c13_4_units = c13_4_units,
	c13_5_os = c13_5_os,
	c13_6_load = c13_6_load,
	c13_7_depth = c13_7_depth,
	c13_8_random = c13_8_random,
}

-- What a program can see of memory: two runs with one seed show the same of it (SPEC 22.1).
local time = require("time")

local HOST = "app:processes"

local function show(what, object)
	print(what, object, string.format("%p", object))
end

local function shows_objects()
	show("table", {})
	show("function", function() end)
	show("function of the runtime", print)
	show("function of Lua's", string.find)
	show("closure of the runtime", string.gmatch("a", "a"))
	show("iterator", (pairs({})))
	show("thread", coroutine.create(print))
	show("channel", channel.new(1))
	show("error", errors.new("it is so"))
	show("library", string)
	show("module", process)
	show("string", ("long enough to be an object of its own"):rep(3))
	show("timer", time.after("1s"))
end

-- Every kind of key that is found by its address.
local function order_of_objects()
	local keys = {print, pairs, string.find, math.random, process.spawn, process, string, _G}
	for i = 1, 40 do
		keys[#keys + 1] = {}
		keys[#keys + 1] = function() return i end
		keys[#keys + 1] = coroutine.create(print)
		keys[#keys + 1] = channel.new()
	end
	local number_of = {}
	for i, key in ipairs(keys) do
		number_of[key] = i
	end
	local order = {}
	for _, i in pairs(number_of) do
		order[#order + 1] = i
	end
	print("order", table.concat(order, " "))
end

local function order_of_names()
	local order = {}
	for name in pairs(_G) do
		order[#order + 1] = name
	end
	print("names", table.concat(order, " "))
end

-- What was freed is used again, when the collector says so.
local function reuse()
	local last
	for i = 1, 3000 do
		last = {tostring(i):rep(i % 60), function() return last end}
	end
	show("after garbage", last)
	print("bytes", collectgarbage("count"))
end

-- Lua's own sort draws a pivot when parts of a long list come out uneven, which this comparison sees
-- to: it decides what an item is as late as it can (McIlroy, A Killer Adversary for Quicksort, 1999).
local function sorts()
	local n, compared = 2000, 0
	local list, value, candidate, solid = {}, {}, 0, 0
	for i = 1, n do
		list[i] = i
	end
	table.sort(list, function(a, b)
		compared = compared + 1
		if not value[a] and not value[b] then
			solid = solid + 1
			value[a == candidate and a or b] = solid
		end
		if not value[a] then
			candidate = a
		elseif not value[b] then
			candidate = b
		end
		return (value[a] or n + 1) < (value[b] or n + 1)
	end)
	print("compared", compared, list[1], list[n // 2], list[n])
end

local function draws()
	print("random", math.random(), math.random(1 << 60), math.random(10))
	math.randomseed()
	print("random", math.random(1 << 60))
end

local function child()
	shows_objects()
	order_of_objects()
	time.sleep(math.random(5) .. "ms")
	reuse()
end

local function main(slack, kind)
	if kind == "child" then
		return child()
	end
	shows_objects()
	order_of_objects()
	order_of_names()
	sorts()
	draws()
	local events_ch = process.events()
	for _ = 1, 6 do
		assert(process.spawn_monitored("app.main:addresses", HOST, slack, "child"))
	end
	for _ = 1, 6 do
		local event = events_ch:receive()
		assert(not event.result.error, event.result.error)
		show("event", event)
	end
	reuse()
end

return { main = main }

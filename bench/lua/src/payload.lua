-- Request and reply with a payload that the receiver reads and sends back.
local function nested()
	local tags, attrs, items = {}, {}, {}
	for i = 1, 10 do
		tags[i] = "tag" .. i
	end
	for i = 1, 20 do
		attrs["k" .. i] = i
	end
	for i = 1, 4 do
		items[i] = {id = i, name = "item", qty = i * 2, price = i * 1.25}
	end
	return {id = 1, name = "some object name", tags = tags, attrs = attrs, items = items,
		pos = {x = 1.5, y = 2.5, z = 3.5}}
end

local VALUES <const> = {
	str64 = ("x"):rep(64), str1k = ("x"):rep(1024), str64k = ("x"):rep(65536), nested = nested(),
}

return {
	echo = function()
		local inbox = process.inbox()
		while true do
			local message = inbox:receive()
			process.send(message:from(), "reply", message:payload():data())
		end
	end,
	main = function(kind, count)
		count = tonumber(count)
		local inbox, value = process.inbox(), assert(VALUES[kind])
		local pid = assert(process.spawn("bench:echo"))
		local function run(nr)
			local last
			for _ = 1, nr do
				process.send(pid, "call", value)
				last = inbox:receive():payload():data()
			end
			if kind == "nested" then
				lib.law("a leaf", last.items[4].price, 5.0)
			else
				lib.law("the size", #last, #value)
			end
		end
		run(count // 10)
		lib.result("ns_per_rt", lib.timed(run, count) / count)
	end,
}

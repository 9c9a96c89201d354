-- Starts a crew, breaks its members and says who was started with them.

return function()
	process.registry.register("main")
	local events, runs = process.events(), process.listen("runs")

	local function show(what, count)
		local names = {}
		for number = 1, count do
			names[number] = runs:receive()
		end
		table.sort(names) -- they report in no order
		print(what .. ": " .. table.concat(names, ", "))
	end

	process.spawn_monitored("app:crew", "app:processes")
	show("start", 3)
	process.send("reader 1", "break")
	show("reader 1 broke", 2)
	process.send("reader 2", "break")
	show("reader 2 broke", 1)
	process.send("store", "break")
	show("store broke", 3)
	process.send("store", "break")
	print("store broke: " .. tostring(events:receive().result.error))
end

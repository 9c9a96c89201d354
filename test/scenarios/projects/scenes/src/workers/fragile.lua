-- The parent of S6: it does not trap links, and waits in the way it is told.
local time = require("time")

local function wait(how, events_ch)
	if how == "events" then
		return events_ch:receive()
	elseif how == "inbox" then
		return process.inbox():receive()
	elseif how == "sleeps" then
		time.sleep("1h")
	elseif how == "pcall" then
		return pcall(function()
			while true do
				pcall(time.sleep, "1s")
			end
		end)
	elseif how == "answer" then
		local deaf = process.spawn("app.workers:deaf", "app:processes")
		process.send(deaf, "question", process.pid())
		return process.listen("answer"):receive()
	elseif how == "coroutine" then
		coroutine.spawn(function()
			while true do
				time.sleep("1s")
			end
		end)
		time.sleep("1h")
	elseif how == "never_looks" then
		while true do
		end
	end
end

local function main(observer, how, child)
	local events_ch
	if how == "events" then
		events_ch = process.events()
	end
	print("trap_links:", process.get_options().trap_links)
	local pid = process.spawn_linked("app.workers:" .. child, "app:processes")
	process.send(observer, "child", pid)
	if child == "value" then
		time.sleep("50ms")
		return "alive"
	end
	wait(how, events_ch)
	print("not reached")
end

return { main = main }

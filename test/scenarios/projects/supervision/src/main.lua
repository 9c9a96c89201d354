-- Every way a supervisor can end, and that nobody of its tree is left then.

local function wait_until(what, holds)
	for _ = 1, 10000 do
		if holds() then
			return
		end
		time.sleep("1ms")
	end
	error("in vain: " .. what)
end

local function others()
	local nr = 0
	for _, one in ipairs(system.hosts.processes("app:processes")) do
		if one.source ~= "app:main" and one.source ~= "app:breaks" then
			nr = nr + 1
		end
	end
	return nr
end

-- The children of a supervisor once all of them run, and their restarts.
local function whole(sup)
	local children
	wait_until("all run", function()
		children = supervisor.children(sup)
		for _, child in ipairs(children or {}) do
			if child.state ~= "running" then
				return false
			end
		end
		return children and #children == 4 and others() == 7
	end)
	return children
end

local function show(sup)
	local text = {}
	for i, child in ipairs(whole(sup)) do
		text[i] = child.name .. " " .. child.restarts
	end
	print("", table.concat(text, ", "))
end

local events = process.events()

local function ends(how, act)
	print(how)
	local sup = process.spawn_monitored("app:crew")
	show(sup)
	act(sup)
	local event = events:receive()
	wait_until("none is left", function() return others() == 0 end)
	print("", event.from == sup, event.result.error)
end

local function fail(sup)
	process.send(whole(sup)[1].pid, "fail")
end

return function()
	ends("cancelled", function(sup) process.cancel(sup) end)
	ends("terminated", function(sup) process.terminate(sup) end)
	ends("at its deadline", function(sup) process.cancel(sup, "10ms") end)
	ends("after too many restarts", function(sup)
		fail(sup)
		wait_until("restarted", function() return whole(sup)[4].restarts == 1 end)
		show(sup)
		process.terminate(whole(sup)[2].pid)
		wait_until("restarted", function() return whole(sup)[4].restarts == 2 end)
		show(sup)
		fail(sup)
	end)
	ends("with children started and stopped by hand", function(sup)
		print("", supervisor.terminate_child(sup, "last/2"))
		local pid, err = supervisor.start_child(sup, {name = "last/2", process = "app:worker"})
		print("", pid, err)
		print("", supervisor.restart_child(sup, "last/2") ~= nil)
		print("", supervisor.terminate_child(sup, "first"))
		local n = supervisor.count(sup)
		print("", n.specs, n.active, n.supervisors, n.workers)
		process.cancel(sup)
	end)
	wait_until("the service is given up", function()
		return system.supervisor.state("app:kept").status == "exited"
	end)
	local kept = system.supervisor.state("app:kept")
	print(kept.status, kept.retry_count, kept.details)
	print("its caller's end")
	process.registry.register("main")
	supervisor.start{children = {
		{name = "a", process = "app:worker"}, {name = "b", process = "app:crew"}}}
	wait_until("all run", function() return others() == 9 end)
end

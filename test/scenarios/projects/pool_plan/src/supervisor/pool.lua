-- The pool of S12. It ignores CANCEL. `health` and `idle` shorten its waits where time is real, and
-- `watcher` is told of each worker that starts.
local function main(worker_count, health, idle, watcher)
	local time = require("time")
	worker_count = worker_count or 4

	process.set_options { trap_links = true }
	local events_ch = process.events()
	local workers = {}

	local function start_worker(id)
		local pid, err =
			process.spawn_linked("app.workers:task_worker", "app:processes", id, idle)
		if err then
			print("Failed to start worker " .. id .. ": " .. tostring(err))
			return
		end
		workers[pid] = { id = id, started_at = os.time() }
		print("Worker " .. id .. " started: " .. pid)
		if watcher then
			process.send(watcher, "started", id, pid)
		end
	end

	for i = 1, worker_count do
		start_worker(i)
	end
	print("Supervisor started with " .. worker_count .. " workers")

	while true do
		local timeout = time.after(health or "60s")
		local result = channel.select {
			events_ch:case_receive(),
			timeout:case_receive(),
		}
		if result.channel == timeout then
			local count = 0
			for _ in pairs(workers) do
				count = count + 1
			end
			print("Health check: " .. count .. " active workers")
		elseif result.value.kind == process.event.LINK_DOWN then
			local event = result.value
			local dead = workers[event.from]
			if dead then
				workers[event.from] = nil
				local uptime = os.time() - dead.started_at
				print("Worker " .. dead.id .. " died after " .. uptime
					.. "s, restarting")
				time.sleep("100ms")
				start_worker(dead.id)
			end
		end
	end
end

return { main = main }

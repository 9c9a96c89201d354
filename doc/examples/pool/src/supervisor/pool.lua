-- Keeps a number of workers running: each is linked, and one that fails is started again.

local time = require("time")

local WORKER = "app.workers:task_worker"
local HOST = "app:processes"

local workers = {} -- by PID

local function start(id)
	local pid, err = process.spawn_linked(WORKER, HOST, id)
	if err then
		print("Failed to start worker " .. id .. ": " .. tostring(err))
		return
	end
	workers[pid] = {id = id, started_at = os.time()}
	print("Worker " .. id .. " started: " .. pid)
end

local function restart(worker)
	local lived = os.time() - worker.started_at
	print("Worker " .. worker.id .. " died after " .. lived .. "s, restarting")
	time.sleep("100ms")
	start(worker.id)
end

local function health_check()
	local count = 0
	for _ in pairs(workers) do
		count = count + 1
	end
	print("Health check: " .. count .. " active workers")
end

local function main(worker_count)
	worker_count = worker_count or 4
	process.set_options({trap_links = true})
	local events = process.events()

	for id = 1, worker_count do
		start(id)
	end
	print("Supervisor started with " .. worker_count .. " workers")

	while true do
		local timeout = time.after("60s")
		local result = channel.select({
			events:case_receive(),
			timeout:case_receive(),
		})
		if result.channel == timeout then
			health_check()
		elseif result.value.kind == process.event.LINK_DOWN then
			local worker = workers[result.value.from]
			if worker then
				workers[result.value.from] = nil
				restart(worker)
			end
		elseif result.value.kind == process.event.CANCEL then
			-- The workers hear of the stop themselves, from their host.
			return "stopped"
		end
	end
end

return {main = main}

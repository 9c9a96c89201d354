-- The parent of S10. It lets an observer monitor everybody before it fails.
local function main(count, observer, trap)
	local ready = process.listen("ready")
	process.set_options { trap_links = true }

	local children = {}
	for i = 1, count do
		local pid, err = process.spawn("app.workers:star_child", "app:processes", trap)
		if err then
			error("spawn child failed: " .. tostring(err))
		end
		process.send(pid, "inbox", process.pid())
		children[i] = pid
	end
	for _ = 1, count do
		local msg = process.inbox():receive()
		if msg:topic() ~= "linked" then
			error("expected linked confirmation")
		end
	end
	process.send(observer, "children", children)
	ready:receive()
	error("PARENT_STAR_FAILURE")
end

return { main = main }

-- One of a crowd that does everything to each other at random, and ends in any way there is.
local time = require("time")

local function one_of(list)
	return list[math.random(#list)]
end

local ACTS = {
	function(peer) process.send(peer, "noise", { peer, { 1, 2, 3 } }) end,
	function(peer) process.link(peer) end,
	function(peer) process.unlink(peer) end,
	function(peer) process.monitor(peer) end,
	function(peer) process.unmonitor(peer) end,
	function(peer) process.cancel(peer, one_of { "1ms", "3ms", 10, 0, "1h", "no reason" }) end,
	function(peer) process.terminate(peer) end,
	function() process.set_options { trap_links = math.random(2) == 1 } end,
	function() time.sleep(math.random(0, 3) * time.MILLISECOND) end,
	function() coroutine.yield() end,
	function() process.spawn_linked("app.workers:value", "app:processes") end,
	function() process.spawn_linked("app.workers:late", "app:processes") end,
	function() coroutine.spawn(function() time.sleep("1ms") end) end,
	function() channel.select { process.inbox():case_receive(), process.events():case_receive(),
		default = true } end,
	function() process.unlisten(process.inbox()) end,
	function() process.unlisten(process.events()) end,
}

local function main(steps)
	local crowd = process.listen("crowd"):receive()
	for _ = 1, math.random(steps) do
		one_of(ACTS)(one_of(crowd))
	end
	local how = math.random(5)
	if how == 1 then
		error("as it likes")
	elseif how == 2 then
		return nil, "as it likes"
	elseif how == 3 then
		time.sleep("1h")
	elseif how == 4 then
		while true do
		end
	end
	return how
end

return { main = main }

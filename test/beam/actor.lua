-- An actor of a random program (links.h). What it did and saw is printed, a line for each:
--
--	2 link 3 ok|gone		also unlink, unmonitor, send, kill; monitor: ok|gone|already
--	2 born 5 PID			it spawned actor 5
--	2 exit 5 normal|failed|linked|killed	an EXIT
--	2 down 5 failed|linked|killed		a LINK_DOWN
--	2 got 5 7			message 7 of actor 5
--
-- It waits for the next script in another place each, since SPEC 6.5 and 10.6 hold in all of them.

local self, sent = nil, 0
local pids, actors = {}, {} -- by number, and by PID

local function say(...) print(self, ...) end

local function know(number, pid)
	pids[number], actors[pid] = pid, number
end

-- Of calls: ok, or the one word for each kind of refusal.
local function verdict(ok, err)
	if ok then return "ok" end
	return ({ NotFound = "gone", AlreadyExists = "already" })[err:kind()] or tostring(err)
end

-- Of an event's result: what the actor `number` came to.
local function fate(number, result)
	local err = result.error
	if not err then
		return result.value == "end of " .. number and "normal" or "odd value"
	elseif tostring(err) == "linked process failed" then
		return err:details().pid:find("^{app:processes|0x%x+}$") and "linked" or "odd peer"
	elseif tostring(err) == "process terminated" and err:kind() == errors.CANCELED then
		return "killed"
	end
	return tostring(err):find("failure of " .. number, 1, true) and "failed" or tostring(err)
end

local failures = {
	[0] = function(text) error(text) end,
	function(text) error({ message = text }) end,
	function(text) error(errors.new(text)) end,
}

-- How main returns; nil: it does not.
local function leave(how)
	if how == "end" then return "end of " .. self end
	local text = "failure of " .. self
	if self % 4 == 3 then return nil, text end
	failures[self % 4](text)
end

local act = {}

for _, name in ipairs { "link", "unlink", "monitor", "unmonitor" } do
	act[name] = function(other)
		say(name, other, pids[other] and verdict(process[name](pids[other])) or "gone")
	end
end

function act.trap(how)
	process.set_options { trap_links = how == "on" }
end

function act.send(other)
	local how = pids[other] and verdict(process.send(pids[other], "m", sent + 1)) or "gone"
	if how == "ok" then sent = sent + 1 end
	say("send", other, how)
end

function act.kill(other)
	if other == self then say("kill", other, "ok") end
	say("kill", other, pids[other] and verdict(process.terminate(pids[other])) or "gone")
end

for _, kind in ipairs { "", "_linked", "_monitored", "_linked_monitored" } do
	local name = "spawn" .. kind
	act[name] = function(number, how)
		local pid, err = process[name]("app:actor", nil, number, how, self, pids[self])
		assert(pid, err)
		know(number, pid)
		say("born", number, pid)
	end
end

-- Plays `OP ...`; gives how main is to end, or nil.
local function perform(script)
	for op, what, how in script:gmatch("([a-z_]+):?(%w*):?(%l*)") do
		if op == "end" or op == "fail" then return op end
		act[op](math.tointeger(what) or what, how ~= "" and how or nil)
	end
end

local function hear(event)
	local number = actors[event.from]
	if event.kind == process.event.EXIT then
		say("exit", number, fate(number, event.result))
	else
		say("down", number, fate(number, event.result))
	end
end

-- By topic.
local on = { perform = perform }

-- `NUMBER=PID ...`
function on.know(list)
	for number, pid in list:gmatch("(%d+)=(%S+)") do know(math.tointeger(number), pid) end
end

function on.m(number, from)
	say("got", actors[from], number)
end

-- Until a script says how to end.
local function obey()
	local inbox, events = process.inbox(), process.events()
	while true do
		local got = channel.select { events:case_receive(), inbox:case_receive() }
		if got.channel == events then
			hear(got.value)
		else
			local from, what = got.value:from(), got.value:payload():data()
			local how = on[got.value:topic()](what, from)
			if how then return how end
		end
	end
end

local places = {
	[0] = obey,
	function()
		local ok, how = pcall(obey)
		return ok and how or error(how, 0)
	end,
	function()
		local how
		string.gsub("x", ".", function() how = obey() end)
		return how
	end,
	function() return coroutine.wrap(obey)() end,
	function()
		local done = channel.new()
		coroutine.spawn(function() done:send(obey()) end)
		return (done:receive())
	end,
	function()
		local how
		table.sort({ 1, 2 }, function(a, b) how = how or obey() return a < b end)
		return how
	end,
}

return function(number, how, parent, pid)
	self = number
	know(self, process.pid())
	if parent then know(parent, pid) end
	return leave(how or places[self % 6]())
end

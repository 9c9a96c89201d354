-- Chapters 2 and 3: errors and PIDs.
local HOST = "app:processes"

local function same(what, got, want)
	if got ~= want then
		error(what .. ": got " .. tostring(got) .. ", wanted " .. tostring(want), 2)
	end
end

-- E(Kind, "text") of the contract, with what 1.2 says of retryable.
local RETRYABLE = {
	Invalid = false, Unavailable = true, RateLimited = true, ResourceExhausted = true,
	Timeout = true,
}
local function denied(kind, text, value, err)
	if value or type(err) ~= "userdata" or err:kind() ~= kind or tostring(err) ~= text
		or err:retryable() ~= RETRYABLE[kind] then
		local got = type(err) == "userdata"
			and err:kind() .. ", retryable " .. tostring(err:retryable())
		error(("got %s, %s (%s); wanted %s, %s"):format(tostring(value), tostring(err),
			tostring(got), kind, text), 2)
	end
	return err
end

local function raises(text, fn)
	local ok, err = pcall(fn)
	if ok or not tostring(err):find(text, 1, true) then
		error(("got %s, %s; wanted: %s"):format(tostring(ok), tostring(err), text), 2)
	end
end

-- A process that runs `code`, which gets the other arguments.
local function child(code, ...)
	return assert(process.spawn("app:run", HOST, code, ...))
end

-- Runs `code` to its end: gives its result and its PID.
local function outcome(code, ...)
	local pid = assert(process.spawn_monitored("app:run", HOST, code, ...))
	local event = process.events():receive()
	same("EXIT of", event.from, pid)
	return event.result, pid
end

-- An ended process.
local function ended()
	local _, pid = outcome("")
	return pid
end

local LOADING = { pid = process.pid(), id = process.id() }

local function c02_1_error()
	local dead = ended()
	local _, err = process.send(dead, "x")
	same("type", type(err), "userdata")
	same("kind", err:kind(), "NotFound")
	same("message", err:message(), "process not found")
	same("retryable", err:retryable(), nil)
	same("details", err:details(), nil)
	same("stack", type(err:stack()), "string")
	same("tostring", tostring(err), "process not found")
	same("text .. error", "a " .. err, "a process not found")
	same("error .. text", err .. " b", "process not found b")
	same("error .. error", err .. err, "process not foundprocess not found")
	same("find", string.find(err, "not found"), 9)
	same("upper", string.upper(err), "PROCESS NOT FOUND")
	same("len", string.len(err), 17)
	same("sub", string.sub(err, 1, 7), "process")
	same("rep", string.rep(err, 2, "-"), "process not found-process not found")
	same("gsub", string.gsub(err, "not ", ""), "process found")
	same("match", string.match(err, "^%a+"), "process")
	same("format", string.format("%s", err), "process not found")
	same("byte", string.byte(err), 112)
	local _, other = process.send(dead, "x")
	same("identity", err == err, true)
	same("another", err == other, false)
	raises("", function() err.field = 1 end)

	local _, nowhere = process.spawn("app:run", "app:nowhere")
	local details = nowhere:details()
	same("details", details.host_id, "app:nowhere")
	details.host_id = "changed"
	same("details are fresh", nowhere:details().host_id, "app:nowhere")

	local back = outcome("return (...)", nowhere).value
	same("crossed: type", type(back), "userdata")
	same("crossed: identity", back == nowhere, false)
	same("crossed: kind", back:kind(), "NotFound")
	same("crossed: message", back:message(), "host not found")
	same("crossed: retryable", back:retryable(), nil)
	same("crossed: details", back:details().host_id, "app:nowhere")
end

local function c02_3_throwing()
	local _, text = pcall(function() error("x") end)
	same("position", text:match("^app:c02_3_throwing:%d+: x$") ~= nil, true)
	_, text = pcall(function() error("x", 0) end)
	same("no position", text, "x")
	local _, err = process.send(process.pid())
	local ok, caught = pcall(error, err)
	same("thrown", ok, false)
	same("an Error is itself", rawequal(caught, err), true)
	local t = {}
	_, caught = pcall(error, t)
	same("a table is itself", caught, t)
end

local function c02_4_leaving()
	local function fails(kind, text, code)
		local result = outcome(code)
		same("value", result.value, nil)
		same("kind of " .. code, result.error:kind(), kind)
		same("text of " .. code, tostring(result.error), text)
		return result.error
	end
	same("retryable", fails("Internal", "x", "error('x', 0)"):retryable(), nil)
	fails("Internal", "code:1: x", "error('x')")
	fails("Internal", "42", "error(42)")
	fails("Internal", "as text",
		"error(setmetatable({message = 'no'}, {__tostring = function() return 'as text' end}))")
	fails("Internal", "by message", "error({message = 'by message'})")
	fails("Internal", "(error object is a table value)", "error({})")
	fails("Internal", "(error object is a table value)", "error({message = {}})")
	fails("Internal", "(error object is a function value)", "error(print)")
	fails("Internal", "(error object is a boolean value)", "error(true)")
	fails("Internal", "(error object is a nil value)", "error(nil)")
	local err = fails("NotFound", "host not found",
		"local _, err = process.spawn('app:run', 'app:nowhere') error(err)")
	same("details", err:details().host_id, "app:nowhere")
	err = fails("Invalid", "topic cannot be empty",
		"local _, err = process.listen('') error(err)")
	same("retryable false is kept", err:retryable(), false)
	err = fails("Internal", "code:2: deep", "local function f()\nerror('deep')\nend\nf()")
	same("traceback", err:stack():find("code:2", 1, true) ~= nil, true)
	same("all of it", err:stack():find("code:4", 1, true) ~= nil, true)
end

local function c03_1_pids()
	local seen = { [process.pid()] = true }
	for _ = 1, 200 do
		local pid = ended()
		same("form", pid:match("^{app:processes|0x[0-9a-f]+}$"), pid)
		same("five digits", #pid >= #"{app:processes|0x00000}", true)
		same("used once", seen[pid], nil)
		seen[pid] = true
	end
	local function all(text, dest)
		for _, name in ipairs { "monitor", "unmonitor", "link", "unlink", "cancel",
			"terminate" } do
			denied("NotFound", text, process[name](dest))
		end
		denied("NotFound", text, process.send(dest, "x"))
	end
	all("could not resolve 'nobody' as PID or registered name", "nobody")
	all("could not resolve '{nobody}' as PID or registered name", "{nobody}")
	all("could not resolve '{app:processes|0xzz}' as PID or registered name",
		"{app:processes|0xzz}")
	all("node not found", "{other@app:processes|0x00101}")

	local inbox = process.inbox()
	local number = process.pid():match("0x%x+")
	assert(process.send("{local@app:processes|" .. number .. "}", "two"))
	assert(process.send("{local@app:processes|anything|" .. number .. "}", "three"))
	same("this node", inbox:receive():topic(), "two")
	same("three parts", inbox:receive():topic(), "three")
	same("the system", process.send("{kith:system|0x00000}", "x"), nil)
end

local function c03_5_self()
	same("pid while loading", LOADING.pid, process.pid())
	same("id while loading", LOADING.id, "app:c03_5_self")
	same("id", process.id(), "app:c03_5_self")
	same("of a child", outcome("return process.id()").value, "app:run")
end

return {
	c02_1_error = c02_1_error,
	c02_3_throwing = c02_3_throwing,
	c02_4_leaving = c02_4_leaving,
	c03_1_pids = c03_1_pids,
	c03_5_self = c03_5_self,
}

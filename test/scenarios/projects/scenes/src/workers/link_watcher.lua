-- The worker W of S4. It also tells the sender what the event held.
local function main(patience)
	local time = require("time")
	local events_ch = process.events()
	local inbox_ch = process.inbox()

	process.set_options { trap_links = true }

	local msg = inbox_ch:receive()
	local target = msg:payload():data()
	local sender = msg:from()

	local ok, err = process.link(target)
	if err then
		return nil, "link failed: " .. tostring(err)
	end
	process.send(sender, "linked", process.pid())

	local timeout = time.after(patience)
	local result = channel.select {
		events_ch:case_receive(),
		timeout:case_receive(),
	}
	if result.channel == events_ch and result.value.kind == process.event.LINK_DOWN then
		local event = result.value
		process.send(sender, "saw", {
			kind = event.kind,
			from = event.from,
			text = tostring(event.result.error),
			value = event.result.value,
		})
		return "LINK_DOWN_RECEIVED"
	end
	return nil, "no LINK_DOWN received"
end

return { main = main }

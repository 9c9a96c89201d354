-- Reports the CANCEL it sees to the canceller, cleans up for `ms` and returns.
local time = require("time")

local function main(ms)
	local event = process.events():receive()
	process.send(event.from, "saw", {
		kind = event.kind,
		from = event.from,
		reason = event.reason,
		deadline = event.deadline,
	})
	time.sleep(ms * time.MILLISECOND)
	return "cleaned up"
end

return { main = main }

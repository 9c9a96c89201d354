-- What others link to: at the word "go" it waits 50 ms and ends as it was told at birth.
local time = require("time")

local function main(how)
	process.inbox():receive()
	time.sleep("50ms")
	if how == "throws" then
		error("TARGET_DOWN", 0)
	elseif how == "text" then
		return nil, "x"
	end
	return "fine"
end

return { main = main }

local time = require("time")
local function main()
	time.sleep("20ms")
	error("LATE") -- line 4
end

return { main = main }

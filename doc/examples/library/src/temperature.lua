-- Converts temperatures. What a library uses stays its own: rounding is no name of its importers.

local M = {}

function M.celsius(fahrenheit)
	if type(fahrenheit) ~= "number" then
		error("a temperature is a number")
	end
	return rounding.to((fahrenheit - 32) / 1.8, 1)
end

return M

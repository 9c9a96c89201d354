-- An import is a global of this file, and the result of require.

local same = require("temperature")

return function()
	print("98.6 F is " .. temperature.celsius(98.6) .. " C")
	print("the same table:", same == temperature)
	print("rounding here:", rounding)
	print(pcall(temperature.celsius, "warm"))
end

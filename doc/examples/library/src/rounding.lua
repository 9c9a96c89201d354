local M = {}

-- The number rounded to so many digits behind the point.
function M.to(number, digits)
	local unit = 10 ^ -digits
	return math.floor(number / unit + 0.5) * unit
end

return M

-- Runs the code it is given as its body: tests write their processes where they use them.
local function main(code, ...)
	return assert(load(code, "=code"))(...)
end

return { main = main }

-- Ends in the way it is asked for.

return function(way)
	if way == "value" then
		return 6 * 7
	elseif way == "error" then
		error("out of paper")
	elseif way == "refusal" then
		return nil, errors.new({message = "no such page", kind = errors.NOT_FOUND})
	end
	process.inbox():receive() -- waits for ever
end

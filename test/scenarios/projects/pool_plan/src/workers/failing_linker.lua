-- Links to a process and fails.
local function main(target)
	assert(process.link(target))
	error("GIVE UP", 0)
end

return { main = main }

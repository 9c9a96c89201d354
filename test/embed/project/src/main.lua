-- The result of ten children is the exit status of the runtime that was given `base`.
return function(base)
	local events = process.events()
	local sum = tonumber(base)
	for i = 1, 10 do
		process.spawn_monitored("app:child", nil, i)
	end
	for _ = 1, 10 do
		sum = sum + events:receive().result.value
	end
	print("sum", sum)
	return sum
end

return function()
	time.sleep("20ms")
	return nil, "broken"
end

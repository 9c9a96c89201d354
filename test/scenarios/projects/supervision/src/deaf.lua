return function()
	while true do
		time.sleep("1h")
	end
end

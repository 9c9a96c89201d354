-- Never reads its events.

return function()
	while true do
	end
end

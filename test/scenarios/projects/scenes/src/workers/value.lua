return {
	main = function()
		return 42
	end,
}

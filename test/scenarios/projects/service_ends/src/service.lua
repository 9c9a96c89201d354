return {
	main = function()
		print("service runs")
	end,
}

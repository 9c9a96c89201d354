local function main()
	print("service runs")
	error("ON PURPOSE")
end

return { main = main }

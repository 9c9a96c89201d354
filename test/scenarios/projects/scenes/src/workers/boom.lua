local function main()
	-- The position in the text is part of the scenarios: line 3.
	error("BOOM")
end

return { main = main }

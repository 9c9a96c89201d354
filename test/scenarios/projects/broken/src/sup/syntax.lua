local function main()
	local x = = 1
end
return { main = main }

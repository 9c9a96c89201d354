-- Asks all shops at once, and gives none of them more than half a second.
local function ask(item)
	local patient = funcs.new():with_options({timeout = "500ms"})
	local asked = {}
	for _, shop in ipairs(registry.find({["meta.type"] = "shop"})) do
		table.insert(asked, {id = shop.id, future = assert(patient:async(shop.id, item))})
	end
	local best
	for _, one in ipairs(asked) do
		one.future:channel():receive()
		local price, err = one.future:result()
		print(item, one.id, err or price:data())
		if price and (best == nil or price:data() < best) then
			best = price:data()
		end
	end
	return best
end

return function()
	local bread, milk = ask("bread"), ask("milk")
	print("four of bread", (funcs.call("app:total", bread, 4)))
	print("two of milk", (funcs.call("app:total", milk, 2)))
	print("cake", select(2, funcs.call("app:bakery", "cake")))
end

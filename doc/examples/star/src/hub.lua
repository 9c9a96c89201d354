-- Waits until so many spokes are linked with it, then fails.

return function(nr_spokes)
	local inbox = process.inbox()
	for _ = 1, nr_spokes do
		inbox:receive()
	end
	error("the hub broke")
end

return function()
	error("the child fell")
end

return function()
	local events, inbox = process.events(), process.inbox()
	local got = channel.select{events:case_receive(), inbox:case_receive()}
	if got.channel == inbox then
		error("told to fail")
	end
end

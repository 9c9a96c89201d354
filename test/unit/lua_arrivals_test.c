/* What arrives while a process gives way in the middle of routing wakes it (SPEC 8.1, 15.3). */
#include "lua_stage.h"

/* So much has arrived when main is woken that it is set aside before all is routed. What comes then
 * finds an empty mailbox, and a process that is ready already. */
TEST(lua_arrivals, what_comes_while_others_are_routed_is_not_left_lying) {
	for (uint64_t seed = 1; seed <= 20; seed++) {
		const struct entry entries[] = {
			{"app:main", MAIN(
				local done = process.listen("done")
				for i = 1, 5 do
					process.spawn("app:floods", nil, process.pid())
				end
				process.spawn("app:trickles", nil, process.pid())
				print((done:receive())))},
			{"app:floods",
				"return function(to)\n"
				"for i = 1, 8000 do process.send(to, 'noise') end end"},
			{"app:trickles",
				"return function(to) for i = 1, 100 do\n"
				"for i = 1, 5000 do end process.send(to, 'noise') end\n"
				"process.send(to, 'done', 'heard') end"}};
		struct stage stage;
		stage_open(&stage, entries, 3, seed);
		stage_start(&stage, NULL, 0);
		stage_run(&stage, INT64_C(36000000000000));
		stage_close(&stage, "heard\n");
	}
}

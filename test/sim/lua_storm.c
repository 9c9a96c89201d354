/*
 * The storm of lua_storm.h in virtual time; the same seed gives the same run.
 */
#include "lua_storm.h"

static uint64_t blow(uint64_t seed) {
	struct storm storm;
	storm_open(&storm, true, 3, seed);
	storm_begin(&storm, 8);
	ki_sched_run(storm.sched, ki_sched_now(storm.sched) + INT64_C(10000000000));
	storm_kill(&storm);
	ki_sched_run(storm.sched, -1);
	uint64_t digest = ki_load_rlx(&storm.xdigest); /* nobody else runs */
	storm_close(&storm);
	return digest;
}

static void run(uint64_t seed) {
	EQ_UINT(blow(seed), blow(seed));
}

SIM_MAIN("messages keep their order, monitors fire once, a seed is a run", run)

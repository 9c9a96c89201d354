/*
 * The storm of process_storm.h in the simulator: an order of everything drawn from each seed.
 * Every seed is small and dense; every tenth has a thousand bodies.
 */
#include "process_storm.h"

static void run(uint64_t seed) {
	struct storm storm = {.seed = seed};
	storm.nr_bodies = seed % 10 == 0 ? 1000 : (uint32_t)(2 + seed % 60);
	storm.nr_acts = seed % 10 == 0 ? 40 : 400;
	storm_open(&storm, true, 4);
	storm_spawn(&storm);
	EQ_INT(ki_sched_run(storm.sched, -1), KI_RUN_IDLE);
	EQ_UINT(ki_load_rlx(&storm.xat_rest), storm.nr_bodies); /* nothing runs */
	storm_check_at_rest(&storm);
	storm_kill_all(&storm);
	EQ_INT(ki_sched_run(storm.sched, -1), KI_RUN_IDLE);
	storm_close(&storm);
}

SIM_MAIN("each monitor fires once, links are mutual, nobody outlives its fate", run)

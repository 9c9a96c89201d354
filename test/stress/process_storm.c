/*
 * The storm of process_storm.h on real threads, again and again until the time is up.
 */
#include "process_storm.h"

#include "sys/thread.h"

/* Until nothing can happen any more of itself. A look at numbers that stand still for a while would
 * be wrong where the machine is slow: a worker that was called may come late. */
static void wait_for_rest(struct storm *storm) {
	uint64_t woken;
	while (!ki_sched_at_rest(storm->sched, &woken)) {
		ki_thread_yield();
	}
}

static void blow(uint64_t seed) {
	static const int workers[] = {1, 2, 4, 16};
	struct storm storm = {.seed = seed, .nr_bodies = 200, .nr_acts = 300};
	storm_open(&storm, false, workers[seed % 4]);
	storm_spawn(&storm);
	wait_for_rest(&storm);
	EQ_UINT(ki_load_rlx(&storm.xat_rest), storm.nr_bodies);
	ki_host_stop(storm.host->host); /* joins: from here on its memory is ours */
	storm_check_at_rest(&storm);
	OK(ki_host_start(storm.host->host));
	storm_kill_all(&storm);
	wait_for_rest(&storm);
	storm_close(&storm);
}

static void run(uint64_t seed, int64_t bound_ns) {
	int64_t until = stress_now_ns() + bound_ns;
	do {
		snprintf(test_replay(), 256, "process_storm %" PRIu64 " 1", seed);
		blow(seed++);
	} while (stress_now_ns() < until);
}

STRESS_MAIN("each monitor fires once, links are mutual, nobody outlives its fate", run)

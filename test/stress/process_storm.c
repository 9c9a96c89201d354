/*
 * The storm of process_storm.h on real threads, again and again until the time is up.
 */
#include "process_storm.h"

#include "sys/thread.h"

static void wait_for(struct storm *storm, bool all_dead) {
	for (;;) {
		struct ki_counts stats;
		bool still = ki_load_rlx(&storm->xat_rest) == storm->nr_bodies; /* polled */
		if (all_dead) {
			still = ki_proc_host_live(storm->host) == 0;
		}
		ki_host_counts(storm->host->host, &stats);
		/* At rest nobody runs who could make anybody ready; asked twice, as no moment is
		 * shared. */
		if (still && stats.workers_busy == 0 && stats.queue_depth == 0) {
			uint64_t before = stats.executed;
			struct timespec pause = {0, 3000000}; /* longer than the cancel deadlines */
			nanosleep(&pause, NULL);
			ki_host_counts(storm->host->host, &stats);
			if (stats.executed == before && stats.workers_busy == 0) {
				return;
			}
		}
		ki_thread_yield();
	}
}

static void blow(uint64_t seed) {
	static const int workers[] = {1, 2, 4, 16};
	struct storm storm = {.seed = seed, .nr_bodies = 200, .nr_acts = 300};
	storm_open(&storm, false, workers[seed % 4]);
	storm_spawn(&storm);
	wait_for(&storm, false);
	ki_host_stop(storm.host->host); /* joins: from here on its memory is ours */
	storm_check_at_rest(&storm);
	OK(ki_host_start(storm.host->host));
	storm_kill_all(&storm);
	wait_for(&storm, true);
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

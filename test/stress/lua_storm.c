/*
 * The storm of lua_storm.h on real threads, again and again until the time is up.
 */
#include "lua_storm.h"

#include "sys/thread.h"

/* Until none lives; after a while they are killed, and those that they spawned meanwhile. */
static void wait_for_end(struct storm *storm, int64_t patience_ns) {
	int64_t until = stress_now_ns() + patience_ns;
	while (ki_proc_host_live(storm->host) > 0) {
		if (stress_now_ns() >= until) {
			storm_kill(storm);
		}
		ki_thread_yield();
	}
}

/* The last one has told its end; its worker lets go of it. */
static void wait_for_rest(struct storm *storm) {
	struct ki_counts stats;
	do {
		ki_thread_yield();
		ki_host_counts(storm->host->host, &stats);
	} while (stats.workers_busy > 0 || stats.queue_depth > 0);
}

static void blow(uint64_t seed) {
	static const int workers[] = {1, 2, 4, 16};
	struct storm storm;
	storm_open(&storm, false, workers[seed % 4], seed);
	storm_begin(&storm, 12);
	wait_for_end(&storm, 300000000);
	wait_for_rest(&storm);
	storm_close(&storm);
}

static void run(uint64_t seed, int64_t bound_ns) {
	int64_t until = stress_now_ns() + bound_ns;
	do {
		snprintf(test_replay(), 256, "lua_storm %" PRIu64 " 1", seed);
		blow(seed++);
	} while (stress_now_ns() < until);
}

STRESS_MAIN("messages keep their order, monitors fire once, every spawn ends", run)

/*
 * Everything at once on 1, 2, 4 and 16 workers, with the preempt signal where it works: tasks wake
 * each other one by one and in bursts longer than a ring, yield, use up slices and are told so,
 * and now and then hold their worker in C until spare threads take over; hosts stop and start
 * between. Laws: each word said is heard; a task runs on one worker at a time; executed is the sum
 * of all turns, preempted that of all slices used up; nothing is left in a queue.
 */
#include "kith_stress.h"

#include <signal.h>

#include "base/atomic.h"
#include "base/compiler.h"
#include "sched/sched.h"
#include "sys/clock.h"
#include "sys/thread.h"

enum { NR_TASKS = 300 };

struct actor {
	struct ki_task task;
	struct ki_overrun overrun;
	_Atomic(uint64_t) xtold; /* words not yet heard */
	_Atomic(int) xinside, xover;
	uint64_t heard, slices;
};

static struct ki_sched *sched;
static struct actor actors[NR_TASKS];
static _Atomic(uint64_t) xsaid;
static _Atomic(bool) xquiet; /* nobody says anything any more */

static void tell(struct actor *to) {
	ki_add_rlx(&xsaid, 1);
	ki_add_rel(&to->xtold, 1);
	ki_task_wake(&to->task);
}

static uint64_t draw(uint64_t n) {
	return ki_sched_random(sched) % n;
}

static void spin_for(int64_t ns) {
	int64_t until_ns = ki_clock_mono_ns() + ns;
	while (ki_clock_mono_ns() < until_ns) {
	}
}

/* Three slices, given way as often as told. */
static void use_slices(struct actor *me) {
	for (int i = 0; i < 3; i++) {
		int64_t until_ns = ki_clock_mono_ns() + 5000000;
		while (ki_clock_mono_ns() < until_ns && !ki_load_rlx(&me->xover) &&
			(ki_sched_preempts(sched) || !ki_task_tick())) {
		}
		ki_store_rlx(&me->xover, 0);
		me->slices++;
		ki_sub_acq_rel(&me->xinside, 1);
		ki_task_yield(true);
		EQ_INT(ki_add_acq_rel(&me->xinside, 1), 0);
	}
}

static void act(struct actor *me) {
	uint64_t lot = draw(2000);
	if (lot < 1) {
		spin_for(12000000); /* stuck */
	} else if (lot < 5) {
		use_slices(me);
	} else if (lot < 15) {
		for (uint64_t n = draw(2 * NR_TASKS); n > 0; n--) {
			tell(&actors[draw(NR_TASKS)]);
		}
	} else if (lot < 1400) {
		tell(&actors[draw(NR_TASKS)]);
	} else if (lot < 1600) {
		tell(&actors[(uint64_t)(me - actors) ^ 1]);
	} else if (lot < 1700) {
		tell(&actors[draw(NR_TASKS)]);
		spin_for((int64_t)draw(100000)); /* the word waits in an old turn */
	}
}

static enum ki_step step(struct ki_task *task) {
	struct actor *me = ki_container_of(task, struct actor, task);
	EQ_INT(ki_add_acq_rel(&me->xinside, 1), 0);
	ki_task_on_overrun(&me->overrun);
	uint64_t told = ki_xchg_acq(&me->xtold, 0);
	me->heard += told;
	for (uint64_t n = told < 3 ? told : 3; n > 0 && !ki_load_rlx(&xquiet); n--) {
		act(me);
	}
	EQ_INT(ki_sub_acq_rel(&me->xinside, 1), 1);
	/* A word that came while it was set aside woke nobody: it was ready. */
	bool more = ki_load_acq(&me->xtold) > 0;
	return more || draw(8) == 0 ? KI_STEP_AGAIN : KI_STEP_WAIT;
}

static void never(struct ki_task *task) {
	(void)task;
	FAIL("a task ended");
}

static void tell_overrun(struct ki_overrun *overrun) {
	ki_store_rlx(&ki_container_of(overrun, struct actor, overrun)->xover, 1);
}

static const struct ki_task_ops ops = {.step = step, .starve = never, .done = never};

static void stats_at_rest(struct ki_host *host, struct ki_counts *stats) {
	int64_t limit_ns = ki_clock_mono_ns() + INT64_C(20000000000);
	uint64_t before;
	ki_host_counts(host, stats);
	do {
		before = stats->executed;
		struct timespec pause = {0, 2000000};
		nanosleep(&pause, NULL);
		ki_host_counts(host, stats);
		if (ki_clock_mono_ns() > limit_ns) {
			FAIL("%" PRIu64 " tasks wait, %" PRIu64 " workers are busy",
				stats->queue_depth, stats->workers_busy);
		}
	} while (stats->workers_busy > 0 || stats->queue_depth > 0 || stats->executed != before);
}

static void check(struct ki_host *host) {
	struct ki_counts stats;
	for (;;) {
		stats_at_rest(host, &stats);
		ki_host_stop(host); /* joins: from here on all is ours */
		ki_host_counts(host, &stats);
		if (stats.queue_depth == 0) {
			break;
		}
		OK(ki_host_start(host)); /* a thief lost its processor with the loot in its hands */
	}
	uint64_t heard = 0, turns = 0, slices = 0;
	for (int i = 0; i < NR_TASKS; i++) {
		heard += actors[i].heard;
		turns += ki_load_rlx(&actors[i].task.xsteps);
		slices += actors[i].slices;
		EQ_UINT(ki_load_rlx(&actors[i].xtold), 0);
	}
	EQ_UINT(heard, ki_load_rlx(&xsaid));
	EQ_UINT(stats.executed, turns);
	EQ_UINT(stats.preempted, slices);
	EQ_UINT(stats.queue_depth, 0);
	EQ_INT(stats.workers_busy, 0);
}

static void run_on(uint64_t seed, int nr_workers, int64_t bound_ns) {
	struct ki_sched_options options = {.seed = seed, .preempt_signal = SIGURG};
	sched = ki_sched_new(&options);
	NOT_NULL(sched);
	struct ki_host *host = ki_host_new(sched, "app:processes", nr_workers, 0);
	NOT_NULL(host);
	ki_store_rlx(&xsaid, 0);
	for (int i = 0; i < NR_TASKS; i++) {
		actors[i] = (struct actor){.overrun = {tell_overrun}};
		ki_task_init(&actors[i].task, host, &ops);
	}
	int64_t until_ns = ki_clock_mono_ns() + bound_ns;
	while (ki_clock_mono_ns() < until_ns) {
		ki_store_rlx(&xquiet, false);
		OK(ki_host_start(host));
		int64_t round_ns = ki_clock_mono_ns() + bound_ns / 3;
		while (ki_clock_mono_ns() < round_ns) {
			tell(&actors[draw(NR_TASKS)]);
			struct timespec pause = {0, (long)draw(1000000)};
			nanosleep(&pause, NULL);
		}
		if (draw(2) == 0) {
			ki_host_stop(host); /* in the middle; tasks stay where they are */
			OK(ki_host_start(host));
		}
		ki_store_rlx(&xquiet, true);
		check(host);
	}
	ki_sched_free(sched);
}

static void run(uint64_t seed, int64_t bound_ns) {
	static const int nr_workers[] = {1, 2, 4, 16};
	for (size_t i = 0; i < ki_countof(nr_workers); i++) {
		run_on(seed + i, nr_workers[i], bound_ns / (int64_t)ki_countof(nr_workers));
	}
}

STRESS_MAIN("each word is heard, and every turn and slice is counted", run)

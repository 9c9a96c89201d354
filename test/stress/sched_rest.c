/*
 * Sparks on 1, 2 and 4 workers of two hosts, handed on by wakes and by timers, and dying out one by
 * one; meanwhile the system host looks again and again whether anything is left. Laws: while a
 * spark lives no look says that all is at rest; once all have died a look says so, and nothing runs
 * after it.
 */
#include "kith_stress.h"

#include "base/atomic.h"
#include "base/compiler.h"
#include "sched/sched.h"
#include "sys/clock.h"

enum { NR_ACTORS = 64, NR_SPARKS = 8 };

struct actor {
	struct ki_task task;
	struct ki_timer timer;
	_Atomic(bool) xarmed;
	_Atomic(unsigned) xsparks; /* not yet taken up */
	bool end;
};

static struct ki_sched *sched;
static struct actor actors[NR_ACTORS];
static _Atomic(int) xlive;      /* sparks */
static _Atomic(uint64_t) xturns, xdone;
static struct ki_task looker;
static bool over;
static uint64_t nr_looks;

static uint64_t draw(uint64_t n) {
	return ki_sched_random(sched) % n;
}

static void give(struct actor *to) {
	ki_add_rel(&to->xsparks, 1);
	ki_task_wake(&to->task);
}

static void fire(struct ki_timer *timer) {
	struct actor *me = ki_container_of(timer, struct actor, timer);
	ki_store_rel(&me->xarmed, false);
	give(me);
}

/* Hands a spark on, or puts it out; a timer is armed or stopped now and then. */
static void pass(struct actor *me) {
	uint64_t lot = draw(1000);
	if (lot < 3) {
		ki_sub_rel(&xlive, 1); /* its actor is awake for some moments more */
	} else if (lot < 60 && !ki_load_acq(&me->xarmed)) {
		ki_store_rel(&me->xarmed, true);
		ki_host_arm(me->task.host, &me->timer,
			ki_sched_now(sched) + (int64_t)draw(300000));
	} else if (lot < 100 && ki_load_acq(&me->xarmed) &&
		ki_host_cancel(me->task.host, &me->timer)) {
		ki_store_rel(&me->xarmed, false);
		give(&actors[draw(NR_ACTORS)]); /* the timer's */
		give(me);
	} else {
		give(&actors[draw(NR_ACTORS)]);
		ki_task_wake(&actors[draw(NR_ACTORS)].task); /* for nothing */
	}
}

static enum ki_step step(struct ki_task *task) {
	struct actor *me = ki_container_of(task, struct actor, task);
	ki_add_rlx(&xturns, 1);
	for (unsigned n = ki_xchg_acq(&me->xsparks, 0); n > 0; n--) {
		pass(me);
	}
	return me->end ? KI_STEP_DONE : draw(16) == 0 ? KI_STEP_AGAIN : KI_STEP_WAIT;
}

static void done(struct ki_task *task) {
	(void)task;
	ki_add_rel(&xdone, 1);
}

static void never(struct ki_task *task) {
	(void)task;
	FAIL("a task ended");
}

static const struct ki_task_ops ops = {.step = step, .starve = never, .done = done};

static enum ki_step look(struct ki_task *task) {
	(void)task;
	uint64_t woken;
	for (int i = 0; i < 50; i++) {
		int live = ki_load_acq(&xlive);
		nr_looks++;
		if (!ki_sched_at_rest(sched, &woken)) {
			continue;
		}
		/* A spark that lived when the look began may have died in it, never the reverse. */
		int left = ki_load_acq(&xlive);
		if (left != 0) {
			FAIL("at rest with %d sparks, %d before", left, live);
		}
		uint64_t turns = ki_load_rlx(&xturns), again;
		int64_t until_ns = ki_clock_mono_ns() + 2000000;
		while (ki_clock_mono_ns() < until_ns) {
		}
		EQ_UINT(ki_load_rlx(&xturns), turns);
		TRUE(ki_sched_at_rest(sched, &again));
		EQ_UINT(again, woken);
		over = true;
		ki_sched_halt(sched);
		return KI_STEP_WAIT;
	}
	return KI_STEP_AGAIN;
}

static const struct ki_task_ops look_ops = {.step = look, .starve = never, .done = never};

static void play(uint64_t seed, int nr_workers) {
	struct ki_sched_options options = {.seed = seed};
	NOT_NULL(sched = ki_sched_new(&options));
	struct ki_host *hosts[2];
	for (int i = 0; i < 2; i++) {
		NOT_NULL(hosts[i] = ki_host_new(sched, "app:host", nr_workers, 0));
		OK(ki_host_start(hosts[i]));
	}
	for (int i = 0; i < NR_ACTORS; i++) {
		actors[i] = (struct actor){.timer.fire = fire};
		ki_task_init(&actors[i].task, hosts[i % 2], &ops);
	}
	ki_store_rlx(&xlive, NR_SPARKS);
	ki_store_rlx(&xdone, 0);
	over = false;
	ki_task_init(&looker, ki_sched_system_host(sched), &look_ops);
	for (int i = 0; i < NR_SPARKS; i++) {
		give(&actors[draw(NR_ACTORS)]);
	}
	ki_task_wake(&looker);
	while (!over) {
		ki_sched_run(sched, -1);
	}
	for (int i = 0; i < NR_ACTORS; i++) { /* at rest: they are ours */
		actors[i].end = true;
		ki_task_wake(&actors[i].task);
	}
	while (ki_load_acq(&xdone) < NR_ACTORS) {
		struct timespec pause = {0, 100000};
		nanosleep(&pause, NULL);
	}
	ki_sched_free(sched);
}

static void run(uint64_t seed, int64_t bound_ns) {
	int64_t until_ns = ki_clock_mono_ns() + bound_ns;
	for (uint64_t round = 0; ki_clock_mono_ns() < until_ns; round++) {
		play(seed + round, 1 << round % 3);
	}
	GT_UINT(nr_looks, 0);
}

STRESS_MAIN("all is at rest exactly when no spark lives", run)

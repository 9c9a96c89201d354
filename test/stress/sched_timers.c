/*
 * A storm of timers: tasks and threads outside arm timers on one host, near and far, and cancel
 * some, in a race with their firing; a task is often on another worker by then, and some turns
 * last, so that others fire what stands on the wheel of that worker.
 * Laws: a timer fires exactly once if it was not cancelled, and never if it was; never before its
 * time; in the end none is pending. And when all have stopped, the last deadlines still come.
 */
#include "kith_stress.h"

#include "base/atomic.h"
#include "base/compiler.h"
#include "base/rng.h"
#include "sched/sched.h"
#include "sys/clock.h"
#include "sys/thread.h"

enum { NR_TASKS = 12, NR_OUTSIDE = 2, NR_TIMERS = 16 };

struct shot {
	struct ki_timer timer;
	struct ki_task *wakes; /* or NULL */
	_Atomic(int) xfired;
};

/* Who arms: a task or a thread, with timers of its own. */
struct shooter {
	struct ki_task task;
	struct ki_rng rng;
	struct shot shots[NR_TIMERS];
	bool armed[NR_TIMERS];
	uint64_t nr_armed, nr_fired, nr_cancelled;
};

static struct ki_sched *sched;
static struct ki_host *host;
static struct shooter shooters[NR_TASKS + NR_OUTSIDE];
static _Atomic(int) xleft;
static int64_t until_ns;

static void fire(struct ki_timer *timer) {
	struct shot *shot = ki_container_of(timer, struct shot, timer);
	GE_INT(ki_clock_mono_ns(), timer->deadline_ns);
	struct ki_task *wakes = shot->wakes;
	ki_add_acq_rel(&shot->xfired, 1);
	if (wakes != NULL) {
		ki_task_wake(wakes);
	}
}

static void arm(struct shooter *me, int i) {
	static const uint64_t spread_ns[] = {1, 20000, 300000, 3000000};
	int64_t in_ns = (int64_t)ki_rng_below(&me->rng, spread_ns[ki_rng_below(&me->rng, 4)]);
	struct shot *shot = &me->shots[i];
	ki_store_rlx(&shot->xfired, 0);
	me->armed[i] = true;
	me->nr_armed++;
	ki_host_arm(host, &shot->timer, ki_clock_mono_ns() + in_ns);
}

static void settle(struct shooter *me, int i) {
	if (ki_host_cancel(host, &me->shots[i].timer)) {
		me->nr_cancelled++;
		EQ_INT(ki_load_acq(&me->shots[i].xfired), 0);
	} else {
		me->nr_fired++;
		EQ_INT(ki_load_acq(&me->shots[i].xfired), 1);
	}
	me->armed[i] = false;
}

static void play(struct shooter *me) {
	int i = (int)ki_rng_below(&me->rng, NR_TIMERS);
	if (me->armed[i]) {
		settle(me, i);
	} else {
		arm(me, i);
	}
}

static void prepare(struct shooter *me, uint64_t seed, struct ki_task *wakes) {
	*me = (struct shooter){.nr_armed = 0};
	ki_rng_seed(&me->rng, seed);
	for (int i = 0; i < NR_TIMERS; i++) {
		me->shots[i] = (struct shot){.timer = {.fire = fire}, .wakes = wakes};
	}
}

/* Waits for the first timer, which nothing else wakes it from: a lost deadline hangs here. */
static void wait_for_the_first(struct shooter *me) {
	if (me->armed[0]) {
		settle(me, 0);
	}
	arm(me, 0);
	while (ki_load_acq(&me->shots[0].xfired) == 0) {
		ki_task_park();
	}
	settle(me, 0);
}

/* Keeps the worker from its wheel. */
static void hold(int64_t ns) {
	int64_t held_until_ns = ki_clock_mono_ns() + ns;
	while (ki_clock_mono_ns() < held_until_ns) {
	}
}

static enum ki_step step(struct ki_task *task) {
	struct shooter *me = ki_container_of(task, struct shooter, task);
	while (ki_clock_mono_ns() < until_ns) {
		if (ki_rng_below(&me->rng, 100) == 0) {
			hold((int64_t)ki_rng_below(&me->rng, 2000000));
		}
		for (uint64_t n = ki_rng_below(&me->rng, 20); n > 0; n--) {
			play(me);
		}
		if (ki_rng_below(&me->rng, 3) == 0) {
			ki_task_yield(false);
		} else {
			wait_for_the_first(me);
		}
	}
	return KI_STEP_DONE;
}

static void no_stack(struct ki_task *task) {
	(void)task;
	FAIL("no stack");
}

static void done(struct ki_task *task) {
	struct shooter *me = ki_container_of(task, struct shooter, task);
	for (int i = 0; i < NR_TIMERS; i++) {
		if (me->armed[i]) {
			settle(me, i);
		}
	}
	if (ki_sub_acq_rel(&xleft, 1) == 1) {
		ki_sched_halt(sched);
	}
}

static const struct ki_task_ops ops = {.step = step, .starve = no_stack, .done = done};

static void shoot_from_outside(void *arg) {
	struct shooter *me = arg;
	while (ki_clock_mono_ns() < until_ns) {
		play(me);
		ki_thread_yield();
	}
	for (int i = 0; i < NR_TIMERS; i++) {
		if (me->armed[i]) {
			settle(me, i);
		}
	}
}

static void run_on(uint64_t seed, int nr_workers, int64_t bound_ns) {
	struct ki_sched_options options = {.seed = seed};
	sched = ki_sched_new(&options);
	NOT_NULL(sched);
	host = ki_host_new(sched, "app:processes", nr_workers, 0);
	NOT_NULL(host);
	OK(ki_host_start(host));
	until_ns = ki_clock_mono_ns() + bound_ns;
	ki_store_rlx(&xleft, NR_TASKS);
	struct ki_thread outside[NR_OUTSIDE];
	for (int i = 0; i < NR_TASKS + NR_OUTSIDE; i++) {
		struct shooter *me = &shooters[i];
		prepare(me, seed * 1000 + (unsigned)i, i < NR_TASKS ? &me->task : NULL);
		if (i < NR_TASKS) {
			ki_task_init(&me->task, host, &ops);
			ki_task_start(&me->task);
		} else {
			OK(ki_thread_start(&outside[i - NR_TASKS], shoot_from_outside, me, 0));
		}
	}
	EQ_INT(ki_sched_run(sched, -1), KI_RUN_HALTED);
	for (int i = 0; i < NR_OUTSIDE; i++) {
		ki_thread_join(&outside[i]);
	}
	struct ki_counts stats;
	ki_host_counts(host, &stats);
	EQ_UINT(stats.timers, 0);
	ki_host_stop(host);
	for (int i = 0; i < NR_TASKS + NR_OUTSIDE; i++) {
		EQ_UINT(shooters[i].nr_fired + shooters[i].nr_cancelled, shooters[i].nr_armed);
	}
	ki_sched_free(sched);
}

static void run(uint64_t seed, int64_t bound_ns) {
	static const int nr_workers[] = {1, 2, 4, 16};
	for (size_t i = 0; i < ki_countof(nr_workers); i++) {
		run_on(seed + i, nr_workers[i], bound_ns / (int64_t)ki_countof(nr_workers));
	}
}

STRESS_MAIN("each timer fires once or was cancelled", run)

/* The timers of a host with threads: a wheel a worker, and who looks at it. */
#include "sched_fixture.h"

#include "sys/clock.h"
#include "sys/thread.h"

static const int64_t MS = 1000000;

static void open_threads(struct bench *bench, int nr_workers) {
	bench_open(bench, (struct ki_sched_options){.seed = 1}, nr_workers);
}

static uint64_t nr_timers(struct bench *bench) {
	struct ki_counts counts;
	ki_host_counts(bench->host, &counts);
	return counts.timers;
}

static void raise_flag(struct ki_timer *timer) {
	ki_store_rel(&ki_container_of(timer, struct body, timer)->bench->xflag, 1);
}

/* Arms on the wheel of its worker, which it then keeps until the timer has fired. */
static enum ki_step arm_and_hold(struct body *body) {
	body->timer = (struct ki_timer){.fire = raise_flag};
	ki_host_arm(body->bench->host, &body->timer, ki_clock_mono_ns() + 3 * MS);
	while (!ki_load_acq(&body->bench->xflag)) {
		ki_thread_yield();
	}
	return KI_STEP_DONE;
}

TEST(sched_timers, an_idle_worker_fires_what_a_busy_one_has_armed) {
	for (int i = 0; i < 10; i++) {
		struct bench bench;
		struct body holds;
		open_threads(&bench, 2);
		body_init(&holds, &bench, arm_and_hold);
		ki_task_start(&holds.task);
		bench_run(&bench);
		EQ_UINT(nr_timers(&bench), 0);
		bench_close(&bench);
	}
}

static enum ki_step run_until_flag(struct body *body) {
	return ki_load_acq(&body->bench->xflag) ? KI_STEP_DONE : KI_STEP_AGAIN;
}

/* SPEC 15.4, and before anybody is stuck: nobody is idle here. */
TEST(sched_timers, a_busy_worker_fires_what_waits_behind_a_long_turn) {
	for (int i = 0; i < 10; i++) {
		struct bench bench;
		struct body holds, runs[2];
		open_threads(&bench, 2);
		body_init(&holds, &bench, arm_and_hold);
		for (int k = 0; k < 2; k++) {
			body_init(&runs[k], &bench, run_until_flag);
		}
		for (int k = 0; k < 2; k++) {
			ki_task_start(&runs[k].task);
		}
		ki_task_start(&holds.task);
		bench_run(&bench);
		bench_close(&bench);
	}
}

/* SPEC 15.4: no wheel has to be handed over. */
TEST(sched_timers, a_spare_thread_fires_what_the_stuck_one_has_armed) {
	struct bench bench;
	struct body holds;
	open_threads(&bench, 1);
	body_init(&holds, &bench, arm_and_hold);
	ki_task_start(&holds.task);
	bench_run(&bench);
	struct ki_counts counts;
	ki_host_counts(bench.host, &counts);
	GE_UINT(counts.stuck, 1);
	EQ_UINT(counts.timers, 0);
	bench_close(&bench);
}

enum { NR_FAR = 1000 };

struct crowd {
	struct body body;
	struct ki_timer timer[NR_FAR];
};

static void never(struct ki_timer *timer) {
	(void)timer;
	FAIL("fired a minute early");
}

static enum ki_step arm_far(struct body *body) {
	struct crowd *crowd = ki_container_of(body, struct crowd, body);
	for (int i = 0; i < NR_FAR; i++) {
		crowd->timer[i] = (struct ki_timer){.fire = never};
		ki_host_arm(body->bench->host, &crowd->timer[i],
			ki_clock_mono_ns() + (60000 + i) * MS);
	}
	return KI_STEP_DONE;
}

/* SPEC 11.5, 21.3: cancelled by a thread that is no worker, and none of them is left behind. */
TEST(sched_timers, whatever_thread_cancels_the_count_is_exact) {
	static struct crowd crowds[4];
	struct bench bench;
	open_threads(&bench, 3);
	for (size_t c = 0; c < ki_countof(crowds); c++) {
		body_init(&crowds[c].body, &bench, arm_far);
	}
	for (size_t c = 0; c < ki_countof(crowds); c++) {
		ki_task_start(&crowds[c].body.task);
	}
	EQ_INT(ki_sched_run(bench.sched, -1), KI_RUN_HALTED);
	EQ_UINT(nr_timers(&bench), ki_countof(crowds) * NR_FAR);
	for (size_t c = 0; c < ki_countof(crowds); c++) {
		for (int i = 0; i < NR_FAR; i++) {
			TRUE(ki_host_cancel(bench.host, &crowds[c].timer[i]));
			FALSE(ki_host_cancel(bench.host, &crowds[c].timer[i]));
		}
		EQ_UINT(nr_timers(&bench), (ki_countof(crowds) - 1 - c) * NR_FAR);
	}
	ki_host_stop(bench.host);
	bench_close(&bench);
}

TEST(sched_timers, a_stopped_host_fires_when_it_runs_again) {
	struct bench bench;
	struct body body = {.bench = &bench, .timer = {.fire = raise_flag}};
	open_threads(&bench, 2);
	ki_host_stop(bench.host);
	ki_host_arm(bench.host, &body.timer, ki_clock_mono_ns() + MS);
	while (ki_clock_mono_ns() < body.timer.deadline_ns + MS) {
		ki_thread_yield();
	}
	EQ_INT(ki_load_acq(&bench.xflag), 0);
	EQ_UINT(nr_timers(&bench), 1);
	OK(ki_host_start(bench.host));
	while (!ki_load_acq(&bench.xflag)) {
		ki_thread_yield();
	}
	ki_host_stop(bench.host);
	EQ_UINT(nr_timers(&bench), 0);
	bench_close(&bench);
}

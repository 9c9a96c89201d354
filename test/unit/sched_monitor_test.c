/* Turns that last: slices by signal, and spare threads for what is stuck in C. */
#include "unit/sched_fixture.h"

#include <signal.h>

#include "sched/thread_host.h"
#include "sys/clock.h"
#include "sys/thread.h"

static const int64_t MS = 1000000;

/* --- slices --- */

struct spinner {
	struct ki_task task;
	struct ki_overrun overrun;
	struct bench *bench;
	_Atomic(int) xover, xnr_overruns;
	int nr_slices;
};

static struct spinner *spinner_of(struct ki_task *task) {
	return ki_container_of(task, struct spinner, task);
}

static void tell_spinner(struct ki_overrun *overrun) {
	struct spinner *me = ki_container_of(overrun, struct spinner, overrun);
	ki_store_rlx(&me->xover, 1);
	ki_add_rlx(&me->xnr_overruns, 1);
}

/* Gives way only when told. */
static enum ki_step spin(struct ki_task *task) {
	struct spinner *me = spinner_of(task);
	IS_NULL(ki_task_on_overrun(&me->overrun));
	while (!ki_load_rlx(&me->bench->xflag)) {
		if (ki_load_rlx(&me->xover)) {
			ki_store_rlx(&me->xover, 0);
			me->nr_slices++;
			ki_task_yield(true);
		}
	}
	return KI_STEP_DONE;
}

static void spinner_done(struct ki_task *task) {
	struct bench *bench = spinner_of(task)->bench;
	if (ki_sub_acq_rel(&bench->xleft, 1) == 1) {
		ki_sched_halt(bench->sched);
	}
}

static const struct ki_task_ops spinner_ops = {
	.step = spin, .starve = spinner_done, .done = spinner_done};

static void spinner_init(struct spinner *me, struct bench *bench) {
	*me = (struct spinner){.bench = bench, .overrun = {tell_spinner}};
	ki_task_init(&me->task, bench->host, &spinner_ops);
	ki_add_rlx(&bench->xleft, 1);
}

static void open_with_signal(struct bench *bench, int nr_workers, int64_t slice_ns) {
	struct ki_sched_options options = {.seed = 7, .preempt_signal = SIGURG};
	*bench = (struct bench){.sched = ki_sched_new(&options)};
	NOT_NULL(bench->sched);
	bench->host = ki_host_new(bench->sched, "app:processes", nr_workers, slice_ns);
	NOT_NULL(bench->host);
	OK(ki_host_start(bench->host));
}

#ifndef TEST_TSAN /* it delays signals: there slices are kept by ki_task_tick */
static enum ki_step sleep_and_tell(struct body *body) {
	for (int i = 0; i < 20; i++) {
		body_sleep(body, 5 * MS);
		body->n++;
	}
	ki_store_rlx(&body->bench->xflag, 1);
	return KI_STEP_DONE;
}

TEST(sched_monitor, what_outlasts_its_slice_is_told_and_others_have_their_turns) {
	struct bench bench;
	open_with_signal(&bench, 1, 0);
	TRUE(ki_sched_preempts(bench.sched));
	struct spinner spinners[2];
	struct body sleeps;
	body_init(&sleeps, &bench, sleep_and_tell);
	for (int i = 0; i < 2; i++) {
		spinner_init(&spinners[i], &bench);
		ki_task_start(&spinners[i].task);
	}
	ki_task_start(&sleeps.task);
	bench_run(&bench);
	EQ_INT(sleeps.n, 20);
	struct ki_counts stats;
	ki_host_counts(bench.host, &stats);
	EQ_UINT(stats.preempted, spinners[0].nr_slices + spinners[1].nr_slices);
	GT_INT(spinners[0].nr_slices, 5);
	GT_INT(spinners[1].nr_slices, 5);
	bench_close(&bench);
}

/* The monitor sleeps when nothing is at work; the next turn that lasts finds it awake again. */
TEST(sched_monitor, it_sleeps_in_an_idle_program_and_wakes) {
	struct bench bench;
	open_with_signal(&bench, 2, 0);
	struct ki_monitor *monitor =
		&ki_container_of(bench.sched, struct ki_threads, base)->monitor;
	for (int i = 0; i < 3; i++) {
		while (!ki_load_acq(&monitor->xasleep)) {
			ki_thread_yield();
		}
		struct spinner spinner;
		spinner_init(&spinner, &bench);
		ki_store_rlx(&bench.xflag, 0);
		ki_task_start(&spinner.task);
		while (ki_load_rlx(&spinner.xnr_overruns) < 3) {
			ki_thread_yield();
		}
		ki_store_rlx(&bench.xflag, 1);
		EQ_INT(ki_sched_run(bench.sched, -1), KI_RUN_HALTED);
	}
	ki_host_stop(bench.host);
	bench_close(&bench);
}
#endif

static enum ki_step work_a_little(struct ki_task *task) {
	struct spinner *me = spinner_of(task);
	IS_NULL(ki_task_on_overrun(&me->overrun)); /* at first each step has nobody told */
	int64_t until_ns = ki_clock_mono_ns() + MS / 10;
	while (ki_clock_mono_ns() < until_ns) {
	}
	return ++me->nr_slices < 200 ? KI_STEP_AGAIN : KI_STEP_DONE;
}

TEST(sched_monitor, what_keeps_within_its_slice_is_left_alone) {
	static const struct ki_task_ops ops = {
		.step = work_a_little, .starve = spinner_done, .done = spinner_done};
	struct bench bench;
	open_with_signal(&bench, 1, 500 * MS);
	struct spinner spinner;
	spinner_init(&spinner, &bench);
	spinner.task.ops = &ops;
	ki_task_start(&spinner.task);
	bench_run(&bench);
	EQ_INT(spinner.xnr_overruns, 0);
	bench_close(&bench);
}

static void some_handler(int signo) {
	(void)signo;
}

TEST(sched_monitor, a_signal_has_one_scheduler_and_is_given_back) {
	struct sigaction before = {.sa_handler = some_handler}, now;
	sigaction(SIGURG, &before, NULL);
	struct ki_sched_options options = {.seed = 1, .preempt_signal = SIGURG};
	struct ki_sched *first = ki_sched_new(&options), *second = ki_sched_new(&options);
	NOT_NULL(second);
#ifndef TEST_TSAN
	TRUE(ki_sched_preempts(first));
#endif
	FALSE(ki_sched_preempts(second));
	ki_sched_free(second);
	ki_sched_free(first);
	sigaction(SIGURG, NULL, &now);
	TRUE(now.sa_handler == some_handler);
	options.preempt_signal = 0;
	first = ki_sched_new(&options);
	FALSE(ki_sched_preempts(first));
	ki_sched_free(first);
	options.preempt_signal = SIGKILL; /* cannot be handled */
	first = ki_sched_new(&options);
	FALSE(ki_sched_preempts(first));
	ki_sched_free(first);
}

/* --- stuck --- */

static enum ki_step hold(struct body *body) {
	if (body->bench->seen[0] != NULL) {
		ki_task_wake(&body->bench->seen[0]->task); /* into the ring of this worker */
	}
	while (!ki_load_acq(&body->bench->xflag)) {
		ki_thread_yield();
	}
	return KI_STEP_DONE;
}

static enum ki_step release(struct body *body) {
	ki_store_rel(&body->bench->xflag, 1);
	return KI_STEP_DONE;
}

TEST(sched_monitor, the_queue_of_a_stuck_worker_goes_to_a_spare_thread) {
	for (int i = 0; i < 5; i++) {
		struct bench bench;
		open_with_signal(&bench, 1, 0);
		struct body holds, frees;
		body_init(&holds, &bench, hold);
		body_init(&frees, &bench, release);
		bench.seen[0] = &frees;
		ki_task_start(&holds.task);
		bench_run(&bench);
		struct ki_counts stats;
		ki_host_counts(bench.host, &stats);
		GE_UINT(stats.stuck, 1);
		EQ_UINT(stats.executed, 2);
		EQ_INT(stats.workers, 1);
		bench_close(&bench);
	}
}

static void raise_flag(struct ki_timer *timer) {
	ki_store_rel(&ki_container_of(timer, struct body, timer)->bench->xflag, 1);
}

TEST(sched_monitor, timers_go_on_while_the_only_worker_is_stuck) {
	struct bench bench;
	open_with_signal(&bench, 1, 0);
	struct body holds;
	body_init(&holds, &bench, hold);
	holds.timer = (struct ki_timer){.fire = raise_flag};
	ki_task_start(&holds.task);
	ki_host_arm(bench.host, &holds.timer, ki_clock_mono_ns() + 5 * MS);
	bench_run(&bench);
	bench_close(&bench);
}

static _Atomic(int) xinside, xmost;

static enum ki_step count_inside(struct body *body) {
	int inside = ki_add_acq_rel(&xinside, 1) + 1;
	int most = ki_load_rlx(&xmost);
	while (inside > most && !ki_cas_rlx(&xmost, &most, inside)) {
	}
	int64_t until_ns = ki_clock_mono_ns() + MS / 10;
	while (ki_clock_mono_ns() < until_ns) {
	}
	ki_sub_acq_rel(&xinside, 1);
	return ++body->n < 20 ? KI_STEP_AGAIN : KI_STEP_DONE;
}

static void at_rest(struct bench *bench) {
	struct ki_counts stats;
	do {
		ki_thread_yield();
		ki_host_counts(bench->host, &stats);
	} while (stats.workers_busy > 0 || stats.queue_depth > 0);
}

/* In a bad moment of the machine a turn of the second part may count as stuck, too: then a spare
 * thread stands in for it by right. */
TEST(sched_monitor, a_host_has_its_number_of_workers_again_after_stuck_turns) {
	enum { NR = 3 };
	struct bench bench;
	open_with_signal(&bench, NR, 0);
	struct body holds[NR], frees;
	for (int i = 0; i < NR; i++) {
		body_init(&holds[i], &bench, hold);
		ki_task_start(&holds[i].task);
	}
	body_init(&frees, &bench, release);
	ki_task_start(&frees.task); /* no worker is left for it */
	at_rest(&bench);
	struct ki_counts stats;
	ki_host_counts(bench.host, &stats);
	GE_UINT(stats.stuck, 1);
	uint64_t stuck = stats.stuck;
	EQ_INT(ki_sched_run(bench.sched, -1), KI_RUN_HALTED);
	struct body many[12];
	for (int i = 0; i < 12; i++) {
		body_init(&many[i], &bench, count_inside);
	}
	for (int i = 0; i < 12; i++) {
		ki_task_start(&many[i].task);
	}
	bench_run(&bench);
	ki_host_counts(bench.host, &stats);
	LE_INT(xmost, NR + (int)(stats.stuck - stuck));
	bench_close(&bench);
}

TEST(sched_monitor, a_host_stops_and_starts_again_with_its_spare_threads) {
	struct bench bench;
	open_with_signal(&bench, 1, 0);
	for (int i = 0; i < 4; i++) {
		struct body holds, frees;
		ki_store_rlx(&bench.xflag, 0);
		body_init(&holds, &bench, hold);
		body_init(&frees, &bench, release);
		bench.seen[0] = &frees;
		ki_task_start(&holds.task);
		EQ_INT(ki_sched_run(bench.sched, -1), KI_RUN_HALTED);
		ki_host_stop(bench.host);
		OK(ki_host_start(bench.host));
	}
	ki_host_stop(bench.host);
	bench_close(&bench);
}

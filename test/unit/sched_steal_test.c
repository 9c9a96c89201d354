/* Queues of workers: order, fairness, stealing, and tasks that are alone in their ring. */
#include "unit/sched_fixture.h"

#include "base/alloc.h"
#include "sys/clock.h"
#include "sys/thread.h"

static const int64_t MS = 1000000;

/* A slice so long that no turn of these tests is stuck. */
static void open_threads(struct bench *bench, int nr_workers) {
	*bench = (struct bench){.sched = ki_sched_new(&(struct ki_sched_options){.seed = 5})};
	NOT_NULL(bench->sched);
	bench->host = ki_host_new(bench->sched, "app:processes", nr_workers, 1000 * MS);
	NOT_NULL(bench->host);
	OK(ki_host_start(bench->host));
}

enum { MANY = 1000 };
static struct body *many;
static int nr_many;

static void make_many(struct bench *bench, int nr, enum ki_step (*run)(struct body *)) {
	many = ki_zalloc((size_t)nr * sizeof *many);
	nr_many = nr;
	for (int i = 0; i < nr; i++) {
		body_init(&many[i], bench, run);
		many[i].n = i;
	}
}

static enum ki_step count_and_end(struct body *body) {
	ki_add_rel(&body->bench->xflag, 1);
	return KI_STEP_DONE;
}

static void wake_many(void) {
	for (int i = 0; i < nr_many; i++) {
		ki_task_wake(&many[i].task);
	}
}

/* --- stealing --- */

static enum ki_step wake_and_hold(struct body *body) {
	wake_many();
	while (ki_load_acq(&body->bench->xflag) < nr_many) {
		ki_thread_yield(); /* keeps its worker: the others have to come for them */
	}
	return KI_STEP_DONE;
}

TEST(sched_steal, what_one_wakes_others_run_and_each_theft_is_counted) {
	struct bench bench;
	open_threads(&bench, 2);
	struct body holds;
	body_init(&holds, &bench, wake_and_hold);
	make_many(&bench, 100, count_and_end);
	ki_task_start(&holds.task);
	bench_run(&bench);
	struct ki_counts stats;
	ki_host_counts(bench.host, &stats);
	EQ_UINT(stats.stolen, 100); /* all from the ring of the one that holds, and never back */
	EQ_UINT(stats.executed, 101);
	EQ_UINT(stats.stuck, 0);
	bench_close(&bench);
	ki_free(many);
}

TEST(sched_steal, more_than_a_ring_holds_is_run_too) {
	for (int nr_workers = 1; nr_workers <= 4; nr_workers++) {
		struct bench bench;
		open_threads(&bench, nr_workers);
		struct body wakes;
		body_init(&wakes, &bench, nr_workers == 1 ? count_and_end : wake_and_hold);
		make_many(&bench, MANY, count_and_end);
		ki_task_start(&wakes.task);
		if (nr_workers == 1) {
			wake_many();
		}
		bench_run(&bench);
		EQ_INT(bench.xflag, MANY + (nr_workers == 1));
		for (int i = 0; i < MANY; i++) {
			EQ_INT(many[i].xruns, 1);
		}
		bench_close(&bench);
		ki_free(many);
	}
}

static int compare_ns(const void *a, const void *b) {
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static int64_t woken_ns;

static enum ki_step note_the_delay(struct body *body) {
	body->bench->log[0] = (int)((ki_clock_mono_ns() - woken_ns) / 1000);
	ki_store_rel(&body->bench->xflag, 1);
	return KI_STEP_WAIT;
}

/* Its lone task is not for others, as it seems: but the turn grows old. */
static enum ki_step wake_one_and_run_on(struct body *body) {
	woken_ns = ki_clock_mono_ns();
	ki_task_wake(&body->bench->seen[0]->task);
	while (ki_clock_mono_ns() - woken_ns < 20 * MS && !ki_load_acq(&body->bench->xflag)) {
	}
	return KI_STEP_DONE;
}

/* SPEC 15.1 says 100 us; the machine that runs the tests has other things to do too. */
TEST(sched_steal, a_lone_task_does_not_wait_for_a_turn_that_lasts) {
	int64_t took_us[51];
	struct bench bench;
	open_threads(&bench, 2);
	struct body waits;
	body_init(&waits, &bench, note_the_delay);
	bench.seen[0] = &waits;
	for (int i = 0; i < 51; i++) {
		struct body wakes;
		body_init(&wakes, &bench, wake_one_and_run_on);
		ki_store_rlx(&bench.xflag, 0);
		ki_task_start(&wakes.task);
		while (ki_load_acq(&bench.xleft) > 1) { /* `waits` is left */
			ki_thread_yield();
		}
		while (ki_load_acq(&waits.task.xstate) != 0 || !ki_load_acq(&bench.xflag)) {
			ki_thread_yield();
		}
		took_us[i] = bench.log[0];
	}
	qsort(took_us, 51, sizeof *took_us, compare_ns);
	LT_INT(took_us[25], 1000 * TEST_SCALE);
	ki_host_stop(bench.host);
	bench_close(&bench);
}

/* --- order and fairness (SPEC 15.2) --- */

static enum ki_step log_and_end(struct body *body) {
	bench_log(body->bench, body->n);
	return KI_STEP_DONE;
}

static enum ki_step wake_all(struct body *body) {
	(void)body;
	wake_many();
	return KI_STEP_DONE;
}

TEST(sched_steal, one_worker_runs_tasks_in_the_order_of_their_wakes) {
	struct bench bench;
	open_threads(&bench, 1);
	struct body wakes;
	body_init(&wakes, &bench, wake_all);
	make_many(&bench, 60, log_and_end);
	ki_task_start(&wakes.task);
	bench_run(&bench);
	EQ_INT(bench.nr_log, 60);
	for (int i = 0; i < 60; i++) {
		EQ_INT(bench.log[i], i);
	}
	bench_close(&bench);
	ki_free(many);
}

static enum ki_step wake_the_other(struct body *body) {
	if (ki_load_acq(&body->bench->xflag)) {
		return KI_STEP_DONE;
	}
	body->n++;
	ki_task_wake(&body->bench->seen[body->bench->seen[0] == body]->task);
	return KI_STEP_WAIT;
}

static enum ki_step go_again(struct body *body) {
	if (ki_load_acq(&body->bench->xflag)) {
		return KI_STEP_DONE;
	}
	body->n++;
	return KI_STEP_AGAIN;
}

/* Ends the bench after its thousandth turn, each woken by another host's worker. */
static enum ki_step be_called_a_thousand_times(struct body *body) {
	if (++body->n < 1000) {
		ki_task_wake(&body->bench->seen[3]->task);
		return KI_STEP_WAIT;
	}
	ki_store_rel(&body->bench->xflag, 1);
	for (int i = 0; i < 4; i++) {
		ki_task_wake(&body->bench->seen[i]->task);
	}
	return KI_STEP_DONE;
}

static enum ki_step call_the_called(struct body *body) {
	if (ki_load_acq(&body->bench->xflag)) {
		return KI_STEP_DONE;
	}
	ki_task_wake(&body->bench->seen[4]->task);
	return KI_STEP_WAIT;
}

TEST(sched_steal, neither_ring_nor_shared_queue_starves_the_other) {
	struct bench bench;
	open_threads(&bench, 1);
	struct ki_host *other = ki_host_new(bench.sched, "app:other", 1, 1000 * MS);
	OK(ki_host_start(other));
	struct body pair[2], yields, calls, called;
	body_init(&pair[0], &bench, wake_the_other);
	body_init(&pair[1], &bench, wake_the_other);
	body_init(&yields, &bench, go_again);
	body_init(&calls, &bench, call_the_called);
	calls.task.host = other;
	body_init(&called, &bench, be_called_a_thousand_times);
	struct body *all[5] = {&pair[0], &pair[1], &yields, &calls, &called};
	for (int i = 0; i < 5; i++) {
		bench.seen[i] = all[i];
	}
	ki_task_start(&pair[0].task);
	ki_task_start(&yields.task);
	ki_task_start(&called.task);
	bench_run(&bench);
	ki_host_stop(other);
	EQ_INT(called.n, 1000);
	/* One turn of the ring for each share of the shared queue, and the other way round. */
	LE_INT(pair[0].n + pair[1].n, 2 * yields.n + 1000);
	LE_INT(yields.n, 2 * (pair[0].n + pair[1].n) + 1000);
	bench_close(&bench);
}

/* --- stop --- */

static enum ki_step wake_and_wait_for_the_stop(struct body *body) {
	wake_many();
	ki_store_rel(&body->bench->xflag, 1);
	while (ki_load_acq(&body->bench->xflag) != 2) {
		ki_thread_yield();
	}
	return KI_STEP_WAIT;
}

static void stop_the_host(void *host) {
	ki_host_stop(host);
}

TEST(sched_steal, what_a_stopped_worker_had_in_its_ring_waits_for_the_next_start) {
	struct bench bench;
	open_threads(&bench, 1);
	struct body wakes;
	body_init(&wakes, &bench, wake_and_wait_for_the_stop);
	make_many(&bench, 300, count_and_end);
	ki_task_start(&wakes.task);
	while (!ki_load_acq(&bench.xflag)) {
		ki_thread_yield();
	}
	struct ki_counts stats;
	ki_host_counts(bench.host, &stats);
	EQ_UINT(stats.queue_depth, 300);
	struct ki_thread stops;
	OK(ki_thread_start(&stops, stop_the_host, bench.host, 0));
	int64_t until_ns = ki_clock_mono_ns() + 20 * MS; /* the stop is told by then, mostly */
	while (ki_clock_mono_ns() < until_ns) {
		ki_thread_yield();
	}
	ki_store_rel(&bench.xflag, 2);
	ki_thread_join(&stops);
	ki_host_counts(bench.host, &stats);
	LE_UINT(stats.queue_depth, 300);
	ki_store_rel(&bench.xflag, 0);
	wakes.run = count_and_end;
	OK(ki_host_start(bench.host));
	ki_task_wake(&wakes.task);
	bench_run(&bench);
	for (int i = 0; i < 300; i++) {
		EQ_INT(many[i].xruns, 1);
	}
	bench_close(&bench);
	ki_free(many);
}

/* The driver with real threads: workers, waking, timers, start and stop. */
#include "unit/sched_fixture.h"

#include "sys/clock.h"
#include "sys/thread.h"

static const int64_t MS = 1000000;

static void open_threads(struct bench *bench, int nr_workers) {
	bench_open(bench, (struct ki_sched_options){.seed = 3}, nr_workers);
}

/* --- workers --- */

static enum ki_step meet_the_others(struct body *body) {
	ki_add_acq_rel(&body->bench->xflag, 1);
	while (ki_load_acq(&body->bench->xflag) < 4) {
		ki_thread_yield(); /* keeps its worker: each of the four needs one of its own */
	}
	return KI_STEP_DONE;
}

TEST(sched_threads, as_many_tasks_run_at_once_as_there_are_workers) {
	for (int round = 0; round < 50; round++) {
		struct bench bench;
		open_threads(&bench, 4);
		struct body bodies[4];
		for (int i = 0; i < 4; i++) {
			body_init(&bodies[i], &bench, meet_the_others);
		}
		for (int i = 0; i < 4; i++) {
			ki_task_start(&bodies[i].task);
		}
		bench_run(&bench);
		EQ_INT(bench.xflag, 4);
		bench_close(&bench);
	}
}

static enum ki_step wait_for_ever(struct body *body) {
	(void)body;
	return KI_STEP_WAIT;
}

TEST(sched_threads, numbers_are_exact_at_rest) {
	struct bench bench;
	open_threads(&bench, 3);
	struct body bodies[5];
	for (int i = 0; i < 5; i++) {
		body_init(&bodies[i], &bench, wait_for_ever);
		ki_task_start(&bodies[i].task);
	}
	struct ki_counts stats;
	int64_t limit_ns = ki_clock_mono_ns() + 2000 * MS * TEST_SCALE;
	do {
		ki_thread_yield();
		ki_host_counts(bench.host, &stats);
	} while ((stats.executed < 5 || stats.workers_busy > 0) && ki_clock_mono_ns() < limit_ns);
	EQ_INT(stats.workers, 3);
	EQ_INT(stats.workers_busy, 0);
	EQ_INT(stats.executed, 5);
	EQ_INT(stats.queue_depth, 0);
	EQ_INT(stats.timers, 0);
	GT_INT(stats.cpu_ns, 0);
	ki_host_stop(bench.host);
	bench_close(&bench);
}

static enum ki_step note_the_time(struct body *body) {
	ki_store_rel(&body->bench->xflag, 1);
	body->n++;
	return KI_STEP_WAIT;
}

static int compare_ns(const void *a, const void *b) {
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* The median: the machine that runs the tests has other things to do too. */
TEST(sched_threads, an_idle_host_runs_a_woken_task_at_once) {
	struct bench bench;
	open_threads(&bench, 2);
	struct body body;
	body_init(&body, &bench, note_the_time);
	int64_t took_ns[101];
	for (int i = 0; i < 101; i++) {
		ki_store_rlx(&bench.xflag, 0);
		int64_t start_ns = ki_clock_mono_ns();
		ki_task_wake(&body.task);
		while (!ki_load_acq(&bench.xflag)) {
			ki_thread_yield();
		}
		took_ns[i] = ki_clock_mono_ns() - start_ns;
		while (ki_load_acq(&body.task.xstate) != 0) {
			ki_thread_yield();
		}
	}
	qsort(took_ns, 101, sizeof *took_ns, compare_ns);
	LT_INT(took_ns[50], MS * TEST_SCALE);
	EQ_INT(body.n, 101);
	ki_host_stop(bench.host);
	bench_close(&bench);
}

/* --- slices: SPEC 24, S14 with one worker --- */

static enum ki_step spin_until_told(struct body *body) {
	while (!ki_load_rlx(&body->bench->xflag)) {
		if (ki_task_tick()) {
			ki_task_yield(true);
		}
	}
	return KI_STEP_DONE;
}

static enum ki_step sleep_for_half_a_second(struct body *body) {
	int64_t until_ns = ki_clock_mono_ns() + 500 * MS;
	while (ki_clock_mono_ns() < until_ns) {
		body_sleep(body, 10 * MS);
		body->n++;
	}
	ki_store_rlx(&body->bench->xflag, 1);
	return KI_STEP_DONE;
}

TEST(sched_threads, two_spins_leave_a_sleeper_its_turns_on_one_worker) {
	struct bench bench;
	open_threads(&bench, 1);
	struct body spins[2], sleeps;
	body_init(&sleeps, &bench, sleep_for_half_a_second);
	for (int i = 0; i < 2; i++) {
		body_init(&spins[i], &bench, spin_until_told);
		ki_task_start(&spins[i].task);
	}
	ki_task_start(&sleeps.task);
	bench_run(&bench);
	GE_INT(sleeps.n, 25 / TEST_SCALE);
	bench_close(&bench);
}

/* --- timers --- */

static enum ki_step sleep_and_measure(struct body *body) {
	for (int i = 1; i <= 20; i++) {
		int64_t due_ns = ki_clock_mono_ns() + i * MS / 4;
		body->timer.fire = body_wake_timer;
		ki_host_arm(body->task.host, &body->timer, due_ns);
		ki_task_park();
		GE_INT(ki_clock_mono_ns(), due_ns);
		body->n += ki_clock_mono_ns() - due_ns < 2 * MS * TEST_SCALE;
	}
	return KI_STEP_DONE;
}

TEST(sched_threads, a_timer_is_never_early_and_on_an_idle_host_soon) {
	struct bench bench;
	open_threads(&bench, 2);
	struct body body;
	body_init(&body, &bench, sleep_and_measure);
	ki_task_start(&body.task);
	bench_run(&bench);
	GE_INT(body.n, 15); /* of 20: other programs run beside the tests */
	bench_close(&bench);
}

static enum ki_step hold_the_worker(struct body *body) {
	while (!ki_load_acq(&body->bench->xflag)) {
		ki_thread_yield();
	}
	return KI_STEP_DONE;
}

static void raise_flag(struct ki_timer *timer) {
	ki_store_rel(&ki_container_of(timer, struct body, timer)->bench->xflag, 1);
}

/* The worker that kept time goes to work for good, by its first timer: another takes its place. */
TEST(sched_threads, somebody_idle_keeps_time_while_others_work) {
	for (int i = 0; i < 20; i++) {
		struct bench bench;
		open_threads(&bench, 3);
		struct body holds, frees;
		body_init(&holds, &bench, hold_the_worker);
		holds.timer.fire = body_wake_timer;
		frees.bench = &bench;
		frees.timer = (struct ki_timer){.fire = raise_flag};
		int64_t now_ns = ki_clock_mono_ns();
		ki_host_arm(bench.host, &frees.timer, now_ns + 6 * MS);
		ki_host_arm(bench.host, &holds.timer, now_ns + 3 * MS);
		bench_run(&bench);
		bench_close(&bench);
	}
}

struct race {
	struct ki_timer timer;
	_Atomic(int) xfired;
};

static void count_fire(struct ki_timer *timer) {
	ki_add_rlx(&ki_container_of(timer, struct race, timer)->xfired, 1);
}

TEST(sched_threads, a_timer_fires_once_or_is_cancelled) {
	struct bench bench;
	open_threads(&bench, 2);
	int nr_fired = 0, nr_cancelled = 0;
	for (int i = 0; i < 2000 / TEST_SCALE; i++) {
		struct race race = {.timer = {.fire = count_fire}};
		ki_host_arm(bench.host, &race.timer, ki_clock_mono_ns() + 20000);
		int64_t until_ns = ki_clock_mono_ns() + i % 200 * 1000;
		while (ki_clock_mono_ns() < until_ns) {
		}
		bool cancelled = ki_host_cancel(bench.host, &race.timer);
		EQ_INT(race.xfired, !cancelled); /* and it does not run any more: race may go */
		nr_fired += race.xfired;
		nr_cancelled += cancelled;
	}
	EQ_INT(nr_fired + nr_cancelled, 2000 / TEST_SCALE);
	ki_host_stop(bench.host);
	bench_close(&bench);
}

/* --- start and stop --- */

TEST(sched_threads, a_stopped_host_keeps_its_queue_for_the_next_start) {
	struct bench bench;
	open_threads(&bench, 2);
	ki_host_stop(bench.host);
	struct body body;
	body_init(&body, &bench, spin_until_told);
	bench.xflag = 1;
	ki_task_start(&body.task);
	struct ki_counts stats;
	ki_host_counts(bench.host, &stats);
	EQ_INT(stats.queue_depth, 1);
	EQ_INT(body.xruns, 0);
	OK(ki_host_start(bench.host));
	bench_run(&bench);
	EQ_INT(body.xruns, 1);
	bench_close(&bench);
}

static enum ki_step halt_the_run(struct body *body) {
	body->n++;
	ki_sched_halt(body->bench->sched);
	return KI_STEP_WAIT;
}

TEST(sched_threads, the_system_host_runs_inside_run_alone) {
	struct bench bench;
	open_threads(&bench, 1);
	struct body body;
	body_init(&body, &bench, halt_the_run);
	body.task.host = ki_sched_system_host(bench.sched);
	ki_task_start(&body.task);
	EQ_INT(body.n, 0);
	EQ_INT(ki_sched_run(bench.sched, -1), KI_RUN_HALTED);
	EQ_INT(body.n, 1);
	ki_task_wake(&body.task);
	EQ_INT(ki_sched_run(bench.sched, -1), KI_RUN_HALTED);
	EQ_INT(body.n, 2);
	ki_sched_halt(bench.sched); /* counts for the run to come */
	EQ_INT(ki_sched_run(bench.sched, -1), KI_RUN_HALTED);
	bench_close(&bench);
}

static void halt_soon(void *arg) {
	struct bench *bench = arg;
	int64_t until_ns = ki_clock_mono_ns() + 5 * MS; /* by then the run has parked, mostly */
	while (ki_clock_mono_ns() < until_ns) {
		ki_thread_yield();
	}
	ki_sched_halt(bench->sched);
}

TEST(sched_threads, a_halt_reaches_a_parked_run) {
	struct bench bench;
	open_threads(&bench, 1);
	for (int i = 0; i < 10; i++) {
		struct ki_thread thread;
		OK(ki_thread_start(&thread, halt_soon, &bench, 0));
		EQ_INT(ki_sched_run(bench.sched, -1), KI_RUN_HALTED);
		ki_thread_join(&thread);
	}
	bench_close(&bench);
}

TEST(sched_threads, hosts_have_their_names_and_data) {
	struct bench bench;
	open_threads(&bench, 2);
	EQ_STR(ki_host_id(bench.host), "app:processes");
	EQ_INT(ki_host_workers(bench.host), 2);
	EQ_PTR(ki_host_sched(bench.host), bench.sched);
	IS_NULL(ki_host_data(bench.host));
	ki_host_set_data(bench.host, &bench);
	EQ_PTR(ki_host_data(bench.host), &bench);
	FALSE(ki_sched_simulated(bench.sched));
	TRUE(ki_sched_random(bench.sched) != ki_sched_random(bench.sched));
	bench_close(&bench);
}

/* The simulating driver: order from the seed, virtual time. */
#include "unit/sched_fixture.h"

#include "sched/worker.h"
#include "sys/thread.h"

static const int64_t MS = 1000000;

static void open_sim(struct bench *bench, uint64_t seed) {
	bench_open(bench, (struct ki_sched_options){.simulate = true, .seed = seed}, 4);
}

/* --- time --- */

TEST(sched_sim, time_starts_with_2020) {
	struct bench bench;
	open_sim(&bench, 1);
	TRUE(ki_sched_simulated(bench.sched));
	EQ_INT(ki_sched_now(bench.sched), 0);
	EQ_INT(ki_sched_wall(bench.sched), INT64_C(1577836800000000000));
	EQ_INT(ki_sched_run(bench.sched, -1), KI_RUN_IDLE);
	EQ_INT(ki_sched_now(bench.sched), 0);
	bench_close(&bench);
}

static enum ki_step sleep_an_hour(struct body *body) {
	body_sleep(body, 3600 * 1000 * MS);
	return KI_STEP_DONE;
}

static enum ki_step yield_a_hundred_times(struct body *body) {
	for (int i = 0; i < 100; i++) {
		EQ_INT(ki_sched_now(body->bench->sched), 0);
		ki_task_yield(false);
	}
	return KI_STEP_DONE;
}

TEST(sched_sim, the_clock_jumps_only_when_nothing_can_run) {
	struct bench bench;
	open_sim(&bench, 1);
	struct body sleeps, yields;
	body_init(&sleeps, &bench, sleep_an_hour);
	body_init(&yields, &bench, yield_a_hundred_times);
	ki_task_start(&sleeps.task);
	ki_task_start(&yields.task);
	bench_run(&bench);
	EQ_INT(ki_sched_now(bench.sched), 3600 * 1000 * MS);
	bench_close(&bench);
}

static enum ki_step sleep_a_second_ten_times(struct body *body) {
	for (; body->n < 10; body->n++) {
		body_sleep(body, 1000 * MS);
	}
	return KI_STEP_DONE;
}

TEST(sched_sim, what_is_due_at_the_bound_still_happens) {
	struct bench bench;
	open_sim(&bench, 1);
	struct body body;
	body_init(&body, &bench, sleep_a_second_ten_times);
	ki_task_start(&body.task);
	EQ_INT(ki_sched_run(bench.sched, 3000 * MS), KI_RUN_UNTIL);
	EQ_INT(body.n, 3);
	EQ_INT(ki_sched_run(bench.sched, 3999 * MS), KI_RUN_UNTIL);
	EQ_INT(body.n, 3);
	EQ_INT(ki_sched_now(bench.sched), 3999 * MS);
	EQ_INT(ki_sched_run(bench.sched, -1), KI_RUN_HALTED);
	EQ_INT(body.n, 10);
	EQ_INT(ki_sched_now(bench.sched), 10000 * MS);
	bench_close(&bench);
}

struct alarm {
	struct ki_timer timer;
	int id;
};

static int rung[8], nr_rung;

static void ring(struct ki_timer *timer) {
	rung[nr_rung++] = ki_container_of(timer, struct alarm, timer)->id;
}

static void ring_all(int64_t unit_ns) {
	struct bench bench;
	open_sim(&bench, 1);
	struct ki_host *other = ki_host_new(bench.sched, "app:other", 1, 0);
	struct alarm alarms[7];
	static const int64_t deadline[7] = {5, 5, 3, 5, 9, 5, 1};
	nr_rung = 0;
	for (int i = 0; i < 7; i++) {
		alarms[i] = (struct alarm){.timer = {.fire = ring}, .id = i};
		struct ki_host *host = i % 2 == 0 ? other : bench.host;
		ki_host_arm(host, &alarms[i].timer, deadline[i] * unit_ns);
	}
	struct ki_counts stats;
	ki_host_counts(bench.host, &stats);
	EQ_INT(stats.timers, 3);
	TRUE(ki_host_cancel(bench.host, &alarms[3].timer));
	FALSE(ki_host_cancel(bench.host, &alarms[3].timer));
	TRUE(ki_host_cancel(other, &alarms[6].timer)); /* the first of all */
	EQ_INT(ki_sched_run(bench.sched, -1), KI_RUN_IDLE);
	EQ_INT(ki_sched_now(bench.sched), 9 * unit_ns);
	static const int want[5] = {2, 0, 1, 5, 4};
	EQ_INT(nr_rung, 5);
	for (int i = 0; i < 5; i++) {
		EQ_INT(rung[i], want[i]);
	}
	bench_close(&bench);
}

TEST(sched_sim, timers_fire_by_deadline_and_then_by_arming_over_all_hosts) {
	ring_all(1);
	ring_all(MS);
	ring_all(INT64_C(86400) * 1000 * MS);
}

static enum ki_step sleep_a_million_times(struct body *body) {
	for (; body->n < 1000000 / (TEST_SCALE * 10); body->n++) {
		body_sleep(body, MS);
	}
	return KI_STEP_DONE;
}

TEST(sched_sim, a_million_timer_turns_take_seconds) {
	struct bench bench;
	open_sim(&bench, 1);
	struct body bodies[10];
	for (int i = 0; i < 10; i++) {
		body_init(&bodies[i], &bench, sleep_a_million_times);
		ki_task_start(&bodies[i].task);
	}
	bench_run(&bench);
	bench_close(&bench);
}

/* --- slices --- */

static enum ki_step spin_ten_slices(struct body *body) {
	(void)body;
	for (int slices = 0; slices < 10;) {
		if (ki_task_tick()) {
			ki_task_yield(true);
			slices++;
		}
	}
	return KI_STEP_DONE;
}

TEST(sched_sim, a_full_slice_moves_the_clock_and_nothing_else_does) {
	struct bench bench;
	open_sim(&bench, 1);
	struct body spins;
	body_init(&spins, &bench, spin_ten_slices);
	ki_task_start(&spins.task);
	ki_sched_run(bench.sched, -1);
	EQ_INT(ki_sched_now(bench.sched), 10 * MS);
	struct ki_counts stats;
	ki_host_counts(bench.host, &stats);
	EQ_INT(stats.preempted, 10);
	EQ_INT(stats.executed, 11);
	EQ_INT(stats.cpu_ns, 10 * MS);
	bench_close(&bench);
}

static enum ki_step spin_for_ever(struct body *body) {
	while (body->n >= 0) {
		if (ki_task_tick()) {
			ki_task_yield(true);
		}
	}
	return KI_STEP_DONE;
}

TEST(sched_sim, a_spin_reaches_the_bound) {
	struct bench bench;
	open_sim(&bench, 1);
	struct body body;
	body_init(&body, &bench, spin_for_ever);
	ki_task_start(&body.task);
	EQ_INT(ki_sched_run(bench.sched, 50 * MS), KI_RUN_UNTIL);
	EQ_INT(ki_sched_now(bench.sched), 51 * MS);
	bench_close(&bench);
}

static enum ki_step spin_until_told(struct body *body) {
	while (!ki_load_rlx(&body->bench->xflag)) {
		ki_task_tick(); /* does not give way */
	}
	return KI_STEP_DONE;
}

static struct bench *told_bench;

static void tell(struct ki_timer *timer) {
	(void)timer;
	ki_store_rlx(&told_bench->xflag, 1);
}

TEST(sched_sim, timers_fire_beside_a_task_that_does_not_give_way) {
	struct bench bench;
	open_sim(&bench, 1);
	told_bench = &bench;
	struct body body;
	body_init(&body, &bench, spin_until_told);
	ki_task_start(&body.task);
	struct ki_timer timer = {.fire = tell};
	ki_host_arm(bench.host, &timer, 5 * MS);
	bench_run(&bench);
	EQ_INT(ki_sched_now(bench.sched), 5 * MS);
	bench_close(&bench);
}

/*
 * The law of SPEC 22.1: who used up a slice runs again only after all that were ready, or became
 * ready at that moment, had their turn. Each body notes who is READY when it yields, and finds
 * those run.
 */
enum { NR_MIXED = 12 };
static struct body mixed[NR_MIXED];

static bool is_ready(const struct body *body) {
	return ki_load_rlx(&body->task.xstate) == KI_TASK_WOKEN;
}

static void yield_and_check(struct body *me) {
	uint64_t steps[NR_MIXED];
	bool waits[NR_MIXED];
	bool over = false;
	while (!over) {
		over = ki_task_tick(); /* fires what this slice made due */
	}
	for (int i = 0; i < NR_MIXED; i++) {
		steps[i] = ki_load_rlx(&mixed[i].task.xsteps);
		waits[i] = is_ready(&mixed[i]);
	}
	ki_task_yield(true);
	for (int i = 0; i < NR_MIXED; i++) {
		if (waits[i] && &mixed[i] != me) {
			GT_INT(ki_load_rlx(&mixed[i].task.xsteps), steps[i]);
		}
	}
}

static enum ki_step mix(struct body *me) {
	struct ki_sched *sched = me->bench->sched;
	for (int i = 0; i < 60; i++) {
		switch (ki_sched_random(sched) % 4) {
		case 0:
			ki_task_yield(false);
			break;
		case 1:
			body_sleep(me, (int64_t)(ki_sched_random(sched) % 3) * MS);
			break;
		case 2:
			ki_task_wake(&mixed[ki_sched_random(sched) % NR_MIXED].task);
			break;
		default:
			yield_and_check(me);
			break;
		}
	}
	return KI_STEP_DONE;
}

TEST(sched_sim, after_a_full_slice_everybody_ready_has_had_a_turn) {
	for (uint64_t seed = 1; seed <= 50; seed++) {
		struct bench bench;
		open_sim(&bench, seed);
		for (int i = 0; i < NR_MIXED; i++) {
			body_init(&mixed[i], &bench, mix);
		}
		for (int i = 0; i < NR_MIXED; i++) {
			ki_task_start(&mixed[i].task);
		}
		bench_run(&bench);
		bench_close(&bench);
	}
}

/* --- the order --- */

static uint64_t trace;

static enum ki_step leave_a_trace(struct body *me) {
	struct ki_sched *sched = me->bench->sched;
	for (int i = 0; i < 50; i++) {
		trace = trace * 31 + (uint64_t)(me - mixed);
		trace = trace * 31 + (uint64_t)ki_sched_now(sched);
		uint64_t dice = ki_sched_random(sched);
		trace = trace * 31 + dice;
		ki_task_wake(&mixed[dice % NR_MIXED].task);
		if (dice % 5 == 0) {
			body_sleep(me, (int64_t)(dice % 7) * MS);
		} else {
			ki_task_yield(dice % 3 == 0);
		}
	}
	return KI_STEP_DONE;
}

static uint64_t trace_of(uint64_t seed) {
	struct bench bench;
	void *shift = malloc(1000 * (1 + seed % 3)); /* addresses must not matter */
	open_sim(&bench, seed);
	trace = 0;
	for (int i = 0; i < NR_MIXED; i++) {
		body_init(&mixed[i], &bench, leave_a_trace);
	}
	for (int i = 0; i < NR_MIXED; i++) {
		ki_task_start(&mixed[i].task);
	}
	bench_run(&bench);
	bench_close(&bench);
	free(shift);
	return trace;
}

TEST(sched_sim, the_same_seed_gives_the_same_run_and_another_another) {
	int differ = 0;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		uint64_t first = trace_of(seed);
		EQ_UINT(trace_of(seed), first);
		differ += trace_of(seed + 1) != first;
	}
	EQ_INT(differ, 20);
}

static enum ki_step log_oneself(struct body *body) {
	bench_log(body->bench, body->n);
	return KI_STEP_DONE;
}

TEST(sched_sim, seeds_reach_every_order_of_three_woken_tasks) {
	bool seen[64] = {false};
	int nr_orders = 0;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct bench bench;
		open_sim(&bench, seed);
		struct body bodies[3];
		for (int i = 0; i < 3; i++) {
			body_init(&bodies[i], &bench, log_oneself);
			bodies[i].n = i;
		}
		for (int i = 0; i < 3; i++) {
			ki_task_start(&bodies[i].task);
		}
		bench_run(&bench);
		int order = bench.log[0] * 16 + bench.log[1] * 4 + bench.log[2];
		nr_orders += !seen[order];
		seen[order] = true;
		bench_close(&bench);
	}
	EQ_INT(nr_orders, 6);
}

static enum ki_step wake_the_next_for_ever(struct body *me) {
	ki_task_wake(&mixed[(me - mixed + 1) % (NR_MIXED - 1)].task);
	return me->bench->xflag ? KI_STEP_DONE : KI_STEP_WAIT;
}

static enum ki_step count_fifty_turns(struct body *me) {
	uint64_t before = 0;
	for (int i = 0; i < 50; i++) {
		uint64_t turns = 0;
		for (int k = 0; k < NR_MIXED - 1; k++) {
			turns += ki_load_rlx(&mixed[k].task.xsteps);
		}
		/* Two rounds, each with every other task once and a few woken ones more. */
		LE_INT(turns - before, i == 0 ? UINT64_MAX / 2 : 4 * NR_MIXED);
		before = turns;
		ki_task_yield(i % 2 == 0);
	}
	ki_store_rlx(&me->bench->xflag, 1);
	return KI_STEP_DONE;
}

TEST(sched_sim, wakers_without_end_starve_nobody) {
	for (uint64_t seed = 1; seed <= 50; seed++) {
		struct bench bench;
		open_sim(&bench, seed);
		for (int i = 0; i < NR_MIXED; i++) {
			body_init(&mixed[i], &bench,
				i < NR_MIXED - 1 ? wake_the_next_for_ever : count_fifty_turns);
		}
		for (int i = NR_MIXED - 1; i >= 0; i--) {
			ki_task_start(&mixed[i].task);
		}
		bench_run(&bench);
		bench_close(&bench);
	}
}

/* --- hosts, and threads outside --- */

TEST(sched_sim, a_host_runs_nothing_before_its_start_and_after_its_stop) {
	struct bench bench;
	open_sim(&bench, 1);
	struct ki_host *late = ki_host_new(bench.sched, "app:late", 1, 0);
	struct body body, more;
	body_init(&body, &bench, log_oneself);
	body_init(&more, &bench, log_oneself);
	body.task.host = late;
	more.task.host = late;
	ki_task_start(&body.task);
	EQ_INT(ki_sched_run(bench.sched, -1), KI_RUN_IDLE);
	EQ_INT(body.xruns, 0);
	struct ki_counts stats;
	ki_host_counts(late, &stats);
	EQ_INT(stats.queue_depth, 1);
	OK(ki_host_start(late));
	EQ_INT(ki_sched_run(bench.sched, -1), KI_RUN_IDLE);
	EQ_INT(body.xruns, 1);
	ki_task_start(&more.task);
	ki_host_stop(late);
	EQ_INT(ki_sched_run(bench.sched, -1), KI_RUN_IDLE);
	EQ_INT(more.xruns, 0);
	OK(ki_host_start(late));
	EQ_INT(ki_sched_run(bench.sched, -1), KI_RUN_HALTED);
	EQ_INT(more.xruns, 1);
	bench_close(&bench);
}

static enum ki_step yield_until_told(struct body *body) {
	ki_store_rel(&body->bench->xflag, 1); /* runs: the thread may begin */
	return body->n == 0 ? KI_STEP_AGAIN : KI_STEP_DONE;
}

static enum ki_step tell_first(struct body *body) {
	body->bench->seen[0]->n = 1;
	return KI_STEP_DONE;
}

static void wake_from_outside(void *arg) {
	struct bench *bench = arg;
	while (!ki_load_acq(&bench->xflag)) {
		ki_thread_yield();
	}
	ki_task_wake(&bench->seen[1]->task);
}

TEST(sched_sim, a_thread_outside_may_wake) {
	struct bench bench;
	open_sim(&bench, 1);
	struct body yields, tells;
	body_init(&yields, &bench, yield_until_told);
	body_init(&tells, &bench, tell_first);
	bench.seen[0] = &yields;
	bench.seen[1] = &tells;
	ki_task_start(&yields.task);
	struct ki_thread thread;
	OK(ki_thread_start(&thread, wake_from_outside, &bench, 0));
	bench_run(&bench);
	ki_thread_join(&thread);
	EQ_INT(tells.xruns, 1);
	bench_close(&bench);
}

static void halt_from_outside(void *arg) {
	struct bench *bench = arg;
	while (!ki_load_acq(&bench->xflag)) {
		ki_thread_yield();
	}
	ki_sched_halt(bench->sched);
}

TEST(sched_sim, a_thread_outside_may_halt) {
	struct bench bench;
	open_sim(&bench, 1);
	struct body yields;
	body_init(&yields, &bench, yield_until_told);
	ki_task_start(&yields.task);
	struct ki_thread thread;
	OK(ki_thread_start(&thread, halt_from_outside, &bench, 0));
	bench_run(&bench);
	ki_thread_join(&thread);
	EQ_INT(yields.xdone, 0);
	bench_close(&bench);
}

/* --- roaming --- */

/* Where a step finds itself: its worker, and a page of its stack. */
struct place {
	const struct ki_worker *worker;
	uintptr_t stack;
};

enum { ROAM_STEPS = 64 };
static struct place places[ROAM_STEPS];

/* The one of a step's frames is at the same depth each time: other stacks have other addresses. */
static enum ki_step note_place(struct body *body) {
	char here;
	places[body->n] = (struct place){ki_worker_self(), (uintptr_t)&here};
	return ++body->n == ROAM_STEPS ? KI_STEP_DONE : KI_STEP_AGAIN;
}

static enum ki_step note_place_within(struct body *body) {
	for (; body->n < ROAM_STEPS; body->n++) {
		char here;
		places[body->n] = (struct place){ki_worker_self(), (uintptr_t)&here};
		ki_task_yield(false);
	}
	return KI_STEP_DONE;
}

static int nr_workers_seen(void) {
	int nr = 0;
	for (int i = 0; i < ROAM_STEPS; i++) {
		int before = 0;
		while (before < i && places[before].worker != places[i].worker) {
			before++;
		}
		nr += before == i;
	}
	return nr;
}

static int nr_stacks_seen(void) {
	int nr = 0;
	for (int i = 0; i < ROAM_STEPS; i++) {
		int before = 0;
		while (before < i && places[before].stack != places[i].stack) {
			before++;
		}
		nr += before == i;
	}
	return nr;
}

static void roam(bool roam, enum ki_step (*run)(struct body *)) {
	struct bench bench;
	bench_open(&bench,
		(struct ki_sched_options){.simulate = true, .seed = 3, .roam = roam}, 4);
	struct body body;
	body_init(&body, &bench, run);
	ki_task_start(&body.task);
	bench_run(&bench);
	bench_close(&bench);
}

TEST(sched_sim, a_roaming_task_changes_workers_and_its_steps_change_stacks) {
	roam(true, note_place);
	EQ_INT(nr_workers_seen(), 3);
	TRUE(nr_stacks_seen() > 3);
	roam(false, note_place);
	EQ_INT(nr_workers_seen(), 1);
	EQ_INT(nr_stacks_seen(), 1);
}

/* In the middle of a step the stack is kept, whatever worker goes on with it. */
TEST(sched_sim, a_roaming_task_keeps_the_stack_of_a_step) {
	roam(true, note_place_within);
	EQ_INT(nr_workers_seen(), 3);
	EQ_INT(nr_stacks_seen(), 1);
}

TEST(sched_sim, roaming_repeats_with_its_seed) {
	struct place first[ROAM_STEPS];
	roam(true, note_place_within);
	memcpy(first, places, sizeof first);
	roam(true, note_place_within);
	for (int i = 1; i < ROAM_STEPS; i++) {
		EQ_INT(places[i].worker - places[0].worker, first[i].worker - first[0].worker);
	}
}

/* What a task is promised by either driver: on one worker with real threads, and simulated. */
#include "unit/sched_fixture.h"

/* On one worker a turn is behind another: unless the machine keeps its thread from running for so
 * long that it counts as stuck, and a spare one goes on beside it. */
#define LONGEST_SLICE_NS 1000000000

#define BOTH(claim)                                                                                \
	static void claim(struct bench *bench);                                                    \
	TEST(sched_task, claim##_on_threads)                                                       \
	{                                                                                          \
		struct bench bench;                                                                \
		bench_open_slice(                                                                  \
			&bench, (struct ki_sched_options){.seed = 7}, 1, LONGEST_SLICE_NS);        \
		claim(&bench);                                                                     \
		bench_close(&bench);                                                               \
	}                                                                                          \
	TEST(sched_task, claim##_simulated)                                                        \
	{                                                                                          \
		for (uint64_t seed = 1; seed <= 20; seed++) {                                      \
			struct bench bench;                                                        \
			bench_open(&bench,                                                         \
				(struct ki_sched_options){.simulate = true, .seed = seed}, 1);     \
			claim(&bench);                                                             \
			bench_close(&bench);                                                       \
		}                                                                                  \
	}                                                                                          \
	static void claim(struct bench *bench)

/* --- wakes --- */

static enum ki_step wait_until_told(struct body *body) {
	return ki_load_rlx(&body->bench->xflag) ? KI_STEP_DONE : KI_STEP_WAIT;
}

static enum ki_step wake_first_thrice_and_end(struct body *body) {
	for (int i = 0; i < 3; i++) {
		ki_task_wake(&body->bench->seen[0]->task);
	}
	ki_store_rlx(&body->bench->xflag, 1);
	return KI_STEP_DONE;
}

BOTH(wakes_before_a_turn_count_once) {
	struct body waits, wakes;
	body_init(&waits, bench, wait_until_told);
	body_init(&wakes, bench, wake_first_thrice_and_end);
	bench->seen[0] = &waits;
	ki_task_start(&wakes.task); /* the first stays IDLE until the second wakes it */
	bench_run(bench);
	EQ_INT(waits.xruns, 1);
	EQ_INT(waits.xdone, 1);
	EQ_INT(wakes.xdone, 1);
}

static enum ki_step wake_oneself_twice(struct body *body) {
	if (++body->n == 3) {
		return KI_STEP_DONE;
	}
	ki_task_wake(&body->task);
	ki_task_wake(&body->task);
	return KI_STEP_WAIT;
}

BOTH(a_wake_during_the_turn_leads_to_one_more) {
	struct body body;
	body_init(&body, bench, wake_oneself_twice);
	ki_task_start(&body.task);
	bench_run(bench);
	EQ_INT(body.xruns, 3);
	EQ_INT(ki_load_rlx(&body.task.xsteps), 3);
}

BOTH(a_dead_task_ignores_wakes) {
	struct body body;
	body_init(&body, bench, wake_oneself_twice);
	body.n = 2;
	ki_task_start(&body.task);
	bench_run(bench);
	ki_task_wake(&body.task);
	EQ_INT(body.xruns, 1);
	EQ_INT(body.xdone, 1);
}

/* --- the running task --- */

static enum ki_step look_at_oneself(struct body *body) {
	EQ_PTR(ki_task_self(), &body->task);
	ki_task_yield(false);
	EQ_PTR(ki_task_self(), &body->task);
	return KI_STEP_DONE;
}

BOTH(a_task_knows_itself_and_nobody_else_is_one) {
	struct body body;
	body_init(&body, bench, look_at_oneself);
	IS_NULL(ki_task_self());
	ki_task_start(&body.task);
	bench_run(bench);
	IS_NULL(ki_task_self());
	EQ_INT(body.xruns, 1);
}

static enum ki_step park_with_a_local(struct body *body) {
	int local = 41;
	body->bench->seen[0] = body;
	while (!ki_load_rlx(&body->bench->xflag)) {
		ki_task_park();
	}
	body->n = local + 1;
	return KI_STEP_DONE;
}

static enum ki_step end_the_park(struct body *body) {
	if (body->bench->seen[0] == NULL) {
		return KI_STEP_AGAIN; /* it does not stand there yet */
	}
	ki_store_rlx(&body->bench->xflag, 1);
	ki_task_wake(&body->bench->seen[0]->task);
	return KI_STEP_DONE;
}

BOTH(a_parked_task_goes_on_where_it_was) {
	struct body parks, ends;
	body_init(&parks, bench, park_with_a_local);
	body_init(&ends, bench, end_the_park);
	ki_task_start(&ends.task);
	ki_task_start(&parks.task);
	bench_run(bench);
	EQ_INT(parks.n, 42);
	EQ_INT(parks.xruns, 1);
}

static enum ki_step log_and_yield_thrice(struct body *body) {
	for (int i = 0; i < 3; i++) {
		bench_log(body->bench, body->n);
		ki_task_yield(i == 1);
	}
	return KI_STEP_DONE;
}

/* From within a turn: so all are ready before the first of them runs. */
static enum ki_step start_the_seen(struct body *body) {
	for (int i = 0; i < 4; i++) {
		ki_task_start(&body->bench->seen[i]->task);
	}
	return KI_STEP_DONE;
}

BOTH(who_yields_runs_again_after_the_others) {
	struct body bodies[4], starts;
	for (int i = 0; i < 4; i++) {
		body_init(&bodies[i], bench, log_and_yield_thrice);
		bodies[i].n = i;
		bench->seen[i] = &bodies[i];
	}
	body_init(&starts, bench, start_the_seen);
	ki_task_start(&starts.task);
	bench_run(bench);
	EQ_INT(bench->nr_log, 12);
	for (int turn = 0; turn < 12; turn += 4) {
		int all = 0;
		for (int i = 0; i < 4; i++) {
			all |= 1 << bench->log[turn + i];
		}
		EQ_INT(all, 15);
	}
}

static enum ki_step again_until_three(struct body *body) {
	return ++body->n == 3 ? KI_STEP_DONE : KI_STEP_AGAIN;
}

BOTH(a_step_that_says_again_is_called_again) {
	struct body body;
	body_init(&body, bench, again_until_three);
	ki_task_start(&body.task);
	bench_run(bench);
	EQ_INT(body.xruns, 3);
}

/* --- strands --- */

static enum ki_step detach_and_go_on(struct body *body) {
	struct bench *bench = body->bench;
	if (body->n == 0) {
		int local = 7;
		body->n = 1;
		OK(ki_task_detach(&bench->kept));
		EQ_INT(body->n, 2); /* the second step went before */
		body->n = local;
		return KI_STEP_DONE;
	}
	NOT_NULL(bench->kept);
	body->n = 2;
	ki_task_wake(&body->task);
	ki_task_park(); /* a strand put by survives waits of the task */
	ki_task_resume(bench->kept);
}

BOTH(a_detached_strand_goes_on_when_resumed) {
	struct body body;
	body_init(&body, bench, detach_and_go_on);
	ki_task_start(&body.task);
	bench_run(bench);
	EQ_INT(body.n, 7);
	EQ_INT(body.xruns, 2);
}

static enum ki_step abandon_twice(struct body *body) {
	if (++body->n < 3) {
		char frame[4096];
		memset(frame, body->n, sizeof frame);
		ki_task_abandon();
	}
	return KI_STEP_DONE;
}

BOTH(an_abandoned_strand_is_followed_by_a_new_step) {
	struct body body;
	body_init(&body, bench, abandon_twice);
	ki_task_start(&body.task);
	bench_run(bench);
	EQ_INT(body.xruns, 3);
	EQ_INT(ki_load_rlx(&body.task.xsteps), 1);
}

static enum ki_step detach_and_drop(struct body *body) {
	if (body->n++ < 10) {
		if (body->bench->kept != NULL) {
			ki_strand_drop(body->bench->kept);
		}
		OK(ki_task_detach(&body->bench->kept));
		FAIL("a dropped strand went on");
	}
	ki_strand_drop(body->bench->kept);
	return KI_STEP_DONE;
}

BOTH(a_dropped_strand_never_goes_on) {
	struct body body;
	body_init(&body, bench, detach_and_drop);
	ki_task_start(&body.task);
	bench_run(bench);
	EQ_INT(body.n, 11);
}

static void starves(bool simulate) {
	struct bench bench;
	bench_open(&bench,
		(struct ki_sched_options){.simulate = simulate, .stack_bytes = (size_t)1 << 60}, 1);
	struct body body;
	body_init(&body, &bench, again_until_three);
	ki_task_start(&body.task);
	bench_run(&bench);
	EQ_INT(body.xruns, 0);
	EQ_INT(body.xstarved, 1);
	EQ_INT(body.xdone, 1);
	bench_close(&bench);
}

TEST(sched_task, without_a_stack_a_task_starves_and_ends) {
	starves(false);
	starves(true);
}

/* --- the end --- */

static void free_body(struct ki_task *task) {
	struct body *body = body_of(task);
	body_done(task);
	free(body);
}

BOTH(after_done_the_memory_may_go) {
	static const struct ki_task_ops ops = {
		.step = body_step, .starve = body_starve, .done = free_body};
	struct body *bodies[100];
	for (int i = 0; i < 100; i++) {
		bodies[i] = malloc(sizeof *bodies[i]);
		body_init(bodies[i], bench, again_until_three);
		bodies[i]->task.ops = &ops;
	}
	for (int i = 0; i < 100; i++) { /* all count before the first can end */
		ki_task_start(&bodies[i]->task);
	}
	bench_run(bench);
	EQ_INT(bench->xleft, 0);
}

static enum ki_step park_for_ever(struct body *body) {
	body->n++;
	ki_store_rel(&body->bench->xflag, 1);
	ki_sched_halt(body->bench->sched);
	while (body->n > 0) {
		ki_task_park();
	}
	return KI_STEP_DONE;
}

BOTH(a_run_cut_short_leaves_no_stack_behind) {
	struct body body;
	body_init(&body, bench, park_for_ever);
	ki_task_start(&body.task);
	bench_run(bench);
	EQ_INT(body.n, 1);
}

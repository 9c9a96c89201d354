/* Whether anything can ever happen again of itself; the stress of that name has it on threads. */
#include "sched_fixture.h"

static bool at_rest(struct bench *bench) {
	uint64_t woken;
	return ki_sched_at_rest(bench->sched, &woken);
}

static enum ki_step waits(struct body *body) {
	(void)body;
	return KI_STEP_WAIT;
}

static void play(bool simulate) {
	struct bench bench;
	struct body body;
	bench_open(&bench, (struct ki_sched_options){.simulate = simulate}, 1);
	TRUE(at_rest(&bench));
	ki_host_stop(bench.host); /* so that nothing moves but what the case moves */
	body_init(&body, &bench, waits);
	TRUE(at_rest(&bench));
	ki_task_start(&body.task);
	FALSE(at_rest(&bench));
	ki_task_wake(&body.task); /* for nothing */
	FALSE(at_rest(&bench));
	OK(ki_host_start(bench.host));
	while (!at_rest(&bench)) {
		if (simulate) {
			EQ_INT(ki_sched_run(bench.sched, -1), KI_RUN_IDLE);
		}
	}
	EQ_INT(ki_load_rlx(&body.xruns), 1);
	ki_host_stop(bench.host);
	bench_close(&bench);
}

TEST(sched_rest, task_is_awake_from_its_wake_until_it_waits) {
	play(true);
	play(false);
}

static void nothing(struct ki_timer *timer) {
	(void)timer;
}

TEST(sched_rest, armed_timer_is_awake_until_it_fires_or_is_stopped) {
	struct bench bench;
	struct ki_timer timer = {.fire = nothing};
	bench_open(&bench, (struct ki_sched_options){.simulate = true}, 1);
	ki_host_arm(bench.host, &timer, 1000);
	FALSE(at_rest(&bench));
	EQ_INT(ki_sched_run(bench.sched, -1), KI_RUN_IDLE);
	TRUE(at_rest(&bench));
	ki_host_arm(bench.host, &timer, 2000);
	TRUE(ki_host_cancel(bench.host, &timer));
	TRUE(at_rest(&bench));
	FALSE(ki_host_cancel(bench.host, &timer));
	TRUE(at_rest(&bench));
	ki_host_arm(ki_sched_system_host(bench.sched), &timer, 2000); /* is not counted */
	TRUE(at_rest(&bench));
	TRUE(ki_host_cancel(ki_sched_system_host(bench.sched), &timer));
	ki_host_stop(bench.host);
	bench_close(&bench);
}

/* The one who looks is the only one awake. */
static enum ki_step looks(struct body *body) {
	uint64_t before, after;
	struct body *other = body->bench->seen[0];
	if (body->n++ == 0) {
		TRUE(ki_sched_at_rest(body->bench->sched, &before));
		ki_task_wake(&other->task);
		FALSE(ki_sched_at_rest(body->bench->sched, &after));
		GT_UINT(after, before);
		return KI_STEP_AGAIN;
	}
	return at_rest(body->bench) ? KI_STEP_DONE : KI_STEP_AGAIN;
}

TEST(sched_rest, task_that_looks_is_not_counted_itself) {
	struct bench bench;
	struct body looker, other;
	bench_open(&bench, (struct ki_sched_options){.simulate = true}, 1);
	body_init(&looker, &bench, looks);
	body_init(&other, &bench, waits);
	bench.seen[0] = &other;
	ki_task_start(&looker.task);
	EQ_INT(ki_sched_run(bench.sched, -1), KI_RUN_IDLE);
	EQ_INT(ki_load_rlx(&looker.xdone), 1);
	EQ_INT(ki_load_rlx(&other.xruns), 1);
	TRUE(at_rest(&bench));
	ki_host_stop(bench.host);
	bench_close(&bench);
}

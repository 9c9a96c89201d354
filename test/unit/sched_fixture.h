/*
 * Tasks for the tests of sched: a body is a function of one's own, run as a task; when all bodies
 * of a bench have ended, the run is halted.
 */
#ifndef SCHED_FIXTURE_H
#define SCHED_FIXTURE_H

#include "kith_test.h"

#include <kith_types.h>

#include "base/atomic.h"
#include "base/compiler.h"
#include "sched/sched.h"
#include "sched/task.h"

struct bench {
	struct ki_sched *sched;
	struct ki_host *host;
	_Atomic(int) xleft; /* bodies that have not ended */
	struct body *seen[8]; /* for the bodies to find each other */
	struct ki_strand *kept;
	int log[64];
	int nr_log;
	_Atomic(int) xflag;
};

struct body {
	struct ki_task task;
	struct bench *bench;
	enum ki_step (*run)(struct body *body);
	int n;
	_Atomic(int) xruns, xstarved, xdone;
	struct ki_timer timer;
};

static inline struct body *body_of(struct ki_task *task) {
	return ki_container_of(task, struct body, task);
}

static inline enum ki_step body_step(struct ki_task *task) {
	struct body *body = body_of(task);
	ki_add_rlx(&body->xruns, 1);
	return body->run(body);
}

static inline void body_starve(struct ki_task *task) {
	ki_add_rlx(&body_of(task)->xstarved, 1);
}

static inline void body_done(struct ki_task *task) {
	struct body *body = body_of(task);
	struct bench *bench = body->bench;
	ki_add_rlx(&body->xdone, 1);
	if (ki_sub_acq_rel(&bench->xleft, 1) == 1) {
		ki_sched_halt(bench->sched);
	}
}

static const struct ki_task_ops body_ops = {
	.step = body_step, .starve = body_starve, .done = body_done};

static inline void body_init(
	struct body *body, struct bench *bench, enum ki_step (*run)(struct body *)) {
	*body = (struct body){.bench = bench, .run = run};
	ki_task_init(&body->task, bench->host, &body_ops);
	ki_add_rlx(&bench->xleft, 1);
}

static inline void body_wake_timer(struct ki_timer *timer) {
	ki_task_wake(&ki_container_of(timer, struct body, timer)->task);
}

/* Parks the calling body for a time, whatever else wakes it. */
static inline void body_sleep(struct body *body, int64_t ns) {
	int64_t deadline_ns = ki_sched_now(body->bench->sched) + ns;
	body->timer.fire = body_wake_timer;
	ki_host_arm(body->task.host, &body->timer, deadline_ns);
	while (ki_sched_now(body->bench->sched) < deadline_ns) {
		ki_task_park();
	}
	ki_host_cancel(body->task.host, &body->timer);
}

static inline void bench_log(struct bench *bench, int what) {
	if (bench->nr_log < (int)ki_countof(bench->log)) {
		bench->log[bench->nr_log++] = what;
	}
}

static inline void bench_open_slice(struct bench *bench, struct ki_sched_options options,
	int nr_workers, int64_t slice_ns) {
	*bench = (struct bench){.sched = ki_sched_new(&options)};
	NOT_NULL(bench->sched);
	bench->host = ki_host_new(bench->sched, "app:processes", nr_workers, slice_ns);
	NOT_NULL(bench->host);
	OK(ki_host_start(bench->host));
}

static inline void bench_open(
	struct bench *bench, struct ki_sched_options options, int nr_workers) {
	bench_open_slice(bench, options, nr_workers, 0);
}

static inline void bench_run(struct bench *bench) {
	EQ_INT(ki_sched_run(bench->sched, -1), KI_RUN_HALTED);
	ki_host_stop(bench->host);
}

static inline void bench_close(struct bench *bench) {
	ki_sched_free(bench->sched);
}

#endif

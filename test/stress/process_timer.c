/*
 * Processes on real threads that arm a timer and then look for it, stop it or end, at about the
 * moment at which it fires, and that end as soon as it has come to rest.
 *
 * Law: each timer that was armed comes to rest once: it fires, or is stopped while pending, or is
 * released; and each process ends. What touches a process after its end the sanitizers see.
 */
#include "kith_stress.h"
#include "kith_laws.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "process/proc.h"
#include "sys/clock.h"
#include "sys/thread.h"

enum { NR_AT_ONCE = 3, NR_WORKERS = 3 };

struct stage {
	struct ki_sched *sched;
	struct ki_log log;
	struct ki_system system;
	struct ki_proc_host *host;
	struct ki_program program;
	uint64_t seed;
	_Atomic(uint64_t) xborn, xended, xarmed, xfired, xstopped, xreleased;
};

struct body {
	struct stage *stage;
	struct ki_rng rng;
	struct ki_proc_timer timer;
	bool armed, at_rest;
};

static void come_to_rest(struct body *body, _Atomic(uint64_t) *xhow) {
	FALSE(body->at_rest);
	body->at_rest = true;
	ki_add_rlx(xhow, 1); /* a counter */
}

static void fired(struct ki_proc_timer *timer) {
	struct body *body = ki_container_of(timer, struct body, timer);
	come_to_rest(body, &body->stage->xfired);
}

static void released(struct ki_proc_timer *timer) {
	struct body *body = ki_container_of(timer, struct body, timer);
	come_to_rest(body, &body->stage->xreleased);
}

static int body_start(struct ki_proc *proc, const struct ki_program *program,
	struct ki_payload *const *args, size_t nr_args, struct ki_payload **error) {
	struct stage *stage = (struct stage *)(uintptr_t)program->data;
	struct body *body = ki_zalloc(sizeof *body);
	(void)args, (void)nr_args, (void)error;
	body->stage = stage;
	ki_rng_seed(&body->rng, stage->seed ^ ki_add_rlx(&stage->xborn, 1)); /* a counter */
	ki_proc_timer_init(&body->timer, proc, fired, released);
	proc->body = body;
	return KITH_OK;
}

static void body_destroy(struct ki_proc *proc) {
	struct body *body = proc->body;
	EQ_INT(body->at_rest, body->armed);
	EQ_INT(body->timer.state, KI_PROC_TIMER_REST);
	ki_add_rlx(&body->stage->xended, 1); /* a counter */
	ki_free(body);
}

/* Looks without a pause until `until_ns`, so as to see the signal at the moment it is pushed. */
static void look_hard(struct ki_proc *proc, struct body *body, int64_t until_ns) {
	while (!body->at_rest && ki_clock_mono_ns() < until_ns) {
		TRUE(ki_proc_look(proc));
	}
}

static enum ki_step body_step(struct ki_proc *proc) {
	struct body *body = proc->body;
	struct stage *stage = body->stage;
	if (!body->armed) {
		int64_t now_ns = ki_sched_now(stage->sched);
		int64_t due_ns = now_ns + (int64_t)ki_rng_below(&body->rng, 30000);
		body->armed = true;
		ki_proc_timer_arm(&body->timer, due_ns);
		ki_add_rlx(&stage->xarmed, 1); /* a counter */
		look_hard(proc, body, due_ns + (int64_t)ki_rng_below(&body->rng, 60000));
		uint64_t fate = ki_rng_below(&body->rng, 4);
		bool busy = true;
		if (fate == 0 && !body->at_rest && ki_proc_timer_stop(&body->timer, &busy) &&
			!busy) {
			come_to_rest(body, &stage->xstopped);
		}
		if (fate == 1) {
			ki_proc_end_return(proc, NULL); /* pending, on its way, or heard of */
			return KI_STEP_DONE;
		}
	}
	TRUE(ki_proc_look(proc));
	if (!body->at_rest) {
		return KI_STEP_WAIT;
	}
	ki_proc_end_return(proc, NULL);
	return KI_STEP_DONE;
}

static const struct ki_body_ops ops = {
	.name = "timer", .start = body_start, .step = body_step, .destroy = body_destroy};

static void stage_open(struct stage *stage, uint64_t seed) {
	struct ki_sched_options options = {.seed = seed};
	struct ki_system_hooks hooks = {0};
	struct ki_host *host;
	stage->seed = seed << 32;
	NOT_NULL(stage->sched = ki_sched_new(&options));
	ki_log_init(&stage->log, KI_LOG_OFF, NULL, NULL, NULL, NULL);
	OK(ki_system_init(&stage->system, stage->sched, &stage->log, &hooks));
	NOT_NULL(host = ki_host_new(stage->sched, "stress:host", NR_WORKERS, 0));
	OK(ki_system_add_host(&stage->system, host, &stage->host));
	stage->program = (struct ki_program){.id = "stress:timer", .ops = &ops, .data = stage};
	OK(ki_host_start(host));
	ki_proc_host_set_state(stage->host, KI_PROC_HOST_RUNNING);
}

static uint64_t alive(struct stage *stage) {
	/* rlx: numbers; the second is read first, so that none is missed */
	uint64_t ended = ki_load_rlx(&stage->xended);
	return ki_load_rlx(&stage->xborn) - ended;
}

static void run(uint64_t seed, int64_t bound_ns) {
	static struct stage stage;
	int64_t until_ns = stress_now_ns() + bound_ns;
	stage_open(&stage, seed);
	while (stress_now_ns() < until_ns) {
		struct ki_spawn spawn = {.program = &stage.program, .host = stage.host};
		kith_pid pid;
		struct ki_payload *error;
		OK(ki_proc_spawn(&stage.system, &spawn, &pid, &error));
		while (alive(&stage) >= NR_AT_ONCE) {
			ki_thread_yield();
		}
	}
	while (alive(&stage) > 0) {
		ki_thread_yield();
	}
	ki_host_stop(stage.host->host); /* joins */
	EQ_UINT(ki_load_rlx(&stage.xarmed), ki_load_rlx(&stage.xborn));
	EQ_UINT(ki_load_rlx(&stage.xfired) + ki_load_rlx(&stage.xstopped) +
			ki_load_rlx(&stage.xreleased),
		ki_load_rlx(&stage.xarmed));
	laws_hold_at_end(&stage.system);
	ki_system_fini(&stage.system);
	ki_sched_free(stage.sched);
}

STRESS_MAIN("each timer comes to rest once", run)

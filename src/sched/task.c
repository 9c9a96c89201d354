/*
 * task.c: the states of a task, and one turn of it on a worker; see task.h.
 *
 * A turn stands on two stacks. The worker's own holds ki_worker_turn; it switches to a strand and
 * gets control back with a command in the task, either from the strand's loop (the step returned)
 * or from one of the calls of the running task. What a command asks for, the worker does: only it
 * may hand the task to others, since only then the switch away from the strand is complete.
 *
 * Owns: xstate and command of each task.
 * Threads: as task.h says.
 * Not here: queues (threads.c, sim.c); stacks (strand.c).
 */
#include "sched/task.h"

#include <kith_types.h>

#include "base/check.h"
#include "base/compiler.h"
#include "sched/driver.h"
#include "sched/rest.h"

enum ki_command {
	/* the step returned, the strand waits in its loop */
	CMD_WAIT = KI_STEP_WAIT,
	CMD_AGAIN = KI_STEP_AGAIN,
	CMD_DONE = KI_STEP_DONE,
	/* the strand waits in the middle */
	CMD_PARK,
	CMD_YIELD,
	CMD_YIELD_SLICE,
	CMD_DETACH,
	/* the strand is given up */
	CMD_RESUME,
	CMD_ABANDON
};

void ki_task_init(struct ki_task *task, struct ki_host *host, const struct ki_task_ops *ops) {
	*task = (struct ki_task){.host = host, .ops = ops};
}

void ki_task_wake(struct ki_task *task) {
	struct ki_sched *sched = task->host->sched;
	ki_rest_woken(sched); /* before it can rest again */
	/* acq_rel: before the turn that follows, or after the start of the present one. [TK1] */
	if (ki_or_acq_rel(&task->xstate, KI_TASK_WOKEN) == 0) {
		sched->ops->ready(task);
	} else {
		ki_rest_rested(sched); /* it was awake; the task may be gone by now */
	}
}

void ki_task_start(struct ki_task *task) {
	ki_task_wake(task);
}

/* --- the worker's side --- */

static void turn_done(struct ki_worker *worker, struct ki_task *task) {
	task->strand = NULL;
	ki_worker_set_task(worker, NULL);
	/* acq_rel: the last change but for late wakes, which change nothing. [TK1] */
	ki_xchg_acq_rel(&task->xstate, KI_TASK_DEAD);
	task->ops->done(task);
	ki_rest_rested(worker->sched);
}

/* The task has said that it waits; it is somebody else's from the moment that it is IDLE. */
static void turn_waits(struct ki_worker *worker, struct ki_task *task) {
	task->slice_used = 0;
	task->used_ns = 0;
	task->waited = false;
	ki_worker_set_task(worker, NULL);
	/* acq_rel: hands over the strand; a wake since the start of the turn is seen. [TK1] */
	if (ki_sub_acq_rel(&task->xstate, KI_TASK_RUNNING) & KI_TASK_WOKEN) {
		worker->sched->ops->again(worker, task, KI_AGAIN_WOKEN);
	} else {
		ki_rest_rested(worker->sched);
	}
}

static void turn_yields(struct ki_worker *worker, struct ki_task *task, enum ki_again why) {
	if (why == KI_AGAIN_SLICE) {
		ki_counters_add_owner(&worker->counters->bank, KI_COUNTER_PREEMPTED, 1);
	}
	ki_worker_set_task(worker, NULL);
	/* acq_rel: hands over the strand. [TK1] */
	ki_xchg_acq_rel(&task->xstate, KI_TASK_WOKEN);
	worker->sched->ops->again(worker, task, why);
}

/* Does what the task asks for that does not end its turn. */
static bool turn_goes_on(struct ki_task *task) {
	switch (task->command) {
	case CMD_DETACH:
		task->strand = task->target;
		return true;
	case CMD_RESUME:
		ki_strand_free(task->strand);
		task->strand = task->target;
		return true;
	case CMD_ABANDON:
		ki_strand_free(task->strand);
		task->strand = NULL;
		return true;
	default:
		return false;
	}
}

static void turn_ends(struct ki_worker *worker, struct ki_task *task, uint64_t took_ns) {
	enum ki_command command = task->command;
	ki_count_up(&task->xran_ns, took_ns);
	if (command <= CMD_DONE) {
		ki_strand_put(&worker->cache, task->strand);
		task->strand = NULL;
	}
	switch (command) {
	case CMD_DONE:
		turn_done(worker, task);
		break;
	case CMD_AGAIN:
	case CMD_YIELD:
		turn_yields(worker, task, KI_AGAIN_YIELD);
		break;
	case CMD_YIELD_SLICE:
		turn_yields(worker, task, KI_AGAIN_SLICE);
		break;
	default:
		turn_waits(worker, task);
		break;
	}
}

/* rlx: for the handler of the thread that runs the task, which sees it in order */
static void set_overrun(struct ki_task *task, struct ki_overrun *overrun) {
	ki_store_rlx(&task->xoverrun, overrun);
}

int64_t ki_worker_turn(struct ki_worker *worker, struct ki_task *task, int64_t now_ns) {
	/* acq_rel: what wakers did before now is seen; later ones find RUNNING. [TK1] */
	ki_check(ki_xchg_acq_rel(&task->xstate, KI_TASK_RUNNING) == KI_TASK_WOKEN); /* T1 */
	ki_counters_add_owner(&worker->counters->bank, KI_COUNTER_EXECUTED, 1);
	ki_count_up(&task->xsteps, 1);
	task->slice_over = false;
	ki_worker_set_task(worker, task);
	do {
		if (task->strand == NULL) {
			task->strand = ki_strand_get(&worker->cache, &worker->sched->strands);
			if (task->strand == NULL) {
				set_overrun(task, NULL); /* of a strand that was given up */
				task->ops->starve(task);
				turn_done(worker, task);
				return now_ns;
			}
		}
		worker->strand = task->strand;
		ki_ctx_switch(&worker->ctx, &worker->strand->ctx);
	} while (turn_goes_on(task));
	int64_t end_ns = ki_sched_now(worker->sched);
	turn_ends(worker, task, (uint64_t)(end_ns - now_ns));
	return end_ns;
}

/* --- the task's side: runs on a strand, and asks for the worker anew after each switch --- */

/* Leaves the strand for the worker, with a command, until somebody goes on with the strand. */
static KI_NOINLINE void leave(uint8_t command) {
	struct ki_worker *worker = ki_worker_self();
	struct ki_strand *strand = worker->strand;
	ki_worker_task(worker)->command = command;
	ki_ctx_switch(&strand->ctx, &worker->ctx);
}

static KI_NORETURN void leave_for_good(struct ki_worker *worker, uint8_t command) {
	ki_worker_task(worker)->command = command;
	ki_ctx_switch_final(&worker->strand->ctx, &worker->ctx);
	ki_check_failed(__FILE__, __LINE__, "a strand that was given up went on");
}

void ki_worker_strand_loop(void *strand) {
	(void)strand;
	for (;;) {
		struct ki_task *task = ki_task_self();
		set_overrun(task, NULL);
		enum ki_step next = task->ops->step(task);
		set_overrun(task, NULL); /* what embeds it may go now */
		leave((uint8_t)next);
	}
}

KI_NOINLINE struct ki_task *ki_task_self(void) {
	struct ki_worker *worker = ki_worker_self();
	return worker == NULL ? NULL : ki_worker_task(worker);
}

void ki_task_park(void) {
	leave(CMD_PARK);
}

void ki_task_yield(bool full_slice) {
	leave(full_slice ? CMD_YIELD_SLICE : CMD_YIELD);
}

bool ki_task_tick(void) {
	struct ki_worker *worker = ki_worker_self();
	return worker->sched->ops->tick(worker, ki_worker_task(worker));
}

bool ki_task_over_budget(void) {
	struct ki_worker *worker = ki_worker_self();
	struct ki_task *task = ki_worker_task(worker);
	if (task->budget_ns == 0) {
		return false;
	}
	if (worker->sched->ops->spend != NULL) {
		worker->sched->ops->spend(worker, task);
	}
	return task->used_ns >= task->budget_ns;
}

struct ki_overrun *ki_task_on_overrun(struct ki_overrun *overrun) {
	struct ki_task *task = ki_task_self();
	struct ki_overrun *before = ki_load_rlx(&task->xoverrun); /* rlx: our own */
	set_overrun(task, overrun);
	return before;
}

int ki_task_detach(struct ki_strand **kept) {
	struct ki_worker *worker = ki_worker_self();
	struct ki_strand *fresh = ki_strand_get(&worker->cache, &worker->sched->strands);
	if (fresh == NULL) {
		return KITH_EEXHAUSTED;
	}
	ki_worker_task(worker)->target = fresh;
	*kept = worker->strand;
	leave(CMD_DETACH);
	return KITH_OK;
}

void ki_task_resume(struct ki_strand *strand) {
	struct ki_worker *worker = ki_worker_self();
	ki_worker_task(worker)->target = strand;
	leave_for_good(worker, CMD_RESUME);
}

void ki_task_abandon(void) {
	leave_for_good(ki_worker_self(), CMD_ABANDON);
}

void ki_strand_drop(struct ki_strand *strand) {
	ki_strand_free(strand);
}

/*
 * sched/task.h: what the scheduler runs.
 *
 * A task is something that can go on. It is driven by its `step` function, which runs on a strand
 * (a pooled C stack with its saved context) until nothing in it can go on. A step may also leave
 * its
 * strand in the middle: keep it while the task waits (park) or is set aside (yield), put it by
 * and go on with a fresh one (detach), change to one put by earlier (resume), or give it up with
 * whatever frames stand on it (abandon).
 *
 *                 ki_task_start, ki_task_wake
 *        IDLE ----------------------------------> READY ------> RUNNING ------> DEAD
 *         ^                                         ^  ki_task_run | |  step gave DONE
 *         |        WAIT or park, no wake came       |  yield       | |
 *         +------------------------------------------------------- + |
 *                                                   |                | ki_task_wake
 *                                                   +--- NOTIFIED <--+
 *                                 WAIT or park after a wake: READY at once
 *
 * Owns: struct ki_task and the transitions above.
 * Threads: ki_task_wake from any thread that keeps the task's memory alive; the calls of the second
 *	group from the running task itself.
 * Invariants:
 *	T1 a task stands in a queue exactly while it is READY (between two instructions of the one
 *	   who made it so, and of the worker that takes it, it does not yet, or no longer). T2
 *	   strand, kept and command are written by the worker that runs the task, or by nobody. T3
 *	   a wake that comes while the task runs is seen before it turns IDLE (one state word
 *	   decides). T4 after `done` was called the scheduler does not touch the task again. T5 a
 *	   task may go on in another worker's thread after each call of the second group: no
 *	   errno, no thread-local address and no held mutex lives across them.
 * Tags: [TK1] xstate is changed by read-modify-write alone, each with release and acquire. A
 *	waker's change is thus before or after the worker's in one order: before the start of a
 *	turn, the
 *	      turn sees what the waker did; after it, the end of the turn finds the task NOTIFIED.
 *	   (A waker that only looked, and left a READY task alone, could look too early.) The same
 *	   order hands strand and stack from worker to worker.
 * Not here: which task runs next, and when (driver.h, threads.c, sim.c).
 */
#ifndef KI_SCHED_TASK_H
#define KI_SCHED_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomic.h"
#include "sync/inject.h"

struct ki_host;
struct ki_strand;
struct ki_task;

/* What a step tells the scheduler when it returns; its strand is free again. */
enum ki_step {
	KI_STEP_WAIT,  /* nothing can go on: run me again after a wake */
	KI_STEP_AGAIN, /* run me again after everything else that is ready had its turn */
	KI_STEP_DONE   /* the task has ended */
};

struct ki_task_ops {
	/* Runs the task until nothing in it can go on. */
	enum ki_step (*step)(struct ki_task *task);
	/* No stack could be had for `step`. Runs on the worker's own stack; has to end the task
	 * without a call of the second group; `done` follows. */
	void (*starve)(struct ki_task *task);
	/* The task has ended and the scheduler has forgotten it: its memory may go. */
	void (*done)(struct ki_task *task);
};

/*
 * Embedded by what runs long, and told when the present turn of the task has outlasted its slice:
 * it is to make the task yield soon. `tell` is called from a signal handler, on the thread that
 * runs the turn and on whatever stack that is on, between any two instructions of the turn: inside
 * malloc, or inside a call of the second group. So it may only do what is async-signal-safe, and
 * touch only what the task writes at once (atomics, or data that is whole at each instruction); it
 * calls nothing of the scheduler. It is called again, every half a millisecond or so, while the
 * turn lasts; never when the task was handed to another worker or has ended. See
 * ki_sched_preempts.
 */
struct ki_overrun {
	void (*tell)(struct ki_overrun *overrun);
};

struct ki_task {
	/* any thread */
	_Atomic(uint32_t) xstate;
	/* whoever made it READY, then the worker that takes it */
	struct ki_inject_node queue_node;
	struct ki_task *sim_child, *sim_next; /* the simulator's heap of what is ready */
	uint64_t sim_round, sim_key;          /* its order */
	/* the worker that runs it [T2] */
	struct ki_strand *strand; /* to go on with; NULL: step is called on a fresh one */
	struct ki_strand *target; /* of a resume */
	uint8_t command;          /* enum ki_command: why it left its strand */
	bool slice_over;          /* a simulated slice ended in this turn */
	uint32_t slice_used;      /* simulated instructions since the last wait or full slice */
	int64_t used_ns;          /* of its budget, since it last waited */
	bool waited;              /* it has, since that was last looked at */
	_Atomic(struct ki_overrun *) xoverrun; /* read by the worker's signal handler as well */
	/* the same, and read by anybody */
	_Atomic(uint64_t) xsteps; /* turns so far */
	_Atomic(uint64_t) xran_ns; /* what those that have ended took; virtual: full slices */
	/* set once, before ki_task_start */
	struct ki_host *host;
	const struct ki_task_ops *ops;
	int64_t budget_ns; /* processor time that it may use between two waits; 0: any */
};

/* Bits of xstate: IDLE is none of them, READY is WOKEN, NOTIFIED is RUNNING and WOKEN. */
enum { KI_TASK_WOKEN = 1, KI_TASK_RUNNING = 2, KI_TASK_DEAD = 4 };

/* Prepares an IDLE task. */
void ki_task_init(struct ki_task *task, struct ki_host *host, const struct ki_task_ops *ops);

/* Any thread that keeps the task alive: makes an IDLE task ready, exactly once; a no-op on a READY,
 * NOTIFIED or DEAD one. ki_task_start is the first wake. */
void ki_task_wake(struct ki_task *task);
void ki_task_start(struct ki_task *task);

/* ---- From the running task only. Each may return in another thread [T5]. ---- */

/* The task that the calling thread runs, or NULL outside any. Not cached by the compiler. */
struct ki_task *ki_task_self(void);

/* Waits, strand kept, until woken. May return without a wake of one's own: the caller checks again.
 */
void ki_task_park(void);

/* Lets others run; the task stays ready. `full_slice`: it used up its time slice. */
void ki_task_yield(bool full_slice);

/* True when the running task has used up its time slice. Cheap; where `overrun` is not called, to
 * be asked every thousand VM instructions or so: in a simulation each call counts as that many. */
bool ki_task_tick(void);

/*
 * True when the running task has used up its budget. To be asked when ki_task_tick gave true, which
 * it also does when the budget ends sooner than the slice. On threads it is the processor's time,
 * not that in which the thread was ready. A wait is noted, not timed: of the slice in which a task
 * has waited without its turn ending nothing counts, so it may get so much more, never less.
 */
bool ki_task_over_budget(void);
/* The running task waits, or has received what it would have waited for: its budget begins anew. */
static inline void ki_task_waited(struct ki_task *task) {
	task->waited = true;
}

/*
 * Has `overrun` (NULL: nobody) told when a turn outlasts its slice, until the step returns or is
 * called anew on a fresh strand; a strand that is resumed says so again. Gives who was told before,
 * so that one can run inside the other.
 */
struct ki_overrun *ki_task_on_overrun(struct ki_overrun *overrun);

/*
 * Puts the current strand by and goes on with `step` on a fresh one. Gives the strand put by
 * through
 * `*kept` before anything else of the task runs. Returns 0 when a later ki_task_resume(*kept)
 * comes, or KITH_EEXHAUSTED at once (nothing done) when there is no fresh strand.
 */
int ki_task_detach(struct ki_strand **kept);

/* Gives the current strand up and goes on in `strand`, which a detach put by. Does not return. */
_Noreturn void ki_task_resume(struct ki_strand *strand);

/* Gives the current strand up, frames and all, and has `step` called anew. Does not return. */
_Noreturn void ki_task_abandon(void);

/* Drops a strand that was put by and will never be resumed, frames and all. */
void ki_strand_drop(struct ki_strand *strand);

#endif

/*
 * worker.h: a thread that runs tasks, one turn after the other.
 *
 * Owns: struct ki_worker and the thread-local pointer to it, the only one in kith.
 * Threads: a worker is touched by its own thread alone, but for its counters.
 * Invariants:
 *	W1 task is the one whose turn it is, NULL between turns; strand is the one it runs on.
 *	W2 a worker's address is never kept across a switch away from its thread: the task may go on
 *	   elsewhere. On the worker's own stack it may be.
 * Not here: where the next task comes from (threads.c, sim.c).
 */
#ifndef KI_SCHED_WORKER_H
#define KI_SCHED_WORKER_H

#include <stdint.h>

#include "arch/ctx.h"
#include "base/rng.h"
#include "sched/strand.h"

struct ki_host;
struct ki_sched;
struct ki_task;

/* Written by one worker, read by whoever asks for the numbers. */
struct ki_counters {
	_Atomic(uint64_t) xexecuted, xpreempted, xcpu_ns;
};

struct ki_worker {
	/* owner thread */
	struct ki_ctx ctx; /* of the thread, while a strand runs */
	struct ki_task *task;
	struct ki_strand *strand;
	struct ki_strand_cache cache;
	int64_t slice_end_ns; /* of the present turn */
	struct ki_rng rng;
	struct ki_host *host;         /* the simulator's changes from turn to turn */
	struct ki_counters *counters; /* likewise */
	/* set once */
	struct ki_sched *sched;
};

/*
 * The worker of the calling thread, or NULL. Neither the result nor an address of thread-local
 * storage is kept by the compiler: it is a call each time. To be asked again after each park.
 */
struct ki_worker *ki_worker_self(void);

/* Makes the calling thread the worker's until ki_worker_leave. */
void ki_worker_enter(struct ki_worker *worker);
void ki_worker_leave(struct ki_worker *worker);

/* One turn of a READY task, which its queue has given up (task.c). */
void ki_worker_turn(struct ki_worker *worker, struct ki_task *task);
/* The loop of every strand (task.c). */
void ki_worker_strand_loop(void *strand);

#endif

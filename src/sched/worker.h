/*
 * worker.h: a thread that runs tasks, one turn after the other.
 *
 * Owns: struct ki_worker and the thread-local pointer to it, the only one in kith.
 * Threads: a worker is touched by its own thread alone, but for its counters and the start of its
 *	turn, which others read. What is atomic and the owner's is read by the thread's own signal
 *	handler as well (monitor.h): so it is written at once, and in the order of the program.
 * Invariants:
 *	W1 xtask is the one whose turn it is, NULL between turns, and already NULL when the task is
 *	   handed to others or has ended; strand is the one it runs on.
 *	W2 a worker's address is never kept across a switch away from its thread: the task may go on
 *	   elsewhere. On the worker's own stack it may be.
 * Not here: where the next task comes from (threads.c, sim.c).
 */
#ifndef KI_SCHED_WORKER_H
#define KI_SCHED_WORKER_H

#include <stdint.h>

#include "arch/ctx.h"
#include "base/atomic.h"
#include "base/rng.h"
#include "observe/counter.h"
#include "sched/strand.h"

struct ki_host;
struct ki_sched;
struct ki_task;

/* Written by one worker, read by whoever asks for the numbers. */
struct ki_worker_counters {
	struct ki_counters bank; /* of its host, with what the layer above counts there */
	_Atomic(uint64_t) xwoken, xrested; /* rest.h */
};

/* rlx: counters, each with one writer, the worker itself */
static inline void ki_count_up(_Atomic(uint64_t) *xcounter, uint64_t by) {
	ki_store_rlx(xcounter, ki_load_rlx(xcounter) + by);
}

struct ki_worker {
	/* owner thread */
	struct ki_ctx ctx; /* of the thread, while a strand runs */
	_Atomic(struct ki_task *) xtask;
	struct ki_strand *strand;
	struct ki_strand_cache cache;
	/* start of the present turn; 0 between turns, and always in a simulation */
	_Atomic(int64_t) xturn_ns;
	/* how long it may last: the host's slice, or what is left of the task's budget */
	_Atomic(int64_t) xslice_ns;
	int64_t spent_ns; /* the thread's processor time when the task's budget was last counted */
	struct ki_rng rng;
	struct ki_host *host;         /* the simulator's changes from turn to turn */
	struct ki_worker_counters *counters; /* likewise */
	/* set once */
	struct ki_sched *sched;
	unsigned number;              /* of all workers of the scheduler */
};

/* rlx: the same thread, or its handler */
static inline struct ki_task *ki_worker_task(struct ki_worker *worker) {
	return ki_load_rlx(&worker->xtask);
}
static inline void ki_worker_set_task(struct ki_worker *worker, struct ki_task *task) {
	ki_store_rlx(&worker->xtask, task);
}

/*
 * The worker of the calling thread, or NULL. Neither the result nor an address of thread-local
 * storage is kept by the compiler: it is a call each time. To be asked again after each park.
 */
struct ki_worker *ki_worker_self(void);

/* Makes the calling thread the worker's until ki_worker_leave. */
void ki_worker_enter(struct ki_worker *worker);
void ki_worker_leave(struct ki_worker *worker);
/* Makes the calling thread another worker's, which has adopted it; between turns. */
void ki_worker_change(struct ki_worker *worker);

/* One turn of a READY task, which its queue has given up; it begins at now_ns. Gives the time at
 * which it ended (task.c). */
int64_t ki_worker_turn(struct ki_worker *worker, struct ki_task *task, int64_t now_ns);
/* The loop of every strand (task.c). */
void ki_worker_strand_loop(void *strand);

#endif

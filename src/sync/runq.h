/*
 * runq.h: a worker's own queue of nodes: a bounded FIFO ring that others may steal from.
 *
 * Algorithm: the local run queue of Go's scheduler (runtime/proc.go: runqput, runqget, runqgrab):
 *   one producer, the owner, at the tail; takers, the owner among them, move the head by
 *   compare-and-swap. Chosen over the deque of Chase and Lev (SPAA 2005; Lê, Pop, Cohen, Zappa
 *   Nardelli, PPoPP 2013), whose owner takes what it pushed last: two tasks that wake each other
 *   would starve all others of that worker (SPEC 15.2), unless the owner took at the thieves' end,
 *   which costs the same compare-and-swap. A ring also steals half in one step, needs no seq_cst
 *   between owner and thief, and never grows: what does not fit goes to the shared queue.
 * Owns: struct ki_runq; a node from push to take.
 * Threads: push, init: the owner; take, steal, size: any.
 * Progress: push and size are wait-free, take and steal lock-free (a failed CAS is another's
 *   success).
 * Linearization: push at the store of xtail; take and steal at the successful CAS of xhead; one
 *   that finds nothing at its read of xtail.
 * Invariants:
 *   I1 the ring holds the nodes of positions xhead .. xtail - 1, position p in slot p %
 *      KI_RUNQ_SIZE; 0 <= xtail - xhead <= KI_RUNQ_SIZE.
 *   I2 xtail is written by the owner alone; xhead only grows.
 *   I3 nodes are taken in the order of their pushes. A taker reads slots before it knows that they
 * are its own; the owner may meanwhile fill them anew, but only once xhead has moved past them,
 * and then the taker's CAS fails (xhead only grows, and 64 bits do not come round: no ABA). No
 * node is looked at before that CAS: so a taker never touches a node that another has taken and
 * freed.
 * Tags:
 *   [RQ1] the store of xtail publishes slot and node -> the read of xtail by takers. It is seq_cst,
 *         as is the read in size: who pushes and then reads who sleeps, and who says that it sleeps
 *         and then reads the size, cannot miss each other (sched/idle.h).
 *   [RQ2] the CAS of xhead releases the reads of slots before it -> the owner's read of xhead in
 *         push, which then fills these slots again; a chain of CAS keeps the release sequence.
 * Tests: test/unit/sync_runq_test.c, test/stress/sync_runq.c.
 * Not here: whom to steal from and when (sched/).
 */
#ifndef KI_SYNC_RUNQ_H
#define KI_SYNC_RUNQ_H

#include "base/atomic.h"
#include "base/compiler.h"
#include "sync/inject.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KI_RUNQ_SIZE 256

struct ki_runq {
	/* any taker */
	_Atomic(uint64_t) xhead;
	char pad[KI_CACHE_LINE - sizeof(uint64_t)];
	/* owner */
	_Atomic(uint64_t) xtail;
	_Atomic(struct ki_inject_node *) xslots[KI_RUNQ_SIZE];
};

void ki_runq_init(struct ki_runq *q);
/* Takes `node`; false when the ring is full: nothing done. */
bool ki_runq_push_owner(struct ki_runq *q, struct ki_inject_node *node);
/* Gives the oldest node, or NULL when there is none. */
struct ki_inject_node *ki_runq_take(struct ki_runq *q);
/*
 * Takes half of the nodes, rounded up, or down if `leave_last` (a lone node stays then). They are
 * written to `out`, oldest first; it has room for KI_RUNQ_SIZE / 2. Gives their number.
 */
size_t ki_runq_steal_half(struct ki_runq *q, bool leave_last, struct ki_inject_node **out);
/* May be too high by what is taken meanwhile. */
size_t ki_runq_size(struct ki_runq *q);
/* Pushes so far, for who wants to know whether there were any; wait-free. */
uint64_t ki_runq_pushes(struct ki_runq *q);

#endif

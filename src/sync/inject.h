/*
 * inject.h: a FIFO of intrusive nodes that any thread may fill and empty.
 *
 * Owns: struct ki_inject. A node belongs to the queue from push to pop.
 * Threads: any, but init and fini.
 * Invariants:
 *   I1 head, tail and the nodes' next are touched with the mutex held only.
 *   I2 xsize is written with the mutex held; reading it without is a hint.
 * Progress: push and pop block for a few instructions of another thread; ki_inject_size never.
 * Linearization: push and pop at the write of xsize; a pop that reads 0 at that read.
 * Tags:
 *   [IJ1] the write of xsize in push and its read in size (and so in an empty pop) are seq_cst: a
 *         worker stores "I look for work" or "I sleep" (seq_cst) and then finds size 0; a pusher
 *         pushes and then reads who sleeps (seq_cst). One of the two sees the other.
 * Tests: test/unit/sync_inject_test.c, test/stress/sync_inject.c.
 * Not here: wakening somebody after a push (sched/).
 */
#ifndef KI_SYNC_INJECT_H
#define KI_SYNC_INJECT_H

#include "base/atomic.h"
#include "sys/thread.h"

struct ki_inject_node {
	struct ki_inject_node *next;
};

struct ki_inject {
	struct ki_mutex mutex;
	/* mutex */
	struct ki_inject_node *head;
	struct ki_inject_node *tail;
	/* written under mutex, read by any */
	_Atomic(size_t) xsize;
};

void ki_inject_init(struct ki_inject *q);
/* Must be empty. */
void ki_inject_fini(struct ki_inject *q);
/* Takes `node`. */
void ki_inject_push_back(struct ki_inject *q, struct ki_inject_node *node);
/* Gives the oldest node, or NULL when empty. */
struct ki_inject_node *ki_inject_pop_front(struct ki_inject *q);
size_t ki_inject_size(struct ki_inject *q);

#endif

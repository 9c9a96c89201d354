/*
 * idstack.h: lock-free LIFO of small integers, for free lists of slots in a table.
 *
 * Algorithm: Treiber's stack over indices, with a counter beside the top index in one 64-bit word.
 * Owns: struct ki_idstack and, while an id is in the stack, that id's link.
 * Threads: push and pop any.
 * Progress: both lock-free.
 * Linearization: push and pop at their successful CAS; an empty pop at its load.
 * Invariants:
 *   I1 the low half of xtop is 0 (empty) or an id + 1; the high half grows by one at each pop.
 *   I2 an id is in the stack at most once (the caller's duty).
 * Reclamation: a pop reads the link of an id that another thread may just have popped. The links
 *   live in the table, whose memory stays until the stack is no longer used by anyone, so the
 *   read is of live memory; it is atomic; and a stale value is never used, since I1 makes the CAS
 *   fail once a pop happened in between.
 * ABA: the counter. A pop would have to sleep while exactly a multiple of 2^32 other pops happen.
 * Tags:
 *   [IS1] push (release) -> pop (acquire): the link, and what the pusher did to the slot.
 *   [IS2] pop (release part) -> pop and push (acquire part): keeps the chain of releases unbroken
 *         for the ids below the one popped.
 * Not here: the table (process/).
 * Tests: test/unit/sync_idstack_test.c, test/stress/sync_idstack.c.
 */
#ifndef KI_SYNC_IDSTACK_H
#define KI_SYNC_IDSTACK_H

#include "base/atomic.h"

#include <stdbool.h>
#include <stdint.h>

#define KI_IDSTACK_NONE UINT32_MAX

/* Where the link of `id` lives; the same address each time. */
typedef _Atomic(uint32_t) *ki_idstack_link_fn(void *table, uint32_t id);

struct ki_idstack {
	_Atomic(uint64_t) xtop; /* any */
	/* set once */
	ki_idstack_link_fn *link;
	void *table;
};

/* Empty. Borrows `table` for its life. */
void ki_idstack_init(struct ki_idstack *s, ki_idstack_link_fn *link, void *table);
/* id < KI_IDSTACK_NONE, and not in the stack. */
void ki_idstack_push(struct ki_idstack *s, uint32_t id);
/* The id pushed last, or KI_IDSTACK_NONE. */
uint32_t ki_idstack_pop(struct ki_idstack *s);

#endif

/*
 * mpsc.h: the mailbox queue: many producers, one consumer, lock-free, intrusive, can be closed.
 *
 * Algorithm: Treiber's stack (IBM RJ 5118, 1986) of which the owner takes all nodes with one
 *   exchange and reverses them. Chosen over a queue whose push is an exchange (Vyukov), because
 *   that one can refuse nothing and hides finished pushes behind an unfinished one.
 * Owns: struct ki_mpsc. A pushed node belongs to the queue until the owner takes it.
 * Threads: ki_mpsc_push, ki_mpsc_empty, ki_mpsc_closed any; the `_owner` functions one at a time.
 * Progress: push is lock-free (a failed CAS means that another operation succeeded); take and
 *   close are one exchange, wait-free, and then walk the caller's own batch.
 * Linearization: push at its successful CAS, or for CLOSED at the load that saw the mark; take and
 *   close at their exchange, or for an empty take at the load.
 * Invariants:
 *   I1 xhead is NULL (open, empty), the closed mark, or the newest node of a chain ending in NULL.
 *   I2 only the owner closes and reopens; a push never changes the closed mark.
 *   I3 a push is accepted and will be in exactly one batch, or refused and the node is untouched
 *      by others: there is no third state.
 *   I4 order: of two accepted pushes, the one whose CAS came first comes first in the batches. So
 *      what one producer pushes arrives in its order.
 * Reclamation: producers never follow a pointer they find in xhead, they only store it in their own
 *   node, and the owner follows pointers of nodes it has taken. So a node may be freed or reused as
 *   soon as it was taken. The queue itself must outlive every push: its user sees to that.
 * ABA: a CAS that succeeds because xhead holds the same address again has node->next right: that
 *   address is the present head, whoever put it there.
 * Tags:
 *   [MB1] push (release part of its CAS) -> take, close (acquire): the node's contents.
 *   [MB2] take, close, reopen (release part) -> push (acquire part): what the owner did before it
 *         emptied, closed or reopened the queue is seen by a producer who finds it so.
 *   [MB3] push is seq_cst and so is the load in ki_mpsc_empty: the sleep and wake handshake. The
 *         owner stores "I sleep" (seq_cst) and then asks ki_mpsc_empty; the producer pushes and
 *         then reads whether the owner sleeps (seq_cst). In the one order of these four, either
 *         the owner sees the node or the producer sees the sleeper; with acquire and release both
 *         may miss.
 * Not here: waking the owner (sched/), what a node carries (process/).
 * Tests: test/unit/sync_mpsc_test.c, test/stress/sync_mpsc.c (also under ThreadSanitizer).
 */
#ifndef KI_SYNC_MPSC_H
#define KI_SYNC_MPSC_H

#include "base/atomic.h"

#include <stdbool.h>

struct ki_mpsc_node {
	struct ki_mpsc_node *next; /* the producer's before the push, the owner's after the take */
};

struct ki_mpsc {
	_Atomic(struct ki_mpsc_node *) xhead; /* any producer, owner */
};

enum ki_mpsc_result {
	KI_MPSC_CLOSED, /* refused; the node is still the caller's */
	KI_MPSC_FIRST,  /* accepted, and the queue was empty */
	KI_MPSC_MORE,   /* accepted behind others */
};

/* Open and empty. Before anybody else can see the queue. */
void ki_mpsc_init(struct ki_mpsc *q);
/* Takes `node` unless it gives KI_MPSC_CLOSED. */
enum ki_mpsc_result ki_mpsc_push(struct ki_mpsc *q, struct ki_mpsc_node *node);
/* Gives all nodes, oldest first, linked by next; NULL when empty or closed. */
struct ki_mpsc_node *ki_mpsc_take_owner(struct ki_mpsc *q);
/* The same, newest first: for who turns them round in pieces. */
struct ki_mpsc_node *ki_mpsc_take_newest_owner(struct ki_mpsc *q);
/* Moves up to `nr` nodes from a chain that is newest first to the front of one that is oldest
 * first; false: nothing is left to move. */
bool ki_mpsc_turn(struct ki_mpsc_node **newest, struct ki_mpsc_node **oldest, unsigned nr);
/* The same, and every later push gives KI_MPSC_CLOSED. On a closed queue NULL. */
struct ki_mpsc_node *ki_mpsc_close_owner(struct ki_mpsc *q);
/* A closed queue is open and empty again. */
void ki_mpsc_reopen_owner(struct ki_mpsc *q);
/* A hint, exact for the owner in the handshake of [MB3]. True when closed. */
bool ki_mpsc_empty(struct ki_mpsc *q);
bool ki_mpsc_closed(struct ki_mpsc *q);

#endif

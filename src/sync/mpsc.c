/*
 * mpsc.c: see mpsc.h, where algorithm, proofs and tags stand.
 */
#include "sync/mpsc.h"

#include "base/check.h"

#include <limits.h>
#include <stddef.h>

/* Only its address is used: it is no node anybody can push. */
static const struct ki_mpsc_node closed_mark;

static struct ki_mpsc_node *closed(void) {
	return (struct ki_mpsc_node *)&closed_mark;
}

bool ki_mpsc_turn(struct ki_mpsc_node **newest, struct ki_mpsc_node **oldest, unsigned nr) {
	for (; nr > 0 && *newest; nr--) {
		struct ki_mpsc_node *node = *newest;
		*newest = node->next;
		node->next = *oldest;
		*oldest = node;
	}
	return *newest != NULL;
}

/* A batch comes out newest first; the owner has it alone by now. */
static struct ki_mpsc_node *oldest_first(struct ki_mpsc_node *newest) {
	struct ki_mpsc_node *oldest = NULL;
	ki_mpsc_turn(&newest, &oldest, UINT_MAX);
	return oldest;
}

void ki_mpsc_init(struct ki_mpsc *q) {
	ki_store_rlx(&q->xhead, NULL); /* rlx: nobody else knows the queue yet */
}

enum ki_mpsc_result ki_mpsc_push(struct ki_mpsc *q, struct ki_mpsc_node *node) {
	/* acq: a closed queue shows what its owner did before closing it. [MB2] */
	struct ki_mpsc_node *head = ki_load_acq(&q->xhead);
	do {
		if (head == closed()) {
			return KI_MPSC_CLOSED;
		}
		node->next = head;
		/* rel: publishes the node's contents to take and close. [MB1]
		 * sc: this push stands before the reading of the owner's sleep word. [MB3] */
	} while (!ki_casw_sc(&q->xhead, &head, node));
	return head ? KI_MPSC_MORE : KI_MPSC_FIRST;
}

struct ki_mpsc_node *ki_mpsc_take_newest_owner(struct ki_mpsc *q) {
	/* rlx: only decides whether the exchange is worth its price, and only the owner closes. */
	struct ki_mpsc_node *head = ki_load_rlx(&q->xhead);
	if (!head || head == closed()) {
		return NULL;
	}
	/* acq: the contents of all nodes of the chain; each CAS continued the release sequence of
	 * the ones below. [MB1] rel: see push. [MB2] */
	return ki_xchg_acq_rel(&q->xhead, NULL);
}

struct ki_mpsc_node *ki_mpsc_take_owner(struct ki_mpsc *q) {
	return oldest_first(ki_mpsc_take_newest_owner(q));
}

struct ki_mpsc_node *ki_mpsc_close_owner(struct ki_mpsc *q) {
	/* acq: as in take. [MB1] rel: see push. [MB2] */
	struct ki_mpsc_node *head = ki_xchg_acq_rel(&q->xhead, closed());
	return head == closed() ? NULL : oldest_first(head);
}

void ki_mpsc_reopen_owner(struct ki_mpsc *q) {
	ki_assert(ki_load_rlx(&q->xhead) == closed()); /* rlx: owner-only word while closed (I2) */
	/* rel: what the owner set up for the new life is seen by who pushes. [MB2] */
	ki_store_rel(&q->xhead, NULL);
}

bool ki_mpsc_empty(struct ki_mpsc *q) {
	/* sc: stands behind the store of the owner's sleep word. [MB3] */
	struct ki_mpsc_node *head = ki_load_sc(&q->xhead);
	return !head || head == closed();
}

bool ki_mpsc_closed(struct ki_mpsc *q) {
	return ki_load_acq(&q->xhead) == closed(); /* acq: as in push. [MB2] */
}

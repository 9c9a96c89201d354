/*
 * runq.c: see runq.h, where algorithm, proofs and tags stand.
 */
#include "sync/runq.h"

void ki_runq_init(struct ki_runq *q) {
	ki_store_rlx(&q->xhead, 0); /* rlx: nobody else knows the queue yet */
	ki_store_rlx(&q->xtail, 0); /* rlx: the same */
}

static _Atomic(struct ki_inject_node *) *slot(struct ki_runq *q, uint64_t position) {
	return &q->xslots[position % KI_RUNQ_SIZE];
}

bool ki_runq_push_owner(struct ki_runq *q, struct ki_inject_node *node) {
	uint64_t tail = ki_load_rlx(&q->xtail); /* rlx: only we write it (I2) */
	/* acq: who took the node of this slot has read it. [RQ2] */
	if (tail - ki_load_acq(&q->xhead) == KI_RUNQ_SIZE) {
		return false;
	}
	ki_store_rlx(slot(q, tail), node); /* rlx: published by the tail */
	ki_store_sc(&q->xtail, tail + 1);  /* sc: publishes; before we look for sleepers. [RQ1] */
	return true;
}

struct ki_inject_node *ki_runq_take(struct ki_runq *q) {
	uint64_t head = ki_load_rlx(&q->xhead); /* rlx: the CAS checks it */
	/* acq: slot and node. [RQ1] A thief that sees a new head and an old tail finds nothing. */
	while (head < ki_load_acq(&q->xtail)) {
		/* rlx: ours if the CAS succeeds */
		struct ki_inject_node *node = ki_load_rlx(slot(q, head));
		/* rel: the slot was read. [RQ2] */
		if (ki_casw_rel(&q->xhead, &head, head + 1)) {
			return node;
		}
	}
	return NULL;
}

size_t ki_runq_steal_half(struct ki_runq *q, bool leave_last, struct ki_inject_node **out) {
	uint64_t head = ki_load_rlx(&q->xhead); /* rlx: the CAS checks it */
	for (;;) {
		uint64_t tail = ki_load_acq(&q->xtail); /* acq: slots and nodes. [RQ1] */
		/* An old head may lie too far back: then the CAS fails, and `out` must hold. */
		uint64_t size = tail > head ? tail - head : 0;
		size = size < KI_RUNQ_SIZE ? size : KI_RUNQ_SIZE;
		size_t nr = (size_t)((size + !leave_last) / 2);
		if (nr == 0) {
			return 0;
		}
		for (size_t i = 0; i < nr; i++) {
			out[i] = ki_load_rlx(slot(q, head + i)); /* rlx: the same */
		}
		/* rel: the slots were read. [RQ2] */
		if (ki_casw_rel(&q->xhead, &head, head + nr)) {
			return nr;
		}
	}
}

size_t ki_runq_size(struct ki_runq *q) {
	uint64_t head = ki_load_rlx(&q->xhead); /* rlx: too low is too high a size */
	/* sc: after the reader said that it sleeps. [RQ1] */
	uint64_t tail = ki_load_sc(&q->xtail);
	return tail > head ? (size_t)(tail - head) : 0;
}

uint64_t ki_runq_pushes(struct ki_runq *q) {
	return ki_load_rlx(&q->xtail); /* rlx: a count */
}

/*
 * idstack.c: see idstack.h, where algorithm, proofs and tags stand.
 */
#include "sync/idstack.h"

#include "base/check.h"

#define POPPED_ONE ((uint64_t)1 << 32)

static uint32_t top_of(uint64_t word) {
	return (uint32_t)word; /* id + 1, or 0 */
}

static uint64_t with_top(uint64_t word, uint32_t top) {
	return (word & ~(uint64_t)UINT32_MAX) | top;
}

void ki_idstack_init(struct ki_idstack *s, ki_idstack_link_fn *link, void *table) {
	ki_store_rlx(&s->xtop, 0); /* rlx: nobody else knows the stack yet */
	s->link = link;
	s->table = table;
}

void ki_idstack_push(struct ki_idstack *s, uint32_t id) {
	ki_assert(id < KI_IDSTACK_NONE);
	_Atomic(uint32_t) *link = s->link(s->table, id);
	uint64_t word = ki_load_rlx(&s->xtop); /* rlx: the CAS checks it */
	do {
		/* rlx: published by the CAS; a pop that read the old value will fail (I1). */
		ki_store_rlx(link, top_of(word));
		/* rel: the link, and what was done to the slot. [IS1] acq: keep the chain. [IS2] */
	} while (!ki_casw_acq_rel(&s->xtop, &word, with_top(word, id + 1)));
}

uint32_t ki_idstack_pop(struct ki_idstack *s) {
	/* acq: the link of the top id. [IS1] */
	uint64_t word = ki_load_acq(&s->xtop);
	for (;;) {
		if (top_of(word) == 0) {
			return KI_IDSTACK_NONE;
		}
		uint32_t id = top_of(word) - 1;
		/* rlx: ordered by the acquire above; stale only if the CAS fails. */
		uint32_t next = ki_load_rlx(s->link(s->table, id));
		/* acq: the next top's link on failure. [IS1] rel: hands the chain on. [IS2] */
		if (ki_casw_acq_rel(&s->xtop, &word, with_top(word, next) + POPPED_ONE)) {
			return id;
		}
	}
}

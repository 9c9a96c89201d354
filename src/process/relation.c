/*
 * process/relation.c: the sets of relation.h.
 *
 * Owns: the chains.
 * Threads: the owner of the process.
 * Invariants:
 *	R1 a peer is in a set at most once.
 *	R2 `first` is the only chain while mask is 0.
 *	R3 no chain at or behind `end` holds anything.
 */
#include "process/relation.h"

#include "base/alloc.h"
#include "base/check.h"

static uint32_t place(const struct ki_relset *set, kith_pid peer) {
	/* Fibonacci hashing: slot and generation both move the high bits. */
	return (uint32_t)((peer * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & set->mask;
}

static struct ki_relation **chains(struct ki_relset *set) {
	return set->mask ? set->chains : &set->first;
}

/* Doubles the table; a refused allocation leaves it as it is. */
static void grow(struct ki_relset *set) {
	uint32_t old = set->mask + 1;
	struct ki_relation **table = ki_zalloc((size_t)old * 2 * sizeof(*table));
	if (!table) {
		return;
	}
	struct ki_relation **from = chains(set);
	struct ki_relset grown = {
		.chains = table, .mask = old * 2 - 1, .count = set->count, .end = old * 2};
	for (uint32_t i = 0; i < old; i++) {
		while (from[i]) {
			struct ki_relation *relation = from[i];
			from[i] = relation->next;
			uint32_t to = place(&grown, relation->peer);
			relation->next = table[to];
			table[to] = relation;
		}
	}
	if (set->mask) {
		ki_free(set->chains);
	}
	*set = grown;
}

void ki_relset_init(struct ki_relset *set) {
	*set = (struct ki_relset){0};
}

void ki_relset_fini(struct ki_relset *set) {
	struct ki_relation *relation;
	while ((relation = ki_relset_pop(set))) {
		ki_signal_free(&relation->signal);
	}
	if (set->mask) {
		ki_free(set->chains);
	}
	ki_relset_init(set);
}

struct ki_relation *ki_relset_find(const struct ki_relset *set, kith_pid peer) {
	struct ki_relation *relation = set->mask ? set->chains[place(set, peer)] : set->first;
	while (relation && relation->peer != peer) {
		relation = relation->next;
	}
	return relation;
}

void ki_relset_add(struct ki_relset *set, struct ki_relation *relation) {
	ki_assert(!ki_relset_find(set, relation->peer)); /* R1 */
	if (set->count > set->mask) {
		grow(set);
	}
	uint32_t at = place(set, relation->peer);
	struct ki_relation **chain = &chains(set)[at];
	relation->next = *chain;
	*chain = relation;
	set->count++;
	if (set->end <= at) {
		set->end = at + 1;
	}
}

struct ki_relation *ki_relset_remove(struct ki_relset *set, kith_pid peer) {
	struct ki_relation **at = &chains(set)[place(set, peer)];
	while (*at && (*at)->peer != peer) {
		at = &(*at)->next;
	}
	struct ki_relation *relation = *at;
	if (relation) {
		*at = relation->next;
		relation->next = NULL;
		set->count--;
	}
	return relation;
}

struct ki_relation *ki_relset_pop(struct ki_relset *set) {
	struct ki_relation **table = chains(set);
	/* The end moves down as chains empty, so that popping all costs one walk. */
	while (set->end > 0 && !table[set->end - 1]) {
		set->end--;
	}
	if (set->end == 0) {
		return NULL;
	}
	struct ki_relation *relation = table[set->end - 1];
	table[set->end - 1] = relation->next;
	relation->next = NULL;
	set->count--;
	return relation;
}

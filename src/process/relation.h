/*
 * process/relation.h: a process's set of links, or of monitors.
 *
 * Chained hashing over the blocks of relations themselves (signals.h). A set starts with one chain
 * inside it and grows when memory is to be had; a refused growth makes it slower, never wrong. So
 * adding cannot fail.
 *
 * Owns: struct ki_relset.
 * Threads: the owner of the process.
 * Not here: the calls that make relations (relate.c).
 */
#ifndef KI_PROCESS_RELATION_H
#define KI_PROCESS_RELATION_H

#include <stdint.h>

#include "process/signals.h"

struct ki_relset {
	struct ki_relation **chains; /* `mask + 1` of them; &first while mask is 0 */
	struct ki_relation *first;
	uint32_t mask, count;
	uint32_t end; /* the chains from here on are empty */
};

void ki_relset_init(struct ki_relset *set);
/* Frees the table and every relation left in it. */
void ki_relset_fini(struct ki_relset *set);
struct ki_relation *ki_relset_find(const struct ki_relset *set, kith_pid peer);
/* Takes `relation`, whose peer is not in the set. */
void ki_relset_add(struct ki_relset *set, struct ki_relation *relation);
/* Gives the relation out of the set, or NULL. */
struct ki_relation *ki_relset_remove(struct ki_relset *set, kith_pid peer);
/* Gives any relation out of the set, or NULL when it is empty: to end them all. */
struct ki_relation *ki_relset_pop(struct ki_relset *set);

#endif

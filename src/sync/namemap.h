/*
 * sync/namemap.h: names of holders, found by name and by holder.
 *
 * A sharded hash table from a name to the number that holds it, with the names of each holder
 * linked, so that all of them can be dropped at once. Names are looked up far more often than
 * changed, and never on a message's way, so plain mutexes do: one a shard of names, one a shard of
 * holders.
 *
 * Owns: struct ki_namemap and its entries.
 * Threads: any, but init and fini. Calls block for the few instructions of another thread.
 * Invariants:
 *	NM1 an entry is in one chain of names and in one chain of holders, or in neither; it
 *	   changes under both locks.
 *	NM2 lock order: the holder's shard, then the name's.
 * Not here: who may be named (process/names.c).
 */
#ifndef KI_SYNC_NAMEMAP_H
#define KI_SYNC_NAMEMAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/strv.h"
#include "sys/thread.h"

#define KI_NAMEMAP_SHARDS 64

struct ki_namemap_shard {
	struct ki_mutex mutex;
	struct ki_list *chains; /* a power of two of them; NULL while empty */
	size_t nr_chains, nr;
};

struct ki_namemap {
	struct ki_namemap_shard names[KI_NAMEMAP_SHARDS];
	struct ki_namemap_shard holders[KI_NAMEMAP_SHARDS];
};

void ki_namemap_init(struct ki_namemap *map);
void ki_namemap_fini(struct ki_namemap *map);

/*
 * Gives `name` (copied) to `holder` on behalf of `registrant`, if `may(arg, holder)` holds (NULL:
 * it
 * does), which is asked with the holder's shard locked: a holder that turns unfit first and calls
 * ki_namemap_drop then leaves nothing behind. 0, or 1 when it has the name already; KITH_EEXIST
 * (held by another), KITH_ENOTFOUND (`may` said no), KITH_EEXHAUSTED.
 */
int ki_namemap_add(struct ki_namemap *map, struct ki_strv name, uint64_t holder,
	uint64_t registrant, bool (*may)(void *arg, uint64_t holder), void *arg);

/* The holder of a name, or 0. */
uint64_t ki_namemap_find(struct ki_namemap *map, struct ki_strv name);

/* Takes a name away if `by` holds it or registered it: gives who held it, or 0. */
uint64_t ki_namemap_remove(struct ki_namemap *map, struct ki_strv name, uint64_t by);

/* Calls `visit` with each name of a holder, whose shard is locked meanwhile. */
void ki_namemap_each(struct ki_namemap *map, uint64_t holder,
	void (*visit)(void *arg, struct ki_strv name), void *arg);

/* Drops all names of a holder; gives how many. */
size_t ki_namemap_drop(struct ki_namemap *map, uint64_t holder);

#endif

/*
 * strand.h: strands, a pooled stack with the context that runs a task's steps on it.
 *
 * A strand whose step returned waits inside its loop for the next task; it is handed on without a
 * new context, by the worker that has it in its cache. One that is given up with frames on it, or
 * finds the cache full, gives its stack back to the pool of stacks and is gone.
 *
 * Owns: struct ki_strand, struct ki_strands (the scheduler's pool), struct ki_strand_cache.
 * Threads: ki_strands_init and fini: one. make and free: any. A cache: its worker.
 * Invariants:
 *	ST1 a strand is on a worker, kept by one task, in one cache, or being freed.
 *	ST2 `all` holds every strand there is, so that none is lost when a run is cut short.
 * Not here: what is run on a strand (task.c), the switch (arch/ctx.h), guard pages (mem/stack.h).
 */
#ifndef KI_SCHED_STRAND_H
#define KI_SCHED_STRAND_H

#include "arch/ctx.h"
#include "base/list.h"
#include "base/rng.h"
#include "mem/stack.h"
#include "sys/thread.h"

struct ki_strands {
	struct ki_stack_pool stacks;
	/* set once: the loop of a strand; its argument is the strand */
	void (*loop)(void *strand);
	struct ki_mutex mutex;
	struct ki_list all; /* mutex; ST2 */
	struct ki_strand *first; /* mutex: for the first that needs a new one; or NULL */
};

struct ki_strand {
	struct ki_ctx ctx;
	struct ki_stack *stack;
	struct ki_strands *pool;
	struct ki_list link;    /* in pool->all; pool->mutex */
	struct ki_strand *next; /* in a cache */
};

#define KI_STRAND_CACHE_MAX 4

struct ki_strand_cache {
	struct ki_strand *first;
	unsigned nr;
	struct ki_rng *roam; /* which one is taken is drawn from it; NULL: the last that was put */
};

void ki_strands_init(struct ki_strands *pool, size_t stack_bytes, struct ki_budget *budget,
	void (*loop)(void *));
/* Frees every strand left, frames and all. */
void ki_strands_fini(struct ki_strands *pool);

/* Makes the strand that the first who needs one is given. KITH_EEXHAUSTED. */
int ki_strands_reserve(struct ki_strands *pool);

/* Gives a strand that waits at the start of its loop, or NULL: no memory. */
struct ki_strand *ki_strand_get(struct ki_strand_cache *cache, struct ki_strands *pool);
/* Takes a strand that waits in its loop. */
void ki_strand_put(struct ki_strand_cache *cache, struct ki_strand *strand);
/* Takes a suspended or left strand and drops what stands on it. */
void ki_strand_free(struct ki_strand *strand);
/* Empties a cache. */
void ki_strand_cache_fini(struct ki_strand_cache *cache);

#endif

/*
 * strand.c: making, keeping and dropping strands; see strand.h.
 *
 * Owns: the list of all strands.
 * Threads: as strand.h says.
 * Not here: what is run on a strand (task.c).
 */
#include "sched/strand.h"

#include <kith_types.h>

#include "base/alloc.h"

/* Stacks kept for the next that asks; more than a few only while many are stuck in C at once. */
enum { KEEP_STACKS = 64 };

void ki_strands_init(struct ki_strands *pool, size_t stack_bytes, struct ki_budget *budget,
	void (*loop)(void *)) {
	ki_stack_pool_init(&pool->stacks, stack_bytes, KEEP_STACKS, budget);
	pool->loop = loop;
	pool->first = NULL;
	ki_mutex_init(&pool->mutex);
	ki_list_init(&pool->all);
}

void ki_strands_fini(struct ki_strands *pool) {
	ki_list_for_each_safe(it, &pool->all) {
		ki_strand_free(ki_list_entry(it, struct ki_strand, link));
	}
	ki_mutex_fini(&pool->mutex);
	ki_stack_pool_fini(&pool->stacks);
}

static struct ki_strand *make(struct ki_strands *pool) {
	struct ki_strand *strand = ki_alloc(sizeof *strand);
	if (strand == NULL) {
		return NULL;
	}
	*strand = (struct ki_strand){.pool = pool, .stack = ki_stack_get(&pool->stacks)};
	if (strand->stack == NULL) {
		ki_free(strand);
		return NULL;
	}
	ki_ctx_make(&strand->ctx, strand->stack->low, strand->stack->size, pool->loop, strand);
	ki_mutex_lock(&pool->mutex);
	ki_list_push_back(&pool->all, &strand->link);
	ki_mutex_unlock(&pool->mutex);
	return strand;
}

static struct ki_strand *take_first(struct ki_strands *pool) {
	ki_mutex_lock(&pool->mutex);
	struct ki_strand *strand = pool->first;
	pool->first = NULL;
	ki_mutex_unlock(&pool->mutex);
	return strand;
}

static struct ki_strand *strand_new(struct ki_strands *pool) {
	struct ki_strand *strand = take_first(pool);
	return strand != NULL ? strand : make(pool);
}

int ki_strands_reserve(struct ki_strands *pool) {
	if (pool->first == NULL) { /* nobody runs yet */
		pool->first = make(pool);
	}
	return pool->first != NULL ? KITH_OK : KITH_EEXHAUSTED;
}

void ki_strand_free(struct ki_strand *strand) {
	struct ki_strands *pool = strand->pool;
	ki_mutex_lock(&pool->mutex);
	ki_list_remove(&strand->link);
	ki_mutex_unlock(&pool->mutex);
	ki_ctx_fini(&strand->ctx);
	ki_stack_put(&pool->stacks, strand->stack);
	ki_free(strand);
}

struct ki_strand *ki_strand_get(struct ki_strand_cache *cache, struct ki_strands *pool) {
	struct ki_strand **at = &cache->first;
	if (cache->roam != NULL) { /* any of them, or a new one */
		for (uint64_t n = ki_rng_below(cache->roam, cache->nr + 1); n > 0; n--) {
			at = &(*at)->next;
		}
	}
	struct ki_strand *strand = *at;
	if (strand == NULL) {
		return strand_new(pool);
	}
	*at = strand->next;
	cache->nr--;
	return strand;
}

void ki_strand_put(struct ki_strand_cache *cache, struct ki_strand *strand) {
	if (cache->nr == KI_STRAND_CACHE_MAX) {
		ki_strand_free(strand);
		return;
	}
	strand->next = cache->first;
	cache->first = strand;
	cache->nr++;
}

void ki_strand_cache_fini(struct ki_strand_cache *cache) {
	while (cache->first != NULL) {
		struct ki_strand *strand = cache->first;
		cache->first = strand->next;
		ki_strand_free(strand);
	}
	cache->nr = 0;
}

/*
 * stack.c: see stack.h.
 */
#include "mem/stack.h"

#include "base/check.h"
#include "sys/pages.h"

#if KI_ASAN
#include <sanitizer/asan_interface.h>
/* Frames that were dropped left their redzones behind. */
#define forget_frames(low, size) __asan_unpoison_memory_region(low, size)
#else
#define forget_frames(low, size) ((void)(low), (void)(size))
#endif

/* The struct at the top keeps the stack's end on a cache line of its own. */
#define TOP_BYTES ((sizeof(struct ki_stack) + KI_CACHE_LINE - 1) / KI_CACHE_LINE * KI_CACHE_LINE)

void ki_stack_pool_init(struct ki_stack_pool *pool, size_t stack_bytes, size_t keep_max,
	struct ki_budget *budget) {
	*pool = (struct ki_stack_pool){
		.map_bytes = ki_pages_round(stack_bytes ? stack_bytes : KI_STACK_BYTES),
		.keep_max = keep_max,
		.budget = budget,
	};
	ki_mutex_init(&pool->mutex);
}

static void unmap_stack(struct ki_stack_pool *pool, struct ki_stack *stack) {
	ki_pages_unmap_guarded(stack->low, pool->map_bytes);
	ki_budget_give(pool->budget, pool->map_bytes);
}

void ki_stack_pool_fini(struct ki_stack_pool *pool) {
	ki_check(pool->nr_mapped == pool->nr_unused);
	while (pool->unused) {
		struct ki_stack *stack = pool->unused;
		pool->unused = stack->next;
		unmap_stack(pool, stack);
	}
	ki_mutex_fini(&pool->mutex);
}

static struct ki_stack *map_stack(struct ki_stack_pool *pool) {
	char *low = ki_pages_map_guarded(pool->map_bytes);
	if (!low) {
		return NULL;
	}
	struct ki_stack *stack = (struct ki_stack *)(void *)(low + pool->map_bytes - TOP_BYTES);
	stack->low = low;
	stack->size = pool->map_bytes - TOP_BYTES;
	stack->next = NULL;
	ki_budget_add(pool->budget, pool->map_bytes);
	return stack;
}

struct ki_stack *ki_stack_get(struct ki_stack_pool *pool) {
	ki_mutex_lock(&pool->mutex);
	struct ki_stack *stack = pool->unused;
	if (stack) {
		pool->unused = stack->next;
		pool->nr_unused--;
	} else {
		pool->nr_mapped++;
	}
	ki_mutex_unlock(&pool->mutex);
	if (stack) {
		return stack;
	}
	stack = map_stack(pool); /* a system call: without the mutex */
	if (!stack) {
		ki_mutex_lock(&pool->mutex);
		pool->nr_mapped--;
		ki_mutex_unlock(&pool->mutex);
	}
	return stack;
}

void ki_stack_put(struct ki_stack_pool *pool, struct ki_stack *stack) {
	forget_frames(stack->low, stack->size);
	ki_mutex_lock(&pool->mutex);
	bool keep = pool->nr_unused < pool->keep_max;
	if (keep) {
		stack->next = pool->unused;
		pool->unused = stack;
		pool->nr_unused++;
	} else {
		pool->nr_mapped--;
	}
	ki_mutex_unlock(&pool->mutex);
	if (!keep) {
		unmap_stack(pool, stack);
	}
}

/*
 * heap_system.c: what the heaps' allocators take of the system, within a budget; see heap_blocks.h.
 *
 * Owns: held_bytes of struct ki_heap_blocks.
 * Threads: one owner at a time.
 * Not here: blocks (heap_blocks.c, heap_san.c).
 */
#include "mem/heap_blocks.h"

static bool count_more(struct ki_heap_blocks *b, size_t bytes) {
	if (bytes != 0 && !ki_budget_take(b->budget, bytes)) {
		return false;
	}
	b->held_bytes += bytes;
	return true;
}

static void count_less(struct ki_heap_blocks *b, size_t bytes) {
	ki_budget_give(b->budget, bytes);
	b->held_bytes -= bytes;
}

void *ki_heap_blocks_take(struct ki_heap_blocks *b, size_t bytes) {
	return ki_heap_blocks_retake(b, NULL, 0, bytes);
}

void *ki_heap_blocks_retake(struct ki_heap_blocks *b, void *ptr, size_t bytes, size_t new_bytes) {
	size_t more = new_bytes > bytes ? new_bytes - bytes : 0;
	if (!count_more(b, more)) {
		return NULL;
	}
	void *moved = ptr != NULL ? ki_region_realloc(b->region, ptr, new_bytes)
				  : ki_region_alloc(b->region, new_bytes);
	if (moved == NULL) {
		count_less(b, more);
	} else if (new_bytes < bytes) {
		count_less(b, bytes - new_bytes);
	}
	return moved;
}

void ki_heap_blocks_give(struct ki_heap_blocks *b, void *ptr, size_t bytes) {
	ki_region_release(b->region, ptr);
	count_less(b, bytes);
}

void ki_heap_blocks_gone(struct ki_heap_blocks *b) {
	struct ki_budget *budget = b->budget;
	count_less(b, b->held_bytes);
	ki_heap_blocks_init(b, b->region);
	b->budget = budget;
}

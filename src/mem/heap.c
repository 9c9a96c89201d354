/*
 * heap.c: see heap.h. Accounting and the limit; blocks come from heap_blocks.h.
 */
#include "mem/heap.h"

#include "base/check.h"

void ki_heap_init(struct ki_heap *heap, size_t limit_bytes) {
	ki_heap_init_in(heap, limit_bytes, NULL);
}

void ki_heap_init_in(struct ki_heap *heap, size_t limit_bytes, struct ki_region *region) {
	*heap = (struct ki_heap){.limit_bytes = limit_bytes};
	ki_heap_blocks_init(&heap->blocks, region);
}

void ki_heap_set_budget(struct ki_heap *heap, struct ki_budget *budget) {
	ki_assert(heap->blocks.held_bytes == 0);
	heap->blocks.budget = budget;
}

void *ki_heap_realloc(struct ki_heap *heap, void *ptr, size_t old_size, size_t new_size) {
	size_t had = ptr ? old_size : 0; /* with ptr NULL Lua passes a type in old_size */
	ki_assert(had <= heap->used_bytes);
	size_t others = heap->used_bytes - had;
	if (new_size > had && heap->limit_bytes) {
		if (others > heap->limit_bytes || new_size > heap->limit_bytes - others) {
			heap->limit_hit = true;
			return NULL;
		}
	}
	if (!ptr && new_size == 0) {
		return NULL;
	}
	void *block = ki_heap_blocks_realloc(&heap->blocks, ptr, had, new_size);
	if (!block && new_size) {
		heap->limit_hit = false;
		return NULL;
	}
	heap->used_bytes = others + new_size;
	if (heap->used_bytes > heap->peak_bytes) {
		heap->peak_bytes = heap->used_bytes;
	}
	return block;
}

void *ki_heap_adopt(struct ki_heap *heap, size_t bytes, size_t used_bytes) {
	ki_assert(heap->used_bytes == 0 && !heap->blocks.image);
	if (heap->limit_bytes && used_bytes > heap->limit_bytes) {
		heap->limit_hit = true;
		return NULL;
	}
	void *image = ki_heap_blocks_adopt(&heap->blocks, bytes);
	heap->limit_hit = false;
	if (image) {
		heap->used_bytes = used_bytes;
		if (used_bytes > heap->peak_bytes) {
			heap->peak_bytes = used_bytes;
		}
	}
	return image;
}

size_t ki_heap_block_bytes(size_t size) {
	return ki_heap_blocks_bytes(size);
}

void ki_heap_drop(struct ki_heap *heap) {
	ki_heap_blocks_drop(&heap->blocks);
	heap->used_bytes = 0;
}

void ki_heap_set_limit(struct ki_heap *heap, size_t limit_bytes) {
	heap->limit_bytes = limit_bytes;
}

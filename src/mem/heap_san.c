/*
 * heap_san.c: see heap_blocks.h. The allocator of builds with AddressSanitizer or ThreadSanitizer:
 * each block is a malloc of its own on one list, so that the sanitizer sees every touch outside of
 * a block and after its end. It also checks that a block comes back with the size it was given.
 *
 * Owns: struct block.
 * Threads: one owner at a time.
 * Not here: size classes (heap_blocks.c, the plain builds' allocator).
 */
#include "mem/heap_blocks.h"

#include "base/check.h"

#include <stdint.h>
#include <string.h>

#if KI_ASAN || KI_TSAN

struct block {
	struct ki_list link;
	size_t size;
	size_t align; /* keeps what follows on 16 bytes, as malloc would */
};

static void *new_block(struct ki_heap_blocks *b, size_t size) {
	struct block *block =
		size < SIZE_MAX / 4 ? ki_heap_blocks_take(b, sizeof *block + size) : NULL;
	if (!block) {
		return NULL;
	}
	block->size = size;
	ki_list_push_back(&b->large, &block->link);
	return block + 1;
}

static void free_block(struct ki_heap_blocks *b, void *ptr, size_t size) {
	struct block *block = (struct block *)ptr - 1;
	ki_check(block->size == size);
	ki_list_remove(&block->link);
	ki_heap_blocks_give(b, block, sizeof *block + size);
}

void ki_heap_blocks_init(struct ki_heap_blocks *b, struct ki_region *region) {
	*b = (struct ki_heap_blocks){.region = region};
	ki_list_init(&b->large);
}

/* Of the image: nothing is told of its size, and what is freed is made unusable. */
static void free_any(struct ki_heap_blocks *b, char *ptr, size_t size) {
	if (ptr >= b->image && ptr < b->image_end) {
		memset(ptr, 0xdd, size);
	} else {
		free_block(b, ptr, size);
	}
}

void *ki_heap_blocks_adopt(struct ki_heap_blocks *b, size_t bytes) {
	b->image = new_block(b, bytes);
	b->image_end = b->image ? b->image + bytes : NULL;
	return b->image;
}

size_t ki_heap_blocks_bytes(size_t size) {
	return (size + 7) & ~(size_t)7;
}

/* Always moves, so that a stale pointer is found. Making a block smaller in place needs memory for
 * a moment; when the system has none, only the size is changed. */
void *ki_heap_blocks_realloc(struct ki_heap_blocks *b, void *ptr, size_t old_size,
			     size_t new_size) {
	if (!ptr || old_size == 0) {
		return new_size ? new_block(b, new_size) : NULL;
	}
	if (new_size == 0) {
		free_any(b, ptr, old_size);
		return NULL;
	}
	void *block = new_block(b, new_size);
	if (!block) {
		if (new_size > old_size) {
			return NULL;
		}
		if ((char *)ptr < b->image || (char *)ptr >= b->image_end) {
			((struct block *)ptr - 1)->size = new_size;
		}
		return ptr;
	}
	memcpy(block, ptr, new_size < old_size ? new_size : old_size);
	free_any(b, ptr, old_size);
	return block;
}

void ki_heap_blocks_drop(struct ki_heap_blocks *b) {
	struct ki_list *node;
	while ((node = ki_list_pop_front(&b->large))) {
		ki_region_release(b->region, ki_list_entry(node, struct block, link));
	}
	ki_heap_blocks_gone(b);
}

#endif

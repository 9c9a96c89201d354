/*
 * heap_blocks.c: see heap_blocks.h. The allocator of plain builds.
 *
 * Rejected: malloc for every block (a process could not be dropped whole without a header for each,
 * and dropping walks them all); giving chunks back early (needs to know what lives in a chunk; a
 * process that had its peak is likely to have it again, or ends).
 */
#include "mem/heap_blocks.h"

#include "base/check.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if !KI_ASAN && !KI_TSAN

#define FIRST_CHUNK_BYTES ((size_t)2048)
#define LAST_CHUNK_BYTES ((size_t)64 * 1024)
#define CHUNK_HEAD 16

struct large {
	struct ki_list link;
};

/* Class i of each step: sizes rise by 8 to 128, by 16 to 256, by 32 to 512, by 64 to 1024; so a
 * block wastes at most a tenth of itself, or 7 bytes. */
static unsigned class_of(size_t size) {
	if (size <= 128) {
		return (unsigned)((size + 7) / 8) - 1;
	}
	if (size <= 256) {
		return 16 + (unsigned)((size - 128 + 15) / 16) - 1;
	}
	if (size <= 512) {
		return 24 + (unsigned)((size - 256 + 31) / 32) - 1;
	}
	return 32 + (unsigned)((size - 512 + 63) / 64) - 1;
}

static size_t bytes_of(unsigned class) {
	if (class < 16) {
		return (class + 1) * (size_t)8;
	}
	if (class < 24) {
		return 128 + (class - 15) * (size_t)16;
	}
	if (class < 32) {
		return 256 + (class - 23) * (size_t)32;
	}
	return 512 + (class - 31) * (size_t)64;
}

static bool is_small(size_t size) {
	return size <= KI_HEAP_SMALL;
}

static void put_free(struct ki_heap_blocks *b, void *block, unsigned class) {
	*(void **)block = b->free[class];
	b->free[class] = block;
}

/* Unused memory becomes free blocks, largest first, so that nothing is lost. */
static void cut_up(struct ki_heap_blocks *b, char *at, size_t rest) {
	while (rest >= 8) {
		unsigned class = rest >= KI_HEAP_SMALL ? KI_HEAP_CLASSES - 1 : class_of(rest);
		if (bytes_of(class) > rest) {
			class--;
		}
		put_free(b, at, class);
		at += bytes_of(class);
		rest -= bytes_of(class);
	}
}

static void set_newest_chunk(struct ki_heap_blocks *b, char *chunk, size_t size, size_t in_use) {
	cut_up(b, b->bump, (size_t)(b->bump_end - b->bump));
	*(void **)(void *)chunk = b->chunks;
	b->chunks = chunk;
	b->bump = chunk + CHUNK_HEAD + in_use;
	b->bump_end = chunk + size;
	if (b->next_chunk_bytes < LAST_CHUNK_BYTES) {
		b->next_chunk_bytes *= 2;
	}
}

static bool add_chunk(struct ki_heap_blocks *b) {
	char *chunk = ki_heap_blocks_take(b, b->next_chunk_bytes);
	if (!chunk) {
		return false;
	}
	set_newest_chunk(b, chunk, b->next_chunk_bytes, 0);
	return true;
}

static void *new_small(struct ki_heap_blocks *b, size_t size) {
	unsigned class = class_of(size);
	void *block = b->free[class];
	if (block) {
		b->free[class] = *(void **)block;
		return block;
	}
	size_t bytes = bytes_of(class);
	if ((size_t)(b->bump_end - b->bump) < bytes && !add_chunk(b)) {
		return NULL;
	}
	block = b->bump;
	b->bump += bytes;
	return block;
}

static void *new_large(struct ki_heap_blocks *b, size_t size) {
	struct large *large =
		size < SIZE_MAX / 2 ? ki_heap_blocks_take(b, sizeof *large + size) : NULL;
	if (!large) {
		return NULL;
	}
	ki_list_push_back(&b->large, &large->link);
	return large + 1;
}

static void *new_block(struct ki_heap_blocks *b, size_t size) {
	return is_small(size) ? new_small(b, size) : new_large(b, size);
}

static bool in_image(const struct ki_heap_blocks *b, const void *ptr) {
	return (const char *)ptr >= b->image && (const char *)ptr < b->image_end;
}

static void free_block(struct ki_heap_blocks *b, void *ptr, size_t size) {
	if (is_small(size)) {
		put_free(b, ptr, class_of(size));
		return;
	}
	if (in_image(b, ptr)) {
		cut_up(b, ptr, ki_heap_blocks_bytes(size));
		return;
	}
	struct large *large = (struct large *)ptr - 1;
	ki_list_remove(&large->link);
	ki_heap_blocks_give(b, large, sizeof *large + size);
}

static void *resize_large(
	struct ki_heap_blocks *b, void *ptr, size_t old_size, size_t new_size) {
	struct large *large = (struct large *)ptr - 1;
	if (new_size >= SIZE_MAX / 2) {
		return NULL;
	}
	ki_list_remove(&large->link);
	struct large *moved = ki_heap_blocks_retake(
		b, large, sizeof *large + old_size, sizeof *large + new_size);
	ki_list_push_back(&b->large, moved ? &moved->link : &large->link);
	return moved ? moved + 1 : NULL;
}

void ki_heap_blocks_init(struct ki_heap_blocks *b, struct ki_region *region) {
	*b = (struct ki_heap_blocks){.next_chunk_bytes = FIRST_CHUNK_BYTES, .region = region};
	ki_list_init(&b->large);
}

/*
 * Making a block smaller cannot fail: when there is no memory for the smaller one, the block stays
 * where it is and from then on counts as one of the smaller class. That is sound, since it is not
 * smaller than its class says; one that was large stays on the list until the drop.
 */
void *ki_heap_blocks_realloc(struct ki_heap_blocks *b, void *ptr, size_t old_size,
			     size_t new_size) {
	if (new_size == 0) {
		if (ptr && old_size) {
			free_block(b, ptr, old_size);
		}
		return NULL;
	}
	if (!ptr || old_size == 0) {
		return new_block(b, new_size);
	}
	if (is_small(old_size) && is_small(new_size) && class_of(old_size) == class_of(new_size)) {
		return ptr;
	}
	bool smaller = new_size <= old_size;
	if (!is_small(old_size) && !is_small(new_size) && !in_image(b, ptr)) {
		void *moved = resize_large(b, ptr, old_size, new_size);
		return moved || !smaller ? moved : ptr;
	}
	void *block = new_block(b, new_size);
	if (!block) {
		return smaller ? ptr : NULL;
	}
	memcpy(block, ptr, smaller ? new_size : old_size);
	free_block(b, ptr, old_size);
	return block;
}

/* With room behind it for what a process needs at once, in the same malloc. */
void *ki_heap_blocks_adopt(struct ki_heap_blocks *b, size_t bytes) {
	size_t size = CHUNK_HEAD + bytes + FIRST_CHUNK_BYTES;
	char *chunk = ki_heap_blocks_take(b, size);
	if (!chunk) {
		return NULL;
	}
	set_newest_chunk(b, chunk, size, bytes);
	b->image = chunk + CHUNK_HEAD;
	b->image_end = b->image + bytes;
	return b->image;
}

size_t ki_heap_blocks_bytes(size_t size) {
	return is_small(size) ? bytes_of(class_of(size)) : (size + 7) & ~(size_t)7;
}

void ki_heap_blocks_drop(struct ki_heap_blocks *b) {
	while (b->chunks) {
		void *older = *(void **)b->chunks;
		ki_region_release(b->region, b->chunks);
		b->chunks = older;
	}
	struct ki_list *node;
	while ((node = ki_list_pop_front(&b->large))) {
		ki_region_release(b->region, ki_list_entry(node, struct large, link));
	}
	ki_heap_blocks_gone(b);
}

#endif

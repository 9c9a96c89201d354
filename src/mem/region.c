/*
 * region.c: see region.h.
 *
 * Owns: struct block. Threads: see region.h.
 *
 * Rejected: a heap of the C library that is told where to begin (there is none); buddies (no block
 * of a simulation is worth the search for its neighbour: what is freed is soon asked for again, in
 * the same size).
 */
#include "mem/region.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "sys/pages.h"
#include "sys/thread.h"

/* From 64 GiB on: above a program that is loaded low, below one that is loaded high and what the
 * system maps for it, on machines with 39 bits of address and more. */
static const uint64_t FIRST_PLACE = UINT64_C(1) << 36, RANGE_BYTES = UINT64_C(1) << 36;
enum { NR_PLACES = 16 };

/* Mapped at a time, the first when the range is chosen: by that it is taken. Whole pages. */
static const size_t STEP_BYTES = 1024 * 1024;

/* Class 0 takes up to SMALLEST bytes; from there on each doubling has 8, so that a ninth of a block
 * is wasted at most. */
enum { SMALLEST_BITS = 7, NR_CLASSES = 8 * (64 - SMALLEST_BITS) + 1 };

/* In front of each. */
struct block {
	size_t bytes; /* its own included */
	size_t class;
};

struct ki_region {
	char *low;
	struct ki_mutex mutex;
	/* mutex: the first `used` bytes are blocks, the first `mapped` are there */
	size_t used, mapped;
	void *free[NR_CLASSES]; /* linked by their first word */
};

/* ---- The range ---- */

static void *claim(void) {
	for (uint64_t i = 0; i < NR_PLACES; i++) {
		uint64_t at = FIRST_PLACE + i * RANGE_BYTES;
		if (at + RANGE_BYTES > UINTPTR_MAX) {
			break; /* a small machine */
		}
		void *low = ki_pages_map_at((uintptr_t)at, STEP_BYTES);
		if (low != NULL) {
			return low;
		}
	}
	return NULL;
}

struct ki_region *ki_region_new(void) {
	struct ki_region *region = ki_zalloc(sizeof *region);
	if (region == NULL) {
		return NULL;
	}
	region->low = claim();
	if (region->low == NULL) {
		ki_free(region);
		return NULL;
	}
	region->mapped = STEP_BYTES;
	ki_mutex_init(&region->mutex);
	return region;
}

void ki_region_free(struct ki_region *region) {
	if (region != NULL) {
		ki_pages_unmap(region->low, region->mapped);
		ki_mutex_fini(&region->mutex);
		ki_free(region);
	}
}

/* ---- Blocks ---- */

/* Of a block of `bytes`, which is made as large as its class is. */
static size_t class_of(size_t *bytes) {
	unsigned bits = SMALLEST_BITS;
	while ((*bytes - 1) >> bits != 0) {
		bits++;
	}
	size_t half = (size_t)1 << bits >> 1, step = half / 8;
	if (bits == SMALLEST_BITS) {
		*bytes = 2 * half;
		return 0;
	}
	size_t steps = (*bytes - half + step - 1) / step;
	*bytes = half + steps * step;
	return 8 * (bits - SMALLEST_BITS - 1) + steps;
}

static bool map_up_to(struct ki_region *region, size_t end) {
	if (end <= region->mapped) {
		return true;
	}
	size_t more = (end - region->mapped + STEP_BYTES - 1) / STEP_BYTES * STEP_BYTES;
	if (ki_pages_map_at((uintptr_t)region->low + region->mapped, more) == NULL) {
		return false;
	}
	region->mapped += more;
	return true;
}

static struct block *cut(struct ki_region *region, size_t bytes) {
	if (bytes > RANGE_BYTES - region->used || !map_up_to(region, region->used + bytes)) {
		return NULL;
	}
	struct block *block = (struct block *)(void *)(region->low + region->used);
	region->used += bytes;
	return block;
}

static void *take(struct ki_region *region, size_t bytes, size_t class) {
	void *ptr = region->free[class];
	if (ptr != NULL) {
		memcpy(&region->free[class], ptr, sizeof ptr);
		return ptr;
	}
	struct block *block = cut(region, bytes);
	if (block == NULL) {
		return NULL;
	}
	*block = (struct block){bytes, class};
	return block + 1;
}

void *ki_region_alloc(struct ki_region *region, size_t size) {
	if (region == NULL) {
		return ki_alloc(size);
	}
	if (size > RANGE_BYTES) {
		return NULL;
	}
	size_t bytes = sizeof(struct block) + size;
	size_t class = class_of(&bytes);
	ki_mutex_lock(&region->mutex);
	void *ptr = take(region, bytes, class);
	ki_mutex_unlock(&region->mutex);
	return ptr;
}

void *ki_region_realloc(struct ki_region *region, void *ptr, size_t size) {
	if (region == NULL) {
		return ki_realloc(ptr, size);
	}
	if (ptr == NULL || size > RANGE_BYTES) {
		return ptr == NULL ? ki_region_alloc(region, size) : NULL;
	}
	const struct block *block = (struct block *)ptr - 1;
	size_t room = block->bytes - sizeof *block, bytes = sizeof *block + size;
	if (class_of(&bytes) == block->class) {
		return ptr;
	}
	void *moved = ki_region_alloc(region, size);
	if (moved != NULL) {
		memcpy(moved, ptr, size < room ? size : room);
		ki_region_release(region, ptr);
	}
	return moved;
}

void ki_region_release(struct ki_region *region, void *ptr) {
	if (region == NULL || ptr == NULL) {
		ki_free(ptr);
		return;
	}
	const struct block *block = (struct block *)ptr - 1;
	ki_mutex_lock(&region->mutex);
	memcpy(ptr, &region->free[block->class], sizeof(void *));
	region->free[block->class] = ptr;
	ki_mutex_unlock(&region->mutex);
}

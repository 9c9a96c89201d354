/*
 * heap_blocks.h: where a heap's blocks come from, without accounting.
 *
 * Owns: struct ki_heap_blocks. Implemented by heap_blocks.c (size classes in chunks) and, in
 *   builds with AddressSanitizer or ThreadSanitizer, by heap_san.c (one malloc for each block).
 *   What both take of the system goes through heap_system.c.
 * Threads: one owner at a time.
 * Invariants:
 *   I1 a block of at most KI_HEAP_SMALL bytes is in the class of its size; larger ones are
 *      memory of their own on the list `large`, but for those of the image.
 *   I2 all that lies in a chunk is a live block, a node of one free list, or between bump and
 *      bump_end of the newest chunk.
 *   I3 held_bytes is what counts in the budget: chunks, mallocs and image, with their heads.
 * Not here: limits (mem/heap.h).
 */
#ifndef KI_MEM_HEAP_BLOCKS_H
#define KI_MEM_HEAP_BLOCKS_H

#include "base/list.h"
#include "mem/budget.h"

#include <stddef.h>

#include "mem/region.h"

#define KI_HEAP_SMALL 1024
#define KI_HEAP_CLASSES 40

struct ki_heap_blocks {
	void *free[KI_HEAP_CLASSES]; /* free blocks of each class, linked by their first word */
	char *bump;                  /* unused rest of the newest chunk */
	char *bump_end;
	void *chunks;                /* linked by their first word */
	size_t next_chunk_bytes;
	struct ki_list large;
	struct ki_region *region;    /* where they come from; NULL: malloc */
	char *image, *image_end;     /* the blocks it was made with, or NULL */
	struct ki_budget *budget;    /* or NULL */
	size_t held_bytes;
};

void ki_heap_blocks_init(struct ki_heap_blocks *b, struct ki_region *region);
/* As ki_heap_realloc: NULL only when the system or the budget refuses and new_size > old_size, or
 * freed. */
void *ki_heap_blocks_realloc(struct ki_heap_blocks *b, void *ptr, size_t old_size, size_t new_size);
/* See ki_heap_adopt and ki_heap_block_bytes. */
void *ki_heap_blocks_adopt(struct ki_heap_blocks *b, size_t bytes);
size_t ki_heap_blocks_bytes(size_t size);
/* The budget stays. */
void ki_heap_blocks_drop(struct ki_heap_blocks *b);

/* ---- For the allocators: memory of the system, within the budget. ---- */

/* NULL: the budget or the system refuses. */
void *ki_heap_blocks_take(struct ki_heap_blocks *b, size_t bytes);
/* As realloc; `ptr` counts as `bytes`. */
void *ki_heap_blocks_retake(struct ki_heap_blocks *b, void *ptr, size_t bytes, size_t new_bytes);
void ki_heap_blocks_give(struct ki_heap_blocks *b, void *ptr, size_t bytes);
/* All has been given back: empty again. */
void ki_heap_blocks_gone(struct ki_heap_blocks *b);

#endif

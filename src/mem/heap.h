/*
 * heap.h: the heap of one process: a limit, exact accounting, dropped whole.
 *
 * Owns: struct ki_heap and all its blocks.
 * Threads: one owner at a time.
 * Invariants:
 *   I1 used_bytes is the sum of the sizes asked for of all live blocks.
 *   I2 used_bytes never rises above a limit that was in force (limit_bytes 0: none).
 *   I3 making a block smaller, or freeing it, never fails (Lua relies on it).
 *   I4 a refusal changes nothing but limit_hit.
 *   I5 in a budget counts what the heap has of the system, which is more than used_bytes: chunks
 *      are taken whole and kept. So the count that all heaps share is written once a chunk.
 * Not here: what happens at the limit (lua/ ends the process).
 *
 * Blocks are aligned to 8 bytes, as Lua asks. Small ones come from chunks that start at a few KiB
 * and grow, with a free list for each size class and no header; memory freed there serves later
 * blocks of the same class and goes back to the system with the heap. Under a sanitizer each block
 * is a malloc of its own, so that a touch outside of it is found (heap_blocks.h).
 */
#ifndef KI_MEM_HEAP_H
#define KI_MEM_HEAP_H

#include "mem/heap_blocks.h"

#include <stdbool.h>
#include <stddef.h>

struct ki_heap {
	size_t used_bytes;
	size_t limit_bytes; /* 0: none */
	size_t peak_bytes;
	bool limit_hit;     /* the last refusal was the limit's, not the budget's or the system's */
	struct ki_heap_blocks blocks;
};

/* Takes no memory before the first block. */
void ki_heap_init(struct ki_heap *heap, size_t limit_bytes);
/* The same, with its blocks in a region (borrowed; NULL: anywhere). */
void ki_heap_init_in(struct ki_heap *heap, size_t limit_bytes, struct ki_region *region);
/* Before the first block: where its memory counts. */
void ki_heap_set_budget(struct ki_heap *heap, struct ki_budget *budget);

/*
 * Lua's allocator contract. ptr NULL: a new block, old_size means nothing. new_size 0: frees, gives
 * NULL. Else old_size is the size the block was given with; the contents up to the smaller size are
 * kept. NULL for new_size > 0: refused by the limit (limit_hit), or by the budget or the system;
 * `ptr` lives on.
 */
void *ki_heap_realloc(struct ki_heap *heap, void *ptr, size_t old_size, size_t new_size);

/*
 * Blocks that come ready-made. Gives `bytes` of memory for an empty heap, which the caller fills
 * with blocks, one behind the other, each taking ki_heap_block_bytes of its size; used_bytes is the
 * sum of the sizes. From then on they are as others. NULL: refused, as above.
 */
void *ki_heap_adopt(struct ki_heap *heap, size_t bytes, size_t used_bytes);
/* A multiple of 8. */
size_t ki_heap_block_bytes(size_t size);

/* All blocks at once. The heap is empty and usable again; the limit stays. */
void ki_heap_drop(struct ki_heap *heap);

/* 0: none. A limit below used_bytes refuses every growth until enough is freed. */
void ki_heap_set_limit(struct ki_heap *heap, size_t limit_bytes);

#endif

/*
 * region.h: memory at addresses that are the same in every run.
 *
 * What a program prints of an object, and where a table keeps it as a key, follow its address. So a
 * simulation takes the heaps of its processes from a region: a range of addresses that is always
 * the same one, cut into blocks by rules that look at nothing but the calls made so far. The same
 * calls give the same addresses, whatever the system does to its own.
 *
 * Which range: the first of a few fixed ones in whose beginning nothing lies. So a program with one
 * simulation, or with one after the other, always has the first; of those that it has at once, the
 * next one opened has the next. Nobody keeps count of that: the system says what is free.
 *
 * Owns: struct ki_region and its blocks. Memory goes back to the system with the region.
 * Threads: any; they have to come in the same order to be given the same addresses.
 * Invariants:
 *	RG1 a block is of a class, as large as that says, and is used again for that class alone.
 *	RG2 no address is asked of anything but the region: not its own, not the system's.
 * Not here: what a heap does with a block (heap_blocks.h). Builds with AddressSanitizer or
 *	ThreadSanitizer take every block of a heap from malloc, and have no use for a region.
 */
#ifndef KI_MEM_REGION_H
#define KI_MEM_REGION_H

#include <stddef.h>

struct ki_region;

/* NULL: no range is free, or there is no memory. */
struct ki_region *ki_region_new(void);
/* With all that is in it. NULL does nothing. */
void ki_region_free(struct ki_region *region);

/* As ki_alloc, ki_realloc and ki_free of base/alloc.h, which is what they are without a region
 * (NULL). Blocks are aligned to 16 bytes. */
void *ki_region_alloc(struct ki_region *region, size_t size);
void *ki_region_realloc(struct ki_region *region, void *ptr, size_t size);
void ki_region_release(struct ki_region *region, void *ptr);

#endif

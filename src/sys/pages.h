/*
 * pages.h: memory in whole pages from the system, zeroed.
 *
 * Owns: nothing; each mapping belongs to the caller.
 * Threads: any.
 * Invariants: I1 a size is rounded up to whole pages; unmap takes the size that map was given.
 * Not here: pools of stacks (mem/stack.h), a range of addresses that repeats (mem/region.h).
 */
#ifndef KI_SYS_PAGES_H
#define KI_SYS_PAGES_H

#include <stddef.h>
#include <stdint.h>

size_t ki_page_size(void);
/* `size` rounded up to whole pages. */
size_t ki_pages_round(size_t size);
/* NULL when the system refuses. */
void *ki_pages_map(size_t size);
/* The same at exactly this address; what lies there is not touched. NULL: that cannot be had. */
void *ki_pages_map_at(uintptr_t at, size_t size);
void ki_pages_unmap(void *low, size_t size);
/* With one inaccessible page below `low`, which is the address given. */
void *ki_pages_map_guarded(size_t size);
void ki_pages_unmap_guarded(void *low, size_t size);

#endif

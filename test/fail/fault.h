/*
 * Allocations that are refused, for the programs of test/fail, each of which is one thread. The
 * linker gives us the calls of the allocator (--wrap, see GNUmakefile).
 *
 * Owns: fault. Threads: one.
 */
#ifndef FAULT_H
#define FAULT_H

#include <stdbool.h>
#include <stddef.h>

struct ki_region;

static struct {
	bool armed;
	size_t calls, first, last; /* from 1: those from first to last are refused */
} fault;

static bool refused(void) {
	if (!fault.armed) {
		return false;
	}
	fault.calls++;
	return fault.calls >= fault.first && fault.calls <= fault.last;
}

#define WRAP(type, name, parameters, arguments)                                                    \
	type __real_##name parameters;                                                             \
	type __wrap_##name parameters;                                                             \
	type __wrap_##name parameters {                                                            \
		return refused() ? NULL : __real_##name arguments;                                 \
	}

WRAP(void *, ki_alloc, (size_t size), (size))
WRAP(void *, ki_zalloc, (size_t size), (size))
WRAP(void *, ki_realloc, (void *ptr, size_t size), (ptr, size))
WRAP(char *, ki_strdup_n, (const char *ptr, size_t len), (ptr, len))
WRAP(void *, ki_region_alloc, (struct ki_region *region, size_t size), (region, size))
WRAP(void *, ki_region_realloc, (struct ki_region *region, void *ptr, size_t size),
	(region, ptr, size))
WRAP(void *, ki_pages_map_guarded, (size_t bytes), (bytes))

/* Refuses so many calls from the one of number `first`, once it is armed. */
static inline void fault_set(size_t first, size_t in_a_row) {
	fault.calls = 0;
	fault.first = first;
	fault.last = first + in_a_row - 1;
}

/* Whether there were so many calls. */
static inline bool fault_hit(void) {
	return fault.calls >= fault.first;
}

#endif

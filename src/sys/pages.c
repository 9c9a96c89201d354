/*
 * pages.c: see pages.h. MAP_ANONYMOUS is not in POSIX 2008 but on every system we know.
 */
#include "sys/pages.h"

#include "base/check.h"

#include <sys/mman.h>
#include <unistd.h>

size_t ki_page_size(void) {
	long size = sysconf(_SC_PAGESIZE);
	ki_check(size > 0);
	return (size_t)size;
}

size_t ki_pages_round(size_t size) {
	size_t page = ki_page_size();
	return (size + page - 1) / page * page;
}

/* Sizes this large are refused before rounding or a guard page could wrap around. */
static int too_large(size_t size) {
	return size > SIZE_MAX / 2;
}

static void *map(void *wish, size_t size) {
	return mmap(wish, ki_pages_round(size), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

void *ki_pages_map(size_t size) {
	if (too_large(size)) {
		return NULL;
	}
	void *low = map(NULL, size);
	return low == MAP_FAILED ? NULL : low;
}

/* Without MAP_FIXED the address is a wish, which a system grants where nothing lies in the way: so
 * no mapping of anybody's can be lost to it. */
void *ki_pages_map_at(uintptr_t at, size_t size) {
	void *low = too_large(size) ? MAP_FAILED : map((void *)at, size);
	if (low != MAP_FAILED && (uintptr_t)low != at) {
		ki_pages_unmap(low, size);
		low = MAP_FAILED;
	}
	return low == MAP_FAILED ? NULL : low;
}

void ki_pages_unmap(void *low, size_t size) {
	ki_check(munmap(low, ki_pages_round(size)) == 0);
}

/* The whole range is reserved without access and opened above the guard: so no moment exists in
 * which another mapping could slip in between. */
void *ki_pages_map_guarded(size_t size) {
	if (too_large(size)) {
		return NULL;
	}
	size_t page = ki_page_size();
	size_t usable = ki_pages_round(size);
	char *low = mmap(NULL, usable + page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (low == MAP_FAILED) {
		return NULL;
	}
	if (mprotect(low + page, usable, PROT_READ | PROT_WRITE) != 0) {
		munmap(low, usable + page);
		return NULL;
	}
	return low + page;
}

void ki_pages_unmap_guarded(void *low, size_t size) {
	size_t page = ki_page_size();
	ki_check(munmap((char *)low - page, ki_pages_round(size) + page) == 0);
}

/*
 * alloc.h: the malloc family behind one name.
 *
 * Owns: nothing; the C library's heap.
 * Threads: any.
 * Invariants: I1 a failure is NULL and nothing else: no log, no exit.
 * Not here: the heap of one process (mem/heap.h), pages (sys/pages.h).
 */
#ifndef KI_BASE_ALLOC_H
#define KI_BASE_ALLOC_H

#include <stddef.h>

/* Each gives memory freed with ki_free, or NULL. A size of 0 counts as 1. */
void *ki_alloc(size_t size);
void *ki_zalloc(size_t size);
/* On failure NULL, and `ptr` is untouched. */
void *ki_realloc(void *ptr, size_t size);
void ki_free(void *ptr);
/* A NUL-terminated copy of `len` bytes. */
char *ki_strdup_n(const char *ptr, size_t len);

#endif

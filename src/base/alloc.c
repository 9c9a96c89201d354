/*
 * alloc.c: see alloc.h. The size 0 is made 1 here, since malloc(0) may give NULL without a failure.
 */
#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *ki_alloc(size_t size) {
	return malloc(size ? size : 1);
}

void *ki_zalloc(size_t size) {
	return calloc(1, size ? size : 1);
}

void *ki_realloc(void *ptr, size_t size) {
	return realloc(ptr, size ? size : 1);
}

void ki_free(void *ptr) {
	free(ptr);
}

char *ki_strdup_n(const char *ptr, size_t len) {
	char *copy = len < SIZE_MAX ? ki_alloc(len + 1) : NULL;
	if (!copy) {
		return NULL;
	}
	if (len) {
		memcpy(copy, ptr, len);
	}
	copy[len] = '\0';
	return copy;
}

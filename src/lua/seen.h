/*
 * lua/seen.h: a map from addresses to small numbers, in C memory: the tables that a value was found
 * to hold so far.
 *
 * Owns: struct ki_seen.
 * Threads: one owner at a time.
 * Not here: what the numbers mean (codec.c).
 *
 * Open addressing in a power of two, at most half full; the first few need no memory.
 */
#ifndef KI_LUA_SEEN_H
#define KI_LUA_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KI_SEEN_INLINE 16

struct ki_seen_entry {
	const void *address; /* NULL: free */
	uint32_t number;
};

struct ki_seen {
	struct ki_seen_entry *entries; /* inline_entries or allocated */
	size_t mask, count;
	struct ki_seen_entry inline_entries[KI_SEEN_INLINE];
};

void ki_seen_init(struct ki_seen *seen);
/* May be called twice. */
void ki_seen_fini(struct ki_seen *seen);
/* Adds an address, or gives it another number. False: no memory. */
bool ki_seen_put(struct ki_seen *seen, const void *address, uint32_t number);
bool ki_seen_get(const struct ki_seen *seen, const void *address, uint32_t *number);

#endif

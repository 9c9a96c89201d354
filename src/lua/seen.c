/*
 * lua/seen.c: a map from addresses to small numbers.
 *
 * Owns: struct ki_seen. Threads: one owner at a time.
 */
#include "lua/seen.h"

#include <string.h>

#include "base/alloc.h"

void ki_seen_init(struct ki_seen *seen) {
	memset(seen, 0, sizeof *seen);
	seen->entries = seen->inline_entries;
	seen->mask = KI_SEEN_INLINE - 1;
}

void ki_seen_fini(struct ki_seen *seen) {
	if (seen->entries != seen->inline_entries) {
		ki_free(seen->entries);
	}
	ki_seen_init(seen);
}

/* The entry of the address, or the free one where it belongs. */
static struct ki_seen_entry *find(const struct ki_seen *seen, const void *address) {
	/* Blocks are aligned to 8 at least: the low bits say nothing. */
	size_t at = (size_t)(((uintptr_t)address >> 3) * UINT64_C(0x9e3779b97f4a7c15) >> 32);
	for (;; at++) {
		struct ki_seen_entry *entry = &seen->entries[at & seen->mask];
		if (entry->address == address || entry->address == NULL) {
			return entry;
		}
	}
}

static bool grow(struct ki_seen *seen) {
	struct ki_seen larger = {.mask = 2 * seen->mask + 1, .count = seen->count};
	larger.entries = ki_zalloc((larger.mask + 1) * sizeof *larger.entries);
	if (larger.entries == NULL) {
		return false;
	}
	for (size_t i = 0; i <= seen->mask; i++) {
		if (seen->entries[i].address != NULL) {
			*find(&larger, seen->entries[i].address) = seen->entries[i];
		}
	}
	if (seen->entries != seen->inline_entries) {
		ki_free(seen->entries);
	}
	seen->entries = larger.entries;
	seen->mask = larger.mask;
	return true;
}

bool ki_seen_put(struct ki_seen *seen, const void *address, uint32_t number) {
	if (2 * (seen->count + 1) > seen->mask && !grow(seen)) {
		return false;
	}
	struct ki_seen_entry *entry = find(seen, address);
	seen->count += entry->address == NULL;
	*entry = (struct ki_seen_entry){address, number};
	return true;
}

bool ki_seen_get(const struct ki_seen *seen, const void *address, uint32_t *number) {
	const struct ki_seen_entry *entry = find(seen, address);
	if (entry->address == NULL) {
		return false;
	}
	*number = entry->number;
	return true;
}

/*
 * arena.h: memory of a document or a project that is released as a whole.
 *
 * Owns: the blocks.
 * Threads: one at a time.
 * Not here: anything freed one by one.
 */
#ifndef KI_CONFIG_ARENA_H
#define KI_CONFIG_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"

struct ki_arena_block;

/* Zeroed it is empty and usable. */
struct ki_arena {
	struct ki_arena_block *blocks;
	char *next;
	size_t left;
	bool failed; /* sticky: some request found no memory */
};

void ki_arena_init(struct ki_arena *arena);
void ki_arena_fini(struct ki_arena *arena);

/* Zeroed, aligned for any type; NULL when there is no memory. */
void *ki_arena_alloc(struct ki_arena *arena, size_t size);

/* NUL-terminated copies; NULL when there is no memory. */
char *ki_arena_strdup_n(struct ki_arena *arena, const char *ptr, size_t len);
char *ki_arena_printf(struct ki_arena *arena, const char *format, ...) KI_PRINTF(2, 3);

#endif

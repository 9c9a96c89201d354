/* arena.c: see arena.h. */
#include "config/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

#define BLOCK_SIZE ((size_t)16 << 10)

struct ki_arena_block {
	struct ki_arena_block *older;
	alignas(max_align_t) char bytes[];
};

void ki_arena_init(struct ki_arena *arena) {
	*arena = (struct ki_arena){0};
}

void ki_arena_fini(struct ki_arena *arena) {
	while (arena->blocks) {
		struct ki_arena_block *block = arena->blocks;
		arena->blocks = block->older;
		ki_free(block);
	}
	*arena = (struct ki_arena){0};
}

void *ki_arena_alloc(struct ki_arena *arena, size_t size) {
	size_t align = alignof(max_align_t);
	size = (size + align - 1) / align * align;
	if (size > arena->left) {
		size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
		struct ki_arena_block *block = ki_zalloc(sizeof(*block) + room);
		if (!block) {
			arena->failed = true;
			return NULL;
		}
		block->older = arena->blocks;
		arena->blocks = block;
		arena->next = block->bytes;
		arena->left = room;
	}
	void *ptr = arena->next;
	arena->next += size;
	arena->left -= size;
	return ptr;
}

char *ki_arena_strdup_n(struct ki_arena *arena, const char *ptr, size_t len) {
	char *copy = ki_arena_alloc(arena, len + 1);
	if (copy && len > 0) {
		memcpy(copy, ptr, len); /* zeroed memory: the NUL is there */
	}
	return copy;
}

char *ki_arena_printf(struct ki_arena *arena, const char *format, ...) {
	va_list args;
	va_start(args, format);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	char *text = len < 0 ? NULL : ki_arena_alloc(arena, (size_t)len + 1);
	if (text) {
		va_start(args, format);
		vsnprintf(text, (size_t)len + 1, format, args);
		va_end(args);
	}
	return text;
}

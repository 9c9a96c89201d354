#include "kith_test.h"

#include "base/rng.h"
#include "mem/heap.h"

TEST(heap, counts_exactly_the_bytes_asked_for) {
	struct ki_heap h;
	ki_heap_init(&h, 0);
	void *a = ki_heap_realloc(&h, NULL, 5 /* Lua passes a type here */, 13);
	void *b = ki_heap_realloc(&h, NULL, 0, 5000);
	EQ_UINT(h.used_bytes, 5013);
	a = ki_heap_realloc(&h, a, 13, 700);
	EQ_UINT(h.used_bytes, 5700);
	b = ki_heap_realloc(&h, b, 5000, 8);
	EQ_UINT(h.used_bytes, 708);
	EQ_UINT(h.peak_bytes, 5700);
	IS_NULL(ki_heap_realloc(&h, a, 700, 0));
	IS_NULL(ki_heap_realloc(&h, b, 8, 0));
	IS_NULL(ki_heap_realloc(&h, NULL, 0, 0));
	EQ_UINT(h.used_bytes, 0);
	ki_heap_drop(&h);
}

TEST(heap, refuses_beyond_the_limit_and_says_so) {
	struct ki_heap h;
	ki_heap_init(&h, 1000);
	void *a = ki_heap_realloc(&h, NULL, 0, 600);
	NOT_NULL(a);
	FALSE(h.limit_hit);
	IS_NULL(ki_heap_realloc(&h, NULL, 0, 401));
	TRUE(h.limit_hit);
	IS_NULL(ki_heap_realloc(&h, a, 600, 1001));
	EQ_UINT(h.used_bytes, 600);
	void *b = ki_heap_realloc(&h, NULL, 0, 400);
	NOT_NULL(b);
	IS_NULL(ki_heap_realloc(&h, NULL, 0, SIZE_MAX));
	a = ki_heap_realloc(&h, a, 600, 599);
	NOT_NULL(a);
	ki_heap_set_limit(&h, 500);
	IS_NULL(ki_heap_realloc(&h, NULL, 0, 1));
	NOT_NULL(ki_heap_realloc(&h, a, 599, 10));
	ki_heap_set_limit(&h, 0);
	NOT_NULL(ki_heap_realloc(&h, NULL, 0, 100000));
	ki_heap_drop(&h);
}

TEST(heap, survives_a_refusal_of_the_system) {
	struct ki_heap h;
	ki_heap_init(&h, 0);
	char *a = ki_heap_realloc(&h, NULL, 0, 2000);
	memset(a, 7, 2000);
	IS_NULL(ki_heap_realloc(&h, a, 2000, SIZE_MAX - 8));
	IS_NULL(ki_heap_realloc(&h, NULL, 0, SIZE_MAX - 8));
	FALSE(h.limit_hit);
	EQ_UINT(h.used_bytes, 2000);
	EQ_INT(a[1999], 7);
	ki_heap_drop(&h);
}

struct block {
	unsigned char *ptr;
	size_t size;
	unsigned char fill;
};

static void check_block(const struct block *b, size_t size) {
	for (size_t i = 0; i < size; i++) {
		EQ_INT(b->ptr[i], b->fill);
	}
}

static size_t any_size(struct ki_rng *rng) {
	switch (ki_rng_below(rng, 4)) {
	case 0:
		return ki_rng_below(rng, 64);
	case 1:
		return ki_rng_below(rng, 300);
	case 2:
		return 960 + ki_rng_below(rng, 128); /* around the border of large blocks */
	default:
		return ki_rng_below(rng, 3000);
	}
}

TEST(heap, blocks_keep_their_bytes_and_never_overlap) {
	static struct block blocks[200];
	struct ki_heap h;
	struct ki_rng rng;
	ki_rng_seed(&rng, 7);
	for (int life = 0; life < 3; life++) {
		ki_heap_init(&h, 0);
		memset(blocks, 0, sizeof blocks);
		size_t used = 0;
		for (int i = 0; i < 20000; i++) {
			struct block *b = &blocks[ki_rng_below(&rng, 200)];
			size_t size = any_size(&rng);
			check_block(b, b->size);
			used += size - b->size;
			b->ptr = ki_heap_realloc(&h, b->ptr, b->size, size);
			EQ_UINT(h.used_bytes, used);
			if (size == 0) {
				IS_NULL(b->ptr);
			} else {
				EQ_UINT((uintptr_t)b->ptr % 8, 0);
				check_block(b, size < b->size ? size : b->size);
				b->fill = (unsigned char)i;
				memset(b->ptr, b->fill, size);
			}
			b->size = size;
		}
		ki_heap_drop(&h);
		EQ_UINT(h.used_bytes, 0);
	}
}

/* Fills a heap with ready-made blocks and gives them back, each in another way. */
static void use_adopted(size_t first_size) {
	enum { NR = 6 };
	struct ki_heap h;
	size_t sizes[NR], bytes = 0, used = 0;
	for (int i = 0; i < NR; i++) {
		sizes[i] = first_size + (size_t)i * 100;
		bytes += ki_heap_block_bytes(sizes[i]);
		used += sizes[i];
	}
	ki_heap_init(&h, used + 10000);
	unsigned char *at = ki_heap_adopt(&h, bytes, used), *blocks[NR];
	NOT_NULL(at);
	EQ_UINT(h.used_bytes, used);
	for (int i = 0; i < NR; i++) {
		blocks[i] = at;
		memset(at, i, sizes[i]);
		at += ki_heap_block_bytes(sizes[i]);
	}
	IS_NULL(ki_heap_realloc(&h, blocks[0], sizes[0], 0));
	static const size_t to[NR] = {0, 2, 600, 1025, 1500, 4000};
	for (int i = 1; i < NR; i++) {
		unsigned char *moved = ki_heap_realloc(&h, blocks[i], sizes[i], to[i]);
		NOT_NULL(moved);
		check_block(&(struct block){moved, 0, (unsigned char)i},
			to[i] < sizes[i] ? to[i] : sizes[i]);
		memset(moved, 0xee, to[i]);
		blocks[i] = moved;
	}
	for (int i = 1; i < NR; i++) {
		ki_heap_realloc(&h, blocks[i], to[i], 0);
	}
	EQ_UINT(h.used_bytes, 0);
	ki_heap_drop(&h);
}

TEST(heap, adopted_blocks_are_as_others) {
	for (size_t size = 1; size < 2000; size += 7) {
		use_adopted(size);
	}
}

TEST(heap, adopts_nothing_beyond_the_limit) {
	struct ki_heap h;
	ki_heap_init(&h, 100);
	IS_NULL(ki_heap_adopt(&h, 104, 101));
	TRUE(h.limit_hit);
	EQ_UINT(h.used_bytes, 0);
	NOT_NULL(ki_heap_adopt(&h, 104, 100));
	ki_heap_drop(&h);
	EQ_UINT(h.used_bytes, 0);
}

TEST(heap, is_usable_again_after_the_drop) {
	struct ki_heap h;
	ki_heap_init(&h, 100);
	NOT_NULL(ki_heap_realloc(&h, NULL, 0, 100));
	ki_heap_drop(&h);
	NOT_NULL(ki_heap_realloc(&h, NULL, 0, 100));
	IS_NULL(ki_heap_realloc(&h, NULL, 0, 1));
	ki_heap_drop(&h);
	ki_heap_drop(&h);
}

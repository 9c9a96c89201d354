#include "kith_test.h"

#include "base/compiler.h"
#include "base/rng.h"
#include "mem/heap.h"
#include "mem/region.h"
#include "sys/pages.h"

TEST(region, without_one_memory_is_malloced) {
	char *a = ki_region_alloc(NULL, 10);
	NOT_NULL(a);
	strcpy(a, "kept");
	a = ki_region_realloc(NULL, a, 100000);
	NOT_NULL(a);
	EQ_STR(a, "kept");
	ki_region_release(NULL, a);
	ki_region_release(NULL, NULL);
	ki_region_free(NULL);
}

/* The sanitizers keep these ranges for themselves. */
#if !KI_ASAN && !KI_TSAN

enum { NR_BLOCKS = 200, NR_CALLS = 20000 };

/* A life of blocks drawn from a seed: each is filled with its own number, and whole when it goes.
 * Gives a hash of all addresses. */
static uint64_t live(struct ki_region *region, uint64_t seed) {
	struct {
		unsigned char *at;
		size_t size;
	} block[NR_BLOCKS] = {0};
	struct ki_rng rng;
	ki_rng_seed(&rng, seed);
	uint64_t hash = 0;
	for (int call = 0; call < NR_CALLS; call++) {
		size_t i = ki_rng_below(&rng, NR_BLOCKS);
		size_t size = ki_rng_below(&rng, UINT64_C(1) << ki_rng_below(&rng, 17));
		size_t kept = size < block[i].size ? size : block[i].size;
		if (ki_rng_below(&rng, 3) == 0) {
			ki_region_release(region, block[i].at);
			block[i].at = NULL;
			block[i].size = 0;
			continue;
		}
		block[i].at = ki_region_realloc(region, block[i].at, size);
		NOT_NULL(block[i].at);
		EQ_UINT((uintptr_t)block[i].at % 16, 0);
		for (size_t n = 0; n < kept; n++) {
			if (block[i].at[n] != (unsigned char)i) {
				FAIL("block %zu lost byte %zu", i, n);
			}
		}
		memset(block[i].at, (int)i, size);
		block[i].size = size;
		hash = hash * 31 + (uintptr_t)block[i].at;
	}
	return hash;
}

TEST(region, the_same_calls_give_the_same_addresses) {
	uint64_t hash[2];
	for (int run = 0; run < 2; run++) {
		void *elsewhere = malloc(1000 + run * 100000); /* the system's own are not asked */
		struct ki_region *region = ki_region_new();
		NOT_NULL(region);
		hash[run] = live(region, 7);
		ki_region_free(region);
		free(elsewhere);
	}
	EQ_UINT(hash[0], hash[1]);
}

TEST(region, two_at_once_lie_apart_and_the_place_of_the_first_is_had_again) {
	struct ki_region *first = ki_region_new(), *second = ki_region_new();
	NOT_NULL(first);
	NOT_NULL(second);
	char *a = ki_region_alloc(first, 100), *b = ki_region_alloc(second, 100);
	TRUE(a != b);
	ki_region_free(first);
	struct ki_region *third = ki_region_new();
	NOT_NULL(third);
	EQ_UINT((uintptr_t)ki_region_alloc(third, 100), (uintptr_t)a);
	strcpy(b, "still there");
	EQ_STR(b, "still there");
	ki_region_free(second);
	ki_region_free(third);
}

TEST(region, touches_nothing_that_lies_where_it_would_be) {
	struct ki_region *region = ki_region_new();
	char *first = ki_region_alloc(region, 1);
	uintptr_t page = (uintptr_t)first / ki_page_size() * ki_page_size();
	ki_region_free(region);
	char *mine = ki_pages_map_at(page, ki_page_size());
	EQ_UINT((uintptr_t)mine, page);
	strcpy(mine, "mine");
	IS_NULL(ki_pages_map_at(page, ki_page_size()));
	region = ki_region_new();
	NOT_NULL(region);
	TRUE(ki_region_alloc(region, 1) != (void *)first);
	EQ_STR(mine, "mine");
	ki_region_free(region);
	ki_pages_unmap(mine, ki_page_size());
}

TEST(region, what_is_too_large_is_refused_and_nothing_is_lost) {
	struct ki_region *region = ki_region_new();
	NOT_NULL(region);
	char *kept = ki_region_alloc(region, 100);
	strcpy(kept, "kept");
	IS_NULL(ki_region_alloc(region, SIZE_MAX));
	IS_NULL(ki_region_alloc(region, (size_t)1 << 40));
	IS_NULL(ki_region_realloc(region, kept, SIZE_MAX));
	IS_NULL(ki_region_realloc(region, kept, (size_t)1 << 40));
	EQ_STR(kept, "kept");
	NOT_NULL(ki_region_alloc(region, 100));
	ki_region_free(region);
}

TEST(region, a_heap_in_it_takes_all_from_it_and_gives_all_back) {
	struct ki_region *region = ki_region_new();
	NOT_NULL(region);
	struct ki_heap heap;
	void *first[3] = {0};
	for (int life = 0; life < 3; life++) {
		ki_heap_init_in(&heap, 0, region);
		char *image = ki_heap_adopt(&heap, 4096, 4096);
		first[life] = image;
		for (int i = 0; i < 300; i++) {
			char *block = ki_heap_realloc(&heap, NULL, 0, (size_t)i * 20);
			TRUE(i == 0 || (block - image < (1 << 24) && image - block < (1 << 24)));
		}
		ki_heap_drop(&heap);
	}
	EQ_UINT((uintptr_t)first[1], (uintptr_t)first[0]); /* the place it had before */
	EQ_UINT((uintptr_t)first[2], (uintptr_t)first[0]);
	ki_region_free(region);
}

#endif

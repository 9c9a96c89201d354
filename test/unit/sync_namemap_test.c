/* Names and holders: the map against a small model. */
#include "kith_test.h"

#include <kith_types.h>

#include "base/rng.h"
#include "sync/namemap.h"

TEST(namemap, finds_what_was_added_and_refuses_another_holder) {
	struct ki_namemap map;
	ki_namemap_init(&map);
	OK(ki_namemap_add(&map, ki_strv("a"), 7, 9, NULL, NULL));
	EQ_INT(ki_namemap_add(&map, ki_strv("a"), 7, 7, NULL, NULL), 1); /* it has it already */
	STATUS(ki_namemap_add(&map, ki_strv("a"), 8, 8, NULL, NULL), KITH_EEXIST);
	EQ_UINT(ki_namemap_find(&map, ki_strv("a")), 7);
	EQ_UINT(ki_namemap_find(&map, ki_strv("b")), 0);
	ki_namemap_fini(&map);
}

TEST(namemap, removes_for_holder_and_registrant_only) {
	struct ki_namemap map;
	ki_namemap_init(&map);
	OK(ki_namemap_add(&map, ki_strv("a"), 7, 9, NULL, NULL));
	EQ_UINT(ki_namemap_remove(&map, ki_strv("a"), 8), 0);
	EQ_UINT(ki_namemap_remove(&map, ki_strv("a"), 9), 7);
	EQ_UINT(ki_namemap_remove(&map, ki_strv("a"), 9), 0);
	OK(ki_namemap_add(&map, ki_strv("a"), 7, 9, NULL, NULL));
	EQ_UINT(ki_namemap_remove(&map, ki_strv("a"), 7), 7);
	EQ_UINT(ki_namemap_find(&map, ki_strv("a")), 0);
	ki_namemap_fini(&map);
}

static bool never(void *arg, uint64_t holder) {
	(void)arg;
	(void)holder;
	return false;
}

TEST(namemap, asks_whether_the_holder_may) {
	struct ki_namemap map;
	ki_namemap_init(&map);
	STATUS(ki_namemap_add(&map, ki_strv("a"), 7, 7, never, NULL), KITH_ENOTFOUND);
	EQ_UINT(ki_namemap_find(&map, ki_strv("a")), 0);
	ki_namemap_fini(&map);
}

static void count_one(void *arg, struct ki_strv name) {
	++*(size_t *)arg;
	TRUE(name.len > 4 && memcmp(name.ptr, "name", 4) == 0);
}

/* A table of 200 names, each with at most one of 20 holders. */
TEST(namemap, agrees_with_a_model_over_random_operations) {
	enum { NAMES = 200, HOLDERS = 20 };
	uint64_t model[NAMES] = {0};
	struct ki_namemap map;
	struct ki_rng rng;
	ki_namemap_init(&map);
	ki_rng_seed(&rng, 42);
	for (int turn = 0; turn < 50000; turn++) {
		size_t i = ki_rng_below(&rng, NAMES);
		uint64_t holder = 1 + ki_rng_below(&rng, HOLDERS);
		char text[16];
		snprintf(text, sizeof(text), "name%zu", i);
		struct ki_strv name = ki_strv(text);
		uint64_t what = ki_rng_below(&rng, 100);
		if (what < 60) {
			int want = !model[i] ? KITH_OK : model[i] == holder ? 1 : KITH_EEXIST;
			EQ_INT(ki_namemap_add(&map, name, holder, holder, NULL, NULL), want);
			model[i] = model[i] ? model[i] : holder;
		} else if (what < 90) {
			bool want = model[i] == holder;
			EQ_UINT(ki_namemap_remove(&map, name, holder), want ? holder : 0);
			model[i] = want ? 0 : model[i];
		} else if (what < 92) {
			size_t want = 0;
			for (size_t k = 0; k < NAMES; k++) {
				if (model[k] == holder) {
					model[k] = 0;
					want++;
				}
			}
			size_t seen = 0;
			ki_namemap_each(&map, holder, count_one, &seen);
			EQ_UINT(seen, want);
			EQ_UINT(ki_namemap_drop(&map, holder), want);
		}
		EQ_UINT(ki_namemap_find(&map, name), model[i]);
	}
	ki_namemap_fini(&map);
}

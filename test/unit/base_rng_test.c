#include "kith_test.h"

#include "base/check.h"
#include "base/rng.h"

TEST(rng, same_seed_gives_the_same_numbers) {
	struct ki_rng a, b, c;
	ki_rng_seed(&a, 42);
	ki_rng_seed(&b, 42);
	ki_rng_seed(&c, 43);
	int same = 0;
	for (int i = 0; i < 1000; i++) {
		uint64_t x = ki_rng_next(&a);
		EQ_UINT(x, ki_rng_next(&b));
		same += x == ki_rng_next(&c);
	}
	EQ_INT(same, 0);
}

/* Published values of xoshiro256** for the state 1, 2, 3, 4. */
TEST(rng, is_the_algorithm_it_says) {
	struct ki_rng r = {{1, 2, 3, 4}};
	EQ_UINT(ki_rng_next(&r), 11520);
	EQ_UINT(ki_rng_next(&r), 0);
	EQ_UINT(ki_rng_next(&r), 1509978240);
	EQ_UINT(ki_rng_next(&r), 1215971899390074240);
}

TEST(rng, below_is_fair_and_in_range) {
	struct ki_rng r;
	ki_rng_seed(&r, 1);
	int count[7] = {0};
	for (int i = 0; i < 70000; i++) {
		uint64_t x = ki_rng_below(&r, 7);
		LT_UINT(x, 7);
		count[x]++;
	}
	for (int i = 0; i < 7; i++) {
		GT_INT(count[i], 9500);
		LT_INT(count[i], 10500);
	}
	EQ_UINT(ki_rng_below(&r, 1), 0);
	LT_UINT(ki_rng_below(&r, UINT64_MAX), UINT64_MAX);
}

TEST_ABORTS(check, a_bug_aborts) {
	int one = 1;
	ki_check(one == 2);
}

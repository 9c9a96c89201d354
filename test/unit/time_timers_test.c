/* The heap of timers. */
#include "kith_test.h"

#include <kith_types.h>

#include "base/rng.h"
#include "time/timers.h"

TEST(timers, an_empty_heap_has_nothing_due) {
	struct ki_timers heap;
	struct ki_timer timer = {0};
	ki_timers_init(&heap);
	EQ_INT(ki_timers_next(&heap), INT64_MAX);
	IS_NULL(ki_timers_pop_due(&heap, INT64_MAX));
	FALSE(ki_timers_remove(&heap, &timer));
	ki_timers_fini(&heap);
}

TEST(timers, pop_gives_only_what_is_due_and_earliest_first) {
	struct ki_timers heap;
	struct ki_timer timer[3] = {{0}};
	ki_timers_init(&heap);
	OK(ki_timers_add(&heap, &timer[0], 30));
	OK(ki_timers_add(&heap, &timer[1], 10));
	OK(ki_timers_add(&heap, &timer[2], 20));
	EQ_INT(ki_timers_next(&heap), 10);
	IS_NULL(ki_timers_pop_due(&heap, 9));
	EQ_PTR(ki_timers_pop_due(&heap, 25), &timer[1]);
	EQ_PTR(ki_timers_pop_due(&heap, 25), &timer[2]);
	IS_NULL(ki_timers_pop_due(&heap, 25));
	FALSE(ki_timers_remove(&heap, &timer[1]));
	TRUE(ki_timers_remove(&heap, &timer[0]));
	FALSE(ki_timers_remove(&heap, &timer[0]));
	ki_timers_fini(&heap);
}

TEST(timers, equal_deadlines_fire_in_order_of_arming) {
	struct ki_timers heap;
	struct ki_timer timer[50] = {{0}};
	ki_timers_init(&heap);
	for (int i = 0; i < 50; i++) {
		OK(ki_timers_add(&heap, &timer[i], 7));
	}
	TRUE(ki_timers_remove(&heap, &timer[0]));
	OK(ki_timers_add(&heap, &timer[0], 7)); /* armed anew: it is the last now */
	for (int i = 1; i < 50; i++) {
		EQ_PTR(ki_timers_pop_due(&heap, 7), &timer[i]);
	}
	EQ_PTR(ki_timers_pop_due(&heap, 7), &timer[0]);
	ki_timers_fini(&heap);
}

TEST(timers, fini_releases_the_timers) {
	struct ki_timers heap;
	struct ki_timer timer = {0};
	ki_timers_init(&heap);
	OK(ki_timers_add(&heap, &timer, 1));
	ki_timers_fini(&heap);
	EQ_UINT(timer.slot, 0);
}

/* Against a plain array as the oracle. */
TEST(timers, random_use_keeps_order_and_loses_none) {
	enum { N = 200 };
	struct ki_timers heap;
	struct ki_timer timer[N] = {{0}};
	struct ki_rng rng;
	ki_rng_seed(&rng, 1);
	ki_timers_init(&heap);
	for (int step = 0; step < 20000; step++) {
		struct ki_timer *one = &timer[ki_rng_below(&rng, N)];
		bool armed = one->slot != 0;
		uint64_t choice = ki_rng_below(&rng, 4);
		if (choice == 0) {
			EQ_INT(ki_timers_remove(&heap, one), armed);
		} else if (choice == 1) {
			const struct ki_timer *first = NULL;
			for (int i = 0; i < N; i++) {
				if (timer[i].slot != 0 &&
					(!first || timer[i].deadline_ns < first->deadline_ns ||
						(timer[i].deadline_ns == first->deadline_ns &&
							timer[i].seq < first->seq))) {
					first = &timer[i];
				}
			}
			EQ_PTR(ki_timers_pop_due(&heap, INT64_MAX), first);
		} else if (!armed) {
			OK(ki_timers_add(&heap, one, (int64_t)ki_rng_below(&rng, 100)));
		}
		TRUE(ki_timers_valid(&heap));
	}
	ki_timers_fini(&heap);
}

/* The wheel of timers. */
#include "kith_test.h"

#include "time/wheel.h"

TEST(wheel, an_empty_one_has_nothing_due) {
	struct ki_wheel wheel;
	struct ki_timer timer = {0};
	ki_wheel_init(&wheel);
	EQ_INT(ki_wheel_next(&wheel), INT64_MAX);
	IS_NULL(ki_wheel_first(&wheel));
	IS_NULL(ki_wheel_pop_due(&wheel, INT64_MAX));
	FALSE(ki_wheel_remove(&wheel, &timer));
	TRUE(ki_wheel_valid(&wheel));
}

TEST(wheel, pop_gives_only_what_is_due_and_earliest_first) {
	struct ki_wheel wheel;
	struct ki_timer timer[3] = {{0}};
	ki_wheel_init(&wheel);
	ki_wheel_add(&wheel, &timer[0], 30);
	ki_wheel_add(&wheel, &timer[1], 10);
	ki_wheel_add(&wheel, &timer[2], 20);
	EQ_INT(ki_wheel_next(&wheel), 10);
	IS_NULL(ki_wheel_pop_due(&wheel, 9));
	EQ_PTR(ki_wheel_pop_due(&wheel, 25), &timer[1]);
	EQ_PTR(ki_wheel_pop_due(&wheel, 25), &timer[2]);
	IS_NULL(ki_wheel_pop_due(&wheel, 25));
	FALSE(ki_wheel_remove(&wheel, &timer[1]));
	TRUE(ki_wheel_remove(&wheel, &timer[0]));
	FALSE(ki_wheel_remove(&wheel, &timer[0]));
	EQ_UINT(wheel.nr, 0);
}

TEST(wheel, equal_deadlines_fire_in_order_of_arming) {
	static const int64_t dates[] = {7, INT64_C(60000000000), INT64_C(86400000000000)};
	for (int d = 0; d < 3; d++) {
		struct ki_wheel wheel;
		struct ki_timer timer[50] = {{0}};
		ki_wheel_init(&wheel);
		for (int i = 0; i < 50; i++) {
			ki_wheel_add(&wheel, &timer[i], dates[d]);
		}
		TRUE(ki_wheel_remove(&wheel, &timer[0]));
		ki_wheel_add(&wheel, &timer[0], dates[d]); /* armed anew: it is the last now */
		for (int i = 1; i < 50; i++) {
			EQ_PTR(ki_wheel_pop_due(&wheel, dates[d]), &timer[i]);
		}
		EQ_PTR(ki_wheel_pop_due(&wheel, dates[d]), &timer[0]);
	}
}

/* SPEC 11.5: never early, and to the nanosecond whatever the distance; SPEC 11.1: 292 years. */
TEST(wheel, each_distance_is_kept_to_the_nanosecond) {
	for (int bit = 0; bit < 63; bit++) {
		struct ki_wheel wheel;
		struct ki_timer timer[2] = {{0}};
		int64_t due = (INT64_C(1) << bit) + (bit > 40 ? 12345 : 0);
		ki_wheel_init(&wheel);
		IS_NULL(ki_wheel_pop_due(&wheel, due / 3));
		ki_wheel_add(&wheel, &timer[0], due);
		ki_wheel_add(&wheel, &timer[1], INT64_MAX - 1);
		TRUE(ki_wheel_valid(&wheel));
		EQ_INT(ki_wheel_next(&wheel), due);
		for (int64_t at = due / 3; at < due - 1; at += (due - at) / 2) {
			IS_NULL(ki_wheel_pop_due(&wheel, at));
			EQ_INT(ki_wheel_next(&wheel), due);
		}
		IS_NULL(ki_wheel_pop_due(&wheel, due - 1));
		EQ_PTR(ki_wheel_pop_due(&wheel, due), &timer[0]);
		IS_NULL(ki_wheel_pop_due(&wheel, due));
		EQ_INT(ki_wheel_next(&wheel), INT64_MAX - 1);
		TRUE(ki_wheel_valid(&wheel));
	}
}

TEST(wheel, dates_before_the_clock_began_are_due_at_once_in_their_order) {
	struct ki_wheel wheel;
	struct ki_timer timer[3] = {{0}};
	ki_wheel_init(&wheel);
	ki_wheel_add(&wheel, &timer[0], 0);
	ki_wheel_add(&wheel, &timer[1], -5);
	ki_wheel_add(&wheel, &timer[2], INT64_MIN);
	EQ_INT(ki_wheel_next(&wheel), INT64_MIN);
	EQ_PTR(ki_wheel_pop_due(&wheel, 0), &timer[2]);
	EQ_PTR(ki_wheel_pop_due(&wheel, 0), &timer[1]);
	EQ_PTR(ki_wheel_pop_due(&wheel, 0), &timer[0]);
}

/* SPEC 11.5: what is cancelled is gone at once, and costs one look at its date at most. */
TEST(wheel, a_removed_timer_leaves_at_most_one_early_look) {
	struct ki_wheel wheel;
	struct ki_timer timer[2] = {{0}};
	const int64_t early = INT64_C(5000000000), late = INT64_C(5000000700);
	ki_wheel_init(&wheel);
	ki_wheel_add(&wheel, &timer[0], early);
	ki_wheel_add(&wheel, &timer[1], late);
	TRUE(ki_wheel_remove(&wheel, &timer[0]));
	EQ_UINT(wheel.nr, 1);
	EQ_INT(ki_wheel_next(&wheel), early); /* a bound */
	IS_NULL(ki_wheel_pop_due(&wheel, early));
	EQ_INT(ki_wheel_next(&wheel), late);
	TRUE(ki_wheel_remove(&wheel, &timer[1]));
	EQ_INT(ki_wheel_next(&wheel), INT64_MAX);
}

TEST(wheel, first_is_exact_after_removals_and_what_comes_earlier_later_on) {
	struct ki_wheel wheel;
	struct ki_timer timer[3] = {{0}};
	ki_wheel_init(&wheel);
	ki_wheel_add(&wheel, &timer[0], INT64_C(5000000000));
	ki_wheel_add(&wheel, &timer[1], INT64_C(5000000700));
	TRUE(ki_wheel_remove(&wheel, &timer[0]));
	EQ_PTR(ki_wheel_first(&wheel), &timer[1]);
	EQ_INT(ki_wheel_next(&wheel), INT64_C(5000000700));
	ki_wheel_add(&wheel, &timer[2], 12); /* the wheel stands beyond it */
	EQ_PTR(ki_wheel_first(&wheel), &timer[2]);
	IS_NULL(ki_wheel_pop_due(&wheel, 11));
	EQ_PTR(ki_wheel_pop_due(&wheel, 12), &timer[2]);
	TRUE(ki_wheel_valid(&wheel));
}

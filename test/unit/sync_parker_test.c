#include "kith_test.h"

#include "sync/parker.h"
#include "sys/clock.h"

#define MS INT64_C(1000000)

TEST(parker, unpark_before_park_is_not_lost_and_counts_once) {
	struct ki_parker p;
	ki_parker_init(&p);
	ki_parker_unpark(&p);
	ki_parker_unpark(&p);
	ki_parker_park(&p);
	FALSE(ki_parker_park_until(&p, ki_clock_mono_ns() + MS));
	ki_parker_unpark(&p);
	TRUE(ki_parker_park_until(&p, 0));
	FALSE(ki_parker_park_until(&p, -1));
	ki_parker_fini(&p);
}

TEST(parker, sleeps_until_the_deadline) {
	struct ki_parker p;
	ki_parker_init(&p);
	int64_t deadline = ki_clock_mono_ns() + 20 * MS;
	int64_t cpu = ki_clock_thread_cpu_ns();
	FALSE(ki_parker_park_until(&p, deadline));
	GE_INT(ki_clock_mono_ns(), deadline);
	LT_INT(ki_clock_thread_cpu_ns() - cpu, 10 * MS);
	ki_parker_fini(&p);
}

static void wake_late(void *arg) {
	int64_t until = ki_clock_mono_ns() + 5 * MS;
	while (ki_clock_mono_ns() < until) {
		ki_thread_yield();
	}
	ki_parker_unpark(arg);
}

TEST(parker, unpark_wakes_a_sleeper) {
	struct ki_parker p;
	ki_parker_init(&p);
	struct ki_thread t;
	OK(ki_thread_start(&t, wake_late, &p, 0));
	ki_parker_park(&p);
	ki_thread_join(&t);
	OK(ki_thread_start(&t, wake_late, &p, 0));
	TRUE(ki_parker_park_until(&p, ki_clock_mono_ns() + 4000 * MS));
	ki_thread_join(&t);
	ki_parker_fini(&p);
}

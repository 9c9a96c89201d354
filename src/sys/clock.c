/*
 * clock.c: see clock.h.
 */
#include "sys/clock.h"

#include "base/check.h"

#include <time.h>

static int64_t read_ns(clockid_t id) {
	struct timespec t;
	ki_check(clock_gettime(id, &t) == 0);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t ki_clock_mono_ns(void) {
	return read_ns(CLOCK_MONOTONIC);
}

int64_t ki_clock_wall_ns(void) {
	return read_ns(CLOCK_REALTIME);
}

int64_t ki_clock_thread_cpu_ns(void) {
	return read_ns(CLOCK_THREAD_CPUTIME_ID);
}

/*
 * Standalone programs: test/stress/ (real threads, a bound in time) and test/sim/ (the simulating
 * driver, many seeds). Each checks a law, prints it with "ok", and on a failure says how to run it
 * again.
 *
 *	static void run(uint64_t seed, int64_t bound_ns) { ... EQ_UINT(received, sent); }
 *	STRESS_MAIN("received = sent", run)	usage: PROGRAM [SEED [MILLISECONDS]]
 *
 *	static void run(uint64_t seed) { ... }
 *	SIM_MAIN("each monitor fires once", run)	usage: PROGRAM [FIRST_SEED [COUNT]]
 */
#ifndef KITH_STRESS_H
#define KITH_STRESS_H

#define KITH_TEST_PROGRAM 1
#include "kith_test.h"

#include <time.h>

static inline int64_t stress_now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline uint64_t stress_arg(int argc, char **argv, int i, uint64_t otherwise)
{
	return argc > i ? strtoull(argv[i], NULL, 10) : otherwise;
}

static inline const char *stress_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash != NULL ? slash + 1 : path;
}

#define STRESS_MAIN(law, run)                                                                      \
	int main(int argc, char **argv)                                                            \
	{                                                                                          \
		uint64_t seed = stress_arg(argc, argv, 1, 1);                                      \
		uint64_t ms = stress_arg(argc, argv, 2, 2000);                                     \
		snprintf(test_replay(), 256, "%s %" PRIu64 " %" PRIu64, argv[0], seed, ms);        \
		run(seed, (int64_t)ms * 1000000);                                                  \
		printf("%s: %s: ok (seed %" PRIu64 ", %" PRIu64 " ms)\n", stress_name(argv[0]),    \
			law, seed, ms);                                                            \
		return 0;                                                                          \
	}

#define SIM_MAIN(law, run)                                                                         \
	int main(int argc, char **argv)                                                            \
	{                                                                                          \
		uint64_t first = stress_arg(argc, argv, 1, 1);                                     \
		uint64_t count = stress_arg(argc, argv, 2, 20);                                    \
		for (uint64_t seed = first; seed < first + count; seed++) {                        \
			snprintf(test_replay(), 256, "%s %" PRIu64 " 1", argv[0], seed);           \
			run(seed);                                                                 \
		}                                                                                  \
		printf("%s: %s: ok (%" PRIu64 " seeds from %" PRIu64 ")\n", stress_name(argv[0]),  \
			law, count, first);                                                        \
		return 0;                                                                          \
	}

#endif

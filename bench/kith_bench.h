/*
 * One line of TSV for each thing measured: name, case, unit, n, least, median, p99, then the
 * machine and the compiler. A claim of speed cites such lines from before and after.
 */
#ifndef KITH_BENCH_H
#define KITH_BENCH_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#if defined(__clang__)
#define BENCH_COMPILER "clang " __clang_version__
#else
#define BENCH_COMPILER "gcc " __VERSION__
#endif

static inline int64_t bench_clock_ns(clockid_t clock) {
	struct timespec t;
	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}
static inline int64_t bench_now_ns(void) {
	return bench_clock_ns(CLOCK_MONOTONIC);
}
/* Of all threads of the program. */
static inline int64_t bench_cpu_ns(void) {
	return bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

static inline int bench_compare(const void *a, const void *b) {
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* The processor's name, or the machine's kind where the system does not tell. */
static inline const char *bench_machine(char *line, size_t size) {
	FILE *f = fopen("/proc/cpuinfo", "r");
	while (f != NULL && fgets(line, (int)size, f) != NULL) {
		char *colon = strchr(line, ':');
		if (colon != NULL && strncmp(line, "model name", 10) == 0) {
			fclose(f);
			colon[strcspn(colon, "\n")] = '\0';
			return colon + 2;
		}
	}
	if (f != NULL) {
		fclose(f);
	}
	return "unknown processor";
}

/* Prints the line; sorts the samples. */
static inline void bench_report(
	const char *name, const char *which, const char *unit, double *samples, int n) {
	char line[256];
	qsort(samples, (size_t)n, sizeof *samples, bench_compare);
	printf("%s\t%s\t%s\tn=%d\tleast=%.1f\tmedian=%.1f\tp99=%.1f\t%s x%ld\t%s\n", name, which, unit, n,
		samples[0], samples[n / 2], samples[(n * 99 - 1) / 100], bench_machine(line, sizeof line),
		sysconf(_SC_NPROCESSORS_ONLN), BENCH_COMPILER);
	fflush(stdout);
}

/* The law of a bench: it measures nothing when it does something else. */
#define BENCH_CHECK(cond)                                                                          \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #cond);   \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

#endif

/*
 * moment.h: seconds since 1970 with nanoseconds, and the arithmetic of Go's time.Time on them.
 *
 * Owns: struct ki_moment.
 * Threads: any; pure functions.
 * Invariants: M1 nsec is 0..999999999, before 1970 too.
 * Not here: what calendars show (time/calendar.h), durations as text (time/duration.h).
 */
#ifndef KI_TIME_MOMENT_H
#define KI_TIME_MOMENT_H

#include <stdint.h>

/* 0001-01-01T00:00:00Z: what multiples of a duration are counted from (SPEC 11.4, round). */
#define KI_UNIX_OF_YEAR_1 (-INT64_C(62135596800))

struct ki_moment {
	int64_t unix_sec;
	int32_t nsec;
};

/* The moment sec and nsec seconds after 1970; nsec may be any number. The ends saturate. */
struct ki_moment ki_moment_unix(int64_t sec, int64_t nsec);

/* The ends saturate. */
struct ki_moment ki_moment_add(struct ki_moment at, int64_t ns);

/* a - b in ns; saturates. */
int64_t ki_moment_sub(struct ki_moment a, struct ki_moment b);

/* Negative, 0 or positive. */
int ki_moment_compare(struct ki_moment a, struct ki_moment b);

/* Down, or to the nearest (half way: up), multiple of ns since year 1; unchanged when ns <= 0. */
struct ki_moment ki_moment_truncate(struct ki_moment at, int64_t ns);
struct ki_moment ki_moment_round(struct ki_moment at, int64_t ns);

#endif

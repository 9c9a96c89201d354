/*
 * calendar.h: civil dates (proleptic Gregorian calendar) and seconds since 1970-01-01T00:00:00Z.
 *
 * Owns: nothing; pure functions.
 * Threads: any.
 * Not here: which offset a place has (time/location.h), other layouts (time/layout.h).
 */
#ifndef KI_TIME_CALENDAR_H
#define KI_TIME_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

struct ki_civil {
	int64_t year;
	int month;    /* 1..12 */
	int day;      /* 1..31 */
	int hour, minute, second;
	int weekday;  /* 0 Sunday .. 6 */
	int year_day; /* 1..366 */
};

#define KI_RFC3339_MAX 64

bool ki_is_leap_year(int64_t year);

/* Month 1..12. */
int ki_month_days(int64_t year, int month);

/* Days since 1970-01-01 of a date; month and day may lie outside their ranges and carry over. */
int64_t ki_civil_days(int64_t year, int64_t month, int64_t day);

/* The date and time that clocks show at unix_sec where the offset east of UTC is offset_sec. */
struct ki_civil ki_civil_from_unix(int64_t unix_sec, int offset_sec);

/* Seconds since 1970 of a UTC date and time; fields out of range carry over. */
int64_t ki_civil_to_unix(int64_t year, int64_t month, int64_t day, int64_t hour, int64_t minute,
	int64_t second);

/*
 * The same for numbers of any size: KITH_EINVAL, with *out_sec untouched, when one is so large that
 * the sum might not fit 64 bits (years beyond 6e10 and what is as long).
 */
int ki_civil_try_unix(int64_t year, int64_t month, int64_t day, int64_t hour, int64_t minute,
	int64_t second, int64_t *out_sec);

/*
 * "2006-01-02T15:04:05.999999999Z07:00": the fraction without its trailing zeros, "Z" for offset 0.
 * nsec is 0..999999999. NUL-terminated.
 */
void ki_rfc3339nano(int64_t unix_sec, int nsec, int offset_sec, char buf[KI_RFC3339_MAX]);

/* "2026-05-01T10:00:00.123Z": UTC with exactly three digits, as in log lines. */
void ki_rfc3339_ms(int64_t unix_ns, char buf[KI_RFC3339_MAX]);

#endif

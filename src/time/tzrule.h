/*
 * tzrule.h: the rule of a POSIX TZ string, `CET-1CEST,M3.5.0,M10.5.0/3`: the end of a TZif file, or
 * a zone of its own.
 *
 * Owns: struct ki_tzrule.
 * Threads: any; a rule is immutable once read.
 * Not here: the zones that use it (time/location.h).
 */
#ifndef KI_TIME_TZRULE_H
#define KI_TIME_TZRULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strv.h"
#include "time/calendar.h"

#define KI_ZONE_ABBREV_MAX 16

/* One kind of time that a place keeps. */
struct ki_zone_kind {
	int32_t offset_sec; /* east of UTC */
	bool dst;
	char abbrev[KI_ZONE_ABBREV_MAX]; /* "CET"; "" when there is none */
};

/* What a place keeps at some moment, and from when to when (end is not in it). */
struct ki_zone_span {
	int64_t start, end; /* INT64_MIN and INT64_MAX: for ever */
	int32_t offset_sec;
	bool dst;
	const char *abbrev; /* lives as long as the place */
};

static inline struct ki_zone_span ki_zone_span(
	int64_t start, int64_t end, const struct ki_zone_kind *kind) {
	return (struct ki_zone_span){start, end, kind->offset_sec, kind->dst, kind->abbrev};
}

/* A day of the year and the time on the clock of that day. */
struct ki_tzday {
	char form; /* 'J': day 1..365 without February 29; '0': day 0..365; 'M': as below */
	int day;   /* for M the weekday */
	int week, month;
	int time_sec;
};

struct ki_tzrule {
	struct ki_zone_kind standard, summer;
	bool has_summer;
	struct ki_tzday to_summer, to_standard;
};

/* Errors: KITH_EINVAL, with *out untouched. Without dates, summer time has those of tzcode:
 * M3.2.0,M11.1.0. */
int ki_tzrule_read(struct ki_strv text, struct ki_tzrule *out);

/* The span's abbreviation points into the rule. */
struct ki_zone_span ki_tzrule_at(const struct ki_tzrule *rule, int64_t unix_sec);

#endif

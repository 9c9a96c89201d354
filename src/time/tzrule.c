/*
 * tzrule.c: see tzrule.h. The grammar is that of POSIX with the extensions of RFC 9636: names in
 * <>, times from -167 to 167 hours.
 */
#include "time/tzrule.h"

#include <kith_types.h>

#define DAY_SEC 86400
#define MAX_HOURS 167

static bool take(struct ki_strv *rest, char c) {
	if (rest->len == 0 || *rest->ptr != c) {
		return false;
	}
	*rest = ki_strv_sub(*rest, 1, rest->len);
	return true;
}

static bool is_digit(char c) {
	return c >= '0' && c <= '9';
}

static bool take_number(struct ki_strv *rest, int min, int max, int *out) {
	size_t len = 0;
	int value = 0;
	for (; len < rest->len && is_digit(rest->ptr[len]); len++) {
		value = value * 10 + (rest->ptr[len] - '0');
		if (value > max) {
			return false;
		}
	}
	*rest = ki_strv_sub(*rest, len, rest->len);
	*out = value;
	return len > 0 && value >= min;
}

/* [+-]H[:M[:S]] */
static bool take_time(struct ki_strv *rest, int *out_sec) {
	int sign = take(rest, '-') ? -1 : 1;
	if (sign == 1) {
		take(rest, '+');
	}
	int hours, minutes = 0, seconds = 0;
	if (!take_number(rest, 0, MAX_HOURS, &hours)) {
		return false;
	}
	if (take(rest, ':')) {
		if (!take_number(rest, 0, 59, &minutes)) {
			return false;
		}
		if (take(rest, ':') && !take_number(rest, 0, 59, &seconds)) {
			return false;
		}
	}
	*out_sec = sign * (hours * 3600 + minutes * 60 + seconds);
	return true;
}

static bool is_letter(char c) {
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* <NAME> or at least three letters. */
static bool take_name(struct ki_strv *rest, char name[KI_ZONE_ABBREV_MAX]) {
	bool quoted = take(rest, '<');
	size_t len = 0;
	while (len < rest->len && (quoted ? rest->ptr[len] != '>' : is_letter(rest->ptr[len]))) {
		len++;
	}
	if (len < (quoted ? 1 : 3) || len >= KI_ZONE_ABBREV_MAX) {
		return false;
	}
	memcpy(name, rest->ptr, len);
	name[len] = '\0';
	*rest = ki_strv_sub(*rest, len, rest->len);
	return !quoted || take(rest, '>');
}

/* Jn, n or Mm.w.d, then perhaps /time */
static bool take_day(struct ki_strv *rest, struct ki_tzday *out) {
	*out = (struct ki_tzday){.form = '0', .time_sec = 2 * 3600};
	bool good;
	if (take(rest, 'J')) {
		out->form = 'J';
		good = take_number(rest, 1, 365, &out->day);
	} else if (take(rest, 'M')) {
		out->form = 'M';
		good = take_number(rest, 1, 12, &out->month) && take(rest, '.') &&
			take_number(rest, 1, 5, &out->week) && take(rest, '.') &&
			take_number(rest, 0, 6, &out->day);
	} else {
		good = take_number(rest, 0, 365, &out->day);
	}
	return good && (!take(rest, '/') || take_time(rest, &out->time_sec));
}

int ki_tzrule_read(struct ki_strv text, struct ki_tzrule *out) {
	struct ki_tzrule rule = {0};
	int west_sec; /* the string counts west of UTC */
	if (!take_name(&text, rule.standard.abbrev) || !take_time(&text, &west_sec)) {
		return KITH_EINVAL;
	}
	rule.standard.offset_sec = -west_sec;
	if (text.len > 0) {
		rule.has_summer = true;
		rule.summer.dst = true;
		if (!take_name(&text, rule.summer.abbrev)) {
			return KITH_EINVAL;
		}
		rule.summer.offset_sec = rule.standard.offset_sec + 3600;
		if (text.len > 0 && *text.ptr != ',') {
			if (!take_time(&text, &west_sec)) {
				return KITH_EINVAL;
			}
			rule.summer.offset_sec = -west_sec;
		}
		if (text.len == 0) {
			text = ki_strv(",M3.2.0,M11.1.0");
		}
		if (!take(&text, ',') || !take_day(&text, &rule.to_summer) || !take(&text, ',') ||
			!take_day(&text, &rule.to_standard) || text.len > 0) {
			return KITH_EINVAL;
		}
	}
	*out = rule;
	return KITH_OK;
}

/* Days since 1970 of the day that a rule means in a year. */
static int64_t day_in_year(const struct ki_tzday *at, int64_t year) {
	if (at->form == '0') {
		return ki_civil_days(year, 1, 1) + at->day;
	}
	if (at->form == 'J') {
		return ki_civil_days(year, 1, at->day) + (at->day >= 60 && ki_is_leap_year(year));
	}
	int64_t first = ki_civil_days(year, at->month, 1);
	int weekday = ki_civil_from_unix(first * DAY_SEC, 0).weekday;
	int day = (at->day - weekday + 7) % 7 + 7 * (at->week - 1);
	if (day >= ki_month_days(year, at->month)) {
		day -= 7; /* week 5 is the last there is */
	}
	return first + day;
}

/* Seconds since 1970 of the change that a rule means in a year, on clocks with that offset. */
static int64_t change_in_year(const struct ki_tzday *at, int64_t year, int offset_sec) {
	return day_in_year(at, year) * DAY_SEC + at->time_sec - offset_sec;
}

/* Narrows the span around unix_sec by a change to `kind`. */
static void narrow(struct ki_zone_span *span, int64_t unix_sec, int64_t when,
	const struct ki_zone_kind *kind) {
	if (when <= unix_sec && when >= span->start) {
		*span = ki_zone_span(when, span->end, kind);
	} else if (when > unix_sec && when < span->end) {
		span->end = when;
	}
}

/*
 * A change lies at most two weeks out of its year, so those of three years enclose the moment. Of
 * two at once the later in this order holds: summer time that never ends is written with them.
 */
struct ki_zone_span ki_tzrule_at(const struct ki_tzrule *rule, int64_t unix_sec) {
	struct ki_zone_span span = ki_zone_span(INT64_MIN, INT64_MAX, &rule->standard);
	if (!rule->has_summer) {
		return span;
	}
	/* The seconds of a year further away do not fit 64 bits; no change is found near it. */
	const int64_t most = INT64_C(290000000000);
	int64_t year = ki_civil_from_unix(unix_sec, 0).year;
	year = year > most ? most : year < -most ? -most : year;
	for (int64_t y = year - 1; y <= year + 1; y++) {
		narrow(&span, unix_sec,
			change_in_year(&rule->to_summer, y, rule->standard.offset_sec),
			&rule->summer);
		narrow(&span, unix_sec,
			change_in_year(&rule->to_standard, y, rule->summer.offset_sec),
			&rule->standard);
	}
	return span;
}

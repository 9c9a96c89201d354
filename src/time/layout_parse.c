/*
 * layout_parse.c: see layout_parse.h. What is accepted, and each error, is as in Go's time.Parse.
 *
 * An element that does not match fails with `fault` NULL ("cannot parse REST as PART"); one that is
 * out of range, or does not fit the others, with `fault` saying so.
 */
#include "time/layout_parse.h"

#include <kith_types.h>

#include "base/compiler.h"
#include "time/calendar.h"

struct reader {
	struct ki_strv rest;
	int64_t year;
	int month, day, year_day; /* -1: not named */
	int hour, minute, second, nsec;
	bool am, pm, utc, has_offset;
	int offset_sec;
	struct ki_strv zone_name;
	const char *fault; /* "month out of range" */
};

static bool is_digit(struct ki_strv text, size_t at) {
	return at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9';
}

static bool is_separator(struct ki_strv text) {
	return text.len > 0 && (text.ptr[0] == '.' || text.ptr[0] == ',');
}

static void drop(struct ki_strv *text, size_t len) {
	*text = ki_strv_sub(*text, len, text->len);
}

static void drop_blanks(struct ki_strv *text) {
	while (text->len > 0 && *text->ptr == ' ') {
		drop(text, 1);
	}
}

/* Goes over a literal; blanks in it stand for any number of blanks. */
static bool skip_literal(struct ki_strv *value, struct ki_strv literal) {
	while (literal.len > 0) {
		if (*literal.ptr == ' ') {
			if (value->len > 0 && *value->ptr != ' ') {
				return false;
			}
			drop_blanks(&literal);
			drop_blanks(value);
			continue;
		}
		if (value->len == 0 || *value->ptr != *literal.ptr) {
			return false;
		}
		drop(&literal, 1);
		drop(value, 1);
	}
	return true;
}

/* Digits alone, with a sign or without; at most ten characters. */
static bool to_number(struct ki_strv text, int64_t *out) {
	bool negative = text.len > 0 && *text.ptr == '-';
	if (text.len > 0 && (*text.ptr == '-' || *text.ptr == '+')) {
		drop(&text, 1);
	}
	int64_t value = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (!is_digit(text, i)) {
			return false;
		}
		value = value * 10 + (text.ptr[i] - '0');
	}
	*out = negative ? -value : value;
	return true;
}

/* One or two digits; two when `two`. */
static bool take_number(struct ki_strv *rest, bool two, int *out) {
	if (!is_digit(*rest, 0) || (two && !is_digit(*rest, 1))) {
		return false;
	}
	*out = rest->ptr[0] - '0';
	if (!is_digit(*rest, 1)) {
		drop(rest, 1);
		return true;
	}
	*out = *out * 10 + (rest->ptr[1] - '0');
	drop(rest, 2);
	return true;
}

/* The same, from low to high, else `fault`. */
static bool take_ranged(
	struct reader *r, bool two, int low, int high, int *out, const char *fault) {
	if (!take_number(&r->rest, two, out)) {
		return false;
	}
	if (*out < low || *out > high) {
		r->fault = fault;
		return false;
	}
	return true;
}

static bool take_year(struct reader *r) {
	if (r->rest.len < 4 || !is_digit(r->rest, 0) ||
		!to_number(ki_strv_sub(r->rest, 0, 4), &r->year)) {
		return false;
	}
	drop(&r->rest, 4);
	return true;
}

static bool take_year_2(struct reader *r) {
	int64_t year;
	if (r->rest.len < 2 || !to_number(ki_strv_sub(r->rest, 0, 2), &year)) {
		return false;
	}
	r->year = year + (year >= 69 ? 1900 : 2000);
	drop(&r->rest, 2);
	return true;
}

static char small(char c) {
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The index of the name (len characters of it) that the rest begins with, in capitals or small. */
static bool take_name(
	struct ki_strv *rest, const char *const *names, int nr, bool is_short, int *out) {
	for (int i = 0; i < nr; i++) {
		size_t len = is_short ? KI_SHORT_NAME : strlen(names[i]);
		size_t same = 0;
		while (same < len && same < rest->len &&
			small(rest->ptr[same]) == small(names[i][same])) {
			same++;
		}
		if (same == len) {
			drop(rest, len);
			*out = i;
			return true;
		}
	}
	return false;
}

static bool take_month_name(struct reader *r, bool is_short) {
	int index;
	if (!take_name(&r->rest, ki_month_names, 12, is_short, &index)) {
		return false;
	}
	r->month = index + 1;
	return true;
}

static bool take_year_day(struct reader *r) {
	if (!is_digit(r->rest, 0) || !is_digit(r->rest, 1) || !is_digit(r->rest, 2)) {
		return false;
	}
	const char *at = r->rest.ptr;
	r->year_day = (at[0] - '0') * 100 + (at[1] - '0') * 10 + (at[2] - '0');
	drop(&r->rest, 3);
	return true;
}

/* A separator and the digits behind it, `len` characters; those beyond the ninth are dropped. */
static bool take_fraction(struct reader *r, size_t len) {
	if (!is_separator(r->rest)) {
		return false;
	}
	size_t nr_digits = len - 1 < 9 ? len - 1 : 9;
	int64_t value;
	if (!to_number(ki_strv_sub(r->rest, 1, nr_digits), &value)) {
		return false;
	}
	if (value < 0) {
		r->fault = "fractional second out of range";
		return false;
	}
	for (size_t i = nr_digits; i < 9; i++) {
		value *= 10;
	}
	r->nsec = (int)value;
	drop(&r->rest, len);
	return true;
}

/* A fraction as long as it is. */
static bool take_any_fraction(struct reader *r) {
	size_t len = 1;
	while (is_digit(r->rest, len)) {
		len++;
	}
	return take_fraction(r, len);
}

/* A fraction behind the seconds is read also when the layout does not show it. */
static bool take_second(struct reader *r, bool two, struct ki_strv layout) {
	if (!take_ranged(r, two, 0, 59, &r->second, "second out of range")) {
		return false;
	}
	if (!is_separator(r->rest) || !is_digit(r->rest, 1)) {
		return true;
	}
	enum ki_layout_kind next = ki_layout_next(layout).kind;
	return next == KI_LAYOUT_FRACTION_0 || next == KI_LAYOUT_FRACTION_9 || take_any_fraction(r);
}

static bool take_half(struct reader *r, const char *am, const char *pm) {
	struct ki_strv half = ki_strv_sub(r->rest, 0, 2);
	if (!ki_strv_eqz(half, am) && !ki_strv_eqz(half, pm)) {
		return false;
	}
	r->am = r->am || ki_strv_eqz(half, am);
	r->pm = r->pm || ki_strv_eqz(half, pm);
	drop(&r->rest, 2);
	return true;
}

/* +HH, +HHMM or +HH:MM. 24 hours and 60 minutes pass, as some people write them. */
static bool take_offset(struct reader *r, bool colon, bool minutes) {
	size_t len = !minutes ? 3 : colon ? 6 : 5;
	if (r->rest.len < len || (colon && r->rest.ptr[3] != ':')) {
		return false;
	}
	char sign = r->rest.ptr[0];
	struct ki_strv hour_text = ki_strv_sub(r->rest, 1, 2);
	struct ki_strv minute_text = ki_strv_sub(r->rest, colon ? 4 : 3, 2);
	drop(&r->rest, len);
	int hour = 0, minute = 0;
	bool good = take_number(&hour_text, true, &hour) &&
		(!minutes || take_number(&minute_text, true, &minute));
	if (hour > 24) {
		r->fault = "time zone offset hour out of range";
	}
	if (minute > 60) {
		r->fault = "time zone offset minute out of range";
	}
	r->has_offset = true;
	r->offset_sec = (hour * 60 + minute) * 60 * (sign == '-' ? -1 : 1);
	return good && r->fault == NULL && (sign == '+' || sign == '-');
}

static bool take_z_or_offset(struct reader *r, bool colon) {
	if (r->rest.len > 0 && *r->rest.ptr == 'Z') {
		drop(&r->rest, 1);
		r->utc = true;
		return true;
	}
	return take_offset(r, colon, true);
}

/* The length of a sign and hours up to 23; 0: there is none. */
static size_t signed_hours_length(struct ki_strv text) {
	if (text.len == 0 || (*text.ptr != '-' && *text.ptr != '+')) {
		return 0;
	}
	int hours = 0;
	size_t len = 1;
	for (; is_digit(text, len); len++) {
		hours = hours * 10 + (text.ptr[len] - '0');
		if (hours > 23) {
			return 0;
		}
	}
	return len > 1 ? len : 0;
}

/* The length of what looks like the abbreviation of a zone; 0: nothing does. */
static size_t abbrev_length(struct ki_strv text) {
	if (text.len < 3) {
		return 0;
	}
	if (ki_strv_starts(text, ki_strv("ChST")) || ki_strv_starts(text, ki_strv("MeST"))) {
		return 4; /* the only ones with a small letter */
	}
	if (ki_strv_starts(text, ki_strv("GMT"))) {
		return 3 + signed_hours_length(ki_strv_sub(text, 3, text.len));
	}
	if (*text.ptr == '+' || *text.ptr == '-') {
		return signed_hours_length(text);
	}
	size_t len = 0;
	while (len < 6 && len < text.len && text.ptr[len] >= 'A' && text.ptr[len] <= 'Z') {
		len++;
	}
	bool good = len == 3 || (len == 4 && ki_strv_starts(text, ki_strv("WITA"))) ||
		((len == 4 || len == 5) && text.ptr[len - 1] == 'T');
	return good ? len : 0;
}

static bool take_zone(struct reader *r) {
	if (ki_strv_starts(r->rest, ki_strv("UTC"))) {
		drop(&r->rest, 3);
		r->utc = true;
		return true;
	}
	size_t len = abbrev_length(r->rest);
	r->zone_name = ki_strv_sub(r->rest, 0, len);
	drop(&r->rest, len);
	return len > 0;
}

/* `layout` is what follows the element. */
static bool take_element(struct reader *r, const struct ki_layout_split *split,
	struct ki_strv layout) {
	int ignored;
	switch (split->kind) {
	case KI_LAYOUT_END:
		return true;
	case KI_LAYOUT_YEAR:
		return take_year(r);
	case KI_LAYOUT_YEAR_2:
		return take_year_2(r);
	case KI_LAYOUT_MONTH_LONG:
		return take_month_name(r, false);
	case KI_LAYOUT_MONTH_NAME:
		return take_month_name(r, true);
	case KI_LAYOUT_MONTH:
	case KI_LAYOUT_MONTH_2:
		return take_ranged(r, split->kind == KI_LAYOUT_MONTH_2, 1, 12, &r->month,
			"month out of range");
	case KI_LAYOUT_DAY_LONG: /* read, but nothing follows from it */
		return take_name(&r->rest, ki_weekday_names, 7, false, &ignored);
	case KI_LAYOUT_DAY_NAME:
		return take_name(&r->rest, ki_weekday_names, 7, true, &ignored);
	case KI_LAYOUT_DAY_SPACE:
		if (r->rest.len > 0 && *r->rest.ptr == ' ') {
			drop(&r->rest, 1);
		}
		return take_number(&r->rest, false, &r->day);
	case KI_LAYOUT_DAY:
	case KI_LAYOUT_DAY_2:
		return take_number(&r->rest, split->kind == KI_LAYOUT_DAY_2, &r->day);
	case KI_LAYOUT_YEAR_DAY:
		return take_year_day(r);
	case KI_LAYOUT_HOUR:
		return take_ranged(r, false, 0, 23, &r->hour, "hour out of range");
	case KI_LAYOUT_HOUR12:
	case KI_LAYOUT_HOUR12_2:
		return take_ranged(r, split->kind == KI_LAYOUT_HOUR12_2, 0, 12, &r->hour,
			"hour out of range");
	case KI_LAYOUT_MINUTE:
	case KI_LAYOUT_MINUTE_2:
		return take_ranged(r, split->kind == KI_LAYOUT_MINUTE_2, 0, 59, &r->minute,
			"minute out of range");
	case KI_LAYOUT_SECOND:
	case KI_LAYOUT_SECOND_2:
		return take_second(r, split->kind == KI_LAYOUT_SECOND_2, layout);
	case KI_LAYOUT_PM:
		return take_half(r, "AM", "PM");
	case KI_LAYOUT_PM_SMALL:
		return take_half(r, "am", "pm");
	case KI_LAYOUT_FRACTION_0:
		return r->rest.len >= split->element.len && take_fraction(r, split->element.len);
	case KI_LAYOUT_FRACTION_9:
		return !is_separator(r->rest) || !is_digit(r->rest, 1) || take_any_fraction(r);
	case KI_LAYOUT_ZONE:
		return take_zone(r);
	case KI_LAYOUT_OFFSET:
		return take_offset(r, false, true);
	case KI_LAYOUT_OFFSET_COLON:
		return take_offset(r, true, true);
	case KI_LAYOUT_OFFSET_HOUR:
		return take_offset(r, false, false);
	case KI_LAYOUT_Z:
		return take_z_or_offset(r, false);
	case KI_LAYOUT_Z_COLON:
		return take_z_or_offset(r, true);
	}
	return false;
}

/* The date that the day of the year means, which must agree with month and day where they are
 * named. */
static const char *use_year_day(struct reader *r) {
	if (r->year_day < 1 || r->year_day > 365 + ki_is_leap_year(r->year)) {
		return "day-of-year out of range";
	}
	int month = 1;
	int day = r->year_day;
	while (day > ki_month_days(r->year, month)) {
		day -= ki_month_days(r->year, month++);
	}
	if (r->month >= 0 && r->month != month) {
		return "day-of-year does not match month";
	}
	if (r->day >= 0 && r->day != day) {
		return "day-of-year does not match day";
	}
	r->month = month;
	r->day = day;
	return NULL;
}

/* What the elements say together; NULL, or what is wrong. */
static const char *complete(struct reader *r) {
	if (r->pm && r->hour < 12) {
		r->hour += 12;
	} else if (!r->pm && r->am && r->hour == 12) {
		r->hour = 0;
	}
	if (r->year_day >= 0) {
		const char *fault = use_year_day(r);
		if (fault) {
			return fault;
		}
	}
	r->month = r->month < 0 ? 1 : r->month;
	r->day = r->day < 0 ? 1 : r->day;
	if (r->day < 1 || r->day > ki_month_days(r->year, r->month)) {
		return "day out of range";
	}
	return NULL;
}

static void locate(const struct reader *r, const struct ki_location *absent,
	const struct ki_location *local, struct ki_layout_parsed *out) {
	int64_t shown = ki_civil_to_unix(r->year, r->month, r->day, r->hour, r->minute, r->second);
	out->zone_name = r->zone_name;
	out->zone_offset_sec = 0;
	out->at.nsec = r->nsec;
	if (r->utc || (!r->has_offset && r->zone_name.len == 0)) {
		out->location = r->utc ? &ki_location_utc : absent;
		out->at.unix_sec = ki_location_to_unix(out->location, shown);
		return;
	}
	if (r->has_offset) {
		out->zone_offset_sec = r->offset_sec;
		out->at.unix_sec = shown - r->offset_sec;
		struct ki_zone_span span = ki_location_at(local, out->at.unix_sec);
		bool is_local = span.offset_sec == r->offset_sec &&
			(r->zone_name.len == 0 || ki_strv_eqz(r->zone_name, span.abbrev));
		out->location = is_local ? local : NULL;
		return;
	}
	int offset;
	if (ki_location_offset_named(local, r->zone_name, shown, &offset)) {
		out->location = local;
		out->at.unix_sec = shown - offset;
		return;
	}
	/* A name alone, that nobody knows: shown so, at an offset of 0; but GMT+3 tells its own.
	 * The moment is then that of UTC clocks all the same, as in Go. */
	int64_t hours = 0;
	if (r->zone_name.len > 3 && ki_strv_starts(r->zone_name, ki_strv("GMT"))) {
		to_number(ki_strv_sub(r->zone_name, 3, r->zone_name.len), &hours);
	}
	out->location = NULL;
	out->zone_offset_sec = (int32_t)hours * 3600;
	out->at.unix_sec = shown;
}

/* In double quotes, with what is no printable ASCII as \xNN. */
static void put_quoted(struct ki_buf *out, struct ki_strv text) {
	ki_buf_putc(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		if (c < ' ' || c >= 0x80) {
			ki_buf_printf(out, "\\x%02x", c);
			continue;
		}
		if (c == '"' || c == '\\') {
			ki_buf_putc(out, '\\');
		}
		ki_buf_putc(out, (char)c);
	}
	ki_buf_putc(out, '"');
}

static int fail_at(struct ki_buf *error, struct ki_strv layout, struct ki_strv value,
	struct ki_strv rest, struct ki_strv part) {
	ki_buf_puts(error, "parsing time ");
	put_quoted(error, value);
	ki_buf_puts(error, " as ");
	put_quoted(error, layout);
	ki_buf_puts(error, ": cannot parse ");
	put_quoted(error, rest);
	ki_buf_puts(error, " as ");
	put_quoted(error, part);
	return KITH_EINVAL;
}

static int fail_for(struct ki_buf *error, struct ki_strv value, const char *fault) {
	ki_buf_puts(error, "parsing time ");
	put_quoted(error, value);
	ki_buf_puts(error, ": ");
	ki_buf_puts(error, fault);
	return KITH_EINVAL;
}

int ki_layout_parse(struct ki_strv layout, struct ki_strv value, const struct ki_location *absent,
	const struct ki_location *local, struct ki_layout_parsed *out, struct ki_buf *error) {
	struct reader r = {.rest = value, .month = -1, .day = -1, .year_day = -1};
	struct ki_layout_split split = {.rest = layout};
	do {
		split = ki_layout_next(split.rest);
		if (!skip_literal(&r.rest, split.literal)) {
			return fail_at(error, layout, value, r.rest, split.literal);
		}
		struct ki_strv before = r.rest;
		if (!take_element(&r, &split, split.rest)) {
			return r.fault ? fail_for(error, value, r.fault)
				       : fail_at(error, layout, value, before, split.element);
		}
	} while (split.kind != KI_LAYOUT_END);
	if (r.rest.len > 0) {
		int status = fail_for(error, value, "extra text: ");
		put_quoted(error, r.rest);
		return status;
	}
	const char *fault = complete(&r);
	if (fault) {
		return fail_for(error, value, fault);
	}
	locate(&r, absent, local, out);
	return KITH_OK;
}

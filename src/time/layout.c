/*
 * layout.c: see layout.h. What is written for each element is what Go's time.Format writes.
 */
#include "time/layout.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/compiler.h"
#include "time/calendar.h"

const char *const ki_month_names[12] = {"January", "February", "March", "April", "May", "June",
	"July", "August", "September", "October", "November", "December"};
const char *const ki_weekday_names[7] = {
	"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

/* Of two that begin alike the longer comes first. */
static const struct {
	const char *text;
	enum ki_layout_kind kind;
} elements[] = {
	{"2006", KI_LAYOUT_YEAR},
	{"06", KI_LAYOUT_YEAR_2},
	{"January", KI_LAYOUT_MONTH_LONG},
	{"Jan", KI_LAYOUT_MONTH_NAME},
	{"01", KI_LAYOUT_MONTH_2},
	{"Monday", KI_LAYOUT_DAY_LONG},
	{"Mon", KI_LAYOUT_DAY_NAME},
	{"MST", KI_LAYOUT_ZONE},
	{"_2", KI_LAYOUT_DAY_SPACE},
	{"002", KI_LAYOUT_YEAR_DAY},
	{"02", KI_LAYOUT_DAY_2},
	{"2", KI_LAYOUT_DAY},
	{"15", KI_LAYOUT_HOUR},
	{"1", KI_LAYOUT_MONTH},
	{"03", KI_LAYOUT_HOUR12_2},
	{"3", KI_LAYOUT_HOUR12},
	{"04", KI_LAYOUT_MINUTE_2},
	{"4", KI_LAYOUT_MINUTE},
	{"05", KI_LAYOUT_SECOND_2},
	{"5", KI_LAYOUT_SECOND},
	{"PM", KI_LAYOUT_PM},
	{"pm", KI_LAYOUT_PM_SMALL},
	{"-0700", KI_LAYOUT_OFFSET},
	{"-07:00", KI_LAYOUT_OFFSET_COLON},
	{"-07", KI_LAYOUT_OFFSET_HOUR},
	{"Z0700", KI_LAYOUT_Z},
	{"Z07:00", KI_LAYOUT_Z_COLON},
};

static bool is_digit(char c) {
	return c >= '0' && c <= '9';
}

/* A point or comma and then zeros or nines alone: the length, or 0. */
static size_t fraction_length(struct ki_strv text) {
	if (text.len < 2 || (text.ptr[0] != '.' && text.ptr[0] != ',') ||
		(text.ptr[1] != '0' && text.ptr[1] != '9')) {
		return 0;
	}
	size_t len = 2;
	while (len < text.len && text.ptr[len] == text.ptr[1]) {
		len++;
	}
	return len < text.len && is_digit(text.ptr[len]) ? 0 : len;
}

/* Whether an element that matched is one, given what follows it. */
static bool stands(enum ki_layout_kind kind, struct ki_strv rest) {
	if (kind == KI_LAYOUT_MONTH_NAME || kind == KI_LAYOUT_DAY_NAME) {
		return rest.len == 0 || rest.ptr[0] < 'a' || rest.ptr[0] > 'z'; /* Month, Janus */
	}
	if (kind == KI_LAYOUT_DAY_SPACE) {
		return !ki_strv_starts(rest, ki_strv("006")); /* a literal _ and a year */
	}
	return true;
}

/* The length of the element that text begins with, and its kind; 0: none. */
static size_t match(struct ki_strv text, enum ki_layout_kind *kind) {
	size_t len = fraction_length(text);
	if (len > 0) {
		*kind = text.ptr[1] == '0' ? KI_LAYOUT_FRACTION_0 : KI_LAYOUT_FRACTION_9;
		return len;
	}
	for (size_t i = 0; i < ki_countof(elements); i++) {
		if (elements[i].text[0] != text.ptr[0]) {
			continue; /* most of them, and the comparison costs a call */
		}
		struct ki_strv element = ki_strv(elements[i].text);
		if (ki_strv_starts(text, element) &&
			stands(elements[i].kind, ki_strv_sub(text, element.len, text.len))) {
			*kind = elements[i].kind;
			return element.len;
		}
	}
	return 0;
}

struct ki_layout_split ki_layout_next(struct ki_strv layout) {
	for (size_t at = 0; at < layout.len; at++) {
		enum ki_layout_kind kind;
		size_t len = match(ki_strv_sub(layout, at, layout.len), &kind);
		if (len > 0) {
			return (struct ki_layout_split){ki_strv_sub(layout, 0, at),
				ki_strv_sub(layout, at, len),
				ki_strv_sub(layout, at + len, layout.len), kind};
		}
	}
	struct ki_strv none = ki_strv_sub(layout, layout.len, 0);
	return (struct ki_layout_split){layout, none, none, KI_LAYOUT_END};
}

/* Of at least `width` digits. Not by printf, which takes longer than all the rest of a date. */
static void put_number(struct ki_buf *out, int64_t value, int width, char pad) {
	char digits[20];
	size_t at = sizeof(digits);
	for (; value > 0 || at == sizeof(digits); value /= 10) {
		digits[--at] = (char)('0' + value % 10);
	}
	for (int len = (int)(sizeof(digits) - at); len < width; len++) {
		digits[--at] = pad;
	}
	ki_buf_put(out, digits + at, sizeof(digits) - at);
}

static void put_year(struct ki_buf *out, int64_t year) {
	if (year < 0) {
		ki_buf_putc(out, '-');
	}
	put_number(out, year < 0 ? -year : year, 4, '0');
}

static int hour12(int hour) {
	return hour % 12 == 0 ? 12 : hour % 12;
}

/* The separator and the digits of .000 or .999, of which more than nine show nothing. */
static void put_fraction(struct ki_buf *out, struct ki_strv element, int nsec) {
	char digits[16];
	snprintf(digits, sizeof(digits), "%09d", nsec);
	size_t len = element.len - 1 < 9 ? element.len - 1 : 9;
	if (element.ptr[1] == '9') {
		while (len > 0 && digits[len - 1] == '0') {
			len--;
		}
		if (len == 0) {
			return;
		}
	}
	ki_buf_putc(out, element.ptr[0]);
	ki_buf_put(out, digits, len);
}

static void put_offset(struct ki_buf *out, enum ki_layout_kind kind, int offset_sec) {
	if (offset_sec == 0 && (kind == KI_LAYOUT_Z || kind == KI_LAYOUT_Z_COLON)) {
		ki_buf_putc(out, 'Z');
		return;
	}
	int minutes = offset_sec / 60;
	ki_buf_putc(out, minutes < 0 ? '-' : '+');
	minutes = minutes < 0 ? -minutes : minutes;
	put_number(out, minutes / 60, 2, '0');
	if (kind != KI_LAYOUT_OFFSET_HOUR) {
		bool colon = kind == KI_LAYOUT_OFFSET_COLON || kind == KI_LAYOUT_Z_COLON;
		ki_buf_puts(out, colon ? ":" : "");
		put_number(out, minutes % 60, 2, '0');
	}
}

static void put_element(struct ki_buf *out, const struct ki_layout_split *split,
	const struct ki_civil *civil, int nsec, const struct ki_zone_span *zone) {
	switch (split->kind) {
	case KI_LAYOUT_END:
		break;
	case KI_LAYOUT_YEAR:
		put_year(out, civil->year);
		break;
	case KI_LAYOUT_YEAR_2:
		put_number(out, abs((int)(civil->year % 100)), 2, '0');
		break;
	case KI_LAYOUT_MONTH_LONG:
		ki_buf_puts(out, ki_month_names[civil->month - 1]);
		break;
	case KI_LAYOUT_MONTH_NAME:
		ki_buf_put(out, ki_month_names[civil->month - 1], KI_SHORT_NAME);
		break;
	case KI_LAYOUT_MONTH:
		put_number(out, civil->month, 1, '0');
		break;
	case KI_LAYOUT_MONTH_2:
		put_number(out, civil->month, 2, '0');
		break;
	case KI_LAYOUT_DAY_LONG:
		ki_buf_puts(out, ki_weekday_names[civil->weekday]);
		break;
	case KI_LAYOUT_DAY_NAME:
		ki_buf_put(out, ki_weekday_names[civil->weekday], KI_SHORT_NAME);
		break;
	case KI_LAYOUT_DAY:
		put_number(out, civil->day, 1, '0');
		break;
	case KI_LAYOUT_DAY_SPACE:
		put_number(out, civil->day, 2, ' ');
		break;
	case KI_LAYOUT_DAY_2:
		put_number(out, civil->day, 2, '0');
		break;
	case KI_LAYOUT_YEAR_DAY:
		put_number(out, civil->year_day, 3, '0');
		break;
	case KI_LAYOUT_HOUR:
		put_number(out, civil->hour, 2, '0');
		break;
	case KI_LAYOUT_HOUR12:
		put_number(out, hour12(civil->hour), 1, '0');
		break;
	case KI_LAYOUT_HOUR12_2:
		put_number(out, hour12(civil->hour), 2, '0');
		break;
	case KI_LAYOUT_MINUTE:
		put_number(out, civil->minute, 1, '0');
		break;
	case KI_LAYOUT_MINUTE_2:
		put_number(out, civil->minute, 2, '0');
		break;
	case KI_LAYOUT_SECOND:
		put_number(out, civil->second, 1, '0');
		break;
	case KI_LAYOUT_SECOND_2:
		put_number(out, civil->second, 2, '0');
		break;
	case KI_LAYOUT_PM:
		ki_buf_puts(out, civil->hour >= 12 ? "PM" : "AM");
		break;
	case KI_LAYOUT_PM_SMALL:
		ki_buf_puts(out, civil->hour >= 12 ? "pm" : "am");
		break;
	case KI_LAYOUT_FRACTION_0:
	case KI_LAYOUT_FRACTION_9:
		put_fraction(out, split->element, nsec);
		break;
	case KI_LAYOUT_ZONE:
		if (zone->abbrev[0] != '\0') {
			ki_buf_puts(out, zone->abbrev);
			break;
		}
		put_offset(out, KI_LAYOUT_OFFSET, zone->offset_sec); /* it has no name */
		break;
	case KI_LAYOUT_OFFSET:
	case KI_LAYOUT_OFFSET_COLON:
	case KI_LAYOUT_OFFSET_HOUR:
	case KI_LAYOUT_Z:
	case KI_LAYOUT_Z_COLON:
		put_offset(out, split->kind, zone->offset_sec);
		break;
	}
}

void ki_layout_format(struct ki_strv layout, struct ki_moment at,
	const struct ki_location *location, struct ki_buf *out) {
	struct ki_zone_span zone = ki_location_at(location, at.unix_sec);
	struct ki_civil civil = ki_civil_from_unix(at.unix_sec, zone.offset_sec);
	while (layout.len > 0) {
		struct ki_layout_split split = ki_layout_next(layout);
		ki_buf_putv(out, split.literal);
		put_element(out, &split, &civil, at.nsec, &zone);
		layout = split.rest;
	}
}

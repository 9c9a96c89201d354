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

static void put_year(struct ki_buf *out, int64_t year) {
	ki_buf_printf(out, "%s%04llu", year < 0 ? "-" : "",
		year < 0 ? 0 - (unsigned long long)year : (unsigned long long)year);
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
	ki_buf_printf(out, "%02d", minutes / 60);
	if (kind != KI_LAYOUT_OFFSET_HOUR) {
		bool colon = kind == KI_LAYOUT_OFFSET_COLON || kind == KI_LAYOUT_Z_COLON;
		ki_buf_printf(out, "%s%02d", colon ? ":" : "", minutes % 60);
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
		ki_buf_printf(out, "%02d", abs((int)(civil->year % 100)));
		break;
	case KI_LAYOUT_MONTH_LONG:
		ki_buf_puts(out, ki_month_names[civil->month - 1]);
		break;
	case KI_LAYOUT_MONTH_NAME:
		ki_buf_put(out, ki_month_names[civil->month - 1], KI_SHORT_NAME);
		break;
	case KI_LAYOUT_MONTH:
		ki_buf_printf(out, "%d", civil->month);
		break;
	case KI_LAYOUT_MONTH_2:
		ki_buf_printf(out, "%02d", civil->month);
		break;
	case KI_LAYOUT_DAY_LONG:
		ki_buf_puts(out, ki_weekday_names[civil->weekday]);
		break;
	case KI_LAYOUT_DAY_NAME:
		ki_buf_put(out, ki_weekday_names[civil->weekday], KI_SHORT_NAME);
		break;
	case KI_LAYOUT_DAY:
		ki_buf_printf(out, "%d", civil->day);
		break;
	case KI_LAYOUT_DAY_SPACE:
		ki_buf_printf(out, "%2d", civil->day);
		break;
	case KI_LAYOUT_DAY_2:
		ki_buf_printf(out, "%02d", civil->day);
		break;
	case KI_LAYOUT_YEAR_DAY:
		ki_buf_printf(out, "%03d", civil->year_day);
		break;
	case KI_LAYOUT_HOUR:
		ki_buf_printf(out, "%02d", civil->hour);
		break;
	case KI_LAYOUT_HOUR12:
		ki_buf_printf(out, "%d", hour12(civil->hour));
		break;
	case KI_LAYOUT_HOUR12_2:
		ki_buf_printf(out, "%02d", hour12(civil->hour));
		break;
	case KI_LAYOUT_MINUTE:
		ki_buf_printf(out, "%d", civil->minute);
		break;
	case KI_LAYOUT_MINUTE_2:
		ki_buf_printf(out, "%02d", civil->minute);
		break;
	case KI_LAYOUT_SECOND:
		ki_buf_printf(out, "%d", civil->second);
		break;
	case KI_LAYOUT_SECOND_2:
		ki_buf_printf(out, "%02d", civil->second);
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

/*
 * layout.h: dates and times written as a layout shows: how Mon Jan 2 15:04:05 2006 MST (-0700)
 * would be (SPEC 11.3), and the layouts split into their elements.
 *
 * Owns: nothing.
 * Threads: any; pure functions.
 * Not here: reading them (time/layout_parse.h).
 */
#ifndef KI_TIME_LAYOUT_H
#define KI_TIME_LAYOUT_H

#include "base/buf.h"
#include "time/location.h"
#include "time/moment.h"

#define KI_LAYOUT_RFC3339 "2006-01-02T15:04:05Z07:00"
#define KI_LAYOUT_RFC3339NANO "2006-01-02T15:04:05.999999999Z07:00"

enum ki_layout_kind {
	KI_LAYOUT_END,
	KI_LAYOUT_YEAR,       /* 2006 */
	KI_LAYOUT_YEAR_2,     /* 06 */
	KI_LAYOUT_MONTH_LONG, /* January */
	KI_LAYOUT_MONTH_NAME, /* Jan */
	KI_LAYOUT_MONTH,      /* 1 */
	KI_LAYOUT_MONTH_2,    /* 01 */
	KI_LAYOUT_DAY_LONG,   /* Monday */
	KI_LAYOUT_DAY_NAME,   /* Mon */
	KI_LAYOUT_DAY,        /* 2 */
	KI_LAYOUT_DAY_SPACE,  /* _2 */
	KI_LAYOUT_DAY_2,      /* 02 */
	KI_LAYOUT_YEAR_DAY,   /* 002 */
	KI_LAYOUT_HOUR,       /* 15 */
	KI_LAYOUT_HOUR12,     /* 3 */
	KI_LAYOUT_HOUR12_2,   /* 03 */
	KI_LAYOUT_MINUTE,     /* 4 */
	KI_LAYOUT_MINUTE_2,   /* 04 */
	KI_LAYOUT_SECOND,     /* 5 */
	KI_LAYOUT_SECOND_2,   /* 05 */
	KI_LAYOUT_PM,         /* PM */
	KI_LAYOUT_PM_SMALL,   /* pm */
	KI_LAYOUT_FRACTION_0, /* .000 */
	KI_LAYOUT_FRACTION_9, /* .999 */
	KI_LAYOUT_ZONE,       /* MST */
	KI_LAYOUT_OFFSET,     /* -0700 */
	KI_LAYOUT_OFFSET_COLON, /* -07:00 */
	KI_LAYOUT_OFFSET_HOUR,  /* -07 */
	KI_LAYOUT_Z,            /* Z0700 */
	KI_LAYOUT_Z_COLON,      /* Z07:00 */
};

/* The literal text up to the first element, the element's text, and what follows. */
struct ki_layout_split {
	struct ki_strv literal, element, rest;
	enum ki_layout_kind kind; /* KI_LAYOUT_END: all is literal */
};

struct ki_layout_split ki_layout_next(struct ki_strv layout);

extern const char *const ki_month_names[12];
extern const char *const ki_weekday_names[7]; /* from Sunday */

/* The short form of either is its first three letters. */
#define KI_SHORT_NAME 3

/* Appends the moment as the clocks and calendars of `location` show it. */
void ki_layout_format(struct ki_strv layout, struct ki_moment at,
	const struct ki_location *location, struct ki_buf *out);

#endif

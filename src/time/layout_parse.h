/*
 * layout_parse.h: dates and times read as a layout shows (SPEC 11.1, parse; 11.3).
 *
 * Owns: nothing.
 * Threads: any; pure functions.
 * Not here: the layouts (time/layout.h), how days follow each other (time/calendar.h).
 */
#ifndef KI_TIME_LAYOUT_PARSE_H
#define KI_TIME_LAYOUT_PARSE_H

#include "time/layout.h"

struct ki_layout_parsed {
	struct ki_moment at;
	/* UTC, one of the two that were given, or NULL: a fixed zone with this name (into the
	 * value) and offset. */
	const struct ki_location *location;
	struct ki_strv zone_name;
	int32_t zone_offset_sec;
};

/*
 * Reads `value`. A text without offset and zone name is shown by the clocks of `absent`; an offset
 * or a name that `local` has at that moment is taken as its own. What the layout does not name is
 * 0, of month and day 1. Errors: KITH_EINVAL with the text of SPEC 11.1 appended to `error`.
 */
int ki_layout_parse(struct ki_strv layout, struct ki_strv value, const struct ki_location *absent,
	const struct ki_location *local, struct ki_layout_parsed *out, struct ki_buf *error);

#endif

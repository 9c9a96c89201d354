/*
 * location.h: a place as clocks know it: UTC, a fixed offset, or a history of offsets.
 *
 * Owns: struct ki_location.
 * Threads: any; a location is immutable.
 * Invariants:
 *   L1 the changes are ascending, and each names one of the kinds.
 *   L2 `first` holds before the first change; a location without changes and rule has it always.
 * Not here: reading TZif files (time/tzif.h), finding them by name (time/zones.h).
 */
#ifndef KI_TIME_LOCATION_H
#define KI_TIME_LOCATION_H

#include <stddef.h>

#include "time/tzrule.h"

struct ki_zone_change {
	int64_t when; /* seconds since 1970 */
	size_t kind;
};

struct ki_location {
	const char *name; /* "UTC", "Local", "Europe/Berlin", or a fixed zone's, which may be "" */
	bool fixed;       /* name and offset are all there is: no file is behind it */
	struct ki_zone_kind first; /* of a fixed one the offset alone: the name is shown */
	const struct ki_zone_kind *kinds;
	size_t nr_kinds;
	const struct ki_zone_change *changes;
	size_t nr_changes;
	const struct ki_tzrule *rule; /* from the last change on; NULL: that holds for ever */
};

extern const struct ki_location ki_location_utc;
/* The local zone where nothing says which: what it is called is what programs see of it. */
extern const struct ki_location ki_location_local_utc;

/* A fixed zone on the caller's memory. name: borrowed for its life. */
void ki_location_init_fixed(struct ki_location *location, const char *name, int32_t offset_sec);

struct ki_zone_span ki_location_at(const struct ki_location *location, int64_t unix_sec);

/* Seconds east of UTC. */
int ki_location_offset(const struct ki_location *location, int64_t unix_sec);

/*
 * The offset that the abbreviation `name` means for the date and time which UTC clocks show at
 * shown_sec; false when the place never used that name.
 */
bool ki_location_offset_named(const struct ki_location *location, struct ki_strv name,
	int64_t shown_sec, int *out_sec);

/*
 * The moment at which the place's clocks show what UTC clocks show at shown_sec. Where that happens
 * twice or never, one of the two offsets around is taken, as Go's time.Date does.
 */
int64_t ki_location_to_unix(const struct ki_location *location, int64_t shown_sec);

#endif

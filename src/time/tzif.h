/*
 * tzif.h: TZif files (RFC 9636), version 1 and later, as locations.
 *
 * Owns: the memory of the locations it makes.
 * Threads: any.
 * Invariants: T1 whatever the bytes are, nothing outside of them is read, and the location it makes
 *	keeps location.h's.
 * Not here: where the bytes come from (time/zones.h). Leap seconds are left out, as POSIX time
 *	knows none.
 */
#ifndef KI_TIME_TZIF_H
#define KI_TIME_TZIF_H

#include "time/location.h"

/*
 * Gives a location, freed with ki_location_free; name and bytes are copied. Errors: KITH_EINVAL
 * (no TZif), KITH_EEXHAUSTED.
 */
int ki_tzif_read(struct ki_strv name, struct ki_strv bytes, const struct ki_location **out);

/* A location of a POSIX TZ string. Errors and memory as above. */
int ki_location_of_rule(struct ki_strv name, struct ki_strv text, const struct ki_location **out);

/* Of what ki_tzif_read and ki_location_of_rule gave; or NULL. */
void ki_location_free(const struct ki_location *location);

#endif

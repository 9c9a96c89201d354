/*
 * duration.h: durations as text (SPEC 1.4), the grammar and the printed form of Go's time package.
 *
 * Owns: nothing; pure functions on nanoseconds.
 * Threads: any.
 * Not here: the Lua object Duration (lua), clocks (sys/clock.h).
 */
#ifndef KI_TIME_DURATION_H
#define KI_TIME_DURATION_H

#include <stdint.h>

#include "base/strv.h"

#define KI_NS_PER_US INT64_C(1000)
#define KI_NS_PER_MS INT64_C(1000000)
#define KI_NS_PER_SEC INT64_C(1000000000)

#define KI_DURATION_TEXT_MAX 40

/*
 * Reads an optional sign and one or more decimal numbers, each with a unit (ns us ms s m h, us also
 * with U+00B5 or U+03BC), without blanks; "0" needs no unit. KITH_EINVAL for anything else and for
 * what does not fit 64 bits; *out_ns is then untouched.
 */
int ki_duration_parse(struct ki_strv text, int64_t *out_ns);

/* Milliseconds, fractions rounded up, in ns: 0 when not positive, INT64_MAX beyond it. Not NaN. */
int64_t ki_duration_of_ms(double ms);

/* Writes "1h30m0s", "5ms", "1.5s", "0s" or the like, NUL-terminated. */
void ki_duration_format(int64_t ns, char buf[KI_DURATION_TEXT_MAX]);

#endif

/*
 * supervise/backoff.h: how long to wait before a restart (SPEC 18.4).
 *
 * Owns: struct ki_backoff.
 * Threads: pure.
 * Not here: whether there is a restart at all (service.h, supervisor.h).
 */
#ifndef KI_SUPERVISE_BACKOFF_H
#define KI_SUPERVISE_BACKOFF_H

#include <stdint.h>

#include "time/duration.h"

/* A run this long begins a new row of restarts, unless something else is said (SPEC 18.1). */
#define KI_STABLE_THRESHOLD_NS (5 * KI_NS_PER_SEC)

struct ki_backoff {
	int64_t initial_ns, max_ns; /* at least 0 */
	double factor;              /* at least 1 */
	double jitter;              /* from 0 to 1: a wait is varied by at most that part of it */
};

/*
 * The wait before restart `nth` (from 1) of a row: min(initial * factor^(nth - 1), max), varied by
 * the random number. At least 0; its cost does not depend on nth.
 */
int64_t ki_backoff_ns(const struct ki_backoff *backoff, uint64_t nth, uint64_t random);

#endif

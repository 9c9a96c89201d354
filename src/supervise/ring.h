/*
 * supervise/ring.h: how many restarts there were lately (SPEC 19.4).
 *
 * The moments of the last restarts stand in a ring, oldest first. Whether one more is too many is
 * answered by one of them; what is too old to count makes room. So neither question nor note gets
 * dearer with the number of restarts, and the ring is no larger than what fell into one window.
 *
 * Owns: struct ki_ring. Threads: one at a time.
 * Invariants: RG1 the moments do not decrease. RG2 nr <= capacity, a power of two, or both are 0.
 * Not here: what counts as a restart (supervisor.c).
 */
#ifndef KI_SUPERVISE_RING_H
#define KI_SUPERVISE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ki_ring {
	int64_t *times_ns;
	size_t capacity, first, nr;
	/* set once */
	uint64_t max;      /* so many restarts */
	int64_t within_ns; /* in so long a time are allowed */
};

void ki_ring_init(struct ki_ring *ring, uint64_t max, int64_t within_ns);
void ki_ring_fini(struct ki_ring *ring);

/* Whether one more restart at that time (not before the last) would be one too many. */
bool ki_ring_is_full(const struct ki_ring *ring, int64_t at_ns);
/* Notes a restart. KITH_EEXHAUSTED. */
int ki_ring_note(struct ki_ring *ring, int64_t at_ns);

#endif

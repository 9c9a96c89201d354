/* ring.c: see ring.h. */
#include "supervise/ring.h"

#include <kith_types.h>

#include "base/alloc.h"

void ki_ring_init(struct ki_ring *ring, uint64_t max, int64_t within_ns) {
	*ring = (struct ki_ring){.max = max, .within_ns = within_ns};
}

void ki_ring_fini(struct ki_ring *ring) {
	ki_free(ring->times_ns);
	ring->times_ns = NULL;
}

static int64_t at(const struct ki_ring *ring, size_t i) {
	return ring->times_ns[(ring->first + i) & (ring->capacity - 1)];
}

bool ki_ring_is_full(const struct ki_ring *ring, int64_t at_ns) {
	if (ring->max == 0) {
		return true;
	}
	return ring->nr >= ring->max &&
		at_ns - at(ring, ring->nr - (size_t)ring->max) <= ring->within_ns;
}

static int grow(struct ki_ring *ring) {
	size_t capacity = ring->capacity ? 2 * ring->capacity : 4;
	int64_t *times_ns = ki_alloc(capacity * sizeof(*times_ns));
	if (!times_ns) {
		return KITH_EEXHAUSTED;
	}
	for (size_t i = 0; i < ring->nr; i++) {
		times_ns[i] = at(ring, i);
	}
	ki_free(ring->times_ns);
	ring->times_ns = times_ns;
	ring->capacity = capacity;
	ring->first = 0;
	return KITH_OK;
}

int ki_ring_note(struct ki_ring *ring, int64_t at_ns) {
	while (ring->nr > 0 && at_ns - at(ring, 0) > ring->within_ns) {
		ring->first = (ring->first + 1) & (ring->capacity - 1);
		ring->nr--;
	}
	if (ring->nr == ring->capacity && grow(ring)) {
		return KITH_EEXHAUSTED;
	}
	ring->times_ns[(ring->first + ring->nr++) & (ring->capacity - 1)] = at_ns;
	return KITH_OK;
}

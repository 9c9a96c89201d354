/*
 * timers.c: see timers.h. A heap, because add and remove are O(log n) and the order among equal
 * deadlines is exact, which the simulator needs.
 */
#include "time/timers.h"

#include <kith_types.h>

#include "base/alloc.h"
#include "base/check.h"

void ki_timers_init(struct ki_timers *heap) {
	*heap = (struct ki_timers){0};
}

void ki_timers_fini(struct ki_timers *heap) {
	for (size_t i = 0; i < heap->nr; i++) {
		heap->entry[i]->slot = 0;
	}
	ki_free(heap->entry);
	*heap = (struct ki_timers){0};
}

static bool comes_before(const struct ki_timer *a, const struct ki_timer *b) {
	return a->deadline_ns != b->deadline_ns ? a->deadline_ns < b->deadline_ns : a->seq < b->seq;
}

static void place(struct ki_timers *heap, struct ki_timer *timer, size_t slot) {
	heap->entry[slot - 1] = timer;
	timer->slot = slot;
}

/* Puts `timer` where the hole at `slot` ends up when it rises past those that come later. */
static void sift_up(struct ki_timers *heap, struct ki_timer *timer, size_t slot) {
	while (slot > 1 && comes_before(timer, heap->entry[slot / 2 - 1])) {
		place(heap, heap->entry[slot / 2 - 1], slot);
		slot /= 2;
	}
	place(heap, timer, slot);
}

static void sift_down(struct ki_timers *heap, struct ki_timer *timer, size_t slot) {
	while (slot * 2 <= heap->nr) {
		size_t child = slot * 2;
		if (child < heap->nr && comes_before(heap->entry[child], heap->entry[child - 1])) {
			child++;
		}
		if (!comes_before(heap->entry[child - 1], timer)) {
			break;
		}
		place(heap, heap->entry[child - 1], slot);
		slot = child;
	}
	place(heap, timer, slot);
}

int ki_timers_add(struct ki_timers *heap, struct ki_timer *timer, int64_t deadline_ns) {
	ki_check(timer->slot == 0);
	if (heap->nr == heap->cap) {
		size_t cap = heap->cap == 0 ? 16 : heap->cap * 2;
		struct ki_timer **entry = ki_realloc(heap->entry, cap * sizeof(*entry));
		if (!entry) {
			return KITH_EEXHAUSTED;
		}
		heap->entry = entry;
		heap->cap = cap;
	}
	timer->deadline_ns = deadline_ns;
	timer->seq = heap->next_seq++;
	heap->nr++;
	sift_up(heap, timer, heap->nr);
	return KITH_OK;
}

bool ki_timers_remove(struct ki_timers *heap, struct ki_timer *timer) {
	size_t slot = timer->slot;
	if (slot == 0) {
		return false;
	}
	ki_check(slot <= heap->nr && heap->entry[slot - 1] == timer); /* I1; else: another heap's */
	struct ki_timer *last = heap->entry[--heap->nr];
	timer->slot = 0;
	if (last != timer) {
		/* The last one may belong above or below the hole: it comes from another branch. */
		sift_up(heap, last, slot);
		sift_down(heap, last, last->slot);
	}
	return true;
}

int64_t ki_timers_next(const struct ki_timers *heap) {
	return heap->nr == 0 ? INT64_MAX : heap->entry[0]->deadline_ns;
}

struct ki_timer *ki_timers_pop_due(struct ki_timers *heap, int64_t now_ns) {
	if (heap->nr == 0 || heap->entry[0]->deadline_ns > now_ns) {
		return NULL;
	}
	struct ki_timer *timer = heap->entry[0];
	ki_timers_remove(heap, timer);
	return timer;
}

bool ki_timers_valid(const struct ki_timers *heap) {
	for (size_t slot = 1; slot <= heap->nr; slot++) {
		const struct ki_timer *timer = heap->entry[slot - 1];
		if (timer->slot != slot) {
			return false; /* I1 */
		}
		if (slot > 1 && comes_before(timer, heap->entry[slot / 2 - 1])) {
			return false; /* I2 */
		}
	}
	return true;
}

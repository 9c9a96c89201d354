/*
 * timers.h: the pending timers of one host, earliest first, in a binary heap of pointers.
 *
 * Owns: the array of pointers, and slot and seq of each timer while it is in a heap.
 * Threads: none of its own; whoever holds the heap locks around each call.
 * Invariants:
 *   I1 a timer is in a heap exactly when its slot is not 0; entry[slot - 1] is then this timer.
 *   I2 no entry comes before its parent, by (deadline_ns, seq).
 * Not here: clocks, and who waits: the caller asks for the next deadline and sleeps until then.
 */
#ifndef KI_TIME_TIMERS_H
#define KI_TIME_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Embedded by what waits. Zeroed (or {.fire = f}) it is in no heap. fire is for the caller of
 * ki_timers_pop_due: the heap never calls it, so that it runs outside the caller's lock.
 */
struct ki_timer {
	int64_t deadline_ns;
	uint64_t seq; /* order of arming among equal deadlines */
	size_t slot;  /* 1-based place in the heap, 0: not in it */
	void (*fire)(struct ki_timer *timer);
};

struct ki_timers {
	struct ki_timer **entry;
	size_t nr, cap;
	uint64_t next_seq;
};

void ki_timers_init(struct ki_timers *heap);

/* Frees the array; timers still in it count as removed (their slots become 0). */
void ki_timers_fini(struct ki_timers *heap);

/*
 * Arms a timer that is in no heap. KITH_EEXHAUSTED when there is no memory for it.
 * shares: the heap keeps the pointer until pop or remove.
 */
int ki_timers_add(struct ki_timers *heap, struct ki_timer *timer, int64_t deadline_ns);

/* Takes it out; false when it is not in the heap. */
bool ki_timers_remove(struct ki_timers *heap, struct ki_timer *timer);

/* Earliest deadline, or INT64_MAX. */
int64_t ki_timers_next(const struct ki_timers *heap);

/* Takes out the first timer whose deadline is now_ns or earlier; NULL when none is due. */
struct ki_timer *ki_timers_pop_due(struct ki_timers *heap, int64_t now_ns);

/* Walks I1 and I2; for tests and debug builds. */
bool ki_timers_valid(const struct ki_timers *heap);

#endif

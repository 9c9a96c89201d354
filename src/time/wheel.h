/*
 * wheel.h: pending timers: a hierarchical wheel, and a heap for what falls due next.
 *
 * Algorithm: the hierarchical timing wheel of Varghese and Lauck (1987): seven wheels of 64 slots;
 *	one tick is 2^21 ns (2.1 ms), so that 7 x 6 digits and the tick are the 63 bits of a date.
 *	A timer stands on the level of the highest digit in which the tick of its date differs from
 *	the wheel's. When its slot's time comes it goes down, one level or more, and at last into
 *	`near`: a pairing heap (Fredman et al., 1986) by date and order of arming of what is due in
 *	the present tick. So arming and cancelling are O(1), each timer moves at most seven times,
 *	and yet dates are exact to the nanosecond, and timers of one date fire in the order of
 *	arming: only what is about to fire is sorted. Slots and heap are linked through the timers:
 *	arming needs no memory, so it cannot fail, and a timer that is cancelled is gone at once.
 *
 * Owns: struct ki_wheel, and all but `fire` of each timer that is in one.
 * Threads: none of its own; whoever holds the wheel locks around each call.
 * Invariants:
 *	WH1 a timer is pending exactly when its `back` is not NULL; *back is then this timer.
 *	WH2 near holds what is due at a tick up to `tick`. A timer in slot s of level k is due at a
 *	    tick that agrees with `tick` above digit k, and whose digit k is s and greater than
 *	    that of `tick`. So near comes before level 0, and level k before level k + 1.
 *	WH3 slot s of level k holds a timer exactly when bit s of pending[k] is set; level k does
 *	    when bit k of `levels` is. Nothing in a slot is due before its least_ns.
 *	WH4 `tick` moves only to ticks that no slot comes before.
 * Not here: clocks, and who waits (sched/): the caller asks for the next date and sleeps.
 */
#ifndef KI_TIME_WHEEL_H
#define KI_TIME_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ki_wheel;

/*
 * Embedded by what waits. Zeroed (or {.fire = f}) it is not pending. fire is for the caller of
 * ki_wheel_pop_due: the wheel never calls it.
 */
struct ki_timer {
	int64_t deadline_ns;
	uint64_t seq; /* order of arming among equal deadlines */
	void (*fire)(struct ki_timer *timer);
	struct ki_wheel *wheel; /* added to last; read by who armed it, without a lock */
	struct ki_timer **back; /* what points to it; WH1 */
	struct ki_timer *next;  /* in its slot, or the next child of the same parent in the heap */
	struct ki_timer *child; /* in the heap */
};

enum { KI_WHEEL_TICK_BITS = 21, KI_WHEEL_DIGIT_BITS = 6, KI_WHEEL_LEVELS = 7 };
enum { KI_WHEEL_SLOTS = 1 << KI_WHEEL_DIGIT_BITS };

struct ki_wheel_slot {
	struct ki_timer *first;
	int64_t least_ns; /* of all that came since it was empty */
};

struct ki_wheel {
	struct ki_timer *near;
	int64_t tick;
	uint32_t levels;
	uint64_t pending[KI_WHEEL_LEVELS];
	size_t nr; /* of timers */
	uint64_t next_seq;
	struct ki_wheel_slot slot[KI_WHEEL_LEVELS][KI_WHEEL_SLOTS];
};

/* An empty one. There is no fini: it holds no memory; timers still in it must not be touched. */
void ki_wheel_init(struct ki_wheel *wheel);

/* Arms a timer that is not pending. shares: the wheel keeps the pointer until pop or remove. */
void ki_wheel_add(struct ki_wheel *wheel, struct ki_timer *timer, int64_t deadline_ns);

/* Takes it out; false when it is not pending. It was added to this wheel last, or to none yet. */
bool ki_wheel_remove(struct ki_wheel *wheel, struct ki_timer *timer);

/* Nothing falls due before this; INT64_MAX: nothing ever does. It is the earliest date, unless the
 * timer of that date was removed: then the wheel learns the next one when it gets there. */
int64_t ki_wheel_next(const struct ki_wheel *wheel);

/* The first timer, still in its place, or NULL. For who jumps there: what is added for earlier
 * later on costs as much as in a heap. */
const struct ki_timer *ki_wheel_first(struct ki_wheel *wheel);

/* Takes out the first timer whose deadline is now_ns or earlier; NULL when none is due. now_ns may
 * be less than in the call before. */
struct ki_timer *ki_wheel_pop_due(struct ki_wheel *wheel, int64_t now_ns);

/* Walks WH1 to WH3; for tests. */
bool ki_wheel_valid(const struct ki_wheel *wheel);

#endif

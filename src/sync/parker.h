/*
 * parker.h: one thread sleeps until others wake it; a wake-up before the sleep is not lost.
 *
 * Algorithm: a token in one word, and behind it a mutex and a condition variable (as the parker of
 *   Rust's standard library), with an adaptive spin in front. POSIX only: no futex.
 * Owns: struct ki_parker.
 * Threads: park by one thread, the owner; unpark by any, while the parker lives.
 * Progress: unpark is wait-free unless the owner sleeps or is about to; then it takes the mutex.
 * Linearization: unpark at its exchange; park at the exchange or CAS that takes the token.
 * Invariants:
 *   I1 at most one token: unparks that come before a park count once.
 *   I2 PARKED is stored only by the owner with the mutex held, and the owner waits for the
 *      condition without giving up the mutex in between.
 *   I3 an unpark that finds PARKED signals with the mutex held: the owner is either before its
 *      CAS (then it finds the token) or waits (then the signal reaches it). No lost wake-up.
 *
 *   EMPTY --unpark--> TOKEN --park--> EMPTY          EMPTY --park--> PARKED
 *   PARKED --unpark--> TOKEN (signal)                PARKED --deadline--> EMPTY
 *
 * Tags:
 *   [PK1] unpark (release) -> park (acquire): what the waker did is seen by the woken. A second
 *         unpark continues the release sequence of the first, so both are seen.
 * Not here: whom to wake, and when (sched/).
 * Tests: test/unit/sync_parker_test.c, test/stress/sync_parker.c.
 */
#ifndef KI_SYNC_PARKER_H
#define KI_SYNC_PARKER_H

#include "base/atomic.h"
#include "sys/thread.h"

struct ki_parker {
	/* any */
	_Atomic(uint32_t) xstate;
	struct ki_mutex mutex;
	struct ki_cond cond;
	/* owner */
	uint32_t spin;     /* turns to spin before the next sleep; adapts */
	uint32_t spin_max; /* 0 on a machine with one processor */
};

void ki_parker_init(struct ki_parker *p);
/* Nobody parks or unparks any more. */
void ki_parker_fini(struct ki_parker *p);
/* Blocks: the thread, until there is a token, which it takes. */
void ki_parker_park(struct ki_parker *p);
/* The same until deadline_ns (ki_clock_mono_ns). True when a token was taken, also at the last
 * moment; false when the time ran out. */
bool ki_parker_park_until(struct ki_parker *p, int64_t deadline_ns);
void ki_parker_unpark(struct ki_parker *p);

#endif

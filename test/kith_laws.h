/*
 * The laws of SPEC 21.3, for whatever has a struct ki_system: fixtures, storms, sim and stress
 * programs.
 */
#ifndef KITH_LAWS_H
#define KITH_LAWS_H

#include "kith_test.h"

#include "process/account.h"

/* At rest: nothing runs. */
static inline void laws_hold(struct ki_system *system) {
	const char *fault = ki_system_fault(system);
	if (fault) {
		FAIL("a law of the counters: %s", fault);
	}
}

/* The same, when the last process has ended: nothing of any is left. */
static inline void laws_hold_at_end(struct ki_system *system) {
	laws_hold(system);
	struct ki_counts sum;
	ki_system_counts(system, &sum);
	EQ_UINT(sum.processes, 0);
	EQ_UINT(sum.mailbox_depth + sum.links + sum.monitors + sum.names, 0);
	EQ_UINT(sum.timers, 0);
	EQ_UINT(sum.workers_busy + sum.queue_depth, 0);
}

#endif

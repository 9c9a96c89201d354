/*
 * rest.h: whether anything can ever happen again of itself.
 *
 * Something is *awake* when it can make something happen: a task that is READY or runs, an armed
 * timer. What is awake was made so by something awake, or by a thread outside. Every change is
 * counted, in the counters of the thread that makes it: `xwoken` before something is made awake,
 * `xrested` after it no longer is.
 *
 * Algorithm: Mattern's two counts (Algorithms for distributed termination detection, 1987). First
 *	all of `xrested` are read, then all of `xwoken`: if the sums are equal, nothing is awake.
 * Why that is exact: a rest that was read happened after its own wake, which is read later, so it
 *	is among those read; equal sums pair them all. Suppose that something is awake all the same:
 *	then its wake was not read. It was made by something that was awake then, whose rest comes
 *	after that wake; had that rest been read, so would the wake [RE1]. So that one's rest was
 *	not read, nor, by the pairing, its wake; and so on back to a wake from outside before the
 *	first look, which was read.
 * Not seen: what threads outside wake from now on.
 *
 * Owns: the two counts in struct ki_worker_counters and in struct ki_sched.
 * Threads: any.
 * Tags: [RE1] xrested is written with release and read with acquire: whoever reads a rest reads
 *	every wake that came before it.
 * Not here: timers of the system host, which are not counted: they are what looks (supervise/).
 */
#ifndef KI_SCHED_REST_H
#define KI_SCHED_REST_H

#include "sched/driver.h"

/* Before a task is made READY, or a timer armed. */
void ki_rest_woken(struct ki_sched *sched);
/* After a task waits or has ended, a timer has fired or was taken off; or when what was counted as
 * woken was awake before. */
void ki_rest_rested(struct ki_sched *sched);

#endif

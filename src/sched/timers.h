/*
 * sched/timers.h: the timers of a host with threads: a wheel a worker.
 *
 * A turn arms on the wheel of its own worker, and since most timers are cancelled, or fire, where
 * they were armed, the wheel's mutex is almost never waited for. Threads outside, workers of other
 * hosts and the like arm on the wheel of one of the host's workers. A cancel takes the timer out of
 * whatever wheel it stands in: it is gone when cancel returns, its memory is the caller's again,
 * and nothing dead stays behind.
 *
 * Firing. A worker looks at its own wheel before each turn, and at those of all the host's workers
 * whenever it was idle, and every LOOK_AROUND_NS otherwise: what is due there is late, for its
 * worker is in a long turn, stuck in C, asleep, or a spare one that has retired. Whoever finds it
 * fires it, and the tasks so woken are the finder's. So a wheel needs no handing over, to a spare
 * thread or to anybody (the mutex is what makes that safe: a turn stuck in C may arm at any
 * moment), and a stopped host's timers stay where they are until it runs again.
 *
 * Owns: struct ki_timers, one in each worker.
 * Threads: arm, cancel, count and next any; fire: workers of the host.
 * Locks: a wheel's mutex comes after the monitor's, and before the shared queue's, idle_mutex and a
 *	parker's, of any host: `fire` runs under it. Nobody holds two wheels' mutexes.
 * Progress: blocking, by a mutex held for some tens of instructions, or FIRE_AT_ONCE times `fire`.
 * Invariants:
 *	TI1 xnext_ns is written under the mutex; nothing in the wheel is due before it. A cancel
 *	    does not raise it: who arms and cancels in a loop neither tells nor wakes anybody, and
 *	    somebody looks once in vain when the first date comes that was cancelled.
 *	TI2 timer->wheel is written by who arms and read by who cancels, and those two are in order
 *	    (whoever hands a timer on to be cancelled by others publishes it).
 * Tags:
 *	[SW3] xnext_ns against xnr_idle (idle.h).
 * Tests: test/unit/sched_threads_test.c, test/stress/sched_timers.c, process_timer.c;
 *	bench/sched_timers.c.
 * Not here: the wheel (time/wheel.h), who sleeps until when (idle.h).
 */
#ifndef KI_SCHED_TIMERS_H
#define KI_SCHED_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomic.h"
#include "sys/thread.h"
#include "time/wheel.h"

struct ki_thread_host;
struct ki_thread_worker;

struct ki_timers {
	struct ki_mutex mutex;
	_Atomic(int64_t) xnext_ns; /* TI1 */
	struct ki_wheel wheel;     /* mutex */
};

void ki_timers_init(struct ki_timers *timers);
void ki_timers_fini(struct ki_timers *timers);

/* As ki_host_arm and ki_host_cancel. */
void ki_timers_arm(struct ki_thread_host *host, struct ki_timer *timer, int64_t deadline_ns);
bool ki_timers_cancel(struct ki_thread_host *host, struct ki_timer *timer);

/* Fires what is due on the worker's wheel, and on those of others when it is time to. */
void ki_timers_fire(struct ki_thread_host *host, struct ki_thread_worker *worker, int64_t now_ns);

/* Nothing of the host falls due before this; INT64_MAX: nothing ever does. */
int64_t ki_timers_next(struct ki_thread_host *host);
/* How many are pending. */
uint64_t ki_timers_count(struct ki_thread_host *host);

#endif

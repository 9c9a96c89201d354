/*
 * spare.h: threads that stand in for workers stuck in one turn (SPEC 15.4).
 *
 * A spare worker is one more worker of its host, with a seat and a ring of its own: it takes what
 * is shared, steals from the ring of the stuck one, and keeps the timers. When the stuck turn has
 * ended, a spare worker leaves after its present turn and waits for the next call; so a host has
 * as many workers at work as it is to have. Rejected: handing over the ring itself (as Go does
 * with its P in a system call), because a turn stuck in C may wake others at any moment, and the
 * ring has one producer.
 *
 *	called --serve--> at work --retire--> waiting --call--> at work          stop: ends
 *
 * Owns: host->spares, xnr_retiring; `called` of spare workers.
 * Threads: call and dismiss with the monitor's mutex held; retire: a spare worker; join: who stops.
 * Invariants:
 *	SP1 spare workers at work, less xnr_retiring, are the workers that are relieved. A dismissal
 *	    is taken by whichever spare worker comes first, before it takes a task.
 *	SP2 no thread is made once the host is stopping.
 * Tags:
 *	[SP1] xnr_retiring: added to with the mutex held, taken from by a CAS; nothing else hangs
 *	on it.
 * Tests: test/unit/sched_monitor_test.c, test/stress/sched_steal.c.
 * Not here: when one is called (monitor.c).
 */
#ifndef KI_SCHED_SPARE_H
#define KI_SCHED_SPARE_H

#include <stdbool.h>

struct ki_thread_host;
struct ki_thread_worker;

/* Sets one more thread to work; false: there are KI_SPARES_MAX, or the system refuses one. */
bool ki_spare_call(struct ki_thread_host *host);
void ki_spare_dismiss(struct ki_thread_host *host);
/* Whether this spare worker is to leave, between two turns. */
bool ki_spare_retires(struct ki_thread_host *host);
/* The host stops, and xstop is set: lets those that wait end, and joins all. */
void ki_spare_stop(struct ki_thread_host *host);

#endif

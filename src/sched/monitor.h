/*
 * monitor.h: the thread that notices turns that last, one for a scheduler with real threads.
 *
 * Slices. With a preempt signal, a worker whose turn has outlasted its slice is sent that signal,
 * again and again while it lasts. The handler runs on the worker's thread, between two
 * instructions of whatever runs there, and tells the task's ki_overrun (task.h), which makes
 * the task give way: in Lua by a hook that stops at the next VM instruction. So a task that never
 * overruns its slice pays nothing. Which turn it is, the handler judges itself: a signal that
 * comes too late for one turn does nothing to the next. Without the signal (none was given,
 * another scheduler of the program has taken it, or ThreadSanitizer, which delays signals) tasks
 * ask ki_task_tick.
 *
 * Stuck. A turn that has outlasted its slice and STUCK_NS is stuck in C. It is counted, and when
 * work of the host waits and nobody is idle, a spare thread is called (spare.h); the worker
 * settles that after its turn.
 *
 * Sleep. The monitor looks when the next slice could end. When nothing has run during QUIET_LOOKS
 * looks and all workers are at rest it parks, and is woken by the next worker that finds a task.
 *
 * Owns: struct ki_monitor; in workers and hosts the groups of the monitor's mutex, and xnr_stuck.
 * Threads: as each function says.
 * Locks: the monitor's mutex comes before all others of sched.
 * Invariants:
 *	MO1 `served` holds the workers inside their loops; their threads live. Only those are
 *	    alerted, with the mutex held.
 *	MO2 the monitor is not asleep while a worker is at work. Monitor: M1 set xasleep; M2 read
 *	    xat_rest of all. Worker: F1 clear xat_rest; F2 read xasleep. All seq_cst: if M2 misses
 *	    that the worker has gone to work, F2 comes after M1.
 *	MO3 each turn is counted as stuck once: by its start.
 * Tags:
 *	[MO1] xasleep against xat_rest.
 *	[MO2] xstop is written before the token that wakes for it.
 *	[MO3] xstuck is written with the mutex held, which its reader takes then.
 * Tests: test/unit/sched_monitor_test.c, test/stress/sched_steal.c.
 * Not here: what a signal is (sys/alert.h), what is done about an overrun (lua/hook.c).
 */
#ifndef KI_SCHED_MONITOR_H
#define KI_SCHED_MONITOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "sync/parker.h"
#include "sys/alert.h"
#include "sys/thread.h"

struct ki_thread_host;
struct ki_thread_worker;

struct ki_monitor {
	/* mutex */
	struct ki_mutex mutex;
	struct ki_list served; /* MO1 */
	bool started;
	/* set once */
	struct ki_alert alert;
	/* the monitor's thread */
	struct ki_thread thread;
	uint64_t turns; /* of all workers, at the last look */
	int quiet;      /* looks that found nothing at work and no new turns */
	/* any */
	struct ki_parker parker;
	_Atomic(bool) xasleep, xstop;
};

/* signo 0: slices by ki_task_tick alone. */
void ki_monitor_init(struct ki_monitor *monitor, int signo);
/* Nothing is served any more. */
void ki_monitor_fini(struct ki_monitor *monitor);
/* Starts the thread unless it runs. Errors: KITH_EEXHAUSTED. Any thread. */
int ki_monitor_start(struct ki_monitor *monitor);

/* The calling thread begins and ends to run the worker's loop. */
void ki_monitor_enter(struct ki_thread_host *host, struct ki_thread_worker *worker);
void ki_monitor_leave(struct ki_thread_host *host, struct ki_thread_worker *worker);
/* The worker has found nothing to do; has found a task. */
void ki_monitor_rests(struct ki_thread_worker *worker);
void ki_monitor_works(struct ki_thread_host *host, struct ki_thread_worker *worker);
/* After a turn in which xstuck was set. */
void ki_monitor_settle(struct ki_thread_host *host, struct ki_thread_worker *worker);

#endif

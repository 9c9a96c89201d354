/*
 * process/timer.h: timers of a process, and deadlines that outlive their maker.
 *
 * A process timer, when due, becomes a signal in the mailbox of the process that owns it; the owner
 * hears of it when it looks (`fired`). A deadline applies force to a PID and is armed on the
 * target's host by whoever cancels; the CANCEL signal hands it to the target, which drops it at
 * its end.
 *
 * Owns: struct ki_proc_timer, struct ki_deadline.
 * Threads: process timers: the owner of the process. Deadlines: any.
 * Invariants:
 *	TM1 a process timer is pending (armed), fired (its signal is in the mailbox) or at rest;
 *	   only at rest may its memory go. The process's end, or an upgrade, brings all of its
 *	   timers to rest.
 *	TM2 a deadline has one reference while armed and one in the CANCEL that carries it.
 * Not here: the clock and the firing (sched/), what a body makes of a timer (lua/).
 */
#ifndef KI_PROCESS_TIMER_H
#define KI_PROCESS_TIMER_H

#include <stdbool.h>

#include "base/list.h"
#include "process/signals.h"
#include "time/wheel.h"

struct ki_host;
struct ki_proc;
struct ki_system;

enum ki_proc_timer_state { KI_PROC_TIMER_REST, KI_PROC_TIMER_ARMED, KI_PROC_TIMER_FIRED };

struct ki_proc_timer {
	struct ki_timer timer;
	struct ki_signal signal; /* pushed when due */
	struct ki_list node;     /* in proc->timers while armed or fired */
	struct ki_proc *proc;
	/* Called by ki_proc_look in the owner, at rest again. */
	void (*fired)(struct ki_proc_timer *timer);
	/* Called instead when the timer was stopped after it had fired, or the process ends: the
	 * memory is no longer referred to. NULL: it belongs to the body, which frees all at once.
	 */
	void (*release)(struct ki_proc_timer *timer);
	uint8_t state; /* enum ki_proc_timer_state, the owner's view */
	bool stopped;  /* stopped while its signal was in the mailbox */
};

/* Prepares a timer at rest. */
void ki_proc_timer_init(struct ki_proc_timer *timer, struct ki_proc *proc,
	void (*fired)(struct ki_proc_timer *), void (*release)(struct ki_proc_timer *));

/* Arms a timer at rest, of a process that has been published, for the monotonic time `deadline_ns`.
 */
void ki_proc_timer_arm(struct ki_proc_timer *timer, int64_t deadline_ns);

/*
 * Stops it: true when it was pending, or had fired and its owner has not heard of it yet; `fired`
 * will not be called. When the signal is on its way the timer stays in use until `release` is
 * called: *busy tells.
 */
bool ki_proc_timer_stop(struct ki_proc_timer *timer, bool *busy);

/* For the files of this module: the signal of a timer has come; every timer of a process that ends,
 * or changes its body, is taken off the clock (those that have fired come to rest as their signals
 * arrive). */
void ki_proc_timer_arrive(struct ki_proc *proc, struct ki_signal *signal);
void ki_proc_timers_stop(struct ki_proc *proc);

/* A force that waits for its time. */
struct ki_deadline;

/* Arms force `cause` on `pid` (of `host`, which must have workers) at `deadline_ns`. Gives it with
 * a reference for the caller, or NULL: no memory. */
struct ki_deadline *ki_deadline_arm(struct ki_system *system, struct ki_host *host, kith_pid pid,
	int64_t deadline_ns, enum ki_cause cause);
/* The deadline whose list node that is. */
struct ki_deadline *ki_deadline_of(struct ki_list *node);
/* Hands the caller's reference to a process, which stops the deadline at its end. Its owner. */
void ki_deadline_adopt(struct ki_proc *proc, struct ki_deadline *deadline);
/* For exit.c: takes all those of a process off the clock. */
void ki_deadlines_stop(struct ki_proc *proc);
/* Gives the caller's reference back; `stop` also takes it off the clock. */
void ki_deadline_unref(struct ki_deadline *deadline, bool stop);

#endif

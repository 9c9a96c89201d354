/*
 * idle.h: how the workers of a host sleep and are woken, for work and for time.
 *
 * Work. A task that is ready stands in the host's shared queue or in the ring of one worker, and a
 * worker that has nothing to do takes from there. One that finds nothing anywhere puts itself into
 * the set of idle workers and parks. A worker *searches* from the moment that it is taken out of
 * that set until it has found a task (then it looks whether to call the next) or is back in the
 * set. Who makes a task ready calls an idle worker, unless as many as there are tasks to take are
 * searching already: so a burst of n tasks wakes n workers at most, each at once, and none is
 * woken for a task that somebody is on the way to.
 *
 * Tasks that talk. The only task in a ring is the next of that worker, and mostly it answers one
 * that is about to wait. To wake another worker for it would cost the waker more than the turn it
 * saves, and tear the two apart. So a *lone* task is left to its worker as long as the present
 * turn there is *young* (YOUNG_NS); in case it grows old, one of the idle workers is the
 * *watcher*: it looks every WATCH_NS and takes a lone task out of an old turn. It stays the
 * watcher while there is traffic in rings, and is made one by the push that finds none. So a lone
 * task waits less than YOUNG_NS and one look while somebody is idle (SPEC 15.1: 100 us), and a
 * pair that talks wakes nobody.
 *
 * Time. Each worker has a wheel of timers (timers.h) and looks at its own earliest date between
 * turns; one of the idle workers, the *keeper*, parks until the earliest of all. Whoever arms for
 * an earlier date nudges the keeper, or any idle worker if there is no keeper: a nudged worker
 * goes once around its loop. A worker that goes from idleness to work sees to it that there is
 * one. Keeper and watcher are the last to be taken for work.
 *
 * Owns: the idle_ group of struct ki_thread_host, xnr_idle, xnr_searching, xwatched, xkept_ns.
 * Threads: ki_idle_call_shared and call_time any; the rest the worker itself.
 * Progress: blocking, by idle_mutex held for some tens of instructions; a call that wakes nobody is
 *	three loads.
 * Invariants:
 *	IH1 a worker is in `idle` from its own insertion until its own or a waker's removal, both
 *	    under idle_mutex; xnr_idle is the length of `idle`.
 *	IH2 xnr_searching counts the workers whose `searching` is set; a waker counts for whom it
 *	    wakes.
 *	IH3 a queued task, wherever it stands, has a searching worker, or no worker of the host is
 *	    idle; a lone one in a young turn may have the watcher instead.
 *	IH4 while there is a deadline, an idle worker keeps it, or somebody awake will see to it.
 *	IH5 xwatched says that there is a watcher; it will look at all queues again.
 *	IH6 xkept_ns is the date until which the keeper parks; INT64_MAX: there is none.
 * No wake-up is lost (IH3). All operations named here are seq_cst, so they have one order S.
 *	Pusher:  P1 write a queue's size ([IJ1], [RQ1]); P2 read xnr_idle, xnr_searching, xwatched.
 *	Sleeper: L1 add to xnr_idle; L2 take itself from xnr_searching; L3 read all sizes.
 *	Finder:  F1 take itself from xnr_searching; F2 read all sizes, and go on as P2.
 *	Watcher: W1 add to xnr_searching; W2 clear xwatched; then it searches, and ends in F or L.
 *	If L3 comes after P1 in S, the sleeper sees the task and does not park, or is the watcher
 *	if it is a lone one. Else L1 and L2 come before P2, and the pusher sees an idle worker and
 *	does not count this one as searching. A pusher that found enough searchers leaves its task
 *	to the last of them: each of those ends in F or L after P2, whose read of the sizes then
 *	sees the task or that another has taken it. A pusher that found a watcher read xwatched
 *	before W2: W's search sees the task, and its end in F or L is as above. A task on the way
 *	from one ring to another stands nowhere for a moment: the thief pushes it anew, and that is
 *	P1. A worker that pushes what it is about to take itself calls nobody, and if it leaves
 *	instead it ends as a finder (ki_idle_leave). That a woken worker may not have parked yet
 *	loses nothing: the parker keeps the token.
 * No deadline is lost (IH4), likewise: an armer writes xnext_ns (A1), then reads xnr_idle (A2) and
 *	xkept_ns (A3); a sleeper adds to xnr_idle (K1) and then reads all xnext_ns. If A2 finds
 *	nobody, K1 comes after it and the sleeper sees the date. An armer whom A3 tells of a keeper
 *	that gets up in time does nothing: when that one ceases to be the keeper, xkept_ns is
 *	written (K2) after A3, and after K2 it reads all xnext_ns once more, to sleep as keeper or
 *	to see to it that there is one.
 * Tags:
 *	[SW1] the queues' sizes against xnr_idle.
 *	[SW2] the queues' sizes against xnr_searching.
 *	[SW3] xnext_ns against xnr_idle.
 *	[SW5] the queues' sizes against xwatched.
 *	[SW6] xnext_ns against xkept_ns.
 * Tests: test/unit/sched_threads_test.c, sched_steal_test.c, test/stress/sched_wake.c,
 *	sched_steal.c, sched_timers.c; bench/sched_pingpong.c, sched_timers.c.
 * Not here: the queues (threads.c), parking a thread (sync/parker.h).
 */
#ifndef KI_SCHED_IDLE_H
#define KI_SCHED_IDLE_H

#include "sched/thread_host.h"

/* After a push into the shared queue. */
void ki_idle_call_shared(struct ki_thread_host *host);
/* After the worker's own push into its ring. */
void ki_idle_call_own(struct ki_thread_host *host, struct ki_thread_worker *worker);
/* Somebody has to look at the clock anew: the keeper if it would sleep too long, or a new one. */
void ki_idle_call_time(struct ki_thread_host *host, int64_t deadline_ns);

/* Nothing was found: sleeps until called or until a deadline, if there is still nothing. The worker
 * searches when this returns. */
void ki_idle_sleep(struct ki_thread_host *host, struct ki_thread_worker *worker);
/* It has a task: if it searched, others may have to look for the rest, and at the clock. */
void ki_idle_found(struct ki_thread_host *host, struct ki_thread_worker *worker);
/* It leaves its loop, and takes not even what it left to itself. */
void ki_idle_leave(struct ki_thread_host *host, struct ki_thread_worker *worker);

/* Whether a lone task is left to this worker; now_ns is the present time. */
bool ki_idle_turn_is_young(struct ki_thread_worker *worker, int64_t now_ns);

#endif

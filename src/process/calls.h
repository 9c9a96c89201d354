/*
 * process/calls.h: a process that waits for another, which it has spawned, to end (SPEC 5.2).
 *
 * A call is a relation of its own kind, beside monitors and links. The callee's end comes to the
 * caller as KI_SIGNAL_RESULT, which bodies see among the arrivals and which no program does. The
 * caller's end, or its giving up, cancels the callee.
 *
 * Owns: struct ki_proc_call.
 * Threads: the owner of the calling process.
 * Invariants:
 *	CA1 a call is in the caller's set until its result is taken, it is given up or the caller
 *	    ends, whichever is first; a result that finds it gone is dropped by the body.
 * Not here: how a call is made (KI_SPAWN_CALL), whom in the body it concerns (lua/call.h).
 */
#ifndef KI_PROCESS_CALLS_H
#define KI_PROCESS_CALLS_H

#include "process/proc.h"

struct ki_proc_call {
	struct ki_relation relation; /* first: in proc->calls; peer is the callee */
	void *user;                  /* whoever waits in the body */
};

/* Says who waits for the callee, which was just spawned with KI_SPAWN_CALL; not NULL. */
void ki_proc_call_bind(struct ki_proc *proc, kith_pid callee, void *user);
/* Takes the call of `callee` off: true, and its user, when it was outstanding. */
bool ki_proc_call_take(struct ki_proc *proc, kith_pid callee, void **user);
/* The user of an outstanding call, or NULL. */
void *ki_proc_call_find(const struct ki_proc *proc, kith_pid callee);
/* Takes the call off and cancels the callee. */
void ki_proc_call_cancel(struct ki_proc *proc, kith_pid callee);
/* The same for all of them. */
void ki_proc_calls_cancel(struct ki_proc *proc);

/* For spawn.c: a record for the caller's set, or NULL: no memory. */
struct ki_proc_call *ki_proc_call_new(kith_pid callee);

#endif

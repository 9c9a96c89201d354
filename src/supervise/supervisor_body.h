/*
 * supervise/supervisor_body.h: a running supervisor, for the files that make it up.
 *
 *	STARTING --all run--> RUNNING <-------------+
 *	   |                   |   | a child of a group strategy is to be restarted
 *	   | one cannot start  |   v                |
 *	   |                   |  GROUP_STOP --all of the group ended--> GROUP_WAIT
 *	   |   told to end, or |   ^ another one fails                     | the wait is over
 *	   |   too many        |   |                                       v
 *	   |   restarts        |   +------------------------------- GROUP_START --all run--> RUNNING
 *	   v                   v
 *	STOPPING (from any state) --all children ended--> the end
 *
 * A *group* are the children from `from` to the last: all of them (one_for_all), or one and those
 * after it (rest_for_one). With one_for_one each child waits and is started by itself, in RUNNING.
 *
 * Owns: struct ki_supervisor.
 * Threads: the owner of its process.
 * Invariants:
 *	SV1 signals only take notes; what they lead to is done one act at a time by
 *	   ki_supervisor_act, between two looks into the mailbox. A start may be abandoned in its
 *	   middle (force while a chunk runs on our strand): nothing is held by a frame alone there.
 *	SV2 a child that is RUNNING or STOPPING is monitored and linked, so its EXIT will come.
 *	SV3 while STOPPING nothing is started.
 *	SV4 a restart is noted in the ring exactly when it is tried.
 * Not here: the records of children (child.h).
 */
#ifndef KI_SUPERVISE_SUPERVISOR_BODY_H
#define KI_SUPERVISE_SUPERVISOR_BODY_H

#include "supervise/child.h"
#include "supervise/ring.h"

enum ki_supervisor_phase {
	KI_SUPERVISOR_STARTING,
	KI_SUPERVISOR_RUNNING,
	KI_SUPERVISOR_GROUP_STOP,
	KI_SUPERVISOR_GROUP_WAIT,
	KI_SUPERVISOR_GROUP_START,
	KI_SUPERVISOR_STOPPING
};

struct ki_supervisor {
	struct ki_proc *proc;
	const struct ki_supervisor_spec *spec;
	struct ki_supervisor_spec *own;  /* it, when it came as a value */
	struct ki_list on_roll;          /* roll.h; while it has begun */
	bool tied;                       /* it ends with who spawned it */
	bool begun;
	uint8_t phase;                   /* enum ki_supervisor_phase */
	struct ki_children children;
	struct ki_ring ring;
	struct ki_list ready;            /* one_for_one: children whose wait is over */
	struct ki_child *from;           /* the first of the group */
	struct ki_child *cursor;         /* next to be started or stopped */
	struct ki_wait wait;             /* of the group */
	int64_t due_ns;                  /* when it may be started */
	struct ki_payload *error;        /* STOPPING: what it ends with; NULL: normally */
	uint8_t cause;                   /* enum ki_cause, with `error` */
	struct ki_signal *requests, *last_request; /* not yet dealt with, oldest first */
};

/* ---- supervisor.c ---- */

/* Starts a child; on failure what a caller sees in *error (given; NULL: no memory). */
int ki_supervisor_start_child(
	struct ki_supervisor *sup, struct ki_child *child, struct ki_payload **error);
/* Tells a running child to end. */
void ki_supervisor_stop_child(struct ki_supervisor *sup, struct ki_child *child);
/* Takes a record off, also where the group points at it. It has no process. */
void ki_supervisor_drop_child(struct ki_supervisor *sup, struct ki_child *child);
/* Notes for ki_child_add: a wait of its own is over. */
void ki_supervisor_child_due(struct ki_wait *wait);

/* ---- supervisor_answer.c ---- */

/* Takes in a request. */
void ki_supervisor_ask(struct ki_supervisor *sup, struct ki_signal *request);
/* Deals with one request; false: there is none that can be dealt with now. */
bool ki_supervisor_answer(struct ki_supervisor *sup);
/* Answers who has waited for the child's end. */
void ki_supervisor_answer_ended(struct ki_supervisor *sup, struct ki_child *child);
/* Frees what was not answered. */
void ki_supervisor_drop_requests(struct ki_supervisor *sup);

#endif

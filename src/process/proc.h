/*
 * process/proc.h: one process, and all that can be done with it.
 *
 * Owns: struct ki_proc.
 * Threads: three kinds of function, told apart by their first parameter. Those that take the
 *	process itself are for its owner: the worker that runs it, in its body's step or start.
 *	Those that take the system and a PID may be called from any thread: they reach the process
 *	only by a signal in its mailbox or by its force word.
 * Invariants:
 *	P1 a process ends exactly once, in its own worker (exit.c), and in the order of SPEC 4.6.
 *	P2 who is told of the end is known by the owner alone: its sets change only when it looks
 *	   into its mailbox, or by its own calls.
 *	P3 force is a word beside the mailbox: it overtakes signals, the first one counts, and a
 *	   process looks at it wherever a slice can end.
 *	P4 a relation that was granted (the call gave 0) is reported exactly once unless it was
 *	   taken back; one that was refused never is: closing the mailbox is the one moment that
 *	   decides.
 * Not here: what a Lua program sees of it (lua/).
 */
#ifndef KI_PROCESS_PROC_H
#define KI_PROCESS_PROC_H

#include <stdbool.h>

#include "process/body.h"
#include "process/limit.h"
#include "process/relation.h"
#include "process/signals.h"
#include "process/system.h"
#include "process/timer.h"
#include "sched/task.h"
#include "sync/mpsc.h"

struct ki_proc {
	/* any sender */
	struct ki_mpsc mailbox;
	_Atomic(uint32_t) xmessages; /* messages accepted and not yet received */
	_Atomic(uint64_t) xmailbox_bytes; /* their encoded size */
	_Atomic(uint32_t) xforce; /* enum ki_cause; NONE: no force yet; SEALED: too late for any */
	_Atomic(uint32_t) xnaming; /* names.c: whether it ever had a name */
	_Atomic(bool) xhears_cancel; /* the body takes events: CANCEL reaches it (SPEC 20.3) */
	struct ki_proc_shown shown;   /* written by the owner */
	/* scheduler */
	struct ki_task task;
	/* owner */
	struct ki_signal *arrived_head, *arrived_tail; /* looked at, for the body */
	/* Taken out of the mailbox and not looked at yet, by a look that gives way or an upgrade:
	 * what has to be turned round first, and then what comes first. */
	struct ki_mpsc_node *taken_newest, *held;
	struct ki_upgrade *upgrade; /* to be done before the next step, or NULL */
	struct ki_relset links, watchers, watching;
	struct ki_relset calls;     /* outstanding ones: struct ki_proc_call (calls.h) */
	struct ki_relation *caller; /* who waits for its result, or NULL */
	struct ki_list timers;    /* armed or fired: struct ki_proc_timer */
	struct ki_list deadlines; /* struct ki_deadline of cancels that came */
	struct ki_proc *loading;  /* a child whose chunk runs on this strand (SPEC 4.2 step 7) */
	struct ki_result *result; /* made with the process, filled in at its end */
	uint64_t last_unlink_id;
	uint32_t nr_unlinking; /* of links: with an UNLINK out, not active */
	uint32_t nr_inputs;    /* questions to standard input that it waits for (input.h) */
	uint32_t nr_open;      /* messages looked at and not yet received */
	uint64_t open_bytes;   /* of these, encoded */
	uint64_t open_memory;  /* of these, in host->memory */
	bool trap_links;
	bool ended;     /* its end has been told; only its memory is left */
	bool published; /* it can be reached by its PID */
	bool internal;  /* struct ki_spawn */
	bool command;   /* struct ki_spawn */
	const struct ki_program *program; /* changes with an upgrade; others: shown */
	void *body;
	/* set once before it is published */
	kith_pid pid, parent;
	struct ki_system *system;
	struct ki_proc_host *host;      /* that its PID names */
	struct ki_host *host_of_timers; /* that runs it */
	struct ki_payload *context; /* a table of its context values (SPEC 12.5); NULL: none */
	struct ki_limits limits;    /* all given */
	int64_t started_ns, started_wall_ns;
	uint64_t restarts; /* it is this many restarts of a service or child old; for reports */
};

/* ---- Spawning (spawn.c) ---- */

enum { KI_SPAWN_MONITOR = 1, KI_SPAWN_LINK = 2, KI_SPAWN_CALL = 4 };

struct ki_spawn {
	const struct ki_program *program;
	struct ki_proc_host *host;
	struct ki_proc *parent; /* the caller, or NULL outside any process */
	bool internal;      /* the runtime's own: PID on kith:system, in no count and no report */
	bool command;       /* the command line's (SPEC 12.11) */
	unsigned relations; /* of parent and child, in force before the child's first step; CALL:
			     * ki_proc_call_bind follows */
	struct ki_payload *const *args; /* borrowed, as is all that follows */
	size_t nr_args;
	uint64_t restarts; /* so far, when it is one itself */
	struct ki_payload *context; /* NULL: the parent's */
	struct ki_limits limits;    /* before those of program and host */
	struct ki_strv name;        /* that it owns from the start; empty: none */
	struct ki_message *const *messages; /* in its mailbox from the start, from nobody */
	size_t nr_messages;
};

/*
 * SPEC 4.2 from step 2 on. Runs the chunk on the calling strand. Errors: those of the table, with
 * the Error that a program sees in *error (given; may be NULL when memory is short). On 0 *pid is
 * set. KITH_EEXIST: no process is made, since *pid bears the name (and has lived a moment ago).
 * KITH_EKILLED, without an Error: force ended a native parent meanwhile; the strand of any other is
 * given up. The owner of `parent`, or any thread when parent is NULL.
 */
int ki_proc_spawn(struct ki_system *system, const struct ki_spawn *spawn, kith_pid *pid,
	struct ki_payload **error);

/* ---- The owner's own affairs ---- */

/*
 * Looks into the mailbox (SPEC 8.1): relations are set and answered, what a body sees is appended
 * to the arrived queue, timers that fired are told to their owners (timer.h). Gives false when the
 * process must die now: an untrapped LINK_DOWN was found (the cause is set), or force was applied.
 * Cheap when nothing came; where much did, it gives way.
 */
bool ki_proc_look(struct ki_proc *proc);

/* True when something stands in the mailbox that no look has taken. */
bool ki_proc_unlooked(struct ki_proc *proc);

/* The next arrived MESSAGE, EXIT, LINK_DOWN or CANCEL, oldest first, or NULL. Owner: the caller,
 * who calls ki_signal_free; and ki_proc_received for each message once the program has it. */
struct ki_signal *ki_proc_take(struct ki_proc *proc);
void ki_proc_received(struct ki_proc *proc, const struct ki_message *message);

/* True when force was applied: the body must not go on. Asked after each park and in each slice
 * hook. */
bool ki_proc_forced(struct ki_proc *proc);

/* Puts a chain of signals, taken and not received, back in front of what has arrived. */
void ki_proc_untake(struct ki_proc *proc, struct ki_signal *head, struct ki_signal *tail);

/*
 * Goes on as another program (SPEC 12.3; upgrade.c), with the payloads of `args` but the last,
 * which is room; takes `args`, also on failure. On 0 the body puts back what nobody received and
 * abandons its strand: the process layer lets go of it, starts the other and calls its step.
 * KITH_EEXHAUSTED. The owner, not while a chunk loads.
 */
int ki_proc_upgrade(
	struct ki_proc *proc, const struct ki_program *program, struct ki_message *args);

/* What the scheduler calls for a process. */
extern const struct ki_task_ops ki_proc_task_ops;

/* The process of the running task, or NULL. */
struct ki_proc *ki_proc_self(void);

/*
 * Decides how the process ends; the first decision counts, force goes before it. `value` and
 * `error` are taken. The body's step then returns KI_STEP_DONE, or abandons its strand: the process
 * layer runs the exit before the task is done.
 */
void ki_proc_end_return(struct ki_proc *proc, struct ki_payload *value);
void ki_proc_end_error(struct ki_proc *proc, struct ki_payload *error);
void ki_proc_end_cause(struct ki_proc *proc, enum ki_cause cause, struct ki_payload *error);
/* Memory was refused (SPEC 15.6, 15.7): by a limit, its own or the runtime's, or by the system. The
 * text names limit_bytes. */
void ki_proc_end_memory(struct ki_proc *proc, uint64_t limit_bytes);
/* The processor time of its turn is used up (SPEC 15.6). */
void ki_proc_end_turn(struct ki_proc *proc);
/* What a refusal says was the limit: that of the process, if it has one, else the runtime's, else
 * used_bytes, which is where the system drew the line. */
uint64_t ki_proc_memory_limit(const struct ki_proc *proc, uint64_t used_bytes);

/* ---- Relations (relate.c); SPEC 6. Owner of `proc`. ---- */

/* Of those that it has made or granted and not taken back. */
static inline uint32_t ki_proc_nr_links(const struct ki_proc *proc) {
	return proc->links.count - proc->nr_unlinking;
}

/* 0, KITH_ENOTFOUND (not alive), KITH_EEXIST (already), KITH_EEXHAUSTED. Self: 0, no effect. */
int ki_proc_monitor(struct ki_proc *proc, kith_pid target);
/* 0 whatever the target is; KITH_EEXHAUSTED. The caller has looked into the mailbox before. */
int ki_proc_unmonitor(struct ki_proc *proc, kith_pid target);
int ki_proc_link(struct ki_proc *proc, kith_pid target);   /* 0, KITH_ENOTFOUND, KITH_EEXHAUSTED */
int ki_proc_unlink(struct ki_proc *proc, kith_pid target); /* 0, KITH_EEXHAUSTED */

/* ---- From any thread ---- */

/* True while the process is published and its mailbox is open. A hint but for the owner. */
bool ki_pid_alive(struct ki_system *system, kith_pid pid);

/*
 * Puts a message into the mailbox of `to`. Takes `message`, also on failure. Errors: KITH_ENOTFOUND
 * (ended or never was), KITH_ERATELIMITED (mailbox full), KITH_EEXHAUSTED (the memory of the
 * runtime is). Never waits.
 */
int ki_send(struct ki_system *system, kith_pid from, kith_pid to, struct ki_message *message);

/*
 * SPEC 7.1, 7.2: delivers CANCEL; with deadline_ns > 0 (from now) arms the force that follows it.
 * Errors: KITH_ENOTFOUND, KITH_EEXHAUSTED.
 */
int ki_cancel(struct ki_system *system, kith_pid from, kith_pid to, int64_t deadline_ns,
	struct ki_strv reason);

/* Ends the target by force for `cause` (TERMINATE, DEADLINE, HOST_STOP, MEMORY). An internal
 * process ends by HOST_STOP alone. KITH_ENOTFOUND. */
int ki_force(struct ki_system *system, kith_pid pid, enum ki_cause cause);

/* Calls `visit` with each live process's PID on the host, in slot order. The processes may end
 * meanwhile. */
void ki_procs_each(struct ki_system *system, struct ki_proc_host *host,
	void (*visit)(void *arg, kith_pid pid), void *arg);

/* Whether a stop ends it at once: the deaf die (system->xdeaf_die), and its body takes no events,
 * so that no CANCEL would be heard. A hint. */
bool ki_pid_dies_deaf(struct ki_system *system, kith_pid pid);

/* A hint of who it is: the program's id of a live process, or NULL. */
const char *ki_pid_entry(struct ki_system *system, kith_pid pid);

#endif

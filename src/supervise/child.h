/*
 * supervise/child.h: the records of a supervisor's children, in order, by name and by PID.
 *
 *	STOPPED --start--> RUNNING --told to end--> STOPPING --it ended--> STOPPED or WAITING
 *	   ^                |   ^
 *	   |      its end   |   | the wait is over
 *	   +----------------+   |
 *	                    +-> WAITING
 *
 * Owns: struct ki_child, struct ki_children.
 * Threads: the owner of the supervisor.
 * Invariants:
 *	CH1 a child is in the table of PIDs exactly while it is RUNNING or STOPPING.
 *	CH2 the table has room for every record, so that a start cannot fail for want of it.
 *	CH3 `order` grows along the list.
 * Not here: what is done with them (supervisor.c).
 */
#ifndef KI_SUPERVISE_CHILD_H
#define KI_SUPERVISE_CHILD_H

#include "base/buf.h"
#include "base/list.h"
#include "supervise/roll.h"
#include "supervise/supervisor.h"
#include "supervise/wait.h"

enum ki_child_state {
	KI_CHILD_STOPPED,
	KI_CHILD_RUNNING,
	KI_CHILD_STOPPING,
	KI_CHILD_WAITING /* for its restart */
};

struct ki_child {
	struct ki_list node;       /* in children->all */
	struct ki_list ready;      /* in the supervisor's list of those whose wait is over */
	struct ki_wait wait;       /* for a restart of its own */
	const struct ki_child_spec *spec;
	struct ki_child_spec *own; /* the spec, when it came with start_child */
	struct ki_payload **args;  /* its own, where one of them is its index; else the spec's */
	uint32_t index;            /* of a copy, from 1; 0: there is one */
	uint64_t order;
	uint8_t state;             /* enum ki_child_state */
	bool held;                 /* terminated by a request: no group starts it with itself */
	bool started;              /* at least once */
	kith_pid pid;
	uint64_t attempts;         /* restarts of the present row */
	uint64_t restarts;         /* in all */
	int64_t run_ns, run_wall_ns; /* when it was started last; monotonic, Unix */
	struct ki_signal *waiters; /* requests to terminate it, answered at its end */
	/* the same as above, for any thread (roll.h) */
	_Atomic(uint8_t) xstate;
	_Atomic(kith_pid) xpid;
	_Atomic(uint64_t) xrestarts;
	_Atomic(int64_t) xrun_wall_ns;
};

struct ki_children {
	struct ki_roll *roll;      /* under whose mutex `all` changes; NULL: nobody else reads */
	struct ki_list all;
	size_t nr;
	uint64_t last_order;
	struct ki_child **by_pid;  /* open addressing; mask + 1 places, or NULL */
	size_t mask, nr_by_pid;
};

void ki_children_init(struct ki_children *children, struct ki_roll *roll);
/* Frees all. Their timers are at rest. */
void ki_children_fini(struct ki_children *children);

/*
 * Appends a record of one copy of `spec` (borrowed; `own`: taken, also on failure); `due` is what
 * its wait calls. index 0: the only one. NULL: no memory.
 */
struct ki_child *ki_child_add(struct ki_children *children, struct ki_proc *supervisor,
	const struct ki_child_spec *spec, struct ki_child_spec *own, uint32_t index,
	void (*due)(struct ki_wait *));
/* Takes a record that has no process off the list and frees it. */
void ki_child_drop(struct ki_children *children, struct ki_child *child);

struct ki_child *ki_child_first(const struct ki_children *children);
struct ki_child *ki_child_last(const struct ki_children *children);
struct ki_child *ki_child_next(const struct ki_children *children, const struct ki_child *child);
struct ki_child *ki_child_prev(const struct ki_children *children, const struct ki_child *child);

/* Changes its state, and shows what else of it has changed. */
void ki_child_set_state(struct ki_child *child, enum ki_child_state state);
/* Names a child's process: RUNNING. */
void ki_child_set_pid(struct ki_children *children, struct ki_child *child, kith_pid pid);
/* Gives the child of a PID and forgets the PID, or NULL. */
struct ki_child *ki_child_take_pid(struct ki_children *children, kith_pid pid);

/* NULL: no child has that name. */
struct ki_child *ki_child_find(const struct ki_children *children, struct ki_strv name);
/* Whether the name of any copy of a spec is taken. */
bool ki_child_clashes(const struct ki_children *children, const struct ki_child_spec *spec);
/* Appends its name. */
void ki_child_put_name(const struct ki_child *child, struct ki_buf *out);
/* The words of SPEC 19.5. */
const char *ki_child_state_name(enum ki_child_state state);
const char *ki_child_restart_name(const struct ki_child *child);

#endif

/*
 * supervise/roll.h: the supervisors that live, and what each shows of its children to whoever asks
 * from outside (SPEC 21.4).
 *
 * A supervisor is a process, which its worker alone may touch. So what a child shows are atomics
 * that the supervisor writes as it goes; and the lists, of supervisors and of each one's children,
 * change under one mutex, which a reader holds during its walk. A restart takes no lock: only a
 * supervisor's own begin and end, and what is added to its children or taken off them.
 *
 * Owns: struct ki_roll, and the right to change those lists.
 * Threads: enter, leave, lock and unlock: the owner of the supervisor; each: any.
 * Not here: what a program is told, by request (supervisor_answer.c).
 */
#ifndef KI_SUPERVISE_ROLL_H
#define KI_SUPERVISE_ROLL_H

#include "base/list.h"
#include "base/strv.h"
#include "sys/thread.h"
#include <kith_types.h>

struct ki_roll {
	struct ki_mutex mutex;
	struct ki_list supervisors; /* struct ki_supervisor; mutex */
};

/* One child, as SPEC 19.5 has it. The texts are good during the call. */
struct ki_child_record {
	struct ki_strv name;
	const char *process, *restart, *state;
	kith_pid pid; /* 0: none */
	uint64_t restarts;
	int64_t started_at_ns; /* Unix time; 0: never yet */
};

struct ki_roll_visitor {
	void *user;
	void (*begin)(void *user, kith_pid supervisor);
	void (*child)(void *user, const struct ki_child_record *child);
	void (*end)(void *user);
};

void ki_roll_init(struct ki_roll *roll);
void ki_roll_fini(struct ki_roll *roll); /* every supervisor has ended */

/* NULL is accepted: then nobody reads. */
void ki_roll_lock(struct ki_roll *roll);
void ki_roll_unlock(struct ki_roll *roll);

/* Reads all of them. The visitor calls nothing of the runtime. */
void ki_roll_each(struct ki_roll *roll, const struct ki_roll_visitor *visitor);

#endif

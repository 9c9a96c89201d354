/*
 * process/body.h: what a process runs, as the process layer sees it.
 *
 * A program is the recipe (an entry of a process kind, or something of the runtime's own); a body
 * is one running copy of it. The Lua body (lua/luabody.c) and the native one (native.c) are two
 * implementations; each knows struct ki_proc, which knows neither.
 *
 * Owns: the contract below.
 * Threads: as its invariants say.
 * Not here: any implementation.
 * Invariants:
 *	B1 start runs on the spawner's strand, before anybody else can reach the process; it may
 *	   be set aside there at the end of a slice, and it must survive being abandoned there
 *	   (force on the spawner): destroy follows in any case, also after a failed start.
 *	B2 step runs on a worker of the process's host, never twice at once.
 *	B3 destroy runs on the worker that ends the process, on no strand of the body's; what the
 *	   body put by (kept strands, timers, payload references) is let go there.
 */
#ifndef KI_PROCESS_BODY_H
#define KI_PROCESS_BODY_H

#include "mem/payload.h"
#include "process/limit.h"
#include "process/snapshot.h"
#include "sched/task.h"

struct ki_proc;
struct ki_program;

struct ki_body_ops {
	const char *name;
	/*
	 * Makes the body (proc->body) of `program` with `nr_args` arguments (borrowed; NULL is
	 * nil): SPEC 4.2 steps 7 and 8. Gives 0, or a negative status with the Error a caller sees
	 * in *error (given). A body that gives way here comes back with KITH_EKILLED when force
	 * has ended a native spawner.
	 */
	int (*start)(struct ki_proc *proc, const struct ki_program *program,
		struct ki_payload *const *args, size_t nr_args, struct ki_payload **error);
	/*
	 * Goes on until nothing in the body can. Called after the process layer has judged force.
	 * To look into the mailbox: ki_proc_look. To end: ki_proc_end_* and return KI_STEP_DONE.
	 */
	enum ki_step (*step)(struct ki_proc *proc);
	/* Lets go of everything, at once; runs nothing of the program. proc->body may be NULL. */
	void (*destroy)(struct ki_proc *proc);
	/* Optional: what the body tells of itself, for snapshots; from the owner only. */
	void (*view)(struct ki_proc *proc, struct ki_body_view *out);
};

struct ki_program {
	const char *id; /* of the entry, e.g. app.workers:task_worker */
	const struct ki_body_ops *ops;
	const void *data; /* the implementation's own, immutable */
	struct ki_limits limits; /* of each process that runs it; a spawn's own go before them */
};

#endif

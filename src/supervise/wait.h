/*
 * supervise/wait.h: a wait of a step-driven process, which may be changed or given up at any time.
 *
 * A process timer that has fired cannot be armed anew until its signal has come; this hides that.
 *
 * Owns: struct ki_wait.
 * Threads: the owner of the process.
 * Not here: the timer itself (process/timer.h).
 */
#ifndef KI_SUPERVISE_WAIT_H
#define KI_SUPERVISE_WAIT_H

#include "process/proc.h"

struct ki_wait {
	struct ki_proc_timer timer;
	int64_t due_ns; /* INT64_MAX: nobody waits */
	/* The time has come. Called by ki_proc_look: it may only take a note. */
	void (*due)(struct ki_wait *wait);
	void (*gone)(struct ki_wait *wait); /* of ki_wait_drop */
};

void ki_wait_init(struct ki_wait *wait, struct ki_proc *proc, void (*due)(struct ki_wait *));
/* Sets the time, in place of any before. */
void ki_wait_until(struct ki_wait *wait, int64_t due_ns);
/* Gives the wait up. */
void ki_wait_end(struct ki_wait *wait);
/* The memory is about to go: true when it may go now; else `gone` is called once it may. */
bool ki_wait_drop(struct ki_wait *wait, void (*gone)(struct ki_wait *));

#endif

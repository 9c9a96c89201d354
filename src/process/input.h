/*
 * process/input.h: what a process asks of standard input, and the answer.
 *
 * The question is one block, made by who asks, which comes back as the signal that brings the
 * answer: so answering cannot fail for want of memory.
 *
 *	ki_input_new --hooks.input--> who reads --ki_input_give--> KI_SIGNAL_INPUT of the process
 *	                                 |
 *	                                 +--ki_input_drop: who asked has ended
 *
 * A question is outstanding until it is answered, or until who asked ends or changes its body
 * (ki_inputs_abandon): for who waits for nobody an outside thread may still hold the block.
 *
 * Owns: struct ki_input, system->xnr_inputs, proc->nr_inputs.
 * Threads: new, arrive and abandon by the owner of the process; give and drop by any that has the
 *	block.
 * Not here: reading (api/), what a program sees (lua/lib_io.c).
 */
#ifndef KI_PROCESS_INPUT_H
#define KI_PROCESS_INPUT_H

#include <stdbool.h>

#include "base/list.h"
#include "process/proc.h"

struct ki_input {
	struct ki_signal signal;
	struct ki_list node;        /* of who reads */
	kith_pid pid;               /* that asked, */
	uint32_t upgrades;          /* when it had had so many */
	size_t max;                 /* bytes, > 0; of a line: SIZE_MAX */
	bool line;                  /* up to a newline, which is left out */
	struct ki_payload *payload; /* the answer, bytes; NULL: the input has ended */
};

/* NULL: no memory. Owner: the caller, who gives it to hooks.input. */
struct ki_input *ki_input_new(struct ki_proc *proc, size_t max, bool line);

/* Sends the answer, with input->payload set. False: the process, or the body of it that asked, has
 * ended, and both are still the caller's. */
bool ki_input_give(struct ki_system *system, struct ki_input *input);

/* Frees a question that nobody waits for any more, and what was to be its answer. */
void ki_input_drop(struct ki_input *input);

/* An answer has come: true when the body that asked is still there. */
bool ki_input_arrive(struct ki_proc *proc, const struct ki_input *input);

/* Nobody waits any more for what has not been answered: the process ends, or its body goes. */
void ki_inputs_abandon(struct ki_proc *proc);

/* Questions that are outstanding. A hint. */
uint32_t ki_inputs_pending(struct ki_system *system);

static inline struct ki_input *ki_signal_input(struct ki_signal *signal) {
	return (struct ki_input *)(void *)signal;
}

#endif

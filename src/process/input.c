/*
 * process/input.c: questions to standard input.
 *
 * Owns: see input.h. Threads: as there.
 * Tags: [IN1] whoever sees that a question is answered sees its process woken.
 */
#include "process/input.h"

#include "base/alloc.h"
#include "process/mailbox.h"

struct ki_input *ki_input_new(struct ki_proc *proc, size_t max, bool line) {
	struct ki_input *input = ki_zalloc(sizeof(*input));
	if (input) {
		input->signal.kind = KI_SIGNAL_INPUT;
		ki_list_init(&input->node);
		input->pid = proc->pid;
		input->upgrades = ki_load_rlx(&proc->shown.xupgrades); /* our own */
		input->max = max;
		input->line = line;
		ki_add_rlx(&proc->system->xnr_inputs, 1); /* a counter */
		proc->nr_inputs++;
	}
	return input;
}

/* A hint: when the process looks, it knows. */
static bool is_expected(struct ki_system *system, const struct ki_input *input) {
	struct ki_proc *proc = ki_table_pin(&system->table, input->pid);
	if (!proc) {
		return false;
	}
	bool expected = ki_load_rlx(&proc->shown.xupgrades) == input->upgrades;
	ki_table_unpin(&system->table, input->pid);
	return expected;
}

bool ki_input_give(struct ki_system *system, struct ki_input *input) {
	if (!is_expected(system, input) ||
		!ki_signal_push(system, input->pid, &input->signal)) {
		return false;
	}
	/* rel: only now, when its process is ready; pairs with the look for inputs. [IN1] */
	ki_sub_rel(&system->xnr_inputs, 1);
	return true;
}

void ki_input_drop(struct ki_input *input) {
	ki_signal_free(&input->signal);
}

bool ki_input_arrive(struct ki_proc *proc, const struct ki_input *input) {
	if (input->upgrades != ki_load_rlx(&proc->shown.xupgrades)) { /* our own */
		/* It was on its way when it was abandoned, and was so taken off twice. */
		ki_add_rlx(&proc->system->xnr_inputs, 1); /* a counter */
		return false;
	}
	proc->nr_inputs--;
	return true;
}

void ki_inputs_abandon(struct ki_proc *proc) {
	if (proc->nr_inputs > 0) {
		ki_sub_rlx(&proc->system->xnr_inputs, proc->nr_inputs); /* a counter */
		proc->nr_inputs = 0;
	}
}

uint32_t ki_inputs_pending(struct ki_system *system) {
	return ki_load_acq(&system->xnr_inputs); /* acq: who got an answer is awake. [IN1] */
}

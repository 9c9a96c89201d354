/*
 * process/snapshot.c: what others may know of a live process.
 *
 * Owns: see snapshot.h. Threads: as there.
 * Not here: counters of hosts (observe/counter.h).
 */
#include "process/snapshot.h"

#include "process/proc.h"

/* All of these are hints: they order nothing. */
void ki_proc_show(struct ki_proc *proc) {
	struct ki_proc_shown *shown = &proc->shown;
	struct ki_body_view view = {0};
	if (proc->program->ops->view) {
		proc->program->ops->view(proc, &view);
	}
	ki_store_rlx(&shown->xsteps, proc->task.steps);
	ki_store_rlx(&shown->xmemory, view.memory);
	ki_store_rlx(&shown->xsubscriptions, view.subscriptions);
	ki_store_rlx(&shown->xthreads, view.threads);
	ki_store_rlx(&shown->xchannels, view.channels);
	ki_store_rlx(&shown->xblocked, view.blocked);
}

static const char *state_of(struct ki_proc *proc) {
	uint32_t state = ki_load_rlx(&proc->task.xstate); /* a hint */
	if (state & KI_TASK_RUNNING) {
		return "running";
	}
	if (state & KI_TASK_WOKEN) {
		return "ready";
	}
	return ki_load_rlx(&proc->shown.xblocked) ? "blocked" : "idle";
}

bool ki_proc_snapshot(struct ki_system *system, kith_pid pid, struct ki_proc_snapshot *out) {
	struct ki_proc *proc = ki_table_pin(&system->table, pid);
	if (!proc) {
		return false;
	}
	const struct ki_proc_shown *shown = &proc->shown;
	*out = (struct ki_proc_snapshot){
		.pid = proc->pid,
		.parent = proc->parent,
		.host = proc->host->id,
		.entry = proc->program->id,
		.state = state_of(proc),
		.steps = ki_load_rlx(&shown->xsteps),
		.mailbox = ki_load_rlx(&proc->xmessages),
		.started_at_ns = proc->started_wall_ns,
		.body = {
			.memory = ki_load_rlx(&shown->xmemory),
			.subscriptions = ki_load_rlx(&shown->xsubscriptions),
			.threads = ki_load_rlx(&shown->xthreads),
			.channels = ki_load_rlx(&shown->xchannels),
			.blocked = ki_load_rlx(&shown->xblocked),
		},
	};
	ki_table_unpin(&system->table, pid);
	return true;
}

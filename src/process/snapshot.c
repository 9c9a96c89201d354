/*
 * process/snapshot.c: what others may know of a live process.
 *
 * Owns: see snapshot.h. Threads: as there.
 * Not here: sums of hosts (account.h).
 */
#include "process/snapshot.h"

#include "process/account.h"
#include "process/proc.h"

/* All that is shown are hints: they order nothing. */

static void count_change(struct ki_proc *proc, enum ki_counter which, _Atomic(uint64_t) *xshown,
	uint64_t now) {
	uint64_t before = ki_load_rlx(xshown);
	if (now != before) {
		ki_store_rlx(xshown, now);
		ki_proc_host_count(proc->host, which, now - before);
	}
}

static void show_counted(struct ki_proc *proc, const struct ki_body_view *view, uint64_t links,
	uint64_t monitors) {
	struct ki_proc_shown *shown = &proc->shown;
	count_change(proc, KI_COUNTER_HEAP_BYTES, &shown->xmemory, view->memory);
	count_change(proc, KI_COUNTER_MAILBOX_KEPT, &shown->xkept, view->kept);
	count_change(proc, KI_COUNTER_LINKS, &shown->xlinks, links);
	count_change(proc, KI_COUNTER_MONITORS, &shown->xmonitors, monitors);
}

void ki_proc_show(struct ki_proc *proc) {
	struct ki_proc_shown *shown = &proc->shown;
	struct ki_body_view view = {0};
	if (proc->program->ops->view) {
		proc->program->ops->view(proc, &view);
	}
	show_counted(proc, &view, ki_proc_nr_links(proc), proc->watching.count);
	ki_store_rlx(&shown->xprogram, proc->program);
	ki_store_rlx(&shown->xsubscriptions, view.subscriptions);
	ki_store_rlx(&shown->xthreads, view.threads);
	ki_store_rlx(&shown->xchannels, view.channels);
	ki_store_rlx(&shown->xblocked, view.blocked);
	ki_store_rlx(&shown->xwaiting_in, view.waiting_in);
	ki_store_rlx(&shown->xtrap_links, proc->trap_links);
}

void ki_proc_show_end(struct ki_proc *proc) {
	show_counted(proc, &(struct ki_body_view){0}, 0, 0);
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
		.entry = ki_load_rlx(&shown->xprogram)->id,
		.state = state_of(proc),
		.steps = ki_load_rlx(&proc->task.xsteps),
		.ran_ns = ki_load_rlx(&proc->task.xran_ns),
		.links = ki_load_rlx(&shown->xlinks),
		.monitors = ki_load_rlx(&shown->xmonitors),
		.trap_links = ki_load_rlx(&shown->xtrap_links),
		.mailbox = ki_load_rlx(&proc->xmessages),
		.started_at_ns = proc->started_wall_ns,
		.body = {
			.memory = ki_load_rlx(&shown->xmemory),
			.kept = (uint32_t)ki_load_rlx(&shown->xkept),
			.waiting_in = ki_load_rlx(&shown->xwaiting_in),
			.subscriptions = ki_load_rlx(&shown->xsubscriptions),
			.threads = ki_load_rlx(&shown->xthreads),
			.channels = ki_load_rlx(&shown->xchannels),
			.blocked = ki_load_rlx(&shown->xblocked),
		},
	};
	ki_table_unpin(&system->table, pid);
	return true;
}

/*
 * process/proc.c: a process as a task of the scheduler.
 *
 * Owns: the turns of a process, from force to its last step.
 * Threads: the owner; hints from any.
 * Not here: spawning (spawn.c), arrivals (mailbox.c), the telling of an end (exit.c).
 */
#include "process/proc.h"

#include "process/exit.h"
#include "process/upgrade.h"

static struct ki_proc *proc_of(struct ki_task *task) {
	return ki_container_of(task, struct ki_proc, task);
}

static enum ki_step proc_step(struct ki_task *task) {
	struct ki_proc *proc = proc_of(task);
	enum ki_step next = KI_STEP_DONE;
	if (!ki_proc_forced(proc) && ki_upgrade_do(proc)) {
		next = proc->program->ops->step(proc);
		if (next != KI_STEP_DONE && !ki_proc_forced(proc)) {
			ki_proc_show(proc);
			return next;
		}
		ki_task_on_overrun(NULL); /* the body goes before this step returns */
	}
	ki_proc_tell_end(proc);
	ki_proc_drop_arrived(proc, true);
	ki_proc_let_go(proc);
	return KI_STEP_DONE;
}

static void proc_starve(struct ki_task *task) {
	struct ki_proc *proc = proc_of(task);
	struct ki_body_view view = {0};
	if (proc->program->ops->view) {
		proc->program->ops->view(proc, &view);
	}
	ki_proc_end_memory(proc, ki_proc_memory_limit(proc, view.memory));
	ki_proc_tell_end(proc);
	ki_proc_let_go(proc);
}

static void proc_done(struct ki_task *task) {
	struct ki_proc *proc = proc_of(task);
	ki_table_close(&proc->system->table, proc->pid);
}

const struct ki_task_ops ki_proc_task_ops = {
	.step = proc_step,
	.starve = proc_starve,
	.done = proc_done,
};

struct ki_proc *ki_proc_self(void) {
	struct ki_task *task = ki_task_self();
	return task ? proc_of(task) : NULL; /* every task is a process's */
}

bool ki_pid_alive(struct ki_system *system, kith_pid pid) {
	struct ki_proc *proc = ki_table_pin(&system->table, pid);
	if (!proc) {
		return false;
	}
	bool open = !ki_mpsc_closed(&proc->mailbox);
	ki_table_unpin(&system->table, pid);
	return open;
}

bool ki_pid_dies_deaf(struct ki_system *system, kith_pid pid) {
	if (!ki_load_rlx(&system->xdeaf_die)) { /* rlx: set before the stop that asks was told */
		return false;
	}
	struct ki_proc *proc = ki_table_pin(&system->table, pid);
	if (!proc) {
		return true;
	}
	bool hears = ki_load_rlx(&proc->xhears_cancel); /* a hint */
	ki_table_unpin(&system->table, pid);
	return !hears;
}

const char *ki_pid_entry(struct ki_system *system, kith_pid pid) {
	struct ki_proc *proc = ki_table_pin(&system->table, pid);
	if (!proc) {
		return NULL;
	}
	const char *id = ki_load_rlx(&proc->shown.xprogram)->id; /* a hint */
	ki_table_unpin(&system->table, pid);
	return id;
}

void ki_procs_each(struct ki_system *system, struct ki_proc_host *host,
	void (*visit)(void *arg, kith_pid pid), void *arg) {
	ki_table_each(&system->table, host->index, visit, arg);
}

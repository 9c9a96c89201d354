/*
 * process/names.c: names of processes.
 *
 * Owns: which process may bear a name.
 * Threads: any.
 * Invariants:
 *	N1 no name outlives its process: who gives one marks the process first, with its shard
 *	   locked, and is refused when the process has freed its names; the process, when it frees
 *	   them and finds the mark, waits for that lock and takes all away.
 * Tags: [NA1] xnaming: one word, on which mark and freeing are in one order.
 */
#include "process/names.h"

#include "process/account.h"
#include "process/proc.h"

/* Bits of xnaming. */
enum { NAMED = 1, FREED = 2 };

/* Says that it is going to have a name; false: its end is here. Its shard is locked. */
static bool mark(void *arg, uint64_t holder) {
	struct ki_system *system = arg;
	struct ki_proc *proc = ki_table_pin(&system->table, holder);
	if (!proc) {
		return false;
	}
	/* acq_rel: one order of this and of the freeing. [NA1] */
	bool open = !ki_mpsc_closed(&proc->mailbox) &&
		!(ki_or_acq_rel(&proc->xnaming, NAMED) & FREED);
	ki_table_unpin(&system->table, holder);
	return open;
}

static int check(struct ki_strv name) {
	return name.len == 0 || name.ptr[0] == '{' ? KITH_EINVAL : KITH_OK;
}

static void count(struct ki_system *system, kith_pid holder, uint64_t by) {
	ki_proc_host_count(ki_system_host_of(system, holder), KI_COUNTER_NAMES, by);
}

static int add(struct ki_system *system, struct ki_strv name, kith_pid holder, kith_pid registrant,
	bool (*may)(void *arg, uint64_t holder)) {
	int status = check(name);
	if (!status) {
		status = ki_namemap_add(&system->names, name, holder, registrant, may, system);
		if (status == KITH_OK) {
			count(system, holder, 1);
		}
	}
	return status > 0 ? KITH_OK : status;
}

int ki_name_register(
	struct ki_system *system, struct ki_strv name, kith_pid holder, kith_pid registrant) {
	return add(system, name, holder, registrant, mark);
}

int ki_name_claim(struct ki_proc *unborn, struct ki_strv name, kith_pid registrant) {
	ki_or_rlx(&unborn->xnaming, NAMED); /* rlx: nobody else knows it yet */
	return add(unborn->system, name, unborn->pid, registrant, NULL);
}

int ki_name_find(struct ki_system *system, struct ki_strv name, kith_pid *out) {
	kith_pid holder = ki_namemap_find(&system->names, name);
	if (!holder) {
		return KITH_ENOTFOUND;
	}
	*out = holder;
	return KITH_OK;
}

bool ki_name_unregister(struct ki_system *system, struct ki_strv name, kith_pid caller) {
	kith_pid holder = ki_namemap_remove(&system->names, name, caller);
	if (holder) {
		count(system, holder, (uint64_t)-1);
	}
	return holder != 0;
}

void ki_names_each(struct ki_system *system, kith_pid holder,
	void (*visit)(void *arg, struct ki_strv name), void *arg) {
	ki_namemap_each(&system->names, holder, visit, arg);
}

void ki_names_free(struct ki_proc *proc) {
	/* acq_rel: see mark; whoever comes later is refused. [NA1] */
	if (!(ki_or_acq_rel(&proc->xnaming, FREED) & NAMED)) {
		return;
	}
	size_t nr = ki_namemap_drop(&proc->system->names, proc->pid);
	if (nr) {
		count(proc->system, proc->pid, -(uint64_t)nr);
	}
}

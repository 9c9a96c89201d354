/*
 * process/calls.c: see calls.h.
 *
 * Owns: proc->calls. Threads: the owner of the calling process.
 */
#include "process/calls.h"

#include "base/alloc.h"
#include "base/check.h"
#include "time/duration.h"

/* What a callee has to end in once nobody waits for it. */
static const int64_t GRACE_NS = 10 * KI_NS_PER_SEC;

struct ki_proc_call *ki_proc_call_new(kith_pid callee) {
	struct ki_proc_call *call = ki_zalloc(sizeof(*call));
	if (call) {
		call->relation.signal.kind = KI_SIGNAL_RESULT;
		call->relation.peer = callee;
	}
	return call;
}

static struct ki_proc_call *call_of(struct ki_relation *relation) {
	return (struct ki_proc_call *)(void *)relation;
}

void ki_proc_call_bind(struct ki_proc *proc, kith_pid callee, void *user) {
	struct ki_relation *relation = ki_relset_find(&proc->calls, callee);
	ki_check(relation != NULL && user != NULL); /* its result stays among the arrivals */
	call_of(relation)->user = user;
}

void *ki_proc_call_find(const struct ki_proc *proc, kith_pid callee) {
	struct ki_relation *relation = ki_relset_find(&proc->calls, callee);
	return relation ? call_of(relation)->user : NULL;
}

bool ki_proc_call_take(struct ki_proc *proc, kith_pid callee, void **user) {
	struct ki_relation *relation = ki_relset_remove(&proc->calls, callee);
	if (!relation) {
		return false;
	}
	*user = call_of(relation)->user;
	ki_signal_free(&relation->signal);
	return true;
}

/* In the runtime's name, since the caller may be gone before it is read. Without memory for the
 * news the callee, which nobody waits for, ends at once. */
static void cancel(struct ki_system *system, kith_pid callee) {
	int status = ki_cancel(
		system, KI_PID_SYSTEM, callee, GRACE_NS, ki_strv("caller context canceled"));
	if (status == KITH_EEXHAUSTED) {
		ki_force(system, callee, KI_CAUSE_DEADLINE);
	}
}

void ki_proc_call_cancel(struct ki_proc *proc, kith_pid callee) {
	void *user;
	if (ki_proc_call_take(proc, callee, &user)) {
		cancel(proc->system, callee);
	}
}

void ki_proc_calls_cancel(struct ki_proc *proc) {
	struct ki_relation *relation;
	while ((relation = ki_relset_pop(&proc->calls))) {
		cancel(proc->system, relation->peer);
		ki_signal_free(&relation->signal);
	}
}

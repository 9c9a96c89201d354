/*
 * process/force.c: cancel, and force on a process whatever it does (SPEC 7).
 *
 * Owns: the way from NONE to a cause in a process's force word.
 * Threads: any.
 *
 *	xforce: NONE --ki_force--> cause --ki_proc_tell_end--> SEALED
 *	             \------------ki_proc_tell_end-----------^
 *
 * Invariants:
 *	F1 of several forces the first counts.
 *	F2 a force that was granted is seen: it is judged wherever a slice can end, and at the
 *	   latest when the word is sealed.
 * Tags: [PF1] the word has one order: either the sealing finds the cause, or the forcer finds the
 *	seal.
 * Not here: the dying (exit.c).
 */
#include "process/force.h"

#include <string.h>

#include "base/alloc.h"
#include "mem/value.h"
#include "process/mailbox.h"

struct ki_payload *ki_cause_error(enum ki_cause cause) {
	switch (cause) {
	case KI_CAUSE_TERMINATE:
		return ki_error_payload_status(KITH_ECANCELED, ki_strv("process terminated"));
	case KI_CAUSE_DEADLINE:
		return ki_error_payload_status(KITH_ECANCELED, ki_strv("cancel deadline exceeded"));
	case KI_CAUSE_HOST_STOP:
		return ki_error_payload_status(KITH_ECANCELED, ki_strv("context canceled"));
	case KI_CAUSE_MEMORY:
		return ki_error_payload_status(KITH_EEXHAUSTED, ki_strv("out of memory"));
	default:
		return ki_error_payload_status(KITH_EINTERNAL, ki_strv("process failed"));
	}
}

int ki_force(struct ki_system *system, kith_pid pid, enum ki_cause cause) {
	struct ki_proc *proc = ki_table_pin(&system->table, pid);
	if (!proc) {
		return KITH_ENOTFOUND;
	}
	if (proc->internal && cause != KI_CAUSE_HOST_STOP) { /* a program guessed its PID */
		ki_table_unpin(&system->table, pid);
		return KITH_ENOTFOUND;
	}
	uint32_t found = KI_CAUSE_NONE;
	/* acq_rel: one order of force and seal. [PF1] */
	bool first = ki_cas_acq_rel(&proc->xforce, &found, (uint32_t)cause);
	if (first) {
		ki_task_wake(&proc->task);
	}
	ki_table_unpin(&system->table, pid);
	return first || found != KI_CAUSE_SEALED ? KITH_OK : KITH_ENOTFOUND;
}

bool ki_proc_forced(struct ki_proc *proc) {
	/* acq: the owner sees what the forcer did before. [PF1] */
	return ki_load_acq(&proc->xforce) != KI_CAUSE_NONE || proc->result->cause != KI_CAUSE_NONE;
}

int ki_cancel(struct ki_system *system, kith_pid from, kith_pid to, int64_t deadline_ns,
	struct ki_strv reason) {
	if (!ki_pid_alive(system, to)) {
		return KITH_ENOTFOUND;
	}
	struct ki_cancel *cancel = ki_zalloc(sizeof(*cancel) + reason.len + 1);
	if (!cancel) {
		return KITH_EEXHAUSTED;
	}
	cancel->signal.kind = KI_SIGNAL_CANCEL;
	cancel->signal.from = from;
	cancel->signal.at_ns = ki_sched_wall(system->sched);
	cancel->reason_len = (uint32_t)reason.len;
	if (reason.len) {
		memcpy(cancel->reason, reason.ptr, reason.len);
	}
	if (deadline_ns > 0) {
		struct ki_host *host = system->hosts[ki_pid_host(to)]->host;
		int64_t now = ki_sched_now(system->sched);
		int64_t due = deadline_ns < INT64_MAX - now ? now + deadline_ns : INT64_MAX;
		cancel->deadline = ki_deadline_arm(system, host, to, due, KI_CAUSE_DEADLINE);
		if (!cancel->deadline) {
			ki_signal_free(&cancel->signal);
			return KITH_EEXHAUSTED;
		}
		cancel->deadline_wall_ns = deadline_ns < INT64_MAX - cancel->signal.at_ns
			? cancel->signal.at_ns + deadline_ns
			: INT64_MAX;
	}
	if (!ki_signal_push(system, to, &cancel->signal)) {
		ki_signal_free(&cancel->signal);
		return KITH_ENOTFOUND;
	}
	return KITH_OK;
}

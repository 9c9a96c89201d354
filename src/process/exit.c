/*
 * process/exit.c: how a process ends, in the order of SPEC 4.6.
 *
 * Owns: the decision (proc->result) and the telling of it.
 * Threads: the owner of the process.
 * Invariants:
 *	E1 the end cannot fail: the result was made with the process, and each notice is the block
 *	   of the relation it ends.
 *	E2 the force word is sealed before the mailbox closes: a force that was granted shows in
 *	   the result.
 *	E3 all EXITs go out before any LINK_DOWN (SPEC 4.6), but for the runtime's own watchers, who
 *	   hear last.
 * Tags: [PF1] see force.c.
 * Not here: who applies force (force.c), what a crash report looks like (api).
 */
#include "process/exit.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/check.h"
#include "base/status.h"
#include "mem/value.h"
#include "process/account.h"
#include "process/calls.h"
#include "process/force.h"
#include "process/input.h"
#include "process/mailbox.h"
#include "process/names.h"
#include "process/upgrade.h"
#include "time/duration.h"

/* Signals that are freed between two looks at the slice. */
enum { DROPS_MAX = 1000 };

/* ---- The decision ---- */

static bool undecided(struct ki_proc *proc) {
	return proc->result->cause == KI_CAUSE_NONE;
}

static void decide(struct ki_proc *proc, enum ki_cause cause, struct ki_payload *value,
	struct ki_payload *error) {
	if (undecided(proc)) {
		proc->result->cause = (uint8_t)cause;
		proc->result->value = value;
		proc->result->error = error;
	} else {
		ki_payload_unref(value);
		ki_payload_unref(error);
	}
}

void ki_proc_end_return(struct ki_proc *proc, struct ki_payload *value) {
	decide(proc, KI_CAUSE_RETURN, value, NULL);
}

void ki_proc_end_error(struct ki_proc *proc, struct ki_payload *error) {
	decide(proc, KI_CAUSE_ERROR, NULL, error);
}

void ki_proc_end_cause(struct ki_proc *proc, enum ki_cause cause, struct ki_payload *error) {
	decide(proc, cause, NULL, error ? error : ki_cause_error(cause));
}

uint64_t ki_proc_memory_limit(const struct ki_proc *proc, uint64_t used_bytes) {
	const struct ki_budget *memory = proc->system->memory;
	uint64_t limit_bytes = proc->limits.max_memory;
	if (limit_bytes == 0 && memory != NULL) {
		limit_bytes = memory->limit_bytes;
	}
	return limit_bytes != 0 ? limit_bytes : used_bytes;
}

void ki_proc_end_memory(struct ki_proc *proc, uint64_t limit_bytes) {
	char text[80];
	snprintf(text, sizeof(text), "memory limit exceeded (limit %" PRIu64 " bytes)",
		limit_bytes);
	ki_proc_end_cause(proc, KI_CAUSE_MEMORY,
		ki_error_payload_status(KITH_EEXHAUSTED, ki_strv(text)));
}

void ki_proc_end_turn(struct ki_proc *proc) {
	char text[80];
	snprintf(text, sizeof(text), "time budget exceeded (limit %.15g ms)",
		(double)proc->limits.max_turn_ns / KI_NS_PER_MS);
	ki_proc_end_cause(proc, KI_CAUSE_TURN,
		ki_error_payload_status(KITH_EEXHAUSTED, ki_strv(text)));
}

void ki_proc_end_link(struct ki_proc *proc, kith_pid peer, const struct ki_result *result) {
	char pid[KI_PID_TEXT_MAX];
	struct ki_error_view view = {0};
	if (!undecided(proc)) {
		return;
	}
	if (result->error) {
		ki_error_read(result->error, &view);
	}
	struct ki_value_pair details[] = {
		{ki_strv("pid"), ki_strv_n(pid, ki_pid_format(proc->system, peer, pid))},
		{ki_strv("reason"), view.message},
	};
	struct ki_payload *error = ki_error_payload(ki_strv(ki_status_kind(KITH_EINTERNAL)),
		ki_strv("linked process failed"), KI_RETRYABLE_NIL, ki_strv(""), details,
		ki_countof(details));
	decide(proc, KI_CAUSE_LINK, NULL, error);
}

/* No force is granted from here on. One that was goes before an end decided otherwise. [E2] */
static void seal_force(struct ki_proc *proc) {
	/* acq_rel: one order of seal and force. [PF1] */
	enum ki_cause force = (enum ki_cause)ki_xchg_acq_rel(&proc->xforce, KI_CAUSE_SEALED);
	if (force == KI_CAUSE_NONE || force == KI_CAUSE_SEALED) {
		return;
	}
	ki_payload_unref(proc->result->value);
	ki_payload_unref(proc->result->error);
	proc->result->value = NULL;
	proc->result->error = ki_cause_error(force);
	proc->result->cause = (uint8_t)force;
}

/* ---- The telling ---- */

static void count_end(struct ki_proc *proc) {
	enum ki_cause cause = (enum ki_cause)proc->result->cause;
	enum ki_counter how = cause == KI_CAUSE_RETURN ? KI_COUNTER_ENDED_NORMAL
		: cause == KI_CAUSE_ERROR              ? KI_COUNTER_ENDED_FAILED
						       : KI_COUNTER_ENDED_FORCED;
	ki_proc_show_end(proc);
	ki_proc_host_count(proc->host, KI_COUNTER_MESSAGES_DROPPED, proc->nr_open);
	ki_proc_host_count(proc->host, KI_COUNTER_PAYLOAD_BYTES, -proc->open_bytes);
	ki_proc_drop_open(proc);
	if (!proc->internal) {
		ki_proc_host_count(proc->host, how, 1);
		ki_proc_host_leave(proc->host);
	}
}

/* What the runtime watches for itself is nobody's monitor. */
static uint32_t users_monitors(const struct ki_proc *proc) {
	const struct ki_relset *set = &proc->watchers;
	uint32_t nr = 0;
	for (uint32_t i = 0; i <= set->mask; i++) {
		const struct ki_relation *relation = set->mask ? set->chains[i] : set->first;
		for (; relation; relation = relation->next) {
			nr += ki_pid_host(relation->peer) != KI_HOST_INDEX_SYSTEM;
		}
	}
	return nr;
}

static void report(struct ki_proc *proc) {
	if (proc->internal || !ki_result_failed(proc->result) || !proc->system->hooks.crash) {
		return;
	}
	struct ki_crash crash = {
		.pid = proc->pid,
		.entry = proc->program->id,
		.result = proc->result,
		.uptime_ns = ki_sched_now(proc->system->sched) - proc->started_ns,
		.nr_links = ki_proc_nr_links(proc),
		.nr_monitors = users_monitors(proc),
		.restarts = proc->restarts,
		.heard_cancel = ki_load_rlx(&proc->xhears_cancel), /* rlx: its own */
	};
	proc->system->hooks.crash(proc->system->hooks.user, &crash);
}

/* Sends a relation's own block to its peer as `kind`. [E1] */
static void tell(struct ki_proc *proc, struct ki_relation *relation, enum ki_signal_kind kind,
	int64_t at_ns) {
	kith_pid to = relation->peer;
	relation->signal.kind = (uint8_t)kind;
	relation->signal.from = relation->peer = proc->pid;
	relation->signal.at_ns = at_ns;
	if (kind != KI_SIGNAL_LINK_GONE && kind != KI_SIGNAL_DEMONITOR) {
		relation->result = ki_result_ref(proc->result);
	}
	ki_signal_tell(proc->system, to, &relation->signal);
}

static void tell_relations(struct ki_proc *proc) {
	bool failed = ki_result_failed(proc->result);
	int64_t at_ns = ki_sched_wall(proc->system->sched);
	struct ki_relation *relation;
	/* The runtime hears of it last: a stop that goes on from here overtakes no LINK_DOWN. */
	struct ki_relation *ours = NULL;
	if (proc->caller) {
		tell(proc, proc->caller, KI_SIGNAL_RESULT, at_ns);
		proc->caller = NULL;
	}
	while ((relation = ki_relset_pop(&proc->watchers))) {
		if (ki_pid_host(relation->peer) == KI_HOST_INDEX_SYSTEM) {
			relation->next = ours;
			ours = relation;
		} else {
			tell(proc, relation, KI_SIGNAL_EXIT, at_ns);
		}
	}
	while ((relation = ki_relset_pop(&proc->links))) { /* E3 */
		if (relation->unlinking) {
			ki_signal_free(&relation->signal);
		} else {
			tell(proc, relation, failed ? KI_SIGNAL_LINK_DOWN : KI_SIGNAL_LINK_GONE,
				at_ns);
		}
	}
	while ((relation = ki_relset_pop(&proc->watching))) {
		tell(proc, relation, KI_SIGNAL_DEMONITOR, at_ns);
	}
	while ((relation = ours)) {
		ours = relation->next;
		tell(proc, relation, KI_SIGNAL_EXIT, at_ns);
	}
}

void ki_proc_tell_end(struct ki_proc *proc) {
	if (proc->ended) {
		return;
	}
	seal_force(proc);
	ki_assert(proc->result->cause != KI_CAUSE_NONE); /* who ends says how */
	proc->ended = true;
	ki_deadlines_stop(proc);
	ki_proc_timers_stop(proc); /* what has fired is in the mailbox now, and nothing follows */
	struct ki_mpsc_node *last = ki_mpsc_close_owner(&proc->mailbox);
	ki_names_free(proc); /* at once: a spawn may wait for one (spawn.c) */
	ki_proc_arrive(proc, last);
	ki_inputs_abandon(proc);
	ki_proc_calls_cancel(proc);
	count_end(proc);
	report(proc);
	tell_relations(proc);
}

void ki_proc_drop_arrived(struct ki_proc *proc, bool gives_way) {
	struct ki_signal *signal;
	for (unsigned nr = 1; (signal = ki_proc_take(proc)); nr++) {
		ki_signal_free(signal);
		if (gives_way && nr % DROPS_MAX == 0 && ki_task_tick()) {
			ki_task_yield(true);
		}
	}
}

void ki_proc_let_go(struct ki_proc *proc) {
	ki_proc_drop_arrived(proc, false);
	if (proc->loading) { /* force came while its chunk ran on our strand */
		ki_proc_host_count(proc->loading->host, KI_COUNTER_SPAWN_REFUSED, 1);
		ki_proc_unmake(proc->loading);
		proc->loading = NULL;
	}
	ki_upgrade_drop(proc);
	proc->program->ops->destroy(proc);
}

/*
 * process/spawn.c: making a process (SPEC 4.2 from step 2 on).
 *
 * Owns: struct ki_proc until it is published.
 * Threads: the owner of the spawner, or any thread when there is none.
 * Invariants:
 *	SP1 until it is published a process is known to its spawner alone (parent->loading), whose
 *	   forced end undoes it.
 *	SP2 relations, then publishing, then the first step: nothing of a child can be missed.
 *	SP3 a spawn that meets a host stop: it publishes and then reads the state again (both sc),
 *	   the stop sets the state and then walks the table; so the walk finds the process or the
 *	   spawn finds the stop, and cancels the child itself. [HS1]
 *	SP4 the name is the last thing that can be refused: only a process that will be published
 *	   has one, and whoever finds it before it is waits for no more than that.
 * Not here: which host and program are meant (the caller).
 */
#include "process/exit.h"

#include "base/alloc.h"
#include "mem/value.h"
#include "process/account.h"
#include "process/calls.h"
#include "process/mailbox.h"
#include "process/names.h"

void ki_proc_release(struct ki_proc *proc) {
	ki_relset_fini(&proc->links);
	ki_relset_fini(&proc->watchers);
	ki_relset_fini(&proc->watching);
	ki_relset_fini(&proc->calls);
	if (proc->caller) {
		ki_signal_free(&proc->caller->signal);
	}
	ki_payload_unref(proc->context);
	ki_result_unref(proc->result);
	ki_free(proc);
}

void ki_proc_unmake(struct ki_proc *proc) {
	proc->ended = true;
	ki_proc_arrive(proc, ki_mpsc_close_owner(&proc->mailbox));
	ki_proc_drop_open(proc);
	ki_proc_drop_arrived(proc, false);
	proc->program->ops->destroy(proc);
	if (!proc->internal) {
		ki_proc_host_leave(proc->host);
	}
	ki_table_close(&proc->system->table, proc->pid);
}

static int refuse(
	struct ki_proc_host *host, int status, const char *text, struct ki_payload **error) {
	ki_proc_host_count(host, KI_COUNTER_SPAWN_REFUSED, 1);
	*error = ki_error_payload_status(status, ki_strv(text));
	return status;
}

/* 0, or the error of step 2. */
static int check_host(struct ki_proc_host *host, struct ki_payload **error) {
	switch (ki_proc_host_state(host)) {
	case KI_PROC_HOST_STOPPED:
		return refuse(host, KITH_EUNAVAILABLE, "host is not running", error);
	case KI_PROC_HOST_STOPPING:
		return refuse(host, KITH_EUNAVAILABLE, "host is shutting down", error);
	case KI_PROC_HOST_RUNNING:
		break;
	}
	return KITH_OK;
}

/* Step 6, and room in the runtime's memory (SPEC 15.6): for how much the body will say. */
static int enter_host(const struct ki_spawn *spawn, struct ki_payload **error) {
	if (!spawn->internal && ki_budget_lacks(spawn->host->system->memory, 1)) {
		return refuse(spawn->host, KITH_EEXHAUSTED, "memory full", error);
	}
	if (spawn->internal || ki_proc_host_enter(spawn->host)) {
		return KITH_OK;
	}
	return refuse(spawn->host, KITH_EEXHAUSTED, "max processes limit exceeded", error);
}

/* The child's context values (SPEC 12.5), one reference, or NULL. */
static struct ki_payload *context_of(const struct ki_spawn *spawn) {
	struct ki_payload *context = spawn->context;
	if (!context && spawn->parent) {
		context = spawn->parent->context;
	}
	return context ? ki_payload_ref(context) : NULL;
}

static struct ki_limits limits_of(const struct ki_spawn *spawn) {
	struct ki_limits own = ki_limits_over(&spawn->limits, &spawn->program->limits);
	return ki_limits_over(&own, &spawn->host->limits);
}

static struct ki_proc *make(struct ki_system *system, const struct ki_spawn *spawn) {
	struct ki_proc *proc = ki_zalloc(sizeof(*proc));
	struct ki_result *result = ki_zalloc(sizeof(*result));
	uint32_t host = spawn->internal ? KI_HOST_INDEX_SYSTEM : spawn->host->index;
	if (!proc || !result || ki_table_claim(&system->table, proc, host, &proc->pid)) {
		ki_free(proc);
		ki_free(result);
		return NULL;
	}
	ki_store_rlx(&result->xrefs, 1); /* nobody else knows it yet */
	proc->result = result;
	proc->system = system;
	proc->host = spawn->internal ? system->hosts[KI_HOST_INDEX_SYSTEM] : spawn->host;
	proc->host_of_timers = spawn->host->host;
	proc->program = spawn->program;
	proc->parent = spawn->parent ? spawn->parent->pid : 0;
	proc->internal = spawn->internal;
	proc->restarts = spawn->restarts;
	proc->command = spawn->command;
	proc->context = context_of(spawn);
	proc->limits = limits_of(spawn);
	proc->started_ns = ki_sched_now(system->sched);
	proc->started_wall_ns = ki_sched_wall(system->sched);
	ki_mpsc_init(&proc->mailbox);
	ki_list_init(&proc->timers);
	ki_list_init(&proc->deadlines);
	ki_task_init(&proc->task, spawn->host->host, &ki_proc_task_ops);
	proc->task.budget_ns = proc->limits.max_turn_ns < INT64_MAX
		? (int64_t)proc->limits.max_turn_ns
		: INT64_MAX;
	return proc;
}

/* Runs the chunk on this strand. A forced end of the spawner leaves from within: SP1 */
static int start_body(
	struct ki_proc *proc, const struct ki_spawn *spawn, struct ki_payload **error) {
	struct ki_proc *parent = spawn->parent;
	if (parent) {
		parent->loading = proc;
	}
	int status =
		proc->program->ops->start(proc, proc->program, spawn->args, spawn->nr_args, error);
	if (parent) {
		parent->loading = NULL;
	}
	return status;
}

static bool relate(struct ki_proc *child, struct ki_proc *parent, enum ki_signal_kind kind,
	struct ki_relset *childs, struct ki_relset *parents) {
	struct ki_relation *of_child = ki_relation_new(kind, parent->pid, parent->pid);
	struct ki_relation *of_parent = ki_relation_new(kind, child->pid, child->pid);
	if (!of_child || !of_parent) {
		ki_free(of_child);
		ki_free(of_parent);
		return false;
	}
	ki_relset_add(childs, of_child);
	ki_relset_add(parents, of_parent);
	return true;
}

static bool set_call(struct ki_proc *child, const struct ki_spawn *spawn) {
	struct ki_proc *parent = spawn->parent;
	struct ki_proc_call *call = ki_proc_call_new(child->pid);
	child->caller = ki_relation_new(KI_SIGNAL_RESULT, parent->pid, parent->pid);
	if (!call || !child->caller) {
		ki_free(call);
		return false;
	}
	ki_relset_add(&parent->calls, &call->relation);
	return true;
}

static void forget(struct ki_relset *set, kith_pid peer) {
	struct ki_relation *relation = ki_relset_remove(set, peer);
	if (relation) {
		ki_signal_free(&relation->signal);
	}
}

/* Takes back what the parent has of a child that will not be. */
static void unset_relations(struct ki_proc *child, struct ki_proc *parent) {
	if (parent) {
		forget(&parent->watching, child->pid);
		forget(&parent->links, child->pid);
		forget(&parent->calls, child->pid);
	}
}

static bool set_relations(struct ki_proc *child, const struct ki_spawn *spawn) {
	struct ki_proc *parent = spawn->parent;
	if (!parent) {
		return true;
	}
	if ((spawn->relations & KI_SPAWN_MONITOR) &&
		!relate(child, parent, KI_SIGNAL_MONITOR, &child->watchers, &parent->watching)) {
		return false;
	}
	if ((spawn->relations & KI_SPAWN_LINK) &&
		!relate(child, parent, KI_SIGNAL_LINK, &child->links, &parent->links)) {
		return false;
	}
	return !(spawn->relations & KI_SPAWN_CALL) || set_call(child, spawn);
}

static bool queue_messages(struct ki_proc *child, const struct ki_spawn *spawn) {
	for (size_t i = 0; i < spawn->nr_messages; i++) {
		struct ki_message *message = ki_message_copy(spawn->messages[i]);
		if (!message || ki_proc_put_first(child, message)) {
			return false;
		}
	}
	return true;
}

/*
 * Gives the child its name: 0, KITH_EEXIST with the living holder in *holder, KITH_EEXHAUSTED. A
 * holder that is not alive is about to be, or has just ended: SP4 and exit.c make that short.
 */
static int claim_name(
	struct ki_proc *child, const struct ki_spawn *spawn, kith_pid *holder) {
	struct ki_system *system = child->system;
	for (;;) {
		int status = ki_name_claim(child, spawn->name, child->parent);
		if (status != KITH_EEXIST ||
			(ki_name_find(system, spawn->name, holder) == KITH_OK &&
				ki_pid_alive(system, *holder))) {
			return status;
		}
		if (ki_task_self()) {
			ki_task_yield(false);
		}
	}
}

/* What is in place before the child's first step. Unless it gives 0, unset_relations and the end of
 * the child undo it. */
static int equip(struct ki_proc *child, const struct ki_spawn *spawn, kith_pid *holder,
	struct ki_payload **error) {
	int status = KITH_EEXHAUSTED;
	if (set_relations(child, spawn) && queue_messages(child, spawn)) {
		status = spawn->name.len > 0 ? claim_name(child, spawn, holder) : KITH_OK;
	}
	if (status == KITH_EEXHAUSTED) {
		*error = ki_error_payload_status(status, ki_strv("memory full"));
	}
	return status;
}

/* The child is whole: from here on it is anybody's. */
static void publish(struct ki_proc *child, const struct ki_spawn *spawn) {
	struct ki_system *system = child->system;
	kith_pid pid = child->pid;
	if (!child->internal) {
		ki_proc_host_count(child->host, KI_COUNTER_SPAWNED, 1);
	}
	ki_proc_host_count(child->host, KI_COUNTER_MESSAGES_SENT, spawn->nr_messages);
	/* rlx: nobody else knows it yet */
	ki_proc_host_count(
		child->host, KI_COUNTER_PAYLOAD_BYTES, ki_load_rlx(&child->xmailbox_bytes));
	child->published = true;
	ki_proc_show(child);
	ki_table_publish(&system->table, pid); /* SP2 */
	/* From here on anybody may wake it, and it may have ended already. */
	if (ki_table_pin(&system->table, pid)) {
		ki_task_start(&child->task);
		ki_table_unpin(&system->table, pid);
	}
	if (!spawn->internal &&
		ki_proc_host_state(spawn->host) == KI_PROC_HOST_STOPPING) { /* SP3 */
		ki_cancel(system, KI_PID_SYSTEM, pid, 0, ki_strv("scheduler shutdown"));
	}
}

int ki_proc_spawn(struct ki_system *system, const struct ki_spawn *spawn, kith_pid *pid,
	struct ki_payload **error) {
	*error = NULL;
	int status = check_host(spawn->host, error);
	if (!status) {
		status = enter_host(spawn, error);
	}
	if (status) {
		return status;
	}
	struct ki_proc *child = make(system, spawn);
	if (!child) {
		if (!spawn->internal) {
			ki_proc_host_leave(spawn->host);
		}
		return refuse(spawn->host, KITH_EEXHAUSTED, "memory full", error);
	}
	kith_pid made = child->pid;
	status = start_body(child, spawn, error);
	if (!status) {
		status = equip(child, spawn, pid, error);
	}
	if (status) {
		if (status != KITH_EEXIST) {
			ki_proc_host_count(spawn->host, KI_COUNTER_SPAWN_REFUSED, 1);
		}
		unset_relations(child, spawn->parent);
		ki_proc_unmake(child);
		return status;
	}
	publish(child, spawn);
	*pid = made;
	return KITH_OK;
}

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
 * Not here: which host and program are meant (the caller).
 */
#include "process/exit.h"

#include "base/alloc.h"
#include "mem/value.h"

void ki_proc_release(struct ki_proc *proc) {
	ki_relset_fini(&proc->links);
	ki_relset_fini(&proc->watchers);
	ki_relset_fini(&proc->watching);
	ki_result_unref(proc->result);
	ki_free(proc);
}

void ki_proc_unmake(struct ki_proc *proc) {
	proc->ended = true;
	proc->program->ops->destroy(proc);
	ki_table_close(&proc->system->table, proc->pid);
}

static int refuse(
	struct ki_proc_host *host, int status, const char *text, struct ki_payload **error) {
	ki_counters_add(&host->counters, KI_COUNTER_SPAWN_REFUSED, 1);
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
	proc->started_ns = ki_sched_now(system->sched);
	proc->started_wall_ns = ki_sched_wall(system->sched);
	ki_mpsc_init(&proc->mailbox);
	ki_list_init(&proc->timers);
	ki_list_init(&proc->deadlines);
	ki_task_init(&proc->task, spawn->host->host, &ki_proc_task_ops);
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
		struct ki_relation *watched = ki_relset_remove(&parent->watching, child->pid);
		if (watched) {
			ki_signal_free(&watched->signal);
		}
		return false;
	}
	return true;
}

int ki_proc_spawn(struct ki_system *system, const struct ki_spawn *spawn, kith_pid *pid,
	struct ki_payload **error) {
	*error = NULL;
	int status = check_host(spawn->host, error);
	if (status) {
		return status;
	}
	struct ki_proc *proc = make(system, spawn);
	if (!proc) {
		return refuse(spawn->host, KITH_EEXHAUSTED, "out of memory", error);
	}
	status = start_body(proc, spawn, error);
	if (status == KITH_OK && !set_relations(proc, spawn)) {
		status = KITH_EEXHAUSTED;
		*error = ki_error_payload_status(status, ki_strv("out of memory"));
	}
	if (status) {
		ki_counters_add(&spawn->host->counters, KI_COUNTER_SPAWN_REFUSED, 1);
		ki_proc_unmake(proc);
		return status;
	}
	if (!proc->internal) {
		ki_counters_add(&proc->host->counters, KI_COUNTER_SPAWNED, 1);
		ki_counters_add(&proc->host->counters, KI_COUNTER_PROCESSES, 1);
	}
	kith_pid made = proc->pid;
	proc->published = true;
	ki_table_publish(&system->table, made); /* SP2 */
	/* From here on anybody may wake it, and it may have ended already. */
	if (ki_table_pin(&system->table, made)) {
		ki_task_start(&proc->task);
		ki_table_unpin(&system->table, made);
	}
	if (!spawn->internal &&
		ki_proc_host_state(spawn->host) == KI_PROC_HOST_STOPPING) { /* SP3 */
		ki_cancel(system, KI_PID_SYSTEM, made, 0, ki_strv("scheduler shutdown"));
	}
	*pid = made;
	return KITH_OK;
}

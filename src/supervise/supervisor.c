/*
 * supervisor.c: how a supervisor starts, restarts and stops its children; see supervisor_body.h.
 *
 * Owns: struct ki_supervisor. Threads: the owner of its process.
 * Not here: what programs may ask of it (supervisor_answer.c).
 */
#include "supervise/supervisor.h"

#include <inttypes.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "mem/value.h"
#include "supervise/supervisor_body.h"
#include "time/duration.h"

/* Acts in one turn before others get theirs. */
enum { ACTS_MAX = 16 };

static const char STOPPING[] = "supervisor stopping";

static int64_t now_of(const struct ki_supervisor *sup) {
	return ki_sched_now(sup->proc->system->sched);
}

static int64_t after(int64_t now_ns, int64_t span_ns) {
	return span_ns < INT64_MAX - now_ns ? now_ns + span_ns : INT64_MAX;
}

static bool in_group(const struct ki_supervisor *sup, const struct ki_child *child) {
	return sup->from && child->order >= sup->from->order;
}

static struct ki_proc_host *host_of(const struct ki_supervisor *sup, const struct ki_child *child) {
	return child->spec->host ? child->spec->host : sup->proc->host;
}

/* ---- The end ---- */

/* Stops all children, last first, and ends: normally, or with `error` (taken). The first reason
 * counts. */
static void begin_stop(struct ki_supervisor *sup, enum ki_cause cause, struct ki_payload *error) {
	if (sup->phase == KI_SUPERVISOR_STOPPING) {
		ki_payload_unref(error);
		return;
	}
	sup->phase = KI_SUPERVISOR_STOPPING;
	sup->cause = (uint8_t)cause;
	sup->error = error;
	sup->from = NULL;
	sup->cursor = ki_child_last(&sup->children);
	ki_wait_end(&sup->wait);
	while (ki_list_pop_front(&sup->ready)) {
		/* none of them is started any more */
	}
}

static void stop_normally(struct ki_supervisor *sup) {
	begin_stop(sup, KI_CAUSE_RETURN, NULL);
}

static void fail(struct ki_supervisor *sup, int status, const char *text) {
	begin_stop(sup, KI_CAUSE_ERROR, ki_error_payload_status(status, ki_strv(text)));
}

static void fail_start(
	struct ki_supervisor *sup, const struct ki_child *child, struct ki_payload *error) {
	struct ki_error_view view = {.message = ki_strv("out of memory")};
	struct ki_buf text;
	ki_buf_init(&text);
	if (error) {
		ki_error_read(error, &view);
	}
	ki_buf_puts(&text, "child ");
	ki_child_put_name(child, &text);
	ki_buf_puts(&text, " failed to start: ");
	ki_buf_putv(&text, view.message);
	fail(sup, KITH_EINTERNAL, ki_buf_cstr(&text));
	ki_buf_fini(&text);
	ki_payload_unref(error);
}

static void fail_intensity(struct ki_supervisor *sup) {
	char within[KI_DURATION_TEXT_MAX];
	struct ki_buf text;
	ki_duration_format(sup->spec->within_ns, within);
	ki_buf_init(&text);
	ki_buf_printf(&text, "restart intensity exceeded (%" PRIu64 " restarts within %s)",
		sup->spec->max_restarts, within);
	fail(sup, KITH_EINTERNAL, ki_buf_cstr(&text));
	ki_buf_fini(&text);
}

/* The process above it in the tree has failed: as with any link (SPEC 4.5), but in order. */
static void fail_with_parent(struct ki_supervisor *sup, const struct ki_result *result) {
	char pid[KI_PID_TEXT_MAX];
	struct ki_error_view view = {0};
	if (result->error) {
		ki_error_read(result->error, &view);
	}
	struct ki_value_pair details[] = {
		{ki_strv("pid"),
			ki_strv_n(pid,
				ki_pid_format(sup->proc->system, sup->proc->parent, pid))},
		{ki_strv("reason"), view.message},
	};
	begin_stop(sup, KI_CAUSE_LINK,
		ki_error_payload(ki_strv("Internal"), ki_strv("linked process failed"),
			KI_RETRYABLE_NIL, ki_strv(""), details, ki_countof(details)));
}

static void end(struct ki_supervisor *sup) {
	struct ki_payload *error = sup->error;
	sup->error = NULL;
	if (sup->cause == KI_CAUSE_RETURN) {
		ki_proc_end_return(sup->proc, NULL);
	} else if (sup->cause == KI_CAUSE_ERROR) {
		ki_proc_end_error(sup->proc, error);
	} else {
		ki_proc_end_cause(sup->proc, (enum ki_cause)sup->cause, error);
	}
}

/* ---- One child ---- */

int ki_supervisor_start_child(
	struct ki_supervisor *sup, struct ki_child *child, struct ki_payload **error) {
	const struct ki_child_spec *spec = child->spec;
	if (child->started) {
		child->restarts++;
	}
	struct ki_spawn spawn = {
		.program = spec->program,
		.host = host_of(sup, child),
		.parent = sup->proc,
		.relations = KI_SPAWN_MONITOR | KI_SPAWN_LINK,
		.args = child->args ? child->args : spec->input,
		.nr_args = spec->nr_input,
		.restarts = child->restarts,
	};
	ki_wait_end(&child->wait);
	ki_list_remove(&child->ready);
	child->held = false;
	kith_pid pid = 0;
	int status = ki_proc_spawn(sup->proc->system, &spawn, &pid, error); /* may be abandoned */
	if (status) {
		ki_child_set_state(child, KI_CHILD_STOPPED);
		return status;
	}
	child->started = true;
	child->run_ns = now_of(sup);
	child->run_wall_ns = ki_sched_wall(sup->proc->system->sched);
	ki_child_set_pid(&sup->children, child, pid);
	return KITH_OK;
}

void ki_supervisor_stop_child(struct ki_supervisor *sup, struct ki_child *child) {
	struct ki_system *system = sup->proc->system;
	int64_t shutdown_ns = child->spec->shutdown_ns;
	kith_pid pid = child->pid;
	ki_child_set_state(child, KI_CHILD_STOPPING);
	if (shutdown_ns == KI_SHUTDOWN_KILL) {
		ki_force(system, pid, KI_CAUSE_TERMINATE);
		return;
	}
	if (ki_pid_dies_deaf(system, pid)) {
		ki_force(system, pid, KI_CAUSE_HOST_STOP);
		return;
	}
	bool endless = shutdown_ns == KI_SHUTDOWN_ENDLESS;
	int status = ki_cancel(
		system, sup->proc->pid, pid, endless ? 0 : shutdown_ns, ki_strv(STOPPING));
	if (status == KITH_EEXHAUSTED || shutdown_ns == 0) {
		ki_force(system, pid, KI_CAUSE_DEADLINE);
	}
}

void ki_supervisor_drop_child(struct ki_supervisor *sup, struct ki_child *child) {
	bool down = sup->phase == KI_SUPERVISOR_GROUP_STOP || sup->phase == KI_SUPERVISOR_STOPPING;
	if (sup->from == child) {
		sup->from = ki_child_next(&sup->children, child);
	}
	if (sup->cursor == child) {
		sup->cursor = down ? ki_child_prev(&sup->children, child)
				   : ki_child_next(&sup->children, child);
	}
	ki_child_drop(&sup->children, child);
}

/* SV1 */
void ki_supervisor_child_due(struct ki_wait *wait) {
	struct ki_child *child = ki_container_of(wait, struct ki_child, wait);
	struct ki_supervisor *sup = wait->timer.proc->body;
	if (child->state == KI_CHILD_WAITING && sup->phase != KI_SUPERVISOR_STOPPING) {
		ki_list_push_back(&sup->ready, &child->ready);
	}
}

static void group_due(struct ki_wait *wait) {
	(void)wait; /* the phase looks at the clock */
}

/* ---- Restarts ---- */

/* A host that stops never comes back. */
static bool host_stops(const struct ki_supervisor *sup) {
	return ki_proc_host_state(sup->proc->host) == KI_PROC_HOST_STOPPING;
}

/* The end of its host is the supervisor's, or the child's alone. */
static bool stops_with_host(struct ki_supervisor *sup, struct ki_child *child) {
	if (ki_proc_host_state(host_of(sup, child)) != KI_PROC_HOST_STOPPING) {
		return false;
	}
	ki_child_set_state(child, KI_CHILD_STOPPED);
	if (host_stops(sup)) {
		stop_normally(sup);
	}
	return true;
}

static bool is_alone(const struct ki_supervisor *sup) {
	return sup->spec->strategy == KI_ONE_FOR_ONE;
}

static void restart_alone(struct ki_supervisor *sup, struct ki_child *child, int64_t due_ns) {
	ki_child_set_state(child, KI_CHILD_WAITING);
	if (due_ns > now_of(sup)) {
		ki_wait_until(&child->wait, due_ns);
	} else {
		ki_list_push_back(&sup->ready, &child->ready);
	}
}

/*
 * A group that stops or waits already grows towards the first child, and waits for the later time;
 * what a group at its start has started stays.
 */
static void restart_group(struct ki_supervisor *sup, struct ki_child *child, int64_t due_ns) {
	struct ki_child *first = sup->spec->strategy == KI_ONE_FOR_ALL
		? ki_child_first(&sup->children)
		: child;
	if (!sup->from || sup->phase == KI_SUPERVISOR_GROUP_START ||
		first->order < sup->from->order) {
		sup->from = first;
	}
	if (due_ns > sup->due_ns) {
		sup->due_ns = due_ns;
	}
	ki_child_set_state(child, KI_CHILD_WAITING);
	ki_wait_end(&sup->wait);
	sup->phase = KI_SUPERVISOR_GROUP_STOP;
	sup->cursor = ki_child_last(&sup->children);
}

/* A child has ended, or could not be started, and is to run. */
static void restart(struct ki_supervisor *sup, struct ki_child *child) {
	if (stops_with_host(sup, child)) {
		return;
	}
	child->attempts++;
	int64_t due_ns = after(now_of(sup),
		ki_backoff_ns(&child->spec->backoff, child->attempts,
			ki_sched_random(sup->proc->system->sched)));
	if (ki_ring_is_full(&sup->ring, due_ns)) {
		ki_child_set_state(child, KI_CHILD_STOPPED);
		fail_intensity(sup);
	} else if (is_alone(sup) || sup->phase == KI_SUPERVISOR_STARTING) {
		restart_alone(sup, child, due_ns); /* a group: once all have been started */
	} else {
		restart_group(sup, child, due_ns);
	}
}

/* SV4: notes the restart that is about to be tried. False: the supervisor ends instead. */
static bool note_restart(struct ki_supervisor *sup) {
	int64_t now_ns = now_of(sup);
	if (ki_ring_is_full(&sup->ring, now_ns)) { /* others were restarted during its wait */
		fail_intensity(sup);
		return false;
	}
	if (ki_ring_note(&sup->ring, now_ns)) {
		fail(sup, KITH_EEXHAUSTED, "out of memory");
		return false;
	}
	return true;
}

static void say_failed(
	struct ki_supervisor *sup, const struct ki_child *child, const struct ki_payload *error) {
	struct ki_error_view view = {.message = ki_strv("out of memory")};
	struct ki_buf name, text;
	ki_buf_init(&name);
	ki_buf_init(&text);
	if (error) {
		ki_error_read(error, &view);
	}
	ki_child_put_name(child, &name);
	ki_buf_putv(&text, view.message);
	struct ki_log_field fields[] = {
		{.key = "supervisor", .value = sup->proc->program->id},
		{.key = "child", .value = ki_buf_cstr(&name)},
		{.key = "error", .value = ki_buf_cstr(&text)},
	};
	ki_log_write(sup->proc->system->log, KI_LOG_WARN, "kith.supervisor",
		"child failed to restart", ki_countof(fields), fields);
	ki_buf_fini(&name);
	ki_buf_fini(&text);
}

static void start_again(struct ki_supervisor *sup, struct ki_child *child) {
	struct ki_payload *error = NULL;
	if (ki_supervisor_start_child(sup, child, &error)) {
		say_failed(sup, child, error);
		ki_payload_unref(error);
		restart(sup, child);
	}
}

/* ---- What it hears ---- */

/* It has ended while nobody wanted that. */
static void child_ended(
	struct ki_supervisor *sup, struct ki_child *child, const struct ki_result *result) {
	if (now_of(sup) - child->run_ns >= KI_STABLE_THRESHOLD_NS) {
		child->attempts = 0;
	}
	switch (child->spec->restart) {
	case KI_CHILD_TEMPORARY:
		ki_supervisor_drop_child(sup, child);
		return;
	case KI_CHILD_TRANSIENT:
		if (!ki_result_failed(result)) {
			ki_child_set_state(child, KI_CHILD_STOPPED);
			return;
		}
		break;
	case KI_CHILD_PERMANENT:
		break;
	}
	restart(sup, child);
}

static void hear_child(
	struct ki_supervisor *sup, struct ki_child *child, const struct ki_result *result) {
	bool asked = child->waiters != NULL; /* somebody has terminated it */
	bool grouped = sup->phase == KI_SUPERVISOR_GROUP_STOP && in_group(sup, child);
	if (!asked && !grouped && sup->phase != KI_SUPERVISOR_STOPPING) {
		child_ended(sup, child, result);
		return;
	}
	ki_child_set_state(child, grouped && !asked ? KI_CHILD_WAITING : KI_CHILD_STOPPED);
	child->held = child->held || asked;
	ki_supervisor_answer_ended(sup, child);
	if (child->spec->restart == KI_CHILD_TEMPORARY) {
		ki_supervisor_drop_child(sup, child);
	}
}

static void hear_exit(struct ki_supervisor *sup, struct ki_signal *signal) {
	struct ki_child *child = ki_child_take_pid(&sup->children, signal->from);
	if (child) {
		hear_child(sup, child, ki_signal_relation(signal)->result);
	} else if (sup->tied && signal->from == sup->proc->parent) {
		stop_normally(sup);
	}
}

static void hear_message(struct ki_supervisor *sup, struct ki_signal *signal) {
	const struct ki_message *message = ki_signal_message(signal);
	ki_proc_received(sup->proc, message);
	if (ki_strv_eqz(ki_strv_n(message->topic, message->topic_len), KI_TOPIC_SUPERVISOR) &&
		message->nr_payloads == 2) {
		ki_supervisor_ask(sup, signal);
	} else {
		ki_signal_free(signal); /* it has no inbox */
	}
}

static void hear(struct ki_supervisor *sup, struct ki_signal *signal) {
	switch ((enum ki_signal_kind)signal->kind) {
	case KI_SIGNAL_MESSAGE:
		hear_message(sup, signal);
		return;
	case KI_SIGNAL_EXIT:
		hear_exit(sup, signal);
		break;
	case KI_SIGNAL_LINK_DOWN: /* of a child: its EXIT has told */
		if (signal->from == sup->proc->parent) {
			fail_with_parent(sup, ki_signal_relation(signal)->result);
		}
		break;
	case KI_SIGNAL_CANCEL:
		stop_normally(sup);
		break;
	default:
		break;
	}
	ki_signal_free(signal);
}

/* ---- Its acts ---- */

/* Each gives whether something was done, so that there may be more to do. */

static bool act_starting(struct ki_supervisor *sup) {
	struct ki_child *child = sup->cursor;
	if (!child) {
		sup->phase = KI_SUPERVISOR_RUNNING;
		return true;
	}
	struct ki_payload *error = NULL;
	if (ki_supervisor_start_child(sup, child, &error)) {
		if (host_stops(sup)) {
			ki_payload_unref(error);
			stop_normally(sup);
		} else {
			fail_start(sup, child, error);
		}
		return true;
	}
	sup->cursor = ki_child_next(&sup->children, child);
	return true;
}

static bool act_running(struct ki_supervisor *sup) {
	struct ki_list *at = ki_list_pop_front(&sup->ready);
	if (!at) {
		return ki_supervisor_answer(sup);
	}
	struct ki_child *child = ki_list_entry(at, struct ki_child, ready);
	if (!is_alone(sup)) {
		restart_group(sup, child, now_of(sup));
		return true;
	}
	if (!stops_with_host(sup, child) && note_restart(sup)) {
		start_again(sup, child);
	}
	return true;
}

/* Stops what runs from the cursor to `first`, one after the other. */
static bool stop_down_to(struct ki_supervisor *sup, const struct ki_child *first) {
	struct ki_child *child = sup->cursor;
	while (child && child->order >= first->order && child->pid == 0) {
		child = ki_child_prev(&sup->children, child);
	}
	sup->cursor = child;
	if (!child || child->order < first->order) {
		return true;
	}
	if (child->state == KI_CHILD_RUNNING) {
		ki_supervisor_stop_child(sup, child);
	}
	return false;
}

static bool act_group_stop(struct ki_supervisor *sup) {
	if (sup->from && !stop_down_to(sup, sup->from)) {
		return ki_supervisor_answer(sup);
	}
	sup->phase = KI_SUPERVISOR_GROUP_WAIT;
	if (sup->due_ns > now_of(sup)) {
		ki_wait_until(&sup->wait, sup->due_ns);
	}
	return true;
}

static bool act_group_wait(struct ki_supervisor *sup) {
	if (sup->due_ns > now_of(sup)) {
		return ki_supervisor_answer(sup);
	}
	sup->due_ns = 0;
	if (host_stops(sup)) {
		stop_normally(sup);
	} else if (note_restart(sup)) {
		sup->phase = KI_SUPERVISOR_GROUP_START;
		sup->cursor = sup->from;
	}
	return true;
}

static bool act_group_start(struct ki_supervisor *sup) {
	struct ki_child *child = sup->cursor;
	if (!child) {
		sup->from = NULL;
		sup->phase = KI_SUPERVISOR_RUNNING;
		return true;
	}
	sup->cursor = ki_child_next(&sup->children, child);
	if (child->pid == 0 && !child->held) {
		start_again(sup, child);
	}
	return true;
}

static bool act_stopping(struct ki_supervisor *sup) {
	struct ki_child *first = ki_child_first(&sup->children);
	if (ki_supervisor_answer(sup)) {
		return true;
	}
	if (!first || stop_down_to(sup, first)) {
		end(sup);
		return true;
	}
	return false;
}

static bool act(struct ki_supervisor *sup) {
	switch ((enum ki_supervisor_phase)sup->phase) {
	case KI_SUPERVISOR_STARTING:
		return act_starting(sup);
	case KI_SUPERVISOR_RUNNING:
		return act_running(sup);
	case KI_SUPERVISOR_GROUP_STOP:
		return act_group_stop(sup);
	case KI_SUPERVISOR_GROUP_WAIT:
		return act_group_wait(sup);
	case KI_SUPERVISOR_GROUP_START:
		return act_group_start(sup);
	case KI_SUPERVISOR_STOPPING:
		break;
	}
	return act_stopping(sup);
}

/* ---- The body ---- */

static int add_children(struct ki_supervisor *sup) {
	for (size_t i = 0; i < sup->spec->nr_children; i++) {
		const struct ki_child_spec *spec = &sup->spec->children[i];
		for (uint32_t copy = 1; copy <= spec->count; copy++) {
			if (!ki_child_add(&sup->children, sup->proc, spec, NULL,
				    spec->count > 1 ? copy : 0, ki_supervisor_child_due)) {
				return KITH_EEXHAUSTED;
			}
		}
	}
	return KITH_OK;
}

static int take_spec(struct ki_supervisor *sup, const struct ki_program *program,
	struct ki_payload *const *args, size_t nr_args, struct ki_payload **error) {
	sup->spec = program->data;
	if (sup->spec) {
		return KITH_OK;
	}
	sup->tied = true;
	if (nr_args == 0 || !args[0]) {
		*error = ki_error_payload_status(KITH_EINVAL, ki_strv("spec must be a table"));
		return KITH_EINVAL;
	}
	int status = ki_supervisor_spec_read(sup->proc->system, args[0], &sup->own, error);
	sup->spec = sup->own;
	return status;
}

static int supervisor_start(struct ki_proc *proc, const struct ki_program *program,
	struct ki_payload *const *args, size_t nr_args, struct ki_payload **error) {
	struct ki_supervisor *sup = ki_zalloc(sizeof(*sup));
	if (!sup) {
		*error = NULL;
		return KITH_EEXHAUSTED;
	}
	sup->proc = proc;
	ki_children_init(&sup->children, proc->system->roll);
	ki_list_init(&sup->on_roll);
	ki_list_init(&sup->ready);
	ki_wait_init(&sup->wait, proc, group_due);
	proc->body = sup; /* from here on destroy lets go of it (B1) */
	proc->trap_links = true;
	ki_store_rlx(&proc->xhears_cancel, true); /* a hint */
	int status = take_spec(sup, program, args, nr_args, error);
	if (status) {
		return status;
	}
	ki_ring_init(&sup->ring, sup->spec->max_restarts, sup->spec->within_ns);
	return add_children(sup);
}

static void begin(struct ki_supervisor *sup) {
	struct ki_roll *roll = sup->children.roll;
	sup->begun = true;
	if (roll) {
		ki_roll_lock(roll);
		ki_list_push_back(&roll->supervisors, &sup->on_roll);
		ki_roll_unlock(roll);
	}
	sup->cursor = ki_child_first(&sup->children);
	if (!sup->tied) {
		return;
	}
	int status = ki_proc_monitor(sup->proc, sup->proc->parent);
	if (status == KITH_ENOTFOUND) {
		stop_normally(sup);
	} else if (status) {
		fail(sup, status, "out of memory");
	}
}

static enum ki_step supervisor_step(struct ki_proc *proc) {
	struct ki_supervisor *sup = proc->body;
	if (!sup->begun) {
		begin(sup);
	}
	for (int acts = 0; acts < ACTS_MAX; acts++) {
		if (!ki_proc_look(proc)) {
			return KI_STEP_DONE;
		}
		struct ki_signal *signal;
		while ((signal = ki_proc_take(proc))) {
			hear(sup, signal);
		}
		bool more = act(sup);
		if (ki_proc_forced(proc)) { /* it has ended */
			return KI_STEP_DONE;
		}
		if (!more) {
			return KI_STEP_WAIT;
		}
	}
	return KI_STEP_AGAIN;
}

static void supervisor_destroy(struct ki_proc *proc) {
	struct ki_supervisor *sup = proc->body;
	if (!sup) {
		return;
	}
	ki_roll_lock(sup->children.roll);
	ki_list_remove(&sup->on_roll);
	ki_roll_unlock(sup->children.roll);
	ki_supervisor_drop_requests(sup);
	ki_children_fini(&sup->children);
	ki_ring_fini(&sup->ring);
	ki_supervisor_spec_free(sup->own);
	ki_payload_unref(sup->error);
	ki_free(sup);
	proc->body = NULL;
}

static void supervisor_view(struct ki_proc *proc, struct ki_body_view *out) {
	struct ki_supervisor *sup = proc->body;
	if (!sup) {
		return;
	}
	size_t places = sup->children.by_pid ? sup->children.mask + 1 : 0;
	out->memory = sizeof(*sup) + sup->children.nr * sizeof(struct ki_child) +
		places * sizeof(struct ki_child *) + sup->ring.capacity * sizeof(int64_t);
}

const struct ki_body_ops ki_supervisor_ops = {
	.name = "supervisor",
	.start = supervisor_start,
	.step = supervisor_step,
	.destroy = supervisor_destroy,
	.view = supervisor_view,
};

const struct ki_program ki_supervisor_program = {
	.id = "kith:supervisor", .ops = &ki_supervisor_ops};

bool ki_supervisor_is(const struct ki_program *program) {
	return program->ops == &ki_supervisor_ops;
}

int ki_supervisor_check(struct ki_system *system, kith_pid pid) {
	struct ki_proc *proc = ki_table_pin(&system->table, pid);
	if (!proc) {
		return KITH_ENOTFOUND;
	}
	bool is = ki_supervisor_is(ki_load_rlx(&proc->shown.xprogram)); /* a hint */
	ki_table_unpin(&system->table, pid);
	return is ? KITH_OK : KITH_EINVAL;
}

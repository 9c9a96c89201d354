/*
 * supervisor_answer.c: what programs ask of a supervisor, and what it answers (SPEC 19.5).
 *
 * A change that is asked for while children are being started or a group stops waits until that is
 * over, and so does what was asked after it.
 *
 * Owns: sup->requests, child->waiters. Threads: the owner of its process.
 * Not here: who asks (request.c).
 */
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "mem/value.h"
#include "supervise/supervisor_body.h"

/* ---- Requests ---- */

static struct ki_signal *next_of(const struct ki_signal *signal) {
	return signal->node.next ? ki_container_of(signal->node.next, struct ki_signal, node)
				 : NULL;
}

void ki_supervisor_ask(struct ki_supervisor *sup, struct ki_signal *request) {
	request->node.next = NULL;
	if (sup->last_request) {
		sup->last_request->node.next = &request->node;
	} else {
		sup->requests = request;
	}
	sup->last_request = request;
}

static struct ki_signal *take(struct ki_supervisor *sup) {
	struct ki_signal *request = sup->requests;
	sup->requests = next_of(request);
	if (!sup->requests) {
		sup->last_request = NULL;
	}
	return request;
}

void ki_supervisor_drop_requests(struct ki_supervisor *sup) {
	while (sup->requests) {
		ki_signal_free(take(sup));
	}
}

/* The string in a payload; empty when there is none. */
static struct ki_strv text_of(const struct ki_payload *payload) {
	struct ki_value_reader reader;
	struct ki_value_token token;
	if (!payload) {
		return ki_strv("");
	}
	ki_value_reader_payload(&reader, payload);
	return !ki_value_next(&reader, &token) && token.tag == KI_VALUE_STR ? token.str
									     : ki_strv("");
}

/* Takes value and error. Who asked may be gone; without memory for the answer it is forced to go
 * without. */
static void reply(struct ki_supervisor *sup, kith_pid to, struct ki_payload *value,
	struct ki_payload *error) {
	struct ki_system *system = sup->proc->system;
	struct ki_message *message = ki_message_new(ki_strv(KI_TOPIC_SUPERVISOR), 2);
	if (!message || (!value && !error)) {
		ki_payload_unref(value);
		ki_payload_unref(error);
		ki_signal_free(message ? &message->signal : NULL);
		ki_force(system, to, KI_CAUSE_HOST_STOP);
		return;
	}
	message->payloads[0] = value;
	message->payloads[1] = error;
	ki_send(system, sup->proc->pid, to, message);
}

static void refuse(struct ki_supervisor *sup, kith_pid to, int status, const char *text,
	struct ki_strv name) {
	struct ki_buf message;
	ki_buf_init(&message);
	ki_buf_puts(&message, text);
	ki_buf_putv(&message, name);
	reply(sup, to, NULL, ki_error_payload_status(status, ki_strv(ki_buf_cstr(&message))));
	ki_buf_fini(&message);
}

static void reply_true(struct ki_supervisor *sup, kith_pid to) {
	struct ki_value_writer w;
	ki_value_writer_init(&w);
	ki_value_bool(&w, true);
	reply(sup, to, ki_value_finish(&w, KI_FORMAT_LUA), NULL);
	ki_value_writer_fini(&w);
}

static void reply_pid(struct ki_supervisor *sup, kith_pid to, kith_pid pid) {
	char text[KI_PID_TEXT_MAX];
	ki_pid_format(sup->proc->system, pid, text);
	reply(sup, to, ki_value_payload_str(ki_strv(text)), NULL);
}

/* ---- children, count ---- */

static void put(struct ki_value_writer *w, const char *text) {
	ki_value_str(w, ki_strv(text));
}

static void write_child(
	struct ki_value_writer *w, struct ki_system *system, const struct ki_child *child) {
	size_t mark = ki_value_table_begin(w), nr = 5;
	struct ki_buf name;
	ki_buf_init(&name);
	ki_child_put_name(child, &name);
	put(w, "name");
	put(w, ki_buf_cstr(&name));
	ki_buf_fini(&name);
	put(w, "process");
	put(w, child->spec->program->id);
	put(w, "restart");
	put(w, ki_child_restart_name(child));
	put(w, "state");
	put(w, ki_child_state_name((enum ki_child_state)child->state));
	put(w, "restarts");
	ki_value_int(w, (int64_t)child->restarts);
	if (child->pid) {
		char pid[KI_PID_TEXT_MAX];
		ki_pid_format(system, child->pid, pid);
		put(w, "pid");
		put(w, pid);
		nr++;
	}
	if (child->started) {
		put(w, "started_at");
		ki_value_int(w, child->run_wall_ns);
		nr++;
	}
	ki_value_table_end(w, mark, 0, nr);
}

static void answer_children(struct ki_supervisor *sup, kith_pid to) {
	struct ki_value_writer w;
	ki_value_writer_init(&w);
	size_t mark = ki_value_table_begin(&w);
	for (struct ki_child *child = ki_child_first(&sup->children); child;
		child = ki_child_next(&sup->children, child)) {
		write_child(&w, sup->proc->system, child);
	}
	ki_value_table_end(&w, mark, sup->children.nr, 0);
	reply(sup, to, ki_value_finish(&w, KI_FORMAT_LUA), NULL);
	ki_value_writer_fini(&w);
}

static void answer_count(struct ki_supervisor *sup, kith_pid to) {
	int64_t active = 0, supervisors = 0;
	for (struct ki_child *child = ki_child_first(&sup->children); child;
		child = ki_child_next(&sup->children, child)) {
		active += child->pid != 0;
		supervisors += ki_supervisor_is(child->spec->program);
	}
	int64_t specs = (int64_t)sup->children.nr;
	struct ki_value_writer w;
	ki_value_writer_init(&w);
	size_t mark = ki_value_table_begin(&w);
	put(&w, "specs");
	ki_value_int(&w, specs);
	put(&w, "active");
	ki_value_int(&w, active);
	put(&w, "supervisors");
	ki_value_int(&w, supervisors);
	put(&w, "workers");
	ki_value_int(&w, specs - supervisors);
	ki_value_table_end(&w, mark, 0, 4);
	reply(sup, to, ki_value_finish(&w, KI_FORMAT_LUA), NULL);
	ki_value_writer_fini(&w);
}

/* ---- start_child, restart_child ---- */

/* Both may be abandoned inside the start: the request stands in the list until it is answered. */

static void answer_start(struct ki_supervisor *sup, const struct ki_message *request) {
	kith_pid to = request->signal.from;
	struct ki_child_spec *spec = NULL;
	struct ki_payload *error = NULL;
	struct ki_system *system = sup->proc->system;
	int status = request->payloads[1]
		? ki_child_spec_read(system, request->payloads[1], &spec, &error)
		: KITH_EINVAL;
	if (!status && spec->count != 1) {
		error = ki_error_payload_status(KITH_EINVAL, ki_strv("count must be 1"));
		status = KITH_EINVAL;
	}
	if (status) {
		ki_child_spec_free(spec);
		reply(sup, to, NULL, error);
		return;
	}
	if (ki_child_clashes(&sup->children, spec)) {
		refuse(sup, to, KITH_EEXIST, "child already exists: ", ki_strv(spec->name));
		ki_child_spec_free(spec);
		return;
	}
	struct ki_child *child = ki_child_add(
		&sup->children, sup->proc, spec, spec, 0, ki_supervisor_child_due);
	if (!child) {
		refuse(sup, to, KITH_EEXHAUSTED, "out of memory", ki_strv(""));
	} else if (ki_supervisor_start_child(sup, child, &error)) {
		ki_supervisor_drop_child(sup, child);
		reply(sup, to, NULL, error);
	} else {
		reply_pid(sup, to, child->pid);
	}
}

static struct ki_child *find(struct ki_supervisor *sup, const struct ki_message *request) {
	struct ki_strv name = text_of(request->payloads[1]);
	struct ki_child *child = ki_child_find(&sup->children, name);
	if (!child) {
		refuse(sup, request->signal.from, KITH_ENOTFOUND, "child not found: ", name);
	}
	return child;
}

static void answer_restart(struct ki_supervisor *sup, const struct ki_message *request) {
	kith_pid to = request->signal.from;
	struct ki_child *child = find(sup, request);
	if (!child) {
		return;
	}
	if (child->pid) {
		refuse(sup, to, KITH_ECONFLICT, "child is running: ",
			text_of(request->payloads[1]));
		return;
	}
	struct ki_payload *error = NULL;
	child->attempts = 0;
	if (ki_supervisor_start_child(sup, child, &error)) {
		child->held = true;
		reply(sup, to, NULL, error);
	} else {
		reply_pid(sup, to, child->pid);
	}
}

/* ---- terminate_child ---- */

void ki_supervisor_answer_ended(struct ki_supervisor *sup, struct ki_child *child) {
	while (child->waiters) {
		struct ki_signal *request = child->waiters;
		child->waiters = next_of(request);
		reply_true(sup, request->from);
		ki_signal_free(request);
	}
}

/* True: the request is kept for the child's end. */
static bool answer_terminate(struct ki_supervisor *sup, struct ki_message *request) {
	struct ki_child *child = find(sup, request);
	if (!child) {
		return false;
	}
	if (child->pid) {
		if (child->state == KI_CHILD_RUNNING) {
			ki_supervisor_stop_child(sup, child);
		}
		struct ki_signal *signal = take(sup);
		signal->node.next = child->waiters ? &child->waiters->node : NULL;
		child->waiters = signal;
		return true;
	}
	ki_wait_end(&child->wait);
	ki_list_remove(&child->ready);
	ki_child_set_state(child, KI_CHILD_STOPPED);
	child->held = true;
	reply_true(sup, request->signal.from);
	return false;
}

/* ---- Which is which ---- */

static bool is_busy(const struct ki_supervisor *sup) {
	return sup->phase != KI_SUPERVISOR_RUNNING && sup->phase != KI_SUPERVISOR_GROUP_WAIT;
}

/* Those that need no child to change; false: it is another one. */
static bool answer_question(struct ki_supervisor *sup, const struct ki_message *request) {
	struct ki_strv what = text_of(request->payloads[0]);
	kith_pid to = request->signal.from;
	if (ki_strv_eqz(what, KI_REQUEST_CHILDREN)) {
		answer_children(sup, to);
	} else if (ki_strv_eqz(what, KI_REQUEST_COUNT)) {
		answer_count(sup, to);
	} else if (sup->phase == KI_SUPERVISOR_STOPPING) {
		refuse(sup, to, KITH_EUNAVAILABLE, "supervisor is stopping", ki_strv(""));
	} else {
		return false;
	}
	return true;
}

bool ki_supervisor_answer(struct ki_supervisor *sup) {
	if (!sup->requests) {
		return false;
	}
	struct ki_message *request = ki_signal_message(sup->requests);
	if (!answer_question(sup, request)) {
		struct ki_strv what = text_of(request->payloads[0]);
		if (is_busy(sup)) {
			return false;
		}
		if (ki_strv_eqz(what, KI_REQUEST_START)) {
			answer_start(sup, request);
		} else if (ki_strv_eqz(what, KI_REQUEST_RESTART)) {
			answer_restart(sup, request);
		} else if (!ki_strv_eqz(what, KI_REQUEST_TERMINATE)) {
			refuse(sup, request->signal.from, KITH_EINVAL, "no such request: ", what);
		} else if (answer_terminate(sup, request)) {
			return true;
		}
	}
	ki_signal_free(take(sup));
	return true;
}

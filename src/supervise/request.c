/*
 * request.c: a process that asks a supervisor one thing and ends with the answer.
 *
 * So who asks waits as for any other call: the supervisor's end, or the asker's, needs no rule of
 * its own. It is the runtime's own process and in no count.
 *
 * Owns: struct request. Threads: the owner of its process.
 * Not here: the answers (supervisor_answer.c).
 */
#include "base/alloc.h"
#include "mem/value.h"
#include "supervise/supervisor.h"

struct request {
	kith_pid to;
	struct ki_payload *what, *argument;
	bool asked;
};

static bool read_pid(const struct ki_payload *payload, kith_pid *out) {
	struct ki_value_reader reader;
	struct ki_value_token token;
	if (!payload) {
		return false;
	}
	ki_value_reader_payload(&reader, payload);
	if (ki_value_next(&reader, &token) || token.tag != KI_VALUE_INT) {
		return false;
	}
	*out = (kith_pid)token.i;
	return true;
}

static int request_start(struct ki_proc *proc, const struct ki_program *program,
	struct ki_payload *const *args, size_t nr_args, struct ki_payload **error) {
	(void)program;
	struct request *request = ki_zalloc(sizeof(*request));
	proc->body = request;
	proc->trap_links = true;
	if (!request) {
		*error = NULL;
		return KITH_EEXHAUSTED;
	}
	if (nr_args < 2 || !args[1] || !read_pid(args[0], &request->to)) {
		*error = ki_error_payload_status(KITH_EINVAL, ki_strv("not a request"));
		return KITH_EINVAL;
	}
	request->what = ki_payload_ref(args[1]);
	request->argument = nr_args > 2 && args[2] ? ki_payload_ref(args[2]) : NULL;
	return KITH_OK;
}

static void end(struct ki_proc *proc, int status, const char *text) {
	ki_proc_end_error(proc, ki_error_payload_status(status, ki_strv(text)));
}

static void end_not_found(struct ki_proc *proc) {
	end(proc, KITH_ENOTFOUND, "process not found");
}

/* The monitor comes first, so that its EXIT comes behind every answer. */
static int ask(struct ki_proc *proc, const struct request *request) {
	int status = ki_proc_monitor(proc, request->to);
	if (status) {
		return status;
	}
	struct ki_message *message = ki_message_new(ki_strv(KI_TOPIC_SUPERVISOR), 2);
	if (!message) {
		return KITH_EEXHAUSTED;
	}
	message->payloads[0] = ki_payload_ref(request->what);
	message->payloads[1] = request->argument ? ki_payload_ref(request->argument) : NULL;
	return ki_send(proc->system, proc->pid, request->to, message);
}

/* Gives whether it has ended. */
static bool begin(struct ki_proc *proc, struct request *request) {
	request->asked = true;
	switch (ki_supervisor_check(proc->system, request->to)) {
	case KITH_OK:
		break;
	case KITH_ENOTFOUND:
		end_not_found(proc);
		return true;
	default:
		end(proc, KITH_EINVAL, "not a supervisor");
		return true;
	}
	switch (ask(proc, request)) {
	case KITH_OK:
		return false;
	case KITH_ENOTFOUND:
		end_not_found(proc);
		return true;
	case KITH_ERATELIMITED:
		end(proc, KITH_ERATELIMITED, "mailbox full");
		return true;
	default:
		end(proc, KITH_EEXHAUSTED, "memory full");
		return true;
	}
}

static void take_answer(struct ki_proc *proc, struct ki_message *message) {
	struct ki_payload *value = message->payloads[0], *error = message->payloads[1];
	message->payloads[0] = message->payloads[1] = NULL;
	if (error) {
		ki_payload_unref(value);
		ki_proc_end_error(proc, error);
	} else {
		ki_proc_end_return(proc, value);
	}
}

static void hear(struct ki_proc *proc, const struct request *request, struct ki_signal *signal) {
	if (signal->kind == KI_SIGNAL_CANCEL) { /* nobody waits any more */
		ki_proc_end_return(proc, NULL);
	} else if (signal->kind == KI_SIGNAL_EXIT) {
		end_not_found(proc);
	} else if (signal->kind == KI_SIGNAL_MESSAGE) {
		struct ki_message *message = ki_signal_message(signal);
		ki_proc_received(proc, message);
		if (signal->from == request->to && message->nr_payloads == 2) {
			take_answer(proc, message);
		}
	}
	ki_signal_free(signal);
}

static enum ki_step request_step(struct ki_proc *proc) {
	struct request *request = proc->body;
	if (!request->asked && begin(proc, request)) {
		return KI_STEP_DONE;
	}
	while (ki_proc_look(proc)) {
		struct ki_signal *signal = ki_proc_take(proc);
		if (!signal) {
			return KI_STEP_WAIT;
		}
		hear(proc, request, signal);
	}
	return KI_STEP_DONE;
}

static void request_destroy(struct ki_proc *proc) {
	struct request *request = proc->body;
	if (request) {
		ki_payload_unref(request->what);
		ki_payload_unref(request->argument);
		ki_free(request);
		proc->body = NULL;
	}
}

static const struct ki_body_ops request_ops = {
	.name = "request",
	.start = request_start,
	.step = request_step,
	.destroy = request_destroy,
};

const struct ki_program ki_request_program = {.id = "kith:request", .ops = &request_ops};

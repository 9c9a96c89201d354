/*
 * process/native.c: the native body.
 *
 * Owns: struct native_body.
 * Threads: the owner of the process.
 * Invariants:
 *	N1 the timer is at rest but inside a wait.
 *	N2 force tells the end at once, wherever the body meets it; the body's own frames then run
 *	   to their return.
 */
#include "process/native.h"

#include "base/alloc.h"
#include "base/status.h"
#include "mem/value.h"
#include "process/exit.h"

static const char receiving[] = "receive", sleeping[] = "sleep";

struct native_body {
	const struct ki_native *native;
	struct ki_proc_timer timer;
	bool rang; /* the timer of the present wait has fired */
	const char *waits_in; /* of those above; NULL: it runs */
};

static void timer_rang(struct ki_proc_timer *timer) {
	ki_container_of(timer, struct native_body, timer)->rang = true;
}

static int native_start(struct ki_proc *proc, const struct ki_program *program,
	struct ki_payload *const *args, size_t nr_args, struct ki_payload **error) {
	(void)args; /* a native program has its argument in struct ki_native */
	(void)nr_args;
	struct native_body *body = ki_zalloc(sizeof(*body));
	if (!body) {
		*error = NULL;
		return KITH_EEXHAUSTED;
	}
	body->native = program->data;
	ki_proc_timer_init(&body->timer, proc, timer_rang, NULL);
	proc->body = body;
	return KITH_OK;
}

static enum ki_step native_step(struct ki_proc *proc) {
	struct native_body *body = proc->body;
	int status = body->native->run(proc, body->native->arg);
	if (status) {
		ki_proc_end_error(
			proc, ki_error_payload_status(status, ki_strv(ki_status_text(status))));
	} else {
		ki_proc_end_return(proc, NULL);
	}
	return KI_STEP_DONE;
}

static void native_view(struct ki_proc *proc, struct ki_body_view *out) {
	const struct native_body *body = proc->body;
	out->waiting_in = body->waits_in;
	out->blocked = body->waits_in == sleeping; /* nothing that is sent ends it */
}

static void native_destroy(struct ki_proc *proc) {
	struct native_body *body = proc->body;
	if (body) {
		if (body->native->cleanup) {
			body->native->cleanup(body->native->arg);
		}
		ki_free(body);
		proc->body = NULL;
	}
}

const struct ki_body_ops ki_native_ops = {
	.name = "native",
	.start = native_start,
	.step = native_step,
	.destroy = native_destroy,
	.view = native_view,
};

/* True when the body may go on. [N2] */
static bool lives(struct ki_proc *proc) {
	if (!proc->ended && !ki_proc_forced(proc) && ki_proc_look(proc)) {
		return true;
	}
	ki_proc_tell_end(proc);
	return false;
}

/* Parks until something comes or the time is up. */
static void wait_until(struct ki_proc *proc, int64_t deadline_ns, const char *fn) {
	struct native_body *body = proc->body;
	body->waits_in = fn;
	if (deadline_ns != INT64_MAX && body->timer.state == KI_PROC_TIMER_REST) {
		ki_proc_timer_arm(&body->timer, deadline_ns);
	}
	ki_proc_show(proc);
	ki_task_park();
}

/* Brings the timer to rest. [N1] */
static void end_wait(struct ki_proc *proc) {
	struct native_body *body = proc->body;
	bool busy;
	body->waits_in = NULL;
	ki_proc_timer_stop(&body->timer, &busy);
	while (busy && !proc->ended) { /* its signal is in the mailbox already */
		ki_proc_look(proc);
		busy = body->timer.state != KI_PROC_TIMER_REST;
	}
	body->rang = false;
}

int ki_native_receive(struct ki_proc *proc, int64_t deadline_ns, struct ki_signal **out) {
	struct native_body *body = proc->body;
	for (;;) {
		if (!lives(proc)) {
			return KITH_EKILLED;
		}
		*out = ki_proc_take(proc);
		if (*out || body->rang || deadline_ns <= ki_sched_now(proc->system->sched)) {
			break;
		}
		wait_until(proc, deadline_ns, receiving);
	}
	end_wait(proc);
	if (!*out) {
		return KITH_ETIMEOUT;
	}
	if ((*out)->kind == KI_SIGNAL_MESSAGE) {
		ki_proc_received(proc, ki_signal_message(*out));
	}
	return KITH_OK;
}

int ki_native_sleep(struct ki_proc *proc, int64_t ns) {
	struct native_body *body = proc->body;
	int64_t now = ki_sched_now(proc->system->sched);
	int64_t until = ns < INT64_MAX - now ? now + ns : INT64_MAX;
	while (lives(proc)) {
		if (body->rang || until <= ki_sched_now(proc->system->sched)) {
			end_wait(proc);
			return KITH_OK;
		}
		wait_until(proc, until, sleeping);
	}
	return KITH_EKILLED;
}

int ki_native_yield(struct ki_proc *proc) {
	if (!lives(proc)) {
		return KITH_EKILLED;
	}
	ki_proc_show(proc);
	ki_task_yield(false);
	return lives(proc) ? KITH_OK : KITH_EKILLED;
}

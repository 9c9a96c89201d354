/*
 * keeper.c: the process that spawns a service's process, watches it, and stops it when told.
 *
 * Owns: report of its service [S1]. Threads: it is a native body on the service's host.
 * Not here: what its reports lead to (application.c).
 */
#include "base/strv.h"
#include "mem/payload.h"
#include "supervise/application.h"
#include "supervise/service.h"

/* SPEC 18.5. The process hears it from the runtime, not from its keeper. */
static void stop_child(struct ki_proc *proc, const struct ki_service *service, kith_pid child) {
	int64_t timeout_ns = service->spec->stop_timeout_ns;
	int status = ki_cancel(
		proc->system, KI_PID_SYSTEM, child, timeout_ns, ki_strv("service stopping"));
	if (status == KITH_EEXHAUSTED || timeout_ns <= 0) {
		ki_force(proc->system, child, KI_CAUSE_DEADLINE);
	}
}

static bool tell_running(struct ki_proc *proc, const struct ki_service *service) {
	struct ki_message *message = ki_message_new(ki_strv(KI_TOPIC_RUNNING), 0);
	return message && !ki_send(proc->system, proc->pid, service->app->pid, message);
}

static int watch(struct ki_proc *proc, struct ki_service *service, kith_pid child) {
	for (;;) {
		struct ki_signal *signal = NULL;
		if (ki_native_receive(proc, INT64_MAX, &signal)) {
			return KITH_EKILLED; /* the application reads the report now: hands off */
		}
		bool ended = signal->kind == KI_SIGNAL_EXIT && signal->from == child;
		if (ended) {
			service->report.result = ki_result_ref(ki_signal_relation(signal)->result);
		} else if (signal->kind == KI_SIGNAL_CANCEL &&
			signal->from == service->app->pid) {
			stop_child(proc, service, child);
		}
		ki_signal_free(signal);
		if (ended) {
			return KITH_OK;
		}
	}
}

int ki_keeper_run(struct ki_proc *proc, void *arg) {
	struct ki_service *service = arg;
	const struct ki_service_spec *spec = service->spec;
	struct ki_spawn spawn = {
		.program = spec->program,
		.host = spec->host,
		.parent = proc,
		.command = service == &service->app->entry,
		.relations = KI_SPAWN_MONITOR,
		.args = spec->args,
		.nr_args = spec->nr_args,
		.restarts = service->restarts,
	};
	kith_pid child = 0;
	proc->trap_links = true; /* a program may guess its PID and link to it */
	struct ki_payload *error = NULL;
	int status = ki_proc_spawn(proc->system, &spawn, &child, &error);
	if (status == KITH_EKILLED) {
		return status; /* it took too long: the report is empty */
	}
	if (status) {
		service->report.spawn_error = error;
		service->report.spawn_failed = true;
		return KITH_OK;
	}
	service->report.process = child;
	if (!tell_running(proc, service)) {
		ki_force(proc->system, child, KI_CAUSE_MEMORY);
	}
	return watch(proc, service, child);
}

/*
 * startup.c: services start in the order of their requirements, independent ones together (SPEC
 * 18.2).
 *
 * Owns: the states up to RUNNING and EXITED. Threads: the application process.
 * Not here: stopping (shutdown.c).
 */
#include <stdio.h>

#include "base/buf.h"
#include "base/status.h"
#include "mem/value.h"
#include "supervise/application.h"

static void fail(struct ki_service *service) {
	service->state = KI_SERVICE_EXITED;
	service->failed = true;
	service->deadline_ns = INT64_MAX;
	if (service->spec->required && service != &service->app->entry) {
		service->app->failed = true;
	}
}

static void start_host(struct ki_service *service) {
	int status = ki_host_start(service->spec->host->host);
	if (status) {
		fail(service);
		ki_application_log(service->app, KI_LOG_ERROR, "host cannot start", service,
			"error", ki_status_text(status));
		return;
	}
	service->host_runs = true;
	service->state = KI_SERVICE_RUNNING;
	ki_proc_host_set_state(service->spec->host, KI_PROC_HOST_RUNNING);
	ki_application_log(service->app, KI_LOG_DEBUG, "host runs", service, NULL, NULL);
}

static void start_process(struct ki_service *service) {
	struct ki_application *app = service->app;
	struct ki_spawn spawn = {
		.program = &service->keeper_program,
		.host = service->spec->host,
		.parent = app->proc,
		.internal = true,
		.relations = KI_SPAWN_MONITOR,
	};
	service->state = KI_SERVICE_STARTING;
	service->deadline_ns = ki_time_after(
		ki_sched_now(app->system->sched), service->spec->start_timeout_ns);
	struct ki_payload *error = NULL;
	if (ki_proc_spawn(app->system, &spawn, &service->keeper, &error)) {
		service->keeper = 0;
		service->report.spawn_failed = true;
		service->report.spawn_error = error;
		ki_service_exits(service);
	}
}

/* A host that does not run has no workers for a keeper either. */
static void start_entry(struct ki_service *entry) {
	if (ki_proc_host_state(entry->spec->host) == KI_PROC_HOST_RUNNING) {
		start_process(entry);
		return;
	}
	entry->report.spawn_failed = true;
	entry->report.spawn_error =
		ki_error_payload_status(KITH_EUNAVAILABLE, ki_strv("host is not running"));
	entry->state = KI_SERVICE_STARTING;
	ki_service_exits(entry);
}

static void block(struct ki_service *service, const struct ki_service *missing) {
	struct ki_buf text;
	ki_buf_init(&text);
	ki_buf_printf(&text, "service startup blocked by missing dependencies: %s requires %s",
		service->spec->id, missing->spec->id);
	fail(service);
	ki_application_log(service->app, KI_LOG_ERROR, ki_buf_cstr(&text), NULL, NULL, NULL);
	ki_buf_fini(&text);
}

/* True when the service has changed its state. */
static bool try_start(struct ki_service *service) {
	if (service->state != KI_SERVICE_UNKNOWN || !service->spec->auto_start) {
		return false;
	}
	const struct ki_service *missing = NULL;
	switch (ki_graph_ready(service, &missing)) {
	case KI_READY_LATER:
		return false;
	case KI_READY_NEVER:
		block(service, missing);
		return true;
	case KI_READY_NOW:
		break;
	}
	if (service->spec->is_host) {
		start_host(service);
	} else {
		start_process(service);
	}
	return true;
}

static bool is_settled(const struct ki_graph *graph) {
	for (size_t i = 0; i < graph->nr; i++) {
		const struct ki_service *service = &graph->services[i];
		if (service->state == KI_SERVICE_STARTING ||
			(service->state == KI_SERVICE_UNKNOWN && service->spec->auto_start)) {
			return false;
		}
	}
	return true;
}

void ki_application_start_more(struct ki_application *app) {
	for (bool more = !app->started; more;) {
		more = false;
		for (size_t i = 0; i < app->graph.nr; i++) {
			more |= try_start(&app->graph.services[i]);
		}
	}
	if (app->started || !is_settled(&app->graph)) {
		return;
	}
	app->started = true;
	if (app->entry.spec) {
		start_entry(&app->entry);
	}
}

void ki_service_runs(struct ki_service *service) {
	if (service->state != KI_SERVICE_STARTING) {
		return; /* its keeper was ended meanwhile: the stop of the host finds the process */
	}
	service->process = service->report.process;
	service->state = KI_SERVICE_RUNNING;
	service->deadline_ns = INT64_MAX;
	char pid[KI_PID_TEXT_MAX];
	ki_pid_format(service->app->system, service->process, pid);
	ki_application_log(service->app, KI_LOG_INFO, "service runs", service, "pid", pid);
}

void ki_service_error(const struct ki_service *service, struct ki_buf *text) {
	const struct ki_result *result = service->report.result;
	const struct ki_payload *error = result ? result->error : service->report.spawn_error;
	struct ki_error_view view;
	if (error && !ki_error_read(error, &view)) {
		ki_buf_putv(text, view.message);
	} else {
		ki_buf_puts(text, "no memory");
	}
}

void ki_service_start_late(struct ki_service *service) {
	service->timed_out = true;
	service->deadline_ns = INT64_MAX;
	ki_force(service->app->system, service->keeper, KI_CAUSE_HOST_STOP);
}

void ki_service_exits(struct ki_service *service) {
	struct ki_application *app = service->app;
	service->process = 0;
	service->deadline_ns = INT64_MAX;
	if (service->report.result && !ki_result_failed(service->report.result)) {
		service->state = KI_SERVICE_EXITED;
		ki_application_log(app, KI_LOG_INFO, "service exited", service, NULL, NULL);
		return;
	}
	fail(service);
	if (service->timed_out) {
		ki_application_log(app, KI_LOG_ERROR, "service start timed out", service, "details",
			"start timeout");
	} else if (service != &app->entry) { /* of the entry the outcome tells */
		struct ki_buf text;
		ki_buf_init(&text);
		ki_service_error(service, &text);
		ki_application_log(app, KI_LOG_ERROR, "service failed", service, "error",
			ki_buf_cstr(&text));
		ki_buf_fini(&text);
	}
}

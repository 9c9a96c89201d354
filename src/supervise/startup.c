/*
 * startup.c: services start in the order of their requirements, independent ones together (SPEC
 * 18.2), and start again after failures (SPEC 18.4).
 *
 * Owns: the states up to RUNNING, EXITED and FAILED. Threads: the application process.
 * Not here: stopping (shutdown.c).
 */
#include <stdio.h>

#include "base/buf.h"
#include "base/status.h"
#include "mem/value.h"
#include "supervise/application.h"
#include "time/duration.h"

static void fail(struct ki_service *service, const char *details) {
	service->failed = true;
	service->deadline_ns = INT64_MAX;
	ki_service_set(service, KI_SERVICE_EXITED, details);
	if (service->spec->required && service != &service->app->entry) {
		service->app->failed = true;
	}
}

static void start_host(struct ki_service *service) {
	int status = ki_host_start(service->spec->host->host);
	if (status) {
		fail(service, ki_status_text(status));
		ki_application_log(service->app, KI_LOG_ERROR, "host cannot start", service,
			"error", ki_status_text(status));
		return;
	}
	service->host_runs = true;
	service->run_wall_ns = ki_sched_wall(service->app->system->sched);
	ki_proc_host_set_state(service->spec->host, KI_PROC_HOST_RUNNING);
	ki_service_set(service, KI_SERVICE_RUNNING, "");
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
	ki_service_drop_report(service); /* of the run before */
	service->timed_out = false;
	service->deadline_ns = ki_time_after(
		ki_sched_now(app->system->sched), service->spec->start_timeout_ns);
	ki_service_set(service, KI_SERVICE_STARTING, "");
	struct ki_payload *error = NULL;
	if (ki_proc_spawn(app->system, &spawn, &service->keeper, &error)) {
		service->keeper = 0;
		service->report.spawn_failed = true;
		service->report.spawn_error = error;
		ki_service_exits(service);
	}
}

static void refuse_entry(struct ki_service *entry, const char *text) {
	entry->report.spawn_failed = true;
	entry->report.spawn_error = ki_error_payload_status(KITH_EUNAVAILABLE, ki_strv(text));
	ki_service_set(entry, KI_SERVICE_STARTING, "");
	ki_service_exits(entry);
}

/* The first required service that could not be started, or NULL. */
static const struct ki_service *find_absent(const struct ki_graph *graph) {
	for (size_t i = 0; i < graph->nr; i++) {
		const struct ki_service *service = &graph->services[i];
		if (service->failed && service->spec->required && !service->ran) {
			return service;
		}
	}
	return NULL;
}

/* What a test finds without all services says nothing. */
static bool lacks_services(struct ki_application *app) {
	const struct ki_service *absent = app->brief ? find_absent(&app->graph) : NULL;
	if (!absent) {
		return false;
	}
	struct ki_buf text;
	ki_buf_init(&text);
	ki_buf_printf(&text, "required service %s has not started", absent->spec->id);
	refuse_entry(&app->entry, ki_buf_cstr(&text));
	ki_buf_fini(&text);
	return true;
}

static void start_entry(struct ki_service *entry) {
	entry->app->entry_ns = ki_sched_now(entry->app->system->sched);
	if (lacks_services(entry->app)) {
		return;
	}
	/* one that does not run has no workers for a keeper either */
	if (ki_proc_host_state(entry->spec->host) == KI_PROC_HOST_RUNNING) {
		start_process(entry);
	} else {
		refuse_entry(entry, "host is not running");
	}
}

static void block(struct ki_service *service, const struct ki_service *missing) {
	struct ki_buf text;
	ki_buf_init(&text);
	ki_buf_printf(&text, "service startup blocked by missing dependencies: %s requires %s",
		service->spec->id, missing->spec->id);
	fail(service, ki_buf_cstr(&text));
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

/* It has started, or nobody waits for it. */
static bool is_settled(const struct ki_service *service) {
	switch (service->state) {
	case KI_SERVICE_UNKNOWN:
		return !service->spec->auto_start;
	case KI_SERVICE_STARTING:
	case KI_SERVICE_FAILED:
		return service->ran || (service->attempts > 0 && !service->spec->required);
	default:
		return true;
	}
}

static bool are_settled(const struct ki_graph *graph) {
	for (size_t i = 0; i < graph->nr; i++) {
		if (!is_settled(&graph->services[i])) {
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
	if (app->started || !are_settled(&app->graph)) {
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
	service->deadline_ns = INT64_MAX;
	service->ran = true;
	service->run_ns = ki_sched_now(service->app->system->sched);
	service->run_wall_ns = ki_sched_wall(service->app->system->sched);
	ki_service_set(service, KI_SERVICE_RUNNING, "");
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

/* ---- The end of a run (SPEC 18.4) ---- */

/* A spawn that failed for want of something may succeed later. */
static bool may_pass(const struct ki_payload *spawn_error) {
	static const int passing[] = {
		KITH_EUNAVAILABLE, KITH_ERATELIMITED, KITH_EEXHAUSTED, KITH_ETIMEOUT};
	struct ki_error_view view;
	if (!spawn_error || ki_error_read(spawn_error, &view)) {
		return true; /* there was no memory even for its text */
	}
	for (size_t i = 0; i < ki_countof(passing); i++) {
		if (ki_strv_eqz(view.kind, ki_status_kind(passing[i]))) {
			return true;
		}
	}
	return false;
}

static bool says_never_again(const struct ki_payload *error) {
	struct ki_error_view view;
	return error && !ki_error_read(error, &view) && view.retryable == KI_RETRYABLE_NO;
}

/* Whether the failure that its report tells is followed by a restart. */
static bool is_retried(struct ki_service *service, int64_t now_ns) {
	const struct ki_service_spec *spec = service->spec;
	bool ran = service->state == KI_SERVICE_RUNNING;
	if (!spec->restarts || service == &service->app->entry) {
		return false;
	}
	if (ran && now_ns - service->run_ns >= spec->stable_threshold_ns) {
		service->attempts = 0;
	}
	if (spec->max_attempts && service->attempts >= spec->max_attempts) {
		return false;
	}
	if (service->timed_out) {
		return true;
	}
	const struct ki_result *result = service->report.result;
	return result ? !says_never_again(result->error) : may_pass(service->report.spawn_error);
}

static void wait_for_restart(struct ki_service *service, int64_t now_ns, const char *error) {
	struct ki_application *app = service->app;
	service->attempts++;
	int64_t wait_ns = ki_backoff_ns(
		&service->spec->backoff, service->attempts, ki_sched_random(app->system->sched));
	service->deadline_ns = ki_time_after(now_ns, wait_ns);
	ki_service_set(service, KI_SERVICE_FAILED, error);
	char wait[KI_DURATION_TEXT_MAX];
	ki_duration_format(wait_ns, wait);
	struct ki_log_field fields[] = {
		{.key = "service", .value = service->spec->id},
		{.key = service->timed_out ? "details" : "error", .value = error},
		{.key = "restart_in", .value = wait},
	};
	ki_log_write(app->system->log, KI_LOG_WARN, "kith.service",
		service->timed_out ? "service start timed out" : "service failed",
		ki_countof(fields), fields);
}

static void fail_for_good(struct ki_service *service, const char *error) {
	fail(service, error);
	if (service != &service->app->entry) { /* of the entry the outcome tells */
		ki_application_log(service->app, KI_LOG_ERROR,
			service->timed_out ? "service start timed out" : "service failed", service,
			service->timed_out ? "details" : "error", error);
	}
}

void ki_service_exits(struct ki_service *service) {
	struct ki_application *app = service->app;
	int64_t now_ns = ki_sched_now(app->system->sched);
	service->process = 0;
	service->deadline_ns = INT64_MAX;
	if (service->report.result && !ki_result_failed(service->report.result)) {
		ki_service_set(service, KI_SERVICE_EXITED, "");
		ki_application_log(app, KI_LOG_INFO, "service exited", service, NULL, NULL);
		return;
	}
	struct ki_buf text;
	ki_buf_init(&text);
	if (service->timed_out) {
		ki_buf_puts(&text, "start timeout");
	} else {
		ki_service_error(service, &text);
	}
	if (!is_retried(service, now_ns)) {
		fail_for_good(service, ki_buf_cstr(&text));
	} else if (app->stopping) { /* there is no more restart, which is nobody's fault */
		ki_service_set(service, KI_SERVICE_STOPPED, ki_buf_cstr(&text));
	} else {
		wait_for_restart(service, now_ns, ki_buf_cstr(&text));
	}
	ki_buf_fini(&text);
}

void ki_service_restart(struct ki_service *service) {
	service->restarts++;
	start_process(service);
}

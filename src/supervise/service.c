/*
 * service.c: the state of a service, and what it shows of itself.
 *
 * Owns: service->state, through ki_service_set. Threads: the application process.
 * Not here: which state follows (startup.c, shutdown.c).
 */
#include "supervise/service.h"

#include <stdio.h>

#include "supervise/application.h"

static const char *const names[] = {
	[KI_SERVICE_UNKNOWN] = "unknown",
	[KI_SERVICE_STARTING] = "starting",
	[KI_SERVICE_RUNNING] = "running",
	[KI_SERVICE_STOPPING] = "stopping",
	[KI_SERVICE_STOPPED] = "stopped",
	[KI_SERVICE_EXITED] = "exited",
	[KI_SERVICE_FAILED] = "failed",
};

void ki_service_set(
	struct ki_service *service, enum ki_service_state state, const char *details) {
	struct ki_application *app = service->app;
	service->state = state;
	if (service == &app->entry) {
		return; /* -x is no service */
	}
	struct ki_state shown = {
		.id = service->spec->id,
		.status = names[state],
		.desired = service->spec->auto_start && !app->stopping ? "running" : "stopped",
		.retry_count = service->attempts < UINT32_MAX ? (uint32_t)service->attempts
							      : UINT32_MAX,
		.restarts = service->restarts,
		.pid = service->process,
		.last_update_ns = ki_sched_wall(app->system->sched),
		.started_ns = service->run_wall_ns,
	};
	snprintf(shown.details, sizeof(shown.details), "%s", details);
	ki_states_set(&app->states, &shown);
}

void ki_service_drop_report(struct ki_service *service) {
	ki_result_unref(service->report.result);
	ki_payload_unref(service->report.spawn_error);
	service->report.process = 0;
	service->report.result = NULL;
	service->report.spawn_error = NULL;
	service->report.spawn_failed = false;
}

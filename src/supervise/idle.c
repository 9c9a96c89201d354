/*
 * idle.c: finds out, on threads, that nothing is left to run (SPEC 20.4).
 *
 * While no service but hosts is up it looks now and then. The scheduler knows for sure whether any
 * task but this one is awake or any timer armed (sched/rest.h); if not, nothing can change but by
 * standard input, which an outside thread reads for whoever asked. So its questions are counted
 * between two such looks: when nothing has happened from one to the other, the number holds for
 * both. What keepers and processes had to say to this process is in its mailbox by then, or was
 * taken from there by an earlier look and waits to be heard.
 *
 * Owns: look_ns of the application. Threads: the application process.
 * Not here: the simulator, which sees it for itself (api/).
 */
#include "process/input.h"
#include "supervise/application.h"
#include "time/duration.h"

static const int64_t LOOK_NS = 100 * KI_NS_PER_MS;

static bool some_service_is_up(const struct ki_application *app) {
	for (size_t i = 0; i < app->graph.nr; i++) {
		const struct ki_service *service = &app->graph.services[i];
		if (!service->spec->is_host && ki_service_up(service)) {
			return true;
		}
	}
	return false;
}

static bool nothing_is_left(struct ki_application *app) {
	struct ki_sched *sched = app->system->sched;
	uint64_t before, after;
	return ki_sched_at_rest(sched, &before) && ki_inputs_pending(app->system) == 0 &&
		ki_sched_at_rest(sched, &after) && after == before &&
		!ki_proc_unlooked(app->proc) && !app->proc->arrived_head;
}

bool ki_application_idle(struct ki_application *app, int64_t now_ns) {
	if (!app->watches_idle || !app->started || app->stopping || some_service_is_up(app)) {
		app->look_ns = INT64_MAX;
		return false;
	}
	if (app->look_ns != INT64_MAX && now_ns < app->look_ns) {
		return false;
	}
	app->look_ns = now_ns + LOOK_NS;
	return nothing_is_left(app);
}

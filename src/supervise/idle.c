/*
 * idle.c: finds out, on threads, that nothing is left to run (SPEC 20.4).
 *
 * While no service but hosts is up it looks at the hosts now and then. A host is quiet when no
 * worker is busy, nothing is queued and no timer is pending; then only a turn of another process,
 * or standard input while somebody reads it, could wake one of its own. When two looks in a row
 * find all hosts quiet and no turn was run between them, there is no such turn: one that lasted
 * from the first look to the second would have kept its worker busy.
 *
 * Owns: look_ns, was_quiet and turns of the application. Threads: the application process.
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

static bool is_quiet(struct ki_application *app, uint64_t *turns) {
	*turns = 0;
	for (size_t i = 0; i < app->graph.nr; i++) {
		const struct ki_service *service = &app->graph.services[i];
		if (!service->host_runs) {
			continue;
		}
		struct ki_host_stats stats;
		ki_host_stats(service->spec->host->host, &stats);
		if (stats.nr_busy > 0 || stats.queue_depth > 0 || stats.timers > 0) {
			return false;
		}
		*turns += stats.executed;
	}
	return ki_inputs_pending(app->system) == 0;
}

bool ki_application_idle(struct ki_application *app, int64_t now_ns) {
	if (!app->watches_idle || !app->started || app->stopping || some_service_is_up(app)) {
		app->look_ns = INT64_MAX;
		app->was_quiet = false;
		return false;
	}
	if (app->look_ns != INT64_MAX && now_ns < app->look_ns) {
		return false;
	}
	uint64_t turns;
	bool quiet = is_quiet(app, &turns);
	bool idle = quiet && app->was_quiet && turns == app->turns;
	app->was_quiet = quiet;
	app->turns = turns;
	app->look_ns = now_ns + LOOK_NS;
	return idle;
}

/*
 * shutdown.c: services stop in reverse order of requirement, and with a host what is left on it
 * (SPEC 18.5, 18.6).
 *
 * Owns: the states STOPPING and STOPPED. Threads: the application process.
 * Not here: starting (startup.c).
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "process/account.h"
#include "supervise/application.h"
#include "time/duration.h"

/* Nothing keeps it waiting: it cannot hear CANCEL, or the time for that is over. */
static bool at_once(struct ki_application *app, kith_pid pid) {
	return app->forcing || ki_pid_dies_deaf(app->system, pid);
}

/* ---- Hosts ---- */

/* Any host's process: watched, so that its end is heard of, and told to end. */
static void end_one(void *arg, kith_pid pid) {
	struct ki_service *service = arg;
	struct ki_application *app = service->app;
	switch (ki_proc_monitor(app->proc, pid)) {
	case KITH_OK:
		service->nr_watched++;
		break;
	case KITH_ENOTFOUND:
		return;
	case KITH_EEXIST: /* it was told before */
		return;
	default:
		service->unwatched = true;
	}
	if (at_once(app, pid) || ki_cancel(app->system, KI_PID_SYSTEM, pid, 0,
			ki_strv("scheduler shutdown")) == KITH_EEXHAUSTED) {
		ki_force(app->system, pid, KI_CAUSE_HOST_STOP);
	}
}

static void force_one(void *arg, kith_pid pid) {
	ki_force(arg, pid, KI_CAUSE_HOST_STOP);
}

void ki_host_service_look(struct ki_service *service) {
	service->unwatched = false;
	ki_procs_each(service->app->system, service->spec->host, end_one, service);
	if (service->nr_watched == 0 && !service->unwatched) {
		service->deadline_ns = INT64_MAX;
		ki_service_set(service, KI_SERVICE_STOPPED, "");
	}
}

void ki_host_service_exit(struct ki_service *service) {
	if (--service->nr_watched == 0) {
		ki_host_service_look(service);
	}
}

void ki_host_service_force(struct ki_service *service) {
	service->deadline_ns = INT64_MAX;
	ki_procs_each(service->app->system, service->spec->host, force_one, service->app->system);
}

static void stop_host(struct ki_service *service, int64_t now_ns) {
	ki_service_set(service, KI_SERVICE_STOPPING, "");
	service->deadline_ns = ki_time_after(now_ns, service->spec->stop_timeout_ns);
	ki_proc_host_set_state(service->spec->host, KI_PROC_HOST_STOPPING);
	ki_host_service_look(service);
}

/* ---- Processes ---- */

static void force_process(struct ki_service *service) {
	struct ki_application *app = service->app;
	if (service->process) {
		ki_force(app->system, service->process, KI_CAUSE_HOST_STOP);
	} else if (service->keeper) {
		ki_force(app->system, service->keeper, KI_CAUSE_HOST_STOP);
	}
}

static void stop_process(struct ki_service *service, int64_t now_ns) {
	struct ki_application *app = service->app;
	bool runs = service->state == KI_SERVICE_RUNNING;
	if (service->state == KI_SERVICE_FAILED) { /* nothing of it is there */
		service->deadline_ns = INT64_MAX;
		ki_service_set(service, KI_SERVICE_STOPPED, "");
		return;
	}
	ki_service_set(service, KI_SERVICE_STOPPING, "");
	/* kept by its keeper; here for the line a second */
	service->deadline_ns = ki_time_after(now_ns, service->spec->stop_timeout_ns);
	if (!runs || at_once(app, service->process) ||
		ki_cancel(app->system, app->pid, service->keeper, 0, ki_strv("service stopping")) ==
			KITH_EEXHAUSTED) {
		force_process(service);
	}
}

void ki_service_cancel(struct ki_service *service, kith_pid process) {
	struct ki_application *app = service->app;
	int64_t timeout_ns = service->spec->stop_timeout_ns;
	if (at_once(app, process)) {
		ki_force(app->system, process, KI_CAUSE_HOST_STOP);
		return;
	}
	/* it hears it from the runtime, not from who keeps it */
	int status = ki_cancel(app->system, KI_PID_SYSTEM, process, timeout_ns,
		ki_strv("service stopping"));
	if (status == KITH_EEXHAUSTED || timeout_ns <= 0) {
		ki_force(app->system, process, KI_CAUSE_DEADLINE);
	}
}

/* ---- All of it ---- */

static bool users_down(const struct ki_service *service) {
	for (size_t i = 0; i < service->nr_users; i++) {
		if (ki_service_up(service->users[i])) {
			return false;
		}
	}
	return true;
}

static bool is_stoppable(const struct ki_service *service) {
	return ki_service_up(service) && service->state != KI_SERVICE_STOPPING &&
		users_down(service);
}

void ki_application_stop_more(struct ki_application *app) {
	int64_t now_ns = ki_sched_now(app->system->sched);
	if (app->entry.spec && is_stoppable(&app->entry)) {
		stop_process(&app->entry, now_ns);
	}
	if (app->entry.spec && ki_service_up(&app->entry)) {
		return; /* it was started last */
	}
	for (bool more = true; more;) {
		more = false;
		for (size_t i = app->graph.nr; i-- > 0;) {
			struct ki_service *service = &app->graph.services[i];
			if (!is_stoppable(service)) {
				continue;
			}
			more = true;
			if (service->spec->is_host) {
				stop_host(service, now_ns);
			} else {
				stop_process(service, now_ns);
			}
		}
	}
}

bool ki_application_down(const struct ki_application *app) {
	if (app->entry.keeper) {
		return false;
	}
	for (size_t i = 0; i < app->graph.nr; i++) {
		if (ki_service_up(&app->graph.services[i]) || app->graph.services[i].keeper) {
			return false;
		}
	}
	return true;
}

static void count_one(void *arg, kith_pid pid) {
	(void)pid;
	++*(unsigned *)arg;
}

/* Of one that has ended and is not gone yet: so long until the next look. */
static const int64_t LEAVE_NS = KI_NS_PER_MS / 10;

/*
 * A spawn may publish a process after its host was looked through. Its spawner lives until then, on
 * this host or another. So when two looks in a row find no process anywhere, none can come any
 * more: one that the first look missed, its spawner being at work elsewhere, the second finds.
 *
 * One whose end was told may be dropping its messages still, and give way at that. Nobody tells
 * when it is done: while there are such ones alone, the looks come from time to time.
 */
bool ki_application_late_ones(struct ki_application *app) {
	bool late = false;
	app->leave_ns = INT64_MAX;
	for (size_t i = 0; i < 2 * app->graph.nr; i++) {
		struct ki_service *service = &app->graph.services[i % app->graph.nr];
		unsigned nr = 0;
		if (service->host_runs) {
			ki_procs_each(app->system, service->spec->host, count_one, &nr);
		}
		if (nr == 0 || service->state != KI_SERVICE_STOPPED) {
			continue;
		}
		int64_t now_ns = ki_sched_now(app->system->sched);
		late = true;
		stop_host(service, now_ns);
		if (service->state == KI_SERVICE_STOPPED) { /* nobody is there to be stopped */
			app->leave_ns = now_ns + LEAVE_NS;
		}
	}
	return late;
}

void ki_application_stop_workers(struct ki_application *app) {
	for (size_t i = 0; i < app->graph.nr; i++) {
		struct ki_service *service = &app->graph.services[i];
		if (service->host_runs) {
			ki_host_stop(service->spec->host->host);
			ki_proc_host_set_state(service->spec->host, KI_PROC_HOST_STOPPED);
			service->host_runs = false;
			ki_application_log(app, KI_LOG_DEBUG, "host stopped", service, NULL, NULL);
		}
	}
}

void ki_application_force(struct ki_application *app) {
	app->forcing = true;
	app->force_ns = INT64_MAX;
	if (app->stuck_ns != INT64_MAX) { /* it looks at all, and has not said so before */
		app->left = UINT64_MAX;
		app->stuck_ns = ki_sched_now(app->system->sched);
	}
	if (app->entry.spec && app->entry.state == KI_SERVICE_STOPPING) {
		force_process(&app->entry);
	}
	for (size_t i = 0; i < app->graph.nr; i++) {
		struct ki_service *service = &app->graph.services[i];
		if (service->state != KI_SERVICE_STOPPING) {
			continue;
		}
		if (service->spec->is_host) {
			ki_host_service_force(service);
		} else {
			force_process(service);
		}
	}
}

/* ---- The line a second ---- */

enum { WAITING_MAX = 5 }; /* names in it; more are counted */

struct waiting {
	struct ki_system *system;
	struct ki_buf names;
	const char *last;
	unsigned nr, more;
};

static void add_name(struct waiting *waiting, const char *name) {
	if (!name || (waiting->last && !strcmp(waiting->last, name))) {
		return; /* copies of one entry stand in a row as a rule: one mention is enough */
	}
	waiting->last = name;
	if (waiting->nr == WAITING_MAX) {
		waiting->more++;
		return;
	}
	ki_buf_printf(&waiting->names, "%s%s", waiting->nr++ ? ", " : "", name);
}

static void add_process(void *arg, kith_pid pid) {
	struct waiting *waiting = arg;
	add_name(waiting, ki_pid_entry(waiting->system, pid));
}

/* Names what a service that stops is waiting for; *until_ns: as long as any of them may. */
static void add_service(
	struct waiting *waiting, const struct ki_service *service, int64_t *until_ns) {
	if (!service->spec || service->state != KI_SERVICE_STOPPING) {
		return;
	}
	if (service->deadline_ns != INT64_MAX && service->deadline_ns > *until_ns) {
		*until_ns = service->deadline_ns;
	}
	if (service->spec->is_host) {
		ki_procs_each(waiting->system, service->spec->host, add_process, waiting);
	} else {
		add_name(waiting, service->spec->id);
	}
}

/* Appends the names of what still runs; false: it is ending now. */
static bool put_waiting(struct ki_application *app, struct ki_buf *names, int64_t *until_ns) {
	struct waiting waiting = {.system = app->system, .names = *names};
	add_service(&waiting, &app->entry, until_ns);
	for (size_t i = 0; i < app->graph.nr; i++) {
		add_service(&waiting, &app->graph.services[i], until_ns);
	}
	if (waiting.more) {
		ki_buf_printf(&waiting.names, " and %u more", waiting.more);
	}
	*names = waiting.names;
	return waiting.nr > 0;
}

void ki_application_say_waits(struct ki_application *app, int64_t now_ns) {
	struct ki_buf names;
	int64_t until_ns = now_ns;
	ki_buf_init(&names);
	if (put_waiting(app, &names, &until_ns)) {
		char left[KI_DURATION_TEXT_MAX];
		until_ns = app->forcing ? now_ns
			: until_ns > app->force_ns ? app->force_ns
						    : until_ns;
		int64_t seconds = (until_ns - now_ns + KI_NS_PER_SEC / 2) / KI_NS_PER_SEC;
		ki_duration_format(seconds * KI_NS_PER_SEC, left);
		struct ki_log_field fields[] = {
			{.key = "running", .value = ki_buf_cstr(&names)},
			{.key = "left", .value = left},
		};
		ki_log_write(app->system->log, KI_LOG_INFO, "kith.service", "waiting for the stop",
			ki_countof(fields), fields);
	}
	ki_buf_fini(&names);
}

/* ---- A stop that waits in vain ---- */

/* What is inside C code is out of force's reach (SPEC 15.4); a write that nobody reads may keep it
 * there for ever. What can end by force does so in a fraction of this. */
static const int64_t STUCK_NS = KI_NS_PER_SEC;

static bool was_forced(
	const struct ki_application *app, const struct ki_service *service, int64_t now_ns) {
	return app->forcing || service->state != KI_SERVICE_STOPPING ||
		service->deadline_ns == INT64_MAX || service->deadline_ns <= now_ns;
}

/* What has to end; UINT64_MAX while some of it may still do so by itself. */
static uint64_t left_of(const struct ki_application *app, int64_t now_ns) {
	struct ki_counts counts;
	ki_system_counts(app->system, &counts);
	uint64_t left = counts.processes + (app->entry.keeper != 0);
	bool forced = was_forced(app, &app->entry, now_ns);
	for (size_t i = 0; i < app->graph.nr; i++) {
		const struct ki_service *service = &app->graph.services[i];
		left += ki_service_up(service) + (service->keeper != 0);
		forced = forced && was_forced(app, service, now_ns);
	}
	return forced ? left : UINT64_MAX;
}

bool ki_application_is_stuck(struct ki_application *app, int64_t now_ns) {
	uint64_t left = left_of(app, now_ns);
	bool stuck = left == app->left && left != UINT64_MAX && left != 0;
	app->left = left;
	app->stuck_ns = ki_time_after(now_ns, STUCK_NS);
	return stuck;
}

void ki_application_say_stuck(struct ki_application *app) {
	struct ki_buf names;
	int64_t until_ns = 0;
	ki_buf_init(&names);
	put_waiting(app, &names, &until_ns);
	struct ki_log_field field = {.key = "running", .value = ki_buf_cstr(&names)};
	ki_log_write(app->system->log, KI_LOG_WARN, "kith.service",
		"stopped without what is inside C code", 1, &field);
	ki_buf_fini(&names);
}

/*
 * runtime.c: a runtime is opened, started, run, stopped and closed.
 *
 * Owns: struct kith_runtime. Threads: as kith.h says.
 * Tags: [AP1] see runtime.h.
 * Not here: what runs (boot.c), what is told (report.c).
 */
#include "api/runtime.h"

#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "sys/machine.h"
#include "time/duration.h"

static const int64_t SLICE_MAX_NS = INT64_C(1000000000);

/* ---- Open ---- */

static bool is_level(enum kith_log_level level) {
	return level >= KITH_LOG_DEFAULT && level <= KITH_LOG_OFF;
}

static bool is_valid(const struct kith_options *options) {
	return options->workers >= 0 && options->slice_ns >= 0 && options->memory_bytes >= 0 &&
		options->preempt_signal >= 0 &&
		options->slice_ns <= SLICE_MAX_NS && options->input_fd >= 0 &&
		is_level(options->log_level) && is_level(options->default_log_level) &&
		options->log_format >= KITH_LOG_FORMAT_DEFAULT &&
		options->log_format <= KITH_LOG_JSON && (options->sets || options->nr_sets == 0);
}

int kith_open(const struct kith_options *options, struct kith_runtime **out) {
	struct kith_options own = kith_options();
	if (options) { /* an older program knows fewer fields */
		memcpy(&own, options, options->size < sizeof(own) ? options->size : sizeof(own));
	}
	if (!out || !is_valid(&own)) {
		return KITH_EINVAL;
	}
	struct kith_runtime *runtime = ki_zalloc(sizeof(*runtime));
	if (!runtime) {
		return KITH_EEXHAUSTED;
	}
	runtime->options = own;
	int status = ki_timezone_open(runtime);
	if (status) {
		ki_zones_fini(&runtime->zones);
		ki_free(runtime);
		return status;
	}
	struct ki_sched_options sched = {
		.simulate = own.simulate != 0,
		.seed = own.simulate ? own.seed : ki_machine_seed(),
		.preempt_signal = own.preempt_signal,
		.memory = &runtime->memory,
	};
	runtime->sched = ki_sched_new(&sched);
	if (!runtime->sched) {
		ki_zones_fini(&runtime->zones);
		ki_free(runtime);
		return KITH_EEXHAUSTED;
	}
	ki_mutex_init(&runtime->output_mutex);
	ki_mutex_init(&runtime->stop_mutex);
	ki_cond_init(&runtime->stop_cond);
	ki_store_rlx(&runtime->xexit, -1); /* nobody else is here yet */
	ki_report_init(runtime);
	*out = runtime;
	return KITH_OK;
}

/* ---- Start ---- */

static int start(struct kith_runtime *runtime, const struct ki_entry *entry, bool brief,
	size_t nr_args, const char *const *args) {
	int status = ki_boot_make(runtime, entry, nr_args, args);
	if (!status) {
		status = ki_sched_reserve(runtime->sched); /* for the application process */
	}
	if (!status) {
		runtime->app->brief = brief;
		/* a simulation sees it in kith_run */
		runtime->app->watches_idle = !runtime->options.simulate && !runtime->options.keep;
		status = ki_application_start(runtime->app);
	}
	if (status) {
		ki_boot_drop(runtime);
		return status;
	}
	ki_store_rel(&runtime->xstate, KI_RT_STARTED); /* rel: kith_stop sees app. [AP1] */
	return KITH_OK;
}

static int startable(struct kith_runtime *runtime) {
	if (!runtime) {
		return KITH_ECLOSED;
	}
	bool loaded = ki_load_rlx(&runtime->xstate) == KI_RT_LOADED; /* of this thread */
	return loaded && runtime->project.diags.nr == 0 ? KITH_OK : KITH_ECONFLICT;
}

int kith_start(struct kith_runtime *runtime) {
	int status = startable(runtime);
	return status ? status : start(runtime, NULL, false, 0, NULL);
}

static int start_entry(struct kith_runtime *runtime, const char *id, bool brief, size_t nr_args,
	const char *const *args) {
	int status = startable(runtime);
	if (status) {
		return status;
	}
	if (!id || (nr_args && !args)) {
		return KITH_EINVAL;
	}
	const struct ki_entry *entry = ki_project_find(&runtime->project, id);
	if (!entry || !ki_kind_is_runnable(entry->kind)) {
		return KITH_ENOTFOUND;
	}
	return start(runtime, entry, brief, nr_args, args);
}

int kith_start_entry(struct kith_runtime *runtime, const char *id, size_t nr_args,
	const char *const *args) {
	return start_entry(runtime, id, false, nr_args, args);
}

int kith_test_start(struct kith_runtime *runtime, const char *id) {
	return start_entry(runtime, id, true, 0, NULL);
}

/* ---- Run ---- */

static void timeout_fired(struct ki_timer *timer) {
	ki_sched_halt(ki_container_of(timer, struct kith_runtime, timeout)->sched);
}

static int64_t deadline_of(struct kith_runtime *runtime, int64_t timeout_ns) {
	int64_t now_ns = ki_sched_now(runtime->sched);
	return timeout_ns < INT64_MAX - now_ns ? now_ns + timeout_ns : INT64_MAX;
}

static unsigned nr_stops(struct kith_runtime *runtime) {
	ki_mutex_lock(&runtime->stop_mutex);
	unsigned nr = runtime->nr_stops;
	ki_mutex_unlock(&runtime->stop_mutex);
	return nr;
}

static void wait_for_stop(struct kith_runtime *runtime, unsigned seen) {
	ki_mutex_lock(&runtime->stop_mutex);
	while (runtime->nr_stops == seen) {
		ki_cond_wait(&runtime->stop_cond, &runtime->stop_mutex);
	}
	ki_mutex_unlock(&runtime->stop_mutex);
}

/* Until it has ended or until_ns is over. */
static int run_simulation(struct kith_runtime *runtime, int64_t until_ns) {
	while (!ki_application_done(runtime->app)) {
		unsigned seen = nr_stops(runtime);
		enum ki_run_end end =
			ki_sched_run(runtime->sched, until_ns == INT64_MAX ? -1 : until_ns);
		if (end == KI_RUN_UNTIL) {
			return KITH_ETIMEOUT;
		}
		if (end != KI_RUN_IDLE) {
			continue;
		}
		if (!runtime->options.keep && !runtime->app->stopping) {
			int status = ki_application_tell_idle(runtime->app);
			if (status) {
				return status;
			}
		} else if (until_ns != INT64_MAX) {
			return KITH_ETIMEOUT; /* nothing happens until then */
		} else {
			wait_for_stop(runtime, seen);
		}
	}
	return KITH_OK;
}

static int run_threads(struct kith_runtime *runtime, int64_t until_ns) {
	struct ki_host *host = ki_sched_system_host(runtime->sched);
	runtime->timeout.fire = timeout_fired;
	if (until_ns != INT64_MAX) {
		ki_host_arm(host, &runtime->timeout, until_ns);
	}
	runtime->app->stuck = false; /* it waits on */
	/* a halt by a timeout of before may be left over */
	while (!ki_application_done(runtime->app) && !runtime->app->stuck &&
		ki_sched_now(runtime->sched) < until_ns) {
		ki_sched_run(runtime->sched, -1);
	}
	if (until_ns != INT64_MAX) {
		ki_host_cancel(host, &runtime->timeout);
	}
	return ki_application_done(runtime->app) ? KITH_OK : KITH_ETIMEOUT;
}

int kith_run(struct kith_runtime *runtime, int64_t timeout_ns) {
	if (!runtime) {
		return KITH_ECLOSED;
	}
	if (timeout_ns < 0) {
		return KITH_EINVAL;
	}
	/* of this thread */
	if (ki_load_rlx(&runtime->xstate) != KI_RT_STARTED || runtime->running) {
		return KITH_ECONFLICT;
	}
	runtime->running = true;
	int64_t until_ns = deadline_of(runtime, timeout_ns);
	int status = runtime->options.simulate ? run_simulation(runtime, until_ns)
					       : run_threads(runtime, until_ns);
	runtime->running = false;
	if (runtime->app->ended) {
		ki_store_rlx(&runtime->xstate, KI_RT_STOPPED); /* a stop is refused by the PID */
	}
	return status;
}

/* ---- Stop ---- */

int kith_stop(struct kith_runtime *runtime, int64_t timeout_ns) {
	if (!runtime) {
		return KITH_ECLOSED;
	}
	if (timeout_ns < 0 && timeout_ns != KITH_PROJECT_TIMEOUT) {
		return KITH_EINVAL;
	}
	if (ki_load_acq(&runtime->xstate) < KI_RT_STARTED) { /* acq: app is there. [AP1] */
		return KITH_ECONFLICT;
	}
	if (timeout_ns == KITH_PROJECT_TIMEOUT) {
		timeout_ns = runtime->project.settings.shutdown_timeout_ns;
	}
	int status = ki_application_stop(runtime->app, timeout_ns);
	ki_mutex_lock(&runtime->stop_mutex);
	runtime->nr_stops++;
	ki_cond_signal(&runtime->stop_cond);
	ki_mutex_unlock(&runtime->stop_mutex);
	return status;
}

void ki_runtime_exit(void *user, int status) {
	struct kith_runtime *runtime = user;
	int none = -1;
	/* rlx: it is read when the workers have been joined */
	ki_cas_rlx(&runtime->xexit, &none, status);
	kith_stop(runtime, runtime->project.settings.shutdown_timeout_ns);
}

/* ---- Close ---- */

/* What runs is ended by force; no Lua of it is heard of any more. */
static void end_all(struct kith_runtime *runtime) {
	ki_store_rlx(&runtime->xmuted, true); /* a hint, see report.c */
	runtime->app->brief = false;
	while (!runtime->app->ended) {
		/* without memory for the message there will be some when a process has ended */
		ki_application_stop(runtime->app, 0);
		if (!runtime->options.simulate) {
			run_threads(runtime, deadline_of(runtime, KI_NS_PER_SEC));
		} else {
			ki_sched_run(runtime->sched, -1);
		}
	}
}

int kith_close(struct kith_runtime **place) {
	if (!place) {
		return KITH_EINVAL;
	}
	struct kith_runtime *runtime = *place;
	if (!runtime) {
		return KITH_OK;
	}
	if (runtime->running) {
		return KITH_ECONFLICT;
	}
	if (runtime->app) {
		end_all(runtime);
	}
	ki_boot_drop(runtime);
	ki_sched_free(runtime->sched);
	if (runtime->has_project) {
		ki_project_fini(&runtime->project);
	}
	ki_buf_fini(&runtime->output);
	ki_buf_fini(&runtime->error);
	ki_buf_fini(&runtime->fault);
	ki_mutex_fini(&runtime->output_mutex);
	ki_mutex_fini(&runtime->stop_mutex);
	ki_cond_fini(&runtime->stop_cond);
	ki_zones_fini(&runtime->zones);
	ki_free(runtime);
	*place = NULL;
	return KITH_OK;
}

/*
 * monitor.c: see monitor.h, where the argument and the tags stand.
 */
#include "sched/monitor.h"

#include <errno.h>
#include <kith_types.h>

#include "base/compiler.h"
#include "sched/spare.h"
#include "sched/thread_host.h"
#include "sys/clock.h"

/* In C beyond its slice: SPEC 15.4, 10 ms in all with the usual slice of 1 ms. A longer slice may
 * be used up by right; what gives way at its end does so within MARGIN_NS. */
static const int64_t STUCK_NS = 10000000, MARGIN_NS = 5000000;
/* Between two signals to one turn: a coroutine that is changed at the wrong moment misses one. */
static const int64_t ALERT_AGAIN_NS = 500000;
/* No look sooner after the last than this, and no later than that: a turn that began since may have
 * a slice as short as the shortest. */
static const int64_t LOOK_MIN_NS = 100000, LOOK_MAX_NS = 10000000;
enum { QUIET_LOOKS = 2 };

/* --- the handler: on the worker's thread, anywhere --- */

/* Async-signal-safe: atomic fields of the thread's own worker, what is set once, and the clock. */
static void on_alert(int signo) {
	(void)signo;
	int saved = errno;
	struct ki_worker *worker = ki_worker_self();
	if (worker != NULL) {
		struct ki_task *task = ki_worker_task(worker);
		int64_t turn_ns = ki_load_rlx(&worker->xturn_ns); /* rlx: our own */
		if (task != NULL && turn_ns != 0 &&
			ki_clock_mono_ns() - turn_ns >= ki_load_rlx(&worker->xslice_ns)) {
			struct ki_overrun *overrun = ki_load_rlx(&task->xoverrun); /* rlx: ours */
			if (overrun != NULL) {
				overrun->tell(overrun);
			}
		}
	}
	errno = saved;
}

/* --- the monitor's thread --- */

static void alert(struct ki_monitor *monitor, struct ki_thread_worker *worker) {
	if (monitor->alert.signo != 0) {
		ki_alert_send(worker->self, monitor->alert.signo);
	}
}

static bool work_waits(struct ki_thread_host *host, int64_t now_ns) {
	/* rlx: a hint; we look again soon */
	if (ki_inject_size(&host->shared) > 0 || ki_timers_next(host) <= now_ns) {
		return true;
	}
	for (int i = 0; i < ki_thread_nr_seats(host); i++) {
		if (ki_runq_size(&ki_thread_seat(host, i)->queue) > 0) {
			return true;
		}
	}
	return false;
}

/* The system host serves in the thread inside ki_sched_run and in no other. */
static bool may_have_spares(struct ki_thread_host *host) {
	return &host->base != host->base.sched->system;
}

static bool nobody_else_comes(struct ki_thread_host *host) {
	/* rlx: hints; we look again soon */
	return ki_load_rlx(&host->xnr_idle) == 0 && ki_load_rlx(&host->xnr_searching) == 0;
}

static void look_at_stuck(struct ki_thread_host *host, struct ki_thread_worker *worker,
	int64_t turn_ns, int64_t now_ns) {
	if (worker->stuck_turn_ns != turn_ns) {
		worker->stuck_turn_ns = turn_ns;
		ki_add_rlx(&host->xnr_stuck, 1); /* rlx: a counter */
	}
	if (!worker->relieved && may_have_spares(host) && nobody_else_comes(host) &&
		work_waits(host, now_ns)) {
		worker->relieved = ki_spare_call(host);
		ki_store_rel(&worker->xstuck, worker->relieved); /* rel: see settle. [MO3] */
	}
}

/* Looks at one worker; gives the time at which it is to be looked at again. */
static int64_t look_at(
	struct ki_monitor *monitor, struct ki_thread_worker *worker, int64_t now_ns) {
	struct ki_thread_host *host = ki_thread_host_of(worker->base.host);
	int64_t slice_ns = host->base.slice_ns;
	int64_t soon_ns = now_ns + slice_ns;             /* for turns to come */
	int64_t turn_ns = ki_load_rlx(&worker->base.xturn_ns); /* rlx: the handler judges anew */
	if (turn_ns == 0) {
		return soon_ns;
	}
	slice_ns = ki_load_rlx(&worker->base.xslice_ns); /* rlx: likewise */
	if (now_ns - turn_ns < slice_ns) {
		return turn_ns + slice_ns;
	}
	alert(monitor, worker);
	int64_t stuck_ns = slice_ns + MARGIN_NS > STUCK_NS ? slice_ns + MARGIN_NS : STUCK_NS;
	if (now_ns - turn_ns >= stuck_ns) {
		look_at_stuck(host, worker, turn_ns, now_ns);
	}
	return soon_ns < now_ns + ALERT_AGAIN_NS ? soon_ns : now_ns + ALERT_AGAIN_NS;
}

/* Looks at all; gives the time of the next look, or INT64_MAX: nothing is at work. */
static int64_t look(struct ki_monitor *monitor, int64_t now_ns) {
	int64_t next_ns = now_ns + LOOK_MAX_NS;
	bool busy = false;
	uint64_t turns = 0;
	ki_mutex_lock(&monitor->mutex);
	ki_list_for_each(it, &monitor->served) {
		struct ki_thread_worker *worker =
			ki_list_entry(it, struct ki_thread_worker, served_node);
		int64_t at_ns = look_at(monitor, worker, now_ns);
		next_ns = at_ns < next_ns ? at_ns : next_ns;
		turns += ki_counters_get(&worker->counters.bank, KI_COUNTER_EXECUTED);
		busy = busy || !ki_load_sc(&worker->xat_rest);     /* sc: M2. [MO1] */
	}
	ki_mutex_unlock(&monitor->mutex);
	monitor->quiet = busy || turns != monitor->turns ? 0 : monitor->quiet + 1;
	monitor->turns = turns;
	if (!busy && monitor->quiet >= QUIET_LOOKS) {
		return INT64_MAX;
	}
	return next_ns - now_ns < LOOK_MIN_NS ? now_ns + LOOK_MIN_NS : next_ns;
}

static void monitor_main(void *arg) {
	struct ki_monitor *monitor = arg;
	/* acq: after the token that came with it. [MO2] */
	while (!ki_load_acq(&monitor->xstop)) {
		int64_t next_ns = look(monitor, ki_clock_mono_ns());
		if (next_ns != INT64_MAX) {
			ki_parker_park_until(&monitor->parker, next_ns);
			continue;
		}
		ki_store_sc(&monitor->xasleep, true); /* sc: M1. [MO1] */
		if (look(monitor, ki_clock_mono_ns()) == INT64_MAX) {
			ki_parker_park(&monitor->parker);
		}
		ki_store_sc(&monitor->xasleep, false); /* [MO1] */
	}
}

/* --- others --- */

void ki_monitor_init(struct ki_monitor *monitor, int signo) {
	ki_mutex_init(&monitor->mutex);
	ki_list_init(&monitor->served);
	ki_parker_init(&monitor->parker);
	if (signo != 0 && !KI_TSAN) {
		/* Refused: slices by ki_task_tick, the same but slower. */
		ki_alert_take(&monitor->alert, signo, on_alert);
	}
}

void ki_monitor_fini(struct ki_monitor *monitor) {
	if (monitor->started) {
		ki_store_rel(&monitor->xstop, true); /* rel: seen by whom the token wakes. [MO2] */
		ki_parker_unpark(&monitor->parker);
		ki_thread_join(&monitor->thread);
	}
	ki_alert_give_back(&monitor->alert);
	ki_parker_fini(&monitor->parker);
	ki_mutex_fini(&monitor->mutex);
}

int ki_monitor_start(struct ki_monitor *monitor) {
	int status = KITH_OK;
	ki_mutex_lock(&monitor->mutex);
	if (!monitor->started) {
		status = ki_thread_start(&monitor->thread, monitor_main, monitor, 0);
		monitor->started = status == KITH_OK;
	}
	ki_mutex_unlock(&monitor->mutex);
	return status;
}

void ki_monitor_rests(struct ki_thread_worker *worker) {
	ki_store_rlx(&worker->xat_rest, true); /* rlx: seen late, the monitor looks once more */
}

static void set_works(struct ki_monitor *monitor, struct ki_thread_worker *worker) {
	ki_store_sc(&worker->xat_rest, false); /* sc: F1. [MO1] */
	if (ki_load_sc(&monitor->xasleep)) {   /* sc: F2. [MO1] */
		ki_parker_unpark(&monitor->parker);
	}
}

void ki_monitor_works(struct ki_thread_host *host, struct ki_thread_worker *worker) {
	if (ki_load_rlx(&worker->xat_rest)) { /* rlx: our own */
		set_works(ki_thread_monitor(host), worker);
	}
}

void ki_monitor_enter(struct ki_thread_host *host, struct ki_thread_worker *worker) {
	struct ki_monitor *monitor = ki_thread_monitor(host);
	ki_mutex_lock(&monitor->mutex);
	worker->self = ki_alert_self();
	ki_list_push_back(&monitor->served, &worker->served_node);
	ki_mutex_unlock(&monitor->mutex);
	set_works(monitor, worker);
}

void ki_monitor_leave(struct ki_thread_host *host, struct ki_thread_worker *worker) {
	struct ki_monitor *monitor = ki_thread_monitor(host);
	ki_mutex_lock(&monitor->mutex);
	ki_list_remove(&worker->served_node);
	ki_mutex_unlock(&monitor->mutex);
}

void ki_monitor_settle(struct ki_thread_host *host, struct ki_thread_worker *worker) {
	struct ki_monitor *monitor = ki_thread_monitor(host);
	ki_mutex_lock(&monitor->mutex);
	if (worker->relieved) {
		worker->relieved = false;
		ki_store_rlx(&worker->xstuck, false); /* rlx: the next word on it takes the mutex */
		ki_spare_dismiss(host);
	}
	ki_mutex_unlock(&monitor->mutex);
}

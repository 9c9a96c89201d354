/*
 * sched/timers.c: see timers.h, where the argument and the tags stand.
 */
#include "sched/timers.h"

#include "sched/idle.h"
#include "sched/rest.h"
#include "sched/thread_host.h"

/* Between two looks of a worker that never idles at the wheels of others. */
static const int64_t LOOK_AROUND_NS = 500000;
/* Timers of a wheel that fire before others may arm and cancel there. */
enum { FIRE_AT_ONCE = 64 };

void ki_timers_init(struct ki_timers *timers) {
	ki_mutex_init(&timers->mutex);
	ki_store_rlx(&timers->xnext_ns, INT64_MAX); /* rlx: not published yet */
	ki_wheel_init(&timers->wheel);
}

void ki_timers_fini(struct ki_timers *timers) {
	ki_mutex_fini(&timers->mutex);
}

/* Whether what its timers do is counted (rest.h). */
static bool counts(const struct ki_host *base) {
	return base != base->sched->system;
}

/* Those of the running worker; of a thread that is none of the host's, those of one that is. */
static struct ki_timers *where_to_arm(struct ki_thread_host *host) {
	struct ki_worker *worker = ki_worker_self();
	if (worker != NULL && worker->host == &host->base) {
		return &ki_thread_worker_of(worker)->timers;
	}
	unsigned any = worker != NULL ? worker->number : 0;
	return &host->workers[any % (unsigned)host->base.nr_workers].timers;
}

void ki_timers_arm(struct ki_thread_host *host, struct ki_timer *timer, int64_t deadline_ns) {
	struct ki_timers *timers = where_to_arm(host);
	if (counts(&host->base)) {
		ki_rest_woken(host->base.sched);
	}
	ki_mutex_lock(&timers->mutex);
	ki_wheel_add(&timers->wheel, timer, deadline_ns);
	bool first = deadline_ns < ki_load_rlx(&timers->xnext_ns); /* rlx: we hold the mutex */
	if (first) {
		/* sc: before the reads of ki_idle_call_time. [SW3] */
		ki_store_sc(&timers->xnext_ns, deadline_ns);
	}
	ki_mutex_unlock(&timers->mutex);
	if (first) {
		ki_idle_call_time(host, deadline_ns);
	}
}

bool ki_timers_cancel(struct ki_thread_host *host, struct ki_timer *timer) {
	if (timer->wheel == NULL) { /* TI2 */
		return false;
	}
	struct ki_timers *timers = ki_container_of(timer->wheel, struct ki_timers, wheel);
	ki_mutex_lock(&timers->mutex);
	bool pending = ki_wheel_remove(&timers->wheel, timer);
	ki_mutex_unlock(&timers->mutex);
	if (pending && counts(&host->base)) {
		ki_rest_rested(host->base.sched);
	}
	return pending;
}

/* False: there is nothing more. */
static bool fire_some(struct ki_thread_host *host, struct ki_timers *timers, int64_t now_ns) {
	struct ki_timer *timer = NULL;
	ki_mutex_lock(&timers->mutex);
	for (int i = 0; i < FIRE_AT_ONCE; i++) {
		timer = ki_wheel_pop_due(&timers->wheel, now_ns);
		if (timer == NULL) {
			break;
		}
		timer->fire(timer);
		if (counts(&host->base)) {
			ki_rest_rested(host->base.sched);
		}
	}
	/* rlx: a sleeper that misses it looks in vain */
	ki_store_rlx(&timers->xnext_ns, ki_wheel_next(&timers->wheel));
	ki_mutex_unlock(&timers->mutex);
	return timer != NULL;
}

static int64_t next_of(struct ki_timers *timers) {
	return ki_load_sc(&timers->xnext_ns); /* sc: a sleeper's, after xnr_idle. [SW3] */
}

static void fire_all(struct ki_thread_host *host, struct ki_timers *timers, int64_t now_ns) {
	while (next_of(timers) <= now_ns && fire_some(host, timers, now_ns)) {
	}
}

void ki_timers_fire(struct ki_thread_host *host, struct ki_thread_worker *worker, int64_t now_ns) {
	fire_all(host, &worker->timers, now_ns);
	if (!worker->searching && now_ns - worker->looked_ns < LOOK_AROUND_NS) {
		return;
	}
	worker->looked_ns = now_ns;
	int nr_seats = ki_thread_nr_seats(host);
	for (int i = 0; i < nr_seats; i++) {
		fire_all(host, &ki_thread_seat(host, i)->timers, now_ns);
	}
}

int64_t ki_timers_next(struct ki_thread_host *host) {
	int64_t next_ns = INT64_MAX;
	int nr_seats = ki_thread_nr_seats(host);
	for (int i = 0; i < nr_seats; i++) {
		int64_t at_ns = next_of(&ki_thread_seat(host, i)->timers);
		next_ns = at_ns < next_ns ? at_ns : next_ns;
	}
	return next_ns;
}

uint64_t ki_timers_count(struct ki_thread_host *host) {
	uint64_t sum = 0;
	int nr_seats = ki_thread_nr_seats(host);
	for (int i = 0; i < nr_seats; i++) {
		struct ki_timers *timers = &ki_thread_seat(host, i)->timers;
		ki_mutex_lock(&timers->mutex);
		sum += timers->wheel.nr;
		ki_mutex_unlock(&timers->mutex);
	}
	return sum;
}

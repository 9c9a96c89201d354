/*
 * idle.c: see idle.h, where the argument and the tags stand.
 */
#include "sched/idle.h"

#include "sys/clock.h"

/* A turn beyond this age may last: a message's turn takes one to five microseconds. */
static const int64_t YOUNG_NS = 15000;
/* Between two looks of the watcher. Systems are late by some 50 us with so short a sleep (Linux:
 * the timer slack), so that one look and YOUNG_NS stay below 100 us. */
static const int64_t WATCH_NS = 25000;
/* Looks without traffic before the watcher sleeps for good. */
enum { QUIET_LOOKS = 4 };

static void add_idle(struct ki_thread_host *host, int change) {
	ki_add_sc(&host->xnr_idle, change); /* sc: L1, before the reads of a sleeper. [SW1] [SW3] */
}

static void add_searching(struct ki_thread_host *host, int change) {
	/* sc: L2, F1, before a read of the sizes; W1. [SW2] */
	ki_add_sc(&host->xnr_searching, change);
}

static void set_watcher(struct ki_thread_host *host, struct ki_thread_worker *worker) {
	host->watcher = worker;
	/* sc: W2: before the search that follows. [SW5] */
	ki_store_sc(&host->xwatched, worker != NULL);
}

static void set_keeper(
	struct ki_thread_host *host, struct ki_thread_worker *worker, int64_t until_ns) {
	host->keeper = worker;
	ki_store_sc(&host->xkept_ns, until_ns); /* sc: K2: before the reads of the dates. [SW6] */
}

bool ki_idle_turn_is_young(struct ki_thread_worker *worker, int64_t now_ns) {
	/* rlx: a hint. Between turns it is about to take the task. */
	int64_t turn_ns = ki_load_rlx(&worker->base.xturn_ns);
	return turn_ns == 0 || now_ns - turn_ns < YOUNG_NS;
}

/* What there is to take, and whether there is a lone task that is left to its worker. */
struct sight {
	size_t nr;
	bool lone;
};

static struct sight look(struct ki_thread_host *host) {
	struct sight sight = {.nr = ki_inject_size(&host->shared)};
	int nr_seats = ki_thread_nr_seats(host);
	for (int i = 0; i < nr_seats; i++) {
		struct ki_thread_worker *worker = ki_thread_seat(host, i);
		size_t size = ki_runq_size(&worker->queue);
		if (size > 1) {
			sight.nr += size - 1;
		} else if (size == 1 && ki_idle_turn_is_young(worker, ki_clock_mono_ns())) {
			sight.lone = true;
		} else {
			sight.nr += size;
		}
	}
	return sight;
}

static uint64_t pushes(struct ki_thread_host *host) {
	uint64_t sum = 0;
	int nr_seats = ki_thread_nr_seats(host);
	for (int i = 0; i < nr_seats; i++) {
		sum += ki_runq_pushes(&ki_thread_seat(host, i)->queue);
	}
	return sum;
}

/* --- calling --- */

/* The one idle for the shortest time; keeper and watcher only if there is no other. */
static struct ki_thread_worker *best_idle(struct ki_thread_host *host) {
	struct ki_thread_worker *found = NULL;
	ki_list_for_each(it, &host->idle) {
		found = ki_list_entry(it, struct ki_thread_worker, idle_node);
		if (found != host->keeper && found != host->watcher) {
			break;
		}
	}
	return found;
}

/* Out of the set: it searches, and is neither keeper nor watcher. Under idle_mutex. */
static void leave_idle(struct ki_thread_host *host, struct ki_thread_worker *worker) {
	ki_list_remove(&worker->idle_node);
	add_searching(host, 1); /* for the one that is taken, too; IH2 */
	add_idle(host, -1);
	if (host->keeper == worker) {
		set_keeper(host, NULL, INT64_MAX);
	}
	if (host->watcher == worker) {
		set_watcher(host, NULL);
	}
}

static void call_one(struct ki_thread_host *host) {
	ki_mutex_lock(&host->idle_mutex);
	struct ki_thread_worker *worker = best_idle(host);
	if (worker != NULL) {
		leave_idle(host, worker);
	}
	ki_mutex_unlock(&host->idle_mutex);
	if (worker != NULL) {
		ki_parker_unpark(&worker->parker);
	}
}

/* sc, P2 and F2: after the push or the end of a search. */
static bool nobody_idle(struct ki_thread_host *host) {
	return ki_load_sc(&host->xnr_idle) == 0; /* [SW1] [SW3] */
}
static size_t nr_searching(struct ki_thread_host *host) {
	int nr = ki_load_sc(&host->xnr_searching); /* [SW2] */
	return (size_t)nr;
}
static bool is_watched(struct ki_thread_host *host) {
	return ki_load_sc(&host->xwatched); /* [SW5] */
}

void ki_idle_call_shared(struct ki_thread_host *host) {
	if (!nobody_idle(host) && ki_inject_size(&host->shared) > nr_searching(host)) {
		call_one(host);
	}
}

/* The worker takes one of its ring itself. */
void ki_idle_call_own(struct ki_thread_host *host, struct ki_thread_worker *worker) {
	if (nobody_idle(host)) {
		return;
	}
	size_t size = ki_runq_size(&worker->queue);
	size_t searching = nr_searching(host);
	bool call = size > 1 ? size - 1 > searching
			     : size == 1 && searching == 0 && !is_watched(host);
	if (call) {
		call_one(host);
	}
}

static void call_any(struct ki_thread_host *host) {
	if (nobody_idle(host)) {
		return;
	}
	struct sight sight = look(host);
	size_t searching = nr_searching(host);
	if (sight.nr > searching || (sight.lone && searching == 0 && !is_watched(host))) {
		call_one(host);
	}
}

void ki_idle_call_time(struct ki_thread_host *host, int64_t deadline_ns) {
	/* sc, both: after the write of xnext_ns. [SW3] [SW6] */
	if (nobody_idle(host) || ki_load_sc(&host->xkept_ns) <= deadline_ns) {
		return;
	}
	ki_mutex_lock(&host->idle_mutex);
	struct ki_thread_worker *worker = host->keeper;
	if (worker == NULL && !ki_list_empty(&host->idle)) {
		worker = ki_list_entry(host->idle.next, struct ki_thread_worker, idle_node);
	} else if (ki_load_rlx(&host->xkept_ns) <= deadline_ns) { /* rlx: we hold the mutex */
		worker = NULL;
	}
	ki_mutex_unlock(&host->idle_mutex);
	if (worker != NULL) {
		ki_parker_unpark(&worker->parker); /* workers live as long as the host */
	}
}

/* --- the worker itself --- */

static void stop_searching(struct ki_thread_host *host, struct ki_thread_worker *worker) {
	if (worker->searching) {
		worker->searching = false;
		add_searching(host, -1);
	}
}

/* Whether the worker, idle by now, is to look again soon. Under idle_mutex. */
static bool watches(struct ki_thread_host *host, struct ki_thread_worker *worker, bool lone) {
	bool again = worker->watched;
	worker->watched = false;
	if (host->watcher != NULL || (!lone && !again)) {
		return false;
	}
	uint64_t now = pushes(host);
	if (lone || now != host->watched_pushes) {
		host->watched_quiet = 0;
	} else if (++host->watched_quiet >= QUIET_LOOKS) {
		return false;
	}
	host->watched_pushes = now;
	worker->watched = true;
	set_watcher(host, worker);
	return true;
}

/*
 * Goes idle, unless there is something to do, as keeper and watcher if there is need and there is
 * none. Under idle_mutex. Gives the time until which to park, INT64_MAX: without end, or INT64_MIN:
 * not.
 */
static int64_t enter_idle(struct ki_thread_host *host, struct ki_thread_worker *worker) {
	ki_list_push_front(&host->idle, &worker->idle_node);
	add_idle(host, 1);
	stop_searching(host, worker);
	struct sight sight = look(host); /* L3 */
	if (sight.nr > 0) {
		return INT64_MIN;
	}
	int64_t until_ns = INT64_MAX;
	if (watches(host, worker, sight.lone)) {
		until_ns = ki_clock_mono_ns() + WATCH_NS;
	}
	int64_t next_ns = ki_timers_next(host); /* after the change of xnr_idle. [SW3] */
	if (host->keeper == NULL && next_ns != INT64_MAX) {
		set_keeper(host, worker, next_ns);
		until_ns = next_ns < until_ns ? next_ns : until_ns;
	}
	return until_ns;
}

void ki_idle_sleep(struct ki_thread_host *host, struct ki_thread_worker *worker) {
	ki_mutex_lock(&host->idle_mutex);
	int64_t until_ns = enter_idle(host, worker);
	if (until_ns != INT64_MIN) {
		ki_mutex_unlock(&host->idle_mutex);
		if (until_ns == INT64_MAX) {
			ki_parker_park(&worker->parker);
		} else {
			ki_parker_park_until(&worker->parker, until_ns);
		}
		ki_mutex_lock(&host->idle_mutex);
	}
	if (!ki_list_empty(&worker->idle_node)) { /* nobody has taken it out */
		leave_idle(host, worker);
	}
	worker->searching = true;
	ki_mutex_unlock(&host->idle_mutex);
}

/* Ends as a finder, for the time as well: it may have been the keeper, or been nudged to become it.
 * */
static void call_others(struct ki_thread_host *host, struct ki_thread_worker *worker) {
	worker->watched = false;
	stop_searching(host, worker);
	call_any(host);
	int64_t next_ns = ki_timers_next(host);
	if (next_ns != INT64_MAX) {
		ki_idle_call_time(host, next_ns);
	}
}

void ki_idle_found(struct ki_thread_host *host, struct ki_thread_worker *worker) {
	if (worker->searching) {
		call_others(host, worker);
	}
}

void ki_idle_leave(struct ki_thread_host *host, struct ki_thread_worker *worker) {
	call_others(host, worker);
}

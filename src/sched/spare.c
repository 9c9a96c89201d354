/*
 * spare.c: see spare.h.
 */
#include "sched/spare.h"

#include <kith_types.h>

#include "base/alloc.h"
#include "sched/thread_host.h"

/* Waits for a call; false: the host stops. */
static bool await_call(struct ki_thread_host *host, struct ki_thread_worker *worker) {
	struct ki_monitor *monitor = ki_thread_monitor(host);
	ki_mutex_lock(&monitor->mutex);
	while (!worker->called && !host->stopping) {
		if (ki_list_empty(&worker->spare_node)) {
			ki_list_push_front(&host->spares, &worker->spare_node);
		}
		ki_mutex_unlock(&monitor->mutex);
		ki_parker_park(&worker->parker); /* a token may be an old one */
		ki_mutex_lock(&monitor->mutex);
	}
	bool called = !host->stopping;
	worker->called = false;
	ki_list_remove(&worker->spare_node);
	ki_mutex_unlock(&monitor->mutex);
	return called;
}

static void spare_main(void *arg) {
	struct ki_thread_worker *worker = arg;
	struct ki_thread_host *host = ki_thread_host_of(worker->base.host);
	while (await_call(host, worker)) {
		ki_thread_serve(host, worker);
	}
}

/* The thread waits for the mutex first, which the caller holds. */
static bool start(struct ki_thread_worker *worker) {
	worker->called = true;
	worker->has_thread = ki_thread_start(&worker->thread, spare_main, worker,
				     KI_THREAD_STACK_BYTES) == KITH_OK;
	return worker->has_thread;
}

static bool start_new(struct ki_thread_host *host) {
	if (ki_thread_nr_seats(host) == host->base.nr_workers + KI_SPARES_MAX) {
		return false;
	}
	struct ki_thread_worker *worker = ki_zalloc(sizeof *worker);
	if (worker == NULL) {
		return false;
	}
	ki_thread_worker_init(worker, host);
	worker->spare = true;
	if (!start(worker)) {
		ki_thread_worker_fini(worker);
		ki_free(worker);
		return false;
	}
	ki_thread_seat_take(host, worker);
	return true;
}

/* One that was stopped with the host has its seat still. */
static bool start_vacant(struct ki_thread_host *host) {
	struct ki_thread_worker *worker = ki_list_entry(
		ki_list_pop_front(&host->vacant), struct ki_thread_worker, spare_node);
	if (!start(worker)) {
		ki_list_push_front(&host->vacant, &worker->spare_node);
		return false;
	}
	return true;
}

bool ki_spare_call(struct ki_thread_host *host) {
	if (host->stopping) {
		return false; /* SP2 */
	}
	if (!ki_list_empty(&host->spares)) {
		struct ki_thread_worker *worker = ki_list_entry(
			ki_list_pop_front(&host->spares), struct ki_thread_worker, spare_node);
		worker->called = true;
		ki_parker_unpark(&worker->parker);
		return true;
	}
	return ki_list_empty(&host->vacant) ? start_new(host) : start_vacant(host);
}

void ki_spare_dismiss(struct ki_thread_host *host) {
	ki_add_rel(&host->xnr_retiring, 1); /* [SP1] */
}

bool ki_spare_retires(struct ki_thread_host *host) {
	int nr = ki_load_acq(&host->xnr_retiring); /* [SP1] */
	while (nr > 0) {
		if (ki_casw_acq(&host->xnr_retiring, &nr, nr - 1)) { /* [SP1] */
			return true;
		}
	}
	return false;
}

void ki_spare_stop(struct ki_thread_host *host) {
	int nr_seats = ki_thread_nr_seats(host); /* no more, and none starts: SP2 */
	for (int i = host->base.nr_workers; i < nr_seats; i++) {
		ki_parker_unpark(&ki_thread_seat(host, i)->parker);
	}
	for (int i = host->base.nr_workers; i < nr_seats; i++) {
		struct ki_thread_worker *worker = ki_thread_seat(host, i);
		if (worker->has_thread) {
			ki_thread_join(&worker->thread);
			worker->has_thread = false;
			ki_list_push_back(&host->vacant, &worker->spare_node);
		}
	}
	ki_store_rlx(&host->xnr_retiring, 0); /* rlx: nobody is left to read it */
}

/*
 * rest.c: see rest.h.
 *
 * Owns: nothing more. Threads: any.
 * Tags: [RE1] see rest.h.
 */
#include "sched/rest.h"

/* Of the calling thread; NULL: it is no worker, or, in a simulation, has not had a turn yet. */
static struct ki_worker_counters *own_counters(struct ki_sched *sched) {
	struct ki_worker *worker = ki_worker_self();
	return worker != NULL && worker->sched == sched ? worker->counters : NULL;
}

void ki_rest_woken(struct ki_sched *sched) {
	struct ki_worker_counters *own = own_counters(sched);
	if (own != NULL) {
		ki_count_up(&own->xwoken, 1);
	} else {
		ki_add_rlx(&sched->xwoken, 1); /* a counter; [RE1] orders it */
	}
}

void ki_rest_rested(struct ki_sched *sched) {
	struct ki_worker_counters *own = own_counters(sched);
	if (own != NULL) {
		/* rel: after the wakes that this thread has seen or made; one writer. [RE1] */
		ki_store_rel(&own->xrested, ki_load_rlx(&own->xrested) + 1);
	} else {
		ki_add_rel(&sched->xrested, 1); /* rel: the same. [RE1] */
	}
}

static void add_rested(void *arg, struct ki_worker_counters *counters) {
	/* acq: the wakes before it are read below. [RE1] */
	*(uint64_t *)arg += ki_load_acq(&counters->xrested);
}

static void add_woken(void *arg, struct ki_worker_counters *counters) {
	*(uint64_t *)arg += ki_load_rlx(&counters->xwoken); /* rlx: ordered by those above */
}

bool ki_sched_at_rest(struct ki_sched *sched, uint64_t *woken) {
	uint64_t rested = ki_load_acq(&sched->xrested); /* acq: as the others. [RE1] */
	for (struct ki_host *host = ki_sched_hosts(sched); host != NULL; host = host->next) {
		sched->ops->each_counters(host, add_rested, &rested);
	}
	*woken = ki_load_rlx(&sched->xwoken); /* rlx: ordered by those above */
	for (struct ki_host *host = ki_sched_hosts(sched); host != NULL; host = host->next) {
		sched->ops->each_counters(host, add_woken, woken);
	}
	return *woken == rested + (ki_task_self() != NULL);
}

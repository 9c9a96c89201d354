/*
 * thread_host.h: the hosts and workers of the driver with real threads, as its files share them.
 *
 * Owns: struct ki_threads, ki_thread_host, ki_thread_worker. Each group of fields names its writer.
 * Threads: as each function says.
 * Invariants:
 *	TH1 a seat is never vacated before the host is freed: xseats[0 .. xnr_seats - 1] may be read
 *	    by any thread. The first nr_workers are the host's workers, the others spare ones.
 *	TH2 only the worker on a seat pushes into its queue, which is empty when it is not served.
 * Tags:
 *	[TH1] xnr_seats is written after the seat.
 * Not here: sleep and wake (idle.h), timers (timers.h), slices and what is stuck (monitor.h), spare
 *	threads (spare.h).
 */
#ifndef KI_SCHED_THREAD_HOST_H
#define KI_SCHED_THREAD_HOST_H

#include "base/list.h"
#include "sched/driver.h"
#include "sched/monitor.h"
#include "sched/timers.h"
#include "sync/inject.h"
#include "sync/parker.h"
#include "sync/runq.h"

/* Spare threads of a host at most: as many C calls may be stuck in it at once without harm. */
enum { KI_SPARES_MAX = 64 };

struct ki_thread_worker {
	struct ki_worker base;
	struct ki_worker_counters counters;
	/* owner thread */
	struct ki_thread thread;
	bool searching;                /* idle.h, IH2 */
	bool watched;                  /* it was the watcher when it was idle last */
	unsigned turns;                /* since the last look at the processor time */
	int64_t cpu_ns;                /* of the thread, at that look */
	int64_t looked_ns;             /* when it looked at the timers of others */
	size_t own_left, shared_left;  /* to be taken in this round */
	/* its host's idle_mutex */
	struct ki_list idle_node;
	/* the monitor's mutex */
	struct ki_list served_node;
	pthread_t self;
	int64_t stuck_turn_ns; /* start of the turn that was counted as stuck last */
	bool relieved;         /* a spare thread was called for it */
	bool called;           /* a spare one that is wanted */
	bool has_thread;       /* a spare one: to be joined */
	struct ki_list spare_node;
	/* set once */
	bool spare;
	/* any */
	_Atomic(bool) xat_rest; /* monitor.h, MO2; written by itself */
	_Atomic(bool) xstuck; /* the monitor has something for it to settle after its turn */
	struct ki_parker parker;
	struct ki_runq queue; /* TH2 */
	struct ki_timers timers;
};

struct ki_thread_host {
	struct ki_host base;
	/* any */
	struct ki_inject shared; /* made ready outside, or set aside, or more than a ring holds */
	_Atomic(bool) xstop;
	_Atomic(int) xnr_idle;      /* written under idle_mutex */
	_Atomic(int) xnr_searching;
	_Atomic(bool) xwatched;     /* there is a watcher; written under idle_mutex */
	_Atomic(int) xnr_running;   /* workers inside their loops */
	_Atomic(int) xnr_retiring;  /* spare workers that are to leave */
	_Atomic(uint64_t) xnr_stuck; /* turns; counted by the monitor */
	_Atomic(int64_t) xkept_ns;  /* the keeper's date; written under idle_mutex */
	/* idle_mutex */
	struct ki_mutex idle_mutex;
	struct ki_list idle; /* longest idle last */
	struct ki_thread_worker *keeper, *watcher;
	uint64_t watched_pushes; /* of all rings, when the watcher looked last */
	int watched_quiet;       /* looks since then that found nothing new */
	/* the monitor's mutex */
	struct ki_list spares; /* spare workers that wait for a call */
	struct ki_list vacant; /* spare workers without a thread */
	bool stopping;
	/* who starts and stops the host */
	int nr_started;
	/* set once; TH1 */
	struct ki_thread_worker *workers;
	_Atomic(struct ki_thread_worker *) *xseats;
	_Atomic(int) xnr_seats; /* grows under the monitor's mutex */
};

struct ki_threads {
	struct ki_sched base;
	struct ki_monitor monitor;
	_Atomic(uint64_t) xnext_worker;
};

static inline struct ki_thread_host *ki_thread_host_of(struct ki_host *host) {
	return ki_container_of(host, struct ki_thread_host, base);
}
static inline struct ki_thread_worker *ki_thread_worker_of(struct ki_worker *worker) {
	return ki_container_of(worker, struct ki_thread_worker, base);
}
static inline struct ki_monitor *ki_thread_monitor(struct ki_thread_host *host) {
	return &ki_container_of(host->base.sched, struct ki_threads, base)->monitor;
}

static inline int ki_thread_nr_seats(struct ki_thread_host *host) {
	/* sc: the seats below; a sleeper that misses a new one is seen by who pushes there. [TH1]
	 * */
	return ki_load_sc(&host->xnr_seats);
}
static inline struct ki_thread_worker *ki_thread_seat(struct ki_thread_host *host, int i) {
	return ki_load_rlx(&host->xseats[i]); /* rlx: ordered by the number of seats */
}

void ki_thread_worker_init(struct ki_thread_worker *worker, struct ki_thread_host *host);
void ki_thread_worker_fini(struct ki_thread_worker *worker);
/* Gives a worker the next seat. With the monitor's mutex, or before the host is published. */
void ki_thread_seat_take(struct ki_thread_host *host, struct ki_thread_worker *worker);

/* For `done`, `starve` and `fire`, which run on the thread's own stack; a strand has the rest. */
#define KI_THREAD_STACK_BYTES ((size_t)512 * 1024)

/* The worker's loop, in the calling thread, until the host stops or a spare worker retires. */
void ki_thread_serve(struct ki_thread_host *host, struct ki_thread_worker *worker);

#endif

/*
 * threads.c: the driver with real threads: each host has its workers, their queues and timers.
 *
 * Queues. A task woken by a turn of its own host goes into the ring of that worker (sync/runq.h);
 * one woken from outside, one that let others run, and one for which the ring has no room go to
 * the back of the host's shared queue. A worker takes in *rounds*: what its ring held at the start
 * of the round, then its share of what the shared queue held. So neither those that wake each
 * other nor those that run without end starve the rest: everybody's turn comes within a round of
 * each worker (SPEC 15.2), and an endless loop has one turn a round. A worker with nothing of its
 * own takes half of the ring of another, chosen at random.
 *
 * Owns: struct ki_threads, ki_thread_host, ki_thread_worker, but for what idle.h, monitor.h,
 *	spare.h and timers.h own of them.
 * Threads: ready, arm, cancel, host_counts and halt any; host_start and host_stop one at a time per
 *	host; the rest the host's workers.
 * Locks, in this order: the monitor's mutex, a wheel's (timers.h), the shared queue's, idle_mutex,
 *	a parker's.
 * Progress: blocking, by mutexes held for some tens of instructions.
 * Tags:
 *	[SW4] xstop is written before the token that wakes for it.
 *	[TH1] a seat before the number of seats (thread_host.h).
 * Tests: test/unit/sched_threads_test.c, sched_steal_test.c, test/stress/sched_wake.c,
 *	sched_steal.c, sched_timers.c; bench/sched_pingpong.c.
 * Not here: turns (task.c), sleep and wake (idle.c), timers (timers.c), slices (monitor.c), spare
 *	threads (spare.c).
 */
#include "sched/thread_host.h"

#include <kith_types.h>

#include "base/alloc.h"
#include "base/check.h"
#include "sched/idle.h"
#include "sched/rest.h"
#include "sched/spare.h"
#include "sys/clock.h"

/* Turns between two looks at the processor time of a worker that never idles. */
enum { TURNS_PER_CPU_LOOK = 256 };

/* Of a task whose budget is nearly used up: it is measured by another clock than a turn. */
enum { SLICE_MIN_NS = 100000 };

static void set_running(struct ki_thread_host *host, int change) {
	ki_add_rlx(&host->xnr_running, change); /* rlx: a number for the statistics */
}

/* --- queues --- */

static void push_shared(struct ki_thread_host *host, struct ki_inject_node *node) {
	ki_inject_push_back(&host->shared, node);
	ki_idle_call_shared(host);
}

static void push_own(
	struct ki_thread_host *host, struct ki_thread_worker *worker, struct ki_inject_node *node) {
	if (ki_runq_push_owner(&worker->queue, node)) {
		ki_idle_call_own(host, worker);
	} else {
		push_shared(host, node);
	}
}

static void ready(struct ki_task *task) {
	struct ki_worker *worker = ki_worker_self();
	struct ki_thread_host *host = ki_thread_host_of(task->host);
	if (worker != NULL && worker->host == task->host && !ki_sched_roams(host->base.sched)) {
		push_own(host, ki_thread_worker_of(worker), &task->queue_node);
	} else {
		push_shared(host, &task->queue_node);
	}
}

/* When the worker has nothing else in its ring it takes a task of the shared queue next: that makes
 * up for the one more, and nobody is woken for it. */
static void again(struct ki_worker *base, struct ki_task *task, enum ki_again why) {
	struct ki_thread_host *host = ki_thread_host_of(task->host);
	struct ki_thread_worker *worker = ki_thread_worker_of(base);
	if (ki_sched_roams(host->base.sched)) {
		push_shared(host, &task->queue_node);
	} else if (why == KI_AGAIN_WOKEN) {
		push_own(host, worker, &task->queue_node);
	} else if (ki_runq_size(&worker->queue) > 0) {
		push_shared(host, &task->queue_node);
	} else {
		ki_inject_push_back(&host->shared, &task->queue_node);
	}
}

/* The next of this round, or of a new one, or NULL: there is none but in the rings of others. */
static struct ki_inject_node *take(struct ki_thread_host *host, struct ki_thread_worker *worker) {
	for (int round = 0; round < 2; round++) {
		struct ki_inject_node *node = NULL;
		if (worker->own_left > 0) {
			node = ki_runq_take(&worker->queue);
			worker->own_left = node == NULL ? 0 : worker->own_left - 1;
		}
		if (node == NULL && worker->shared_left > 0) {
			node = ki_inject_pop_front(&host->shared);
			worker->shared_left = node == NULL ? 0 : worker->shared_left - 1;
		}
		if (node != NULL) {
			return node;
		}
		size_t sharers = (size_t)host->base.nr_workers;
		worker->own_left = ki_runq_size(&worker->queue);
		worker->shared_left = (ki_inject_size(&host->shared) + sharers - 1) / sharers;
	}
	return NULL;
}

/* Half of somebody's ring: the oldest is given, the rest is the worker's own, whose ring is empty.
 * */
static struct ki_inject_node *steal(
	struct ki_thread_host *host, struct ki_thread_worker *worker, int64_t now_ns) {
	struct ki_inject_node *nodes[KI_RUNQ_SIZE / 2];
	int nr_seats = ki_thread_nr_seats(host);
	int first = (int)ki_rng_below(&worker->base.rng, (uint64_t)nr_seats);
	for (int i = 0; i < nr_seats; i++) {
		struct ki_thread_worker *from = ki_thread_seat(host, (first + i) % nr_seats);
		if (ki_runq_size(&from->queue) == 0) {
			continue;
		}
		size_t nr = ki_runq_steal_half(
			&from->queue, ki_idle_turn_is_young(from, now_ns), nodes);
		if (nr == 0) {
			continue;
		}
		ki_counters_add_owner(&worker->counters.bank, KI_COUNTER_STOLEN, nr);
		for (size_t k = 1; k < nr; k++) {
			ki_check(ki_runq_push_owner(&worker->queue, nodes[k]));
		}
		return nodes[0];
	}
	return NULL;
}

/* --- timers --- */

static void arm(struct ki_host *base, struct ki_timer *timer, int64_t deadline_ns) {
	ki_timers_arm(ki_thread_host_of(base), timer, deadline_ns);
}

static bool cancel(struct ki_host *base, struct ki_timer *timer) {
	return ki_timers_cancel(ki_thread_host_of(base), timer);
}

/* --- a worker's loop --- */

static void look_at_cpu(struct ki_thread_worker *worker) {
	int64_t now = ki_clock_thread_cpu_ns();
	ki_counters_add_owner(
		&worker->counters.bank, KI_COUNTER_CPU_NS, (uint64_t)(now - worker->cpu_ns));
	worker->cpu_ns = now;
	worker->turns = 0;
}

/* The next task and the start of its turn, or NULL: the host stops, or a spare worker retires.
 * *now_ns: the end of the last turn, or 0: none has ended just now. */
static struct ki_task *next_task(
	struct ki_thread_host *host, struct ki_thread_worker *worker, int64_t *now_ns) {
	/* acq: after the token that came with it, if it was parked. [SW4] */
	while (!ki_load_acq(&host->xstop)) {
		if (worker->spare && ki_spare_retires(host)) {
			return NULL;
		}
		if (*now_ns == 0) {
			*now_ns = ki_clock_mono_ns();
		}
		ki_timers_fire(host, worker, *now_ns);
		struct ki_inject_node *node = take(host, worker);
		if (node == NULL && (node = steal(host, worker, *now_ns)) != NULL &&
			!worker->searching) {
			ki_idle_call_own(host, worker); /* what it stole was pushed anew */
		}
		if (node != NULL) {
			ki_idle_found(host, worker);
			ki_monitor_works(host, worker);
			return ki_container_of(node, struct ki_task, queue_node);
		}
		ki_monitor_rests(worker);
		look_at_cpu(worker);
		ki_idle_sleep(host, worker);
		*now_ns = 0;
	}
	return NULL;
}

static int64_t slice_of(const struct ki_thread_host *host, const struct ki_task *task) {
	int64_t slice_ns = host->base.slice_ns;
	if (task->budget_ns == 0 || task->budget_ns - task->used_ns >= slice_ns) {
		return slice_ns;
	}
	int64_t left_ns = task->budget_ns - task->used_ns;
	return left_ns > SLICE_MIN_NS ? left_ns : SLICE_MIN_NS;
}

/* Gives its end. */
static int64_t run_turn(
	struct ki_thread_host *host, struct ki_thread_worker *worker, struct ki_task *task,
	int64_t now_ns) {
	if (task->budget_ns != 0) {
		worker->base.spent_ns = ki_clock_thread_cpu_ns();
	}
	/* rlx: hints, but for the handler of this thread, which sees them in order */
	ki_store_rlx(&worker->base.xslice_ns, slice_of(host, task));
	ki_store_rlx(&worker->base.xturn_ns, now_ns);
	int64_t end_ns = ki_worker_turn(&worker->base, task, now_ns);
	ki_store_rlx(&worker->base.xturn_ns, 0);
	if (ki_load_acq(&worker->xstuck)) { /* acq: set before the mutex was given up. [MO3] */
		ki_monitor_settle(host, worker);
	}
	if (++worker->turns == TURNS_PER_CPU_LOOK) {
		look_at_cpu(worker);
	}
	return end_ns;
}

/* What is left in the ring goes to the shared queue, and others learn of it, and of the time. */
static void leave(struct ki_thread_host *host, struct ki_thread_worker *worker) {
	for (struct ki_inject_node *node; (node = ki_runq_take(&worker->queue)) != NULL;) {
		push_shared(host, node);
	}
	worker->own_left = worker->shared_left = 0;
	ki_idle_leave(host, worker);
	look_at_cpu(worker);
}

void ki_thread_serve(struct ki_thread_host *host, struct ki_thread_worker *worker) {
	sigset_t mask;
	int signo = ki_thread_monitor(host)->alert.signo;
	set_running(host, 1);
	ki_worker_enter(&worker->base);
	worker->cpu_ns = ki_clock_thread_cpu_ns();
	ki_monitor_enter(host, worker);
	if (signo != 0) {
		ki_alert_open(signo, &mask);
	}
	int64_t now_ns = 0;
	for (struct ki_task *task; (task = next_task(host, worker, &now_ns)) != NULL;) {
		now_ns = run_turn(host, worker, task, now_ns);
	}
	leave(host, worker);
	ki_monitor_leave(host, worker); /* no signal is sent to this thread from here on */
	if (signo != 0) {
		ki_alert_close(signo, &mask);
	}
	ki_worker_leave(&worker->base);
	set_running(host, -1);
}

static bool tick(struct ki_worker *worker, struct ki_task *task) {
	(void)task;
	int64_t turn_ns = ki_load_rlx(&worker->xturn_ns); /* rlx: our own; so is the next */
	return ki_clock_mono_ns() - turn_ns >= ki_load_rlx(&worker->xslice_ns);
}

static void spend(struct ki_worker *worker, struct ki_task *task) {
	int64_t now_ns = ki_clock_thread_cpu_ns();
	ki_task_spend(task, now_ns - worker->spent_ns);
	worker->spent_ns = now_ns;
}

/* --- hosts --- */

void ki_thread_worker_init(struct ki_thread_worker *worker, struct ki_thread_host *host) {
	struct ki_threads *threads = ki_container_of(host->base.sched, struct ki_threads, base);
	/* rlx: any number that no other has */
	unsigned number = (unsigned)ki_add_rlx(&threads->xnext_worker, 1);
	ki_worker_init(&worker->base, &threads->base, &host->base, &worker->counters, number);
	ki_list_init(&worker->idle_node);
	ki_list_init(&worker->served_node);
	ki_list_init(&worker->spare_node);
	ki_parker_init(&worker->parker);
	ki_runq_init(&worker->queue);
	ki_timers_init(&worker->timers);
}

void ki_thread_worker_fini(struct ki_thread_worker *worker) {
	ki_timers_fini(&worker->timers);
	ki_parker_fini(&worker->parker);
}

void ki_thread_seat_take(struct ki_thread_host *host, struct ki_thread_worker *worker) {
	int seat = ki_load_rlx(&host->xnr_seats);  /* rlx: only we change it now */
	ki_store_rlx(&host->xseats[seat], worker); /* rlx: published by their number */
	ki_store_sc(&host->xnr_seats, seat + 1);   /* sc: before its first push. [TH1] */
}

static struct ki_host *host_new(struct ki_sched *sched, int nr_workers) {
	struct ki_thread_host *host = ki_zalloc(sizeof *host);
	if (host == NULL) {
		return NULL;
	}
	host->workers = ki_zalloc((size_t)nr_workers * sizeof *host->workers);
	host->xseats = ki_zalloc((size_t)(nr_workers + KI_SPARES_MAX) * sizeof *host->xseats);
	if (host->workers == NULL || host->xseats == NULL) {
		ki_free(host->workers);
		ki_free(host->xseats);
		ki_free(host);
		return NULL;
	}
	host->base.sched = sched;
	ki_inject_init(&host->shared);
	ki_store_rlx(&host->xkept_ns, INT64_MAX); /* rlx: not published yet */
	ki_mutex_init(&host->idle_mutex);
	ki_list_init(&host->idle);
	ki_list_init(&host->spares);
	ki_list_init(&host->vacant);
	for (int i = 0; i < nr_workers; i++) {
		ki_thread_worker_init(&host->workers[i], host);
		ki_thread_seat_take(host, &host->workers[i]);
	}
	return &host->base;
}

static void host_free(struct ki_host *base) {
	struct ki_thread_host *host = ki_thread_host_of(base);
	int nr_seats = ki_thread_nr_seats(host);
	for (int i = 0; i < nr_seats; i++) {
		struct ki_thread_worker *worker = ki_thread_seat(host, i);
		ki_thread_worker_fini(worker);
		if (worker->spare) {
			ki_free(worker);
		}
	}
	while (ki_inject_pop_front(&host->shared) != NULL) {
		/* a task that never ran again is its owner's */
	}
	ki_inject_fini(&host->shared);
	ki_mutex_fini(&host->idle_mutex);
	ki_free(host->xseats);
	ki_free(host->workers);
	ki_free(host);
}

static void worker_main(void *arg) {
	struct ki_thread_worker *worker = arg;
	ki_thread_serve(ki_thread_host_of(worker->base.host), worker);
}

static void set_stopping(struct ki_thread_host *host, bool stopping) {
	struct ki_monitor *monitor = ki_thread_monitor(host);
	ki_mutex_lock(&monitor->mutex);
	host->stopping = stopping;
	ki_mutex_unlock(&monitor->mutex);
}

/* All return from serve after their present turn. */
static void tell_stop(struct ki_thread_host *host, int nr_workers) {
	ki_store_rel(&host->xstop, true); /* rel: seen by whom the token wakes. [SW4] */
	for (int i = 0; i < nr_workers; i++) {
		ki_parker_unpark(&host->workers[i].parker);
	}
}

static void host_stop(struct ki_host *base) {
	struct ki_thread_host *host = ki_thread_host_of(base);
	set_stopping(host, true);
	tell_stop(host, host->nr_started);
	for (int i = 0; i < host->nr_started; i++) {
		ki_thread_join(&host->workers[i].thread);
	}
	ki_spare_stop(host);
	host->nr_started = 0;
}

static int host_start(struct ki_host *base) {
	struct ki_thread_host *host = ki_thread_host_of(base);
	if (base == base->sched->system) {
		return KITH_OK; /* by ki_sched_run */
	}
	ki_check(host->nr_started == 0);
	int status = ki_monitor_start(ki_thread_monitor(host));
	if (status != KITH_OK) {
		return status;
	}
	set_stopping(host, false);
	ki_store_rlx(&host->xstop, false); /* rlx: the threads start after it */
	for (int i = 0; i < base->nr_workers; i++) {
		status = ki_thread_start(&host->workers[i].thread, worker_main,
			&host->workers[i], KI_THREAD_STACK_BYTES);
		if (status != KITH_OK) {
			host_stop(base);
			return status;
		}
		host->nr_started++;
	}
	return KITH_OK;
}

static void host_counts(struct ki_host *base, struct ki_counts *sum) {
	struct ki_thread_host *host = ki_thread_host_of(base);
	sum->queue_depth += ki_inject_size(&host->shared);
	sum->stuck += ki_load_rlx(&host->xnr_stuck); /* rlx: a counter, as those below */
	int nr_seats = ki_thread_nr_seats(host);
	for (int i = 0; i < nr_seats; i++) {
		sum->queue_depth += ki_runq_size(&ki_thread_seat(host, i)->queue);
	}
	int busy = ki_load_rlx(&host->xnr_running) - ki_load_rlx(&host->xnr_idle) -
		ki_load_rlx(&host->xnr_searching);
	sum->workers_busy += busy < 0 ? 0 : (uint64_t)busy; /* the three are not read at once */
	sum->timers += ki_timers_count(host);
}

static void each_counters(struct ki_host *base,
	void (*visit)(void *arg, struct ki_worker_counters *counters), void *arg) {
	struct ki_thread_host *host = ki_thread_host_of(base);
	int nr_seats = ki_thread_nr_seats(host);
	for (int i = 0; i < nr_seats; i++) {
		visit(arg, &ki_thread_seat(host, i)->counters);
	}
}

/* --- the scheduler --- */

static int64_t now(struct ki_sched *sched) {
	(void)sched;
	return ki_clock_mono_ns();
}

static int64_t wall(struct ki_sched *sched) {
	(void)sched;
	return ki_clock_wall_ns();
}

/* The system host stops each time that it is halted; a halt that came before counts for this run.
 * */
static enum ki_run_end run(struct ki_sched *sched, int64_t until_ns) {
	(void)until_ns; /* a bound in virtual time */
	struct ki_thread_host *host = ki_thread_host_of(sched->system);
	ki_thread_serve(host, &host->workers[0]);
	ki_store_rlx(&host->xstop, false); /* rlx: this thread is the one that reads it */
	return KI_RUN_HALTED;
}

static void halt(struct ki_sched *sched) {
	tell_stop(ki_thread_host_of(sched->system), 1);
}

static void sched_free(struct ki_sched *sched) {
	struct ki_threads *threads = ki_container_of(sched, struct ki_threads, base);
	ki_monitor_fini(&threads->monitor);
	ki_free(threads);
}

static const struct ki_driver_ops ops = {
	.host_new = host_new,
	.host_free = host_free,
	.sched_free = sched_free,
	.now = now,
	.wall = wall,
	.host_start = host_start,
	.host_stop = host_stop,
	.host_counts = host_counts,
	.each_counters = each_counters,
	.arm = arm,
	.cancel = cancel,
	.run = run,
	.halt = halt,
	.ready = ready,
	.again = again,
	.tick = tick,
	.spend = spend,
};

struct ki_sched *ki_threads_new(const struct ki_sched_options *options) {
	struct ki_threads *threads = ki_zalloc(sizeof *threads);
	if (threads == NULL) {
		return NULL;
	}
	threads->base.ops = &ops;
	ki_monitor_init(&threads->monitor, options->preempt_signal);
	threads->base.preempts = threads->monitor.alert.signo != 0;
	return &threads->base;
}

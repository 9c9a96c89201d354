/*
 * threads.c: the driver with real threads: each host has one queue, its workers, and its timers.
 *
 * Work. A task made ready goes to the back of its host's queue. A worker takes from the front; if
 * there is nothing it puts itself into the set of idle workers and parks. Who makes a task ready
 * takes one worker out of that set and unparks it, unless as many as there are tasks are
 * *searching* already: a worker searches from the moment that it is taken out of the set until it
 * has found a task (then it looks whether to wake the next) or is back in the set. So a burst of
 * n tasks wakes n workers at most, each at once, and none is woken for a task that somebody is on
 * the way to.
 *
 * Time. Timers stand in one heap per host. Working workers look at the earliest deadline between
 * turns; one of the idle ones, the *keeper*, parks until that deadline, and is the last to be
 * taken for work. Whoever arms an earlier one nudges the keeper, or any idle worker if there is
 * no keeper: a nudged worker goes once around its loop. A worker that goes from idleness to work
 * sees to it that there is one.
 *
 * Owns: struct threads, thread_host, thread_worker.
 * Threads: ready, arm, cancel, stats and halt any; host_start and host_stop one at a time per host;
 *	the rest the host's workers.
 * Locks, in this order: timers_mutex, the queue's, idle_mutex, the parker's. `fire` runs under
 *	the first and may take those below of any host.
 * Progress: blocking, by mutexes held for some tens of instructions (and `fire`).
 * Invariants:
 *	TH1 a worker is in `idle` from its own insertion until its own or a waker's removal, both
 *	    under idle_mutex; xnr_idle is the length of `idle`.
 *	TH2 xnr_searching counts the workers whose `searching` is set; a waker counts for whom it
 *	    wakes.
 *	TH3 a queued task has a searching worker, or no worker of the host is idle.
 *	TH4 while there is a deadline, an idle worker keeps it, or somebody awake will see to it.
 * No wake-up is lost (TH3). All operations named here are seq_cst, so they have one order S.
 *	Pusher:  P1 write the queue's size (inject.h, [IJ1]); P2 read xnr_idle and xnr_searching.
 *	Sleeper: L1 add to xnr_idle; L2 take itself from xnr_searching; L3 read the queue's size.
 *	Finder:  F1 take itself from xnr_searching; F2 read the queue's size, and go on as P2.
 *	If L3 comes after P1 in S, the sleeper sees the task and does not park. Else L1 and L2
 *	come before P2, and the pusher sees an idle worker and does not count this one as
 *	searching. A pusher that found enough searchers leaves its task to the last of them: each
 *	of those ends in F or L after P2, whose read of the size then sees the task or that
 *	another has taken it. That a woken worker may not have parked yet loses nothing: the
 *	parker keeps the token.
 * No deadline is lost (TH4), likewise: an armer writes xnext_ns and then reads xnr_idle; a
 *	sleeper adds to xnr_idle and then reads xnext_ns.
 * Tags:
 *	[SW1] the queue's size against xnr_idle.
 *	[SW2] the queue's size against xnr_searching.
 *	[SW3] xnext_ns against xnr_idle.
 *	[SW4] xstop is written before the token that wakes for it.
 * Tests: test/unit/sched_threads_test.c, test/stress/sched_wake.c, test/stress/sched_timers.c.
 * Not here: turns (task.c), parking a thread (sync/parker.h).
 */
#include <kith_types.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/list.h"
#include "sched/driver.h"
#include "sync/inject.h"
#include "sync/parker.h"
#include "sys/clock.h"

/* For `done`, `starve` and `fire`, which run on the thread's own stack; a strand has the rest. */
static const size_t THREAD_STACK_BYTES = (size_t)512 * 1024;
/* Turns between two looks at the processor time of a worker that never idles. */
enum { TURNS_PER_CPU_LOOK = 256 };

struct thread_worker {
	struct ki_worker base;
	struct ki_counters counters;
	/* owner thread */
	struct ki_thread thread;
	bool searching;  /* TH2; set for it by itself, when it sees what the waker counted */
	unsigned turns;  /* since the last look at the processor time */
	int64_t cpu_ns;  /* of the thread, at that look */
	/* idle_mutex */
	struct ki_list idle_node;
	/* any */
	struct ki_parker parker;
};

struct thread_host {
	struct ki_host base;
	/* any */
	struct ki_inject queue;
	_Atomic(bool) xstop;
	_Atomic(int) xnr_idle;      /* written under idle_mutex */
	_Atomic(int) xnr_searching;
	_Atomic(int) xnr_running;   /* workers inside their loops */
	_Atomic(int64_t) xnext_ns;  /* earliest deadline; written under timers_mutex */
	struct ki_mutex timers_mutex;
	struct ki_timers timers; /* timers_mutex */
	/* idle_mutex */
	struct ki_mutex idle_mutex;
	struct ki_list idle; /* longest idle last */
	struct thread_worker *keeper;
	int64_t keeper_until_ns;
	/* who starts and stops the host */
	int nr_started;
	/* set once */
	struct thread_worker *workers;
};

struct threads {
	struct ki_sched base;
	uint64_t next_worker; /* who makes hosts */
};

static struct thread_host *host_of(struct ki_host *host)
{
	return ki_container_of(host, struct thread_host, base);
}

/* --- waking --- */

static void set_running(struct thread_host *host, int change)
{
	ki_add_rlx(&host->xnr_running, change); /* rlx: a number for the statistics */
}

static void add_idle(struct thread_host *host, int change)
{
	ki_add_sc(&host->xnr_idle, change); /* sc: L1, before the reads of a sleeper. [SW1] [SW3] */
}

static void add_searching(struct thread_host *host, int change)
{
	ki_add_sc(&host->xnr_searching, change); /* sc: L2, F1, before a read of the size. [SW2] */
}

/* Somebody idle, who is no longer when this returns; the keeper only if it is the last. */
static struct thread_worker *take_idle(struct thread_host *host)
{
	ki_mutex_lock(&host->idle_mutex);
	struct thread_worker *found = NULL;
	ki_list_for_each(it, &host->idle) {
		found = ki_list_entry(it, struct thread_worker, idle_node);
		if (found != host->keeper) {
			break;
		}
	}
	if (found != NULL) {
		ki_list_remove(&found->idle_node);
		if (found == host->keeper) {
			host->keeper = NULL;
		}
		add_searching(host, 1); /* for the one that is found; TH2 */
		add_idle(host, -1);
	}
	ki_mutex_unlock(&host->idle_mutex);
	return found;
}

static void wake_for_work(struct thread_host *host)
{
	/* sc: P2 and F2: after the push or the end of a search, see the head. [SW1] [SW2] */
	if (ki_load_sc(&host->xnr_idle) == 0 ||
		ki_inject_size(&host->queue) <= (size_t)ki_load_sc(&host->xnr_searching)) {
		return;
	}
	struct thread_worker *worker = take_idle(host);
	if (worker != NULL) {
		ki_parker_unpark(&worker->parker);
	}
}

/* Somebody has to look at the clock anew: the keeper if it would sleep too long, or a new one. */
static void wake_for_time(struct thread_host *host, int64_t deadline_ns)
{
	if (ki_load_sc(&host->xnr_idle) == 0) { /* sc: after the write of xnext_ns. [SW3] */
		return;
	}
	ki_mutex_lock(&host->idle_mutex);
	struct thread_worker *worker = host->keeper;
	if (worker == NULL && !ki_list_empty(&host->idle)) {
		worker = ki_list_entry(host->idle.next, struct thread_worker, idle_node);
	} else if (worker != NULL && host->keeper_until_ns <= deadline_ns) {
		worker = NULL;
	}
	ki_mutex_unlock(&host->idle_mutex);
	if (worker != NULL) {
		ki_parker_unpark(&worker->parker); /* workers live as long as the host */
	}
}

static void ready(struct ki_task *task)
{
	struct thread_host *host = host_of(task->host);
	ki_inject_push_back(&host->queue, &task->queue_node);
	wake_for_work(host);
}

/* The worker itself takes a task next: that makes up for the one more, and nobody is woken for
 * it. */
static void again(struct ki_worker *worker, struct ki_task *task, enum ki_again why)
{
	(void)worker;
	(void)why;
	ki_inject_push_back(&host_of(task->host)->queue, &task->queue_node);
}

/* --- timers --- */

static void note_next(struct thread_host *host)
{
	/* sc: before the read of xnr_idle in wake_for_time. [SW3] */
	ki_store_sc(&host->xnext_ns, ki_timers_next(&host->timers));
}

static int arm(struct ki_host *base, struct ki_timer *timer, int64_t deadline_ns)
{
	struct thread_host *host = host_of(base);
	ki_mutex_lock(&host->timers_mutex);
	int status = ki_timers_add(&host->timers, timer, deadline_ns);
	bool first = status == KITH_OK && ki_timers_next(&host->timers) == deadline_ns;
	if (first) {
		note_next(host);
	}
	ki_mutex_unlock(&host->timers_mutex);
	if (first) {
		wake_for_time(host, deadline_ns);
	}
	return status;
}

static bool cancel(struct ki_host *base, struct ki_timer *timer)
{
	struct thread_host *host = host_of(base);
	ki_mutex_lock(&host->timers_mutex);
	bool pending = ki_timers_remove(&host->timers, timer);
	if (pending) {
		note_next(host);
	}
	ki_mutex_unlock(&host->timers_mutex);
	return pending;
}

static void fire_due(struct thread_host *host, int64_t now_ns)
{
	/* rlx: a hint; the heap is looked at under the mutex, and a sleeper looks again. */
	if (ki_load_rlx(&host->xnext_ns) > now_ns) {
		return;
	}
	ki_mutex_lock(&host->timers_mutex);
	for (struct ki_timer *timer; (timer = ki_timers_pop_due(&host->timers, now_ns)) != NULL;) {
		timer->fire(timer);
	}
	note_next(host);
	ki_mutex_unlock(&host->timers_mutex);
}

/* --- a worker's loop --- */

static void look_at_cpu(struct thread_worker *worker)
{
	int64_t now = ki_clock_thread_cpu_ns();
	_Atomic(uint64_t) *xcpu = &worker->counters.xcpu_ns;
	/* rlx: a counter, and this worker is its only writer */
	ki_store_rlx(xcpu, ki_load_rlx(xcpu) + (uint64_t)(now - worker->cpu_ns));
	worker->cpu_ns = now;
	worker->turns = 0;
}

static void stop_searching(struct thread_host *host, struct thread_worker *worker)
{
	if (worker->searching) {
		worker->searching = false;
		add_searching(host, -1);
	}
}

/*
 * Goes idle, unless there is something to do, as the keeper if there is none and a deadline. Runs
 * under idle_mutex. Gives the time until which to park, INT64_MAX: without end, or INT64_MIN: not.
 */
static int64_t go_idle(struct thread_host *host, struct thread_worker *worker)
{
	ki_list_push_front(&host->idle, &worker->idle_node);
	add_idle(host, 1);
	stop_searching(host, worker);
	/* L3, sc within: after both changes, see the head. [SW1] [SW2] */
	if (ki_inject_size(&host->queue) > 0) {
		return INT64_MIN;
	}
	int64_t next_ns = ki_load_sc(&host->xnext_ns); /* sc: after the change of xnr_idle. [SW3] */
	if (host->keeper != NULL || next_ns == INT64_MAX) {
		return INT64_MAX;
	}
	host->keeper = worker;
	host->keeper_until_ns = next_ns;
	return next_ns;
}

/* Awake: if nobody has taken it out of the idle ones, it does. Either way it searches now. */
static void end_idle(struct thread_host *host, struct thread_worker *worker)
{
	if (!ki_list_empty(&worker->idle_node)) {
		ki_list_remove(&worker->idle_node);
		add_searching(host, 1);
		add_idle(host, -1);
	}
	worker->searching = true;
	if (host->keeper == worker) {
		host->keeper = NULL;
	}
}

static void idle(struct thread_host *host, struct thread_worker *worker)
{
	ki_mutex_lock(&host->idle_mutex);
	int64_t until_ns = go_idle(host, worker);
	if (until_ns != INT64_MIN) {
		ki_mutex_unlock(&host->idle_mutex);
		look_at_cpu(worker);
		if (until_ns == INT64_MAX) {
			ki_parker_park(&worker->parker);
		} else {
			ki_parker_park_until(&worker->parker, until_ns);
		}
		ki_mutex_lock(&host->idle_mutex);
	}
	end_idle(host, worker);
	ki_mutex_unlock(&host->idle_mutex);
}

/*
 * It has a task: others may have to look for the rest, and at the clock. Each that comes from
 * being idle asks for the latter: it may have been the keeper, or been nudged to become it.
 */
static void found(struct thread_host *host, struct thread_worker *worker)
{
	if (!worker->searching) {
		return;
	}
	stop_searching(host, worker);
	wake_for_work(host);
	int64_t next_ns = ki_load_rlx(&host->xnext_ns); /* rlx: who arms later nudges by itself */
	if (next_ns != INT64_MAX) {
		wake_for_time(host, next_ns);
	}
}

/* The next task and the start of its turn, or NULL: the host stops. */
static struct ki_task *next_task(
	struct thread_host *host, struct thread_worker *worker, int64_t *now_ns)
{
	/* acq: after the token that came with it, if it was parked. [SW4] */
	while (!ki_load_acq(&host->xstop)) {
		*now_ns = ki_clock_mono_ns();
		fire_due(host, *now_ns);
		struct ki_inject_node *node = ki_inject_pop_front(&host->queue);
		if (node != NULL) {
			found(host, worker);
			return ki_container_of(node, struct ki_task, queue_node);
		}
		idle(host, worker);
	}
	return NULL;
}

static void serve(struct thread_host *host, struct thread_worker *worker)
{
	set_running(host, 1);
	ki_worker_enter(&worker->base);
	worker->cpu_ns = ki_clock_thread_cpu_ns();
	int64_t now_ns = 0;
	for (struct ki_task *task; (task = next_task(host, worker, &now_ns)) != NULL;) {
		worker->base.slice_end_ns = now_ns + host->base.slice_ns;
		ki_worker_turn(&worker->base, task);
		if (++worker->turns == TURNS_PER_CPU_LOOK) {
			look_at_cpu(worker);
		}
	}
	stop_searching(host, worker);
	look_at_cpu(worker);
	ki_worker_leave(&worker->base);
	set_running(host, -1);
}

static bool tick(struct ki_worker *worker, struct ki_task *task)
{
	(void)task;
	return ki_clock_mono_ns() >= worker->slice_end_ns;
}

/* --- hosts --- */

static struct ki_host *host_new(struct ki_sched *sched, int nr_workers)
{
	struct threads *threads = ki_container_of(sched, struct threads, base);
	struct thread_host *host = ki_zalloc(sizeof *host);
	if (host == NULL) {
		return NULL;
	}
	host->workers = ki_zalloc((size_t)nr_workers * sizeof *host->workers);
	if (host->workers == NULL) {
		ki_free(host);
		return NULL;
	}
	ki_inject_init(&host->queue);
	ki_store_rlx(&host->xnext_ns, INT64_MAX); /* rlx: not published yet */
	ki_mutex_init(&host->timers_mutex);
	ki_timers_init(&host->timers);
	ki_mutex_init(&host->idle_mutex);
	ki_list_init(&host->idle);
	for (int i = 0; i < nr_workers; i++) {
		struct thread_worker *worker = &host->workers[i];
		ki_worker_init(&worker->base, sched, &host->base, &worker->counters,
			threads->next_worker++);
		ki_list_init(&worker->idle_node);
		ki_parker_init(&worker->parker);
	}
	return &host->base;
}

static void host_free(struct ki_host *base)
{
	struct thread_host *host = host_of(base);
	for (int i = 0; i < base->nr_workers; i++) {
		ki_parker_fini(&host->workers[i].parker);
	}
	while (ki_inject_pop_front(&host->queue) != NULL) {
		/* a task that never ran again is its owner's */
	}
	ki_inject_fini(&host->queue);
	ki_timers_fini(&host->timers);
	ki_mutex_fini(&host->timers_mutex);
	ki_mutex_fini(&host->idle_mutex);
	ki_free(host->workers);
	ki_free(host);
}

static void worker_main(void *arg)
{
	struct thread_worker *worker = arg;
	serve(host_of(worker->base.host), worker);
}

/* All return from serve after their present turn. */
static void tell_stop(struct thread_host *host, int nr_workers)
{
	ki_store_rel(&host->xstop, true); /* rel: seen by whom the token wakes. [SW4] */
	for (int i = 0; i < nr_workers; i++) {
		ki_parker_unpark(&host->workers[i].parker);
	}
}

static void host_stop(struct ki_host *base)
{
	struct thread_host *host = host_of(base);
	tell_stop(host, host->nr_started);
	for (int i = 0; i < host->nr_started; i++) {
		ki_thread_join(&host->workers[i].thread);
	}
	host->nr_started = 0;
}

static int host_start(struct ki_host *base)
{
	struct thread_host *host = host_of(base);
	if (base == base->sched->system) {
		return KITH_OK; /* by ki_sched_run */
	}
	ki_check(host->nr_started == 0);
	ki_store_rlx(&host->xstop, false); /* rlx: the threads start after it */
	for (int i = 0; i < base->nr_workers; i++) {
		int status = ki_thread_start(&host->workers[i].thread, worker_main,
			&host->workers[i], THREAD_STACK_BYTES);
		if (status != KITH_OK) {
			host_stop(base);
			return status;
		}
		host->nr_started++;
	}
	return KITH_OK;
}

static void host_stats(struct ki_host *base, struct ki_host_stats *out)
{
	struct thread_host *host = host_of(base);
	for (int i = 0; i < base->nr_workers; i++) { /* rlx below: counters */
		struct ki_counters *counters = &host->workers[i].counters;
		out->executed += ki_load_rlx(&counters->xexecuted);
		out->preempted += ki_load_rlx(&counters->xpreempted);
		out->cpu_ns += ki_load_rlx(&counters->xcpu_ns);
	}
	int busy = ki_load_rlx(&host->xnr_running) - ki_load_rlx(&host->xnr_idle) -
		ki_load_rlx(&host->xnr_searching);
	out->nr_busy = busy < 0 ? 0 : busy; /* the three are not read at once */
	out->queue_depth = ki_inject_size(&host->queue);
	ki_mutex_lock(&host->timers_mutex);
	out->timers = host->timers.nr;
	ki_mutex_unlock(&host->timers_mutex);
}

/* --- the scheduler --- */

static int64_t now(struct ki_sched *sched)
{
	(void)sched;
	return ki_clock_mono_ns();
}

static int64_t wall(struct ki_sched *sched)
{
	(void)sched;
	return ki_clock_wall_ns();
}

/* The system host stops each time that it is halted; a halt that came before counts for this run.
 * */
static enum ki_run_end run(struct ki_sched *sched, int64_t until_ns)
{
	(void)until_ns; /* a bound in virtual time */
	struct thread_host *host = host_of(sched->system);
	serve(host, &host->workers[0]);
	ki_store_rlx(&host->xstop, false); /* rlx: this thread is the one that reads it */
	return KI_RUN_HALTED;
}

static void halt(struct ki_sched *sched)
{
	tell_stop(host_of(sched->system), 1);
}

static void sched_free(struct ki_sched *sched)
{
	ki_free(ki_container_of(sched, struct threads, base));
}

static const struct ki_driver_ops ops = {
	.host_new = host_new,
	.host_free = host_free,
	.sched_free = sched_free,
	.now = now,
	.wall = wall,
	.host_start = host_start,
	.host_stop = host_stop,
	.host_stats = host_stats,
	.arm = arm,
	.cancel = cancel,
	.run = run,
	.halt = halt,
	.ready = ready,
	.again = again,
	.tick = tick,
};

struct ki_sched *ki_threads_new(const struct ki_sched_options *options)
{
	(void)options;
	struct threads *threads = ki_zalloc(sizeof *threads);
	if (threads == NULL) {
		return NULL;
	}
	threads->base.ops = &ops;
	return &threads->base;
}

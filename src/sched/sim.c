/*
 * sim.c: the simulating driver: all hosts in one thread, virtual time, an order drawn by lot.
 *
 * Order. What is ready stands in a heap by (round, key): the round says what comes before what,
 * the key, drawn at random, decides within a round. The present round is that of the task taken
 * last. A woken task goes into the next round, or now and then into the present one (so that
 * chains of wakes happen both ways), but into one round only so many times. A task that yields,
 * or used up its slice, goes into a new round behind all that is ready: so each of those has its
 * turn first (SPEC 22.1). No round is ever put before another, and a round grows only by tasks
 * that had their turn in the round before, or by the few above: everybody's turn comes.
 *
 * Time. The clock stands while tasks run, but for slice_ns at each full slice of instructions
 * (ki_task_tick), and jumps to the next deadline when nothing is ready. Timers of one instant
 * fire in the order of arming, over all hosts.
 *
 * No decision depends on an address, a real clock or a thread: the same calls give the same run.
 *
 * Owns: struct sim, sim_host.
 * Threads: run: the one thread that simulates. Other threads (before the run, or a signal's thread
 *	beside it) may wake, arm, cancel, start hosts and halt: a wake goes through `inbox`.
 * Invariants:
 *	SM1 ready, round, last_round and joins are touched by the thread inside run alone.
 *	SM2 a READY task stands in `ready`, in `inbox`, or in the queue of its host, which is not
 *	    started.
 *	SM3 no timer of any host is due before xnext_ns; written under timers_mutex.
 * Tags:
 *	[SI1] xhalt, and what the halting thread did before.
 *	[SI2] xstarted, and then xnews, which has the run look at the hosts.
 * Tests: test/unit/sched_sim_test.c, sched_task_test.c.
 * Not here: turns (task.c).
 */
#include <kith_types.h>

#include "base/alloc.h"
#include "base/check.h"
#include "sched/driver.h"
#include "sched/rest.h"
#include "sync/inject.h"

/* 2020-01-01T00:00:00Z (SPEC 22.1) */
static const int64_t WALL_START_NS = INT64_C(1577836800) * 1000000000;
/* One woken task in JOIN_ONE_IN joins the present round, at most JOINS_MAX to a round. */
enum { JOIN_ONE_IN = 4, JOINS_MAX = 8 };

/* All of them are the one thread: with options.roam each turn is another's, drawn at random. */
enum { WORKERS_MAX = 3 };

struct sim_host {
	struct ki_host base;
	struct ki_worker_counters counters;
	struct ki_wheel wheel; /* timers_mutex */
	/* any */
	struct ki_inject queue; /* while it is not started */
	_Atomic(bool) xstarted;
	_Atomic(size_t) xnr_ready; /* its tasks in `ready` */
	_Atomic(bool) xbusy;
};

struct sim {
	struct ki_sched base;
	/* SM1 */
	struct ki_task *ready; /* root of a pairing heap */
	uint64_t round, last_round;
	int joins;
	struct ki_rng rng;
	struct ki_worker workers[WORKERS_MAX], *worker; /* the present one */
	unsigned nr_workers;
	/* any */
	struct ki_inject inbox;
	_Atomic(bool) xhalt;
	_Atomic(bool) xnews; /* a host was started */
	_Atomic(int64_t) xnow_ns;
	_Atomic(int64_t) xnext_ns; /* SM3 */
	struct ki_mutex timers_mutex;
	uint64_t next_arming; /* timers_mutex */
};

static struct sim *sim_of(struct ki_sched *sched) {
	return ki_container_of(sched, struct sim, base);
}

static struct sim_host *host_of(struct ki_host *host) {
	return ki_container_of(host, struct sim_host, base);
}

static struct sim_host *next_host(struct sim_host *host) {
	return host->base.next == NULL ? NULL : host_of(host->base.next);
}

/* --- what is ready: a pairing heap (Fredman et al., 1986): push in O(1), pop in O(log n)
 * amortized. Intrusive, because making a task ready must not fail. --- */

static bool comes_before(const struct ki_task *a, const struct ki_task *b) {
	return a->sim_round != b->sim_round ? a->sim_round < b->sim_round : a->sim_key < b->sim_key;
}

static struct ki_task *meld(struct ki_task *a, struct ki_task *b) {
	if (a == NULL || b == NULL) {
		return a == NULL ? b : a;
	}
	struct ki_task *top = comes_before(b, a) ? b : a;
	struct ki_task *below = top == a ? b : a;
	below->sim_next = top->sim_child;
	top->sim_child = below;
	return top;
}

/* The children of a popped root: melded in pairs, and then from the last pair to the first. */
static struct ki_task *meld_all(struct ki_task *child) {
	struct ki_task *pairs = NULL, *root = NULL;
	while (child != NULL) {
		struct ki_task *a = child, *b = a->sim_next;
		child = b == NULL ? NULL : b->sim_next;
		struct ki_task *pair = meld(a, b);
		pair->sim_next = pairs;
		pairs = pair;
	}
	while (pairs != NULL) {
		struct ki_task *pair = pairs;
		pairs = pair->sim_next;
		root = meld(root, pair);
	}
	return root;
}

static void change_ready(struct ki_task *task, int change) {
	/* rlx: a number for the statistics */
	ki_add_rlx(&host_of(task->host)->xnr_ready, (size_t)change);
}

static void push_ready(struct sim *sim, struct ki_task *task, uint64_t round) {
	task->sim_round = round;
	task->sim_key = ki_rng_next(&sim->rng);
	task->sim_child = NULL;
	task->sim_next = NULL;
	sim->ready = meld(sim->ready, task);
	if (round > sim->last_round) {
		sim->last_round = round;
	}
	change_ready(task, 1);
}

static struct ki_task *pop_ready(struct sim *sim) {
	struct ki_task *task = sim->ready;
	if (task == NULL) {
		return NULL;
	}
	sim->ready = meld_all(task->sim_child);
	if (task->sim_round != sim->round) {
		sim->round = task->sim_round;
		sim->joins = JOINS_MAX;
	}
	change_ready(task, -1);
	return task;
}

/* --- making ready --- */

static bool inside(struct sim *sim) {
	const struct ki_worker *worker = ki_worker_self();
	return worker != NULL && worker->sched == &sim->base;
}

static bool is_started(struct sim_host *host) {
	return ki_load_acq(&host->xstarted); /* acq: after what the starter did. [SI2] */
}

/* A woken task takes its place; SM2. */
static void place_woken(struct sim *sim, struct ki_task *task) {
	struct sim_host *host = host_of(task->host);
	if (!is_started(host)) {
		ki_inject_push_back(&host->queue, &task->queue_node);
		return;
	}
	bool join = sim->joins > 0 && ki_rng_below(&sim->rng, JOIN_ONE_IN) == 0;
	sim->joins -= join;
	push_ready(sim, task, sim->round + !join);
}

static void place_all(struct sim *sim, struct ki_inject *queue) {
	for (struct ki_inject_node *node; (node = ki_inject_pop_front(queue)) != NULL;) {
		place_woken(sim, ki_container_of(node, struct ki_task, queue_node));
	}
}

static void ready(struct ki_task *task) {
	struct sim *sim = sim_of(task->host->sched);
	if (inside(sim)) {
		place_woken(sim, task);
	} else {
		ki_inject_push_back(&sim->inbox, &task->queue_node);
	}
}

static struct sim_host *first_host(struct sim *sim) {
	struct ki_host *host = ki_sched_hosts(&sim->base);
	return host == NULL ? NULL : host_of(host);
}

/* Takes in what other threads, and starts of hosts, have left. */
static void take_news(struct sim *sim) {
	place_all(sim, &sim->inbox);
	if (!ki_load_rlx(&sim->xnews)) { /* rlx: the exchange below decides */
		return;
	}
	ki_xchg_acq(&sim->xnews, false); /* acq: xstarted was written before it. [SI2] */
	for (struct sim_host *host = first_host(sim); host != NULL; host = next_host(host)) {
		if (is_started(host)) {
			place_all(sim, &host->queue);
		}
	}
}

/* --- time --- */

static int64_t now(struct ki_sched *sched) {
	return ki_load_rlx(&sim_of(sched)->xnow_ns); /* rlx: a number, written by one thread */
}

static int64_t wall(struct ki_sched *sched) {
	return WALL_START_NS + now(sched);
}

static void set_now(struct sim *sim, int64_t now_ns) {
	ki_store_rlx(&sim->xnow_ns, now_ns); /* rlx: a number, written by one thread */
}

/* The host whose timer is first; there are few hosts. Under timers_mutex. */
static struct sim_host *first_due(struct sim *sim) {
	struct sim_host *best = NULL;
	const struct ki_timer *first = NULL;
	for (struct sim_host *host = first_host(sim); host != NULL; host = next_host(host)) {
		if (first != NULL && ki_wheel_next(&host->wheel) > first->deadline_ns) {
			continue;
		}
		const struct ki_timer *timer = ki_wheel_first(&host->wheel);
		if (timer != NULL && (first == NULL || timer->deadline_ns < first->deadline_ns ||
			(timer->deadline_ns == first->deadline_ns && timer->seq < first->seq))) {
			first = timer;
			best = host;
		}
	}
	return best;
}

static int64_t next_deadline(struct sim *sim) {
	return ki_load_rlx(&sim->xnext_ns); /* rlx: a hint; fire_due looks under the mutex */
}

/* Under timers_mutex; SM3. */
static void set_next(struct sim *sim, int64_t deadline_ns) {
	ki_store_rlx(&sim->xnext_ns, deadline_ns); /* rlx: read as a hint */
}

static void note_next(struct sim *sim, const struct sim_host *first) {
	set_next(sim, first == NULL ? INT64_MAX : ki_wheel_next(&first->wheel));
}

/* Whether what its timers do is counted (rest.h). */
static bool counts(const struct ki_host *base) {
	return base != base->sched->system;
}

static void fire_due(struct sim *sim) {
	int64_t now_ns = now(&sim->base);
	if (next_deadline(sim) > now_ns) {
		return;
	}
	ki_mutex_lock(&sim->timers_mutex);
	struct sim_host *host;
	while ((host = first_due(sim)) != NULL && ki_wheel_next(&host->wheel) <= now_ns) {
		struct ki_timer *timer = ki_wheel_pop_due(&host->wheel, now_ns);
		timer->fire(timer);
		if (counts(&host->base)) {
			ki_rest_rested(&sim->base);
		}
	}
	note_next(sim, host);
	ki_mutex_unlock(&sim->timers_mutex);
}

static void arm(struct ki_host *base, struct ki_timer *timer, int64_t deadline_ns) {
	struct sim *sim = sim_of(base->sched);
	struct sim_host *host = host_of(base);
	if (counts(base)) {
		ki_rest_woken(base->sched);
	}
	ki_mutex_lock(&sim->timers_mutex);
	host->wheel.next_seq = sim->next_arming++; /* one order of arming for all hosts */
	ki_wheel_add(&host->wheel, timer, deadline_ns);
	if (deadline_ns < next_deadline(sim)) {
		set_next(sim, deadline_ns);
	}
	ki_mutex_unlock(&sim->timers_mutex);
}

static bool cancel(struct ki_host *base, struct ki_timer *timer) {
	struct sim *sim = sim_of(base->sched);
	ki_mutex_lock(&sim->timers_mutex);
	bool pending = ki_wheel_remove(&host_of(base)->wheel, timer);
	ki_mutex_unlock(&sim->timers_mutex);
	if (pending && counts(base)) {
		ki_rest_rested(base->sched);
	}
	return pending;
}

/* --- slices --- */

/* A slice is used up: that takes time, and what became due by it comes before the task's next
 * turn. */
static void use_slice(struct sim *sim, struct ki_task *task) {
	int64_t slice_ns = task->host->slice_ns;
	ki_counters_add_owner(
		&host_of(task->host)->counters.bank, KI_COUNTER_CPU_NS, (uint64_t)slice_ns);
	set_now(sim, now(&sim->base) + slice_ns);
	fire_due(sim);
}

/* A task that cannot yield, though its slice is over, still moves the clock at each full slice. */
static bool tick(struct ki_worker *worker, struct ki_task *task) {
	const struct ki_sched_options *options = &worker->sched->options;
	task->slice_used += options->tick_instructions;
	ki_task_spend(task,
		task->host->slice_ns * options->tick_instructions / options->slice_instructions);
	if (task->slice_used >= options->slice_instructions) {
		task->slice_used = 0;
		task->slice_over = true;
		use_slice(sim_of(worker->sched), task);
	}
	return task->slice_over || (task->budget_ns != 0 && task->used_ns >= task->budget_ns);
}

static void again(struct ki_worker *worker, struct ki_task *task, enum ki_again why) {
	struct sim *sim = sim_of(worker->sched);
	if (why == KI_AGAIN_SLICE && !task->slice_over) {
		task->slice_used = 0;
		use_slice(sim, task); /* ended without a tick that said so */
		ki_count_up(&task->xran_ns, (uint64_t)task->host->slice_ns);
	}
	if (why == KI_AGAIN_WOKEN || !is_started(host_of(task->host))) {
		place_woken(sim, task);
	} else {
		push_ready(sim, task, sim->last_round + 1);
	}
}

/* --- running --- */

static void turn(struct sim *sim, struct ki_task *task) {
	struct sim_host *host = host_of(task->host);
	if (!is_started(host)) {
		ki_inject_push_back(&host->queue, &task->queue_node); /* stopped meanwhile; SM2 */
		return;
	}
	if (sim->nr_workers > 1) {
		sim->worker = &sim->workers[ki_rng_below(&sim->rng, sim->nr_workers)];
		ki_worker_change(sim->worker);
	}
	sim->worker->host = &host->base;
	sim->worker->counters = &host->counters;
	ki_store_rlx(&host->xbusy, true); /* rlx: a number for the statistics */
	ki_worker_turn(sim->worker, task, now(&sim->base));
	ki_store_rlx(&host->xbusy, false);
}

/* Nothing is ready: jumps to the next deadline. False: there is none up to until_ns. */
static bool jump(struct sim *sim, int64_t until_ns, enum ki_run_end *end) {
	ki_mutex_lock(&sim->timers_mutex);
	note_next(sim, first_due(sim)); /* to the very date: the first may have been cancelled */
	ki_mutex_unlock(&sim->timers_mutex);
	int64_t next_ns = next_deadline(sim);
	if (next_ns == INT64_MAX) {
		*end = KI_RUN_IDLE;
		return false;
	}
	if (until_ns >= 0 && next_ns > until_ns) {
		if (now(&sim->base) < until_ns) {
			set_now(sim, until_ns);
		}
		*end = KI_RUN_UNTIL;
		return false;
	}
	set_now(sim, next_ns);
	return true;
}

/* One turn, or a jump. False: the run ends. */
static bool step(struct sim *sim, int64_t until_ns, enum ki_run_end *end) {
	take_news(sim);
	fire_due(sim);
	if (until_ns >= 0 && now(&sim->base) > until_ns) {
		*end = KI_RUN_UNTIL; /* full slices took the clock there */
		return false;
	}
	struct ki_task *task = pop_ready(sim);
	if (task == NULL) {
		return jump(sim, until_ns, end);
	}
	turn(sim, task);
	return true;
}

static enum ki_run_end run(struct ki_sched *sched, int64_t until_ns) {
	struct sim *sim = sim_of(sched);
	enum ki_run_end end = KI_RUN_HALTED;
	ki_worker_enter(sim->worker);
	for (unsigned i = 0; i < sim->nr_workers; i++) {
		ki_ctx_adopt(&sim->workers[i].ctx);
	}
	/* acq: what the halting thread did before. [SI1] */
	while (!ki_xchg_acq(&sim->xhalt, false) && step(sim, until_ns, &end)) {
	}
	ki_worker_leave(sim->worker);
	for (unsigned i = 0; i < sim->nr_workers; i++) {
		ki_strand_cache_fini(&sim->workers[i].cache);
		ki_ctx_fini(&sim->workers[i].ctx);
	}
	return end;
}

static void halt(struct ki_sched *sched) {
	ki_store_rel(&sim_of(sched)->xhalt, true); /* rel: to the run that it ends. [SI1] */
}

/* --- hosts --- */

static struct ki_host *host_new(struct ki_sched *sched, int nr_workers) {
	(void)nr_workers;
	(void)sched;
	struct sim_host *host = ki_zalloc(sizeof *host);
	if (host == NULL) {
		return NULL;
	}
	ki_wheel_init(&host->wheel);
	ki_inject_init(&host->queue);
	return &host->base;
}

static void empty(struct ki_inject *queue) {
	while (ki_inject_pop_front(queue) != NULL) {
		/* a task that never ran again is its owner's */
	}
	ki_inject_fini(queue);
}

static void host_free(struct ki_host *base) {
	struct sim_host *host = host_of(base);
	empty(&host->queue);
	ki_free(host);
}

static int host_start(struct ki_host *base) {
	/* rel, both: tell the run to look at the host's queue, in this order. [SI2] */
	ki_store_rel(&host_of(base)->xstarted, true);
	ki_store_rel(&sim_of(base->sched)->xnews, true);
	return KITH_OK;
}

static void host_stop(struct ki_host *base) {
	ki_store_rel(&host_of(base)->xstarted, false); /* rel: as the start. [SI2] */
}

static void host_counts(struct ki_host *base, struct ki_counts *sum) {
	struct sim_host *host = host_of(base);
	/* rlx: numbers */
	sum->workers_busy += ki_load_rlx(&host->xbusy);
	sum->queue_depth += ki_load_rlx(&host->xnr_ready) + ki_inject_size(&host->queue);
	struct sim *sim = sim_of(base->sched);
	ki_mutex_lock(&sim->timers_mutex);
	sum->timers += host->wheel.nr;
	ki_mutex_unlock(&sim->timers_mutex);
}

static void each_counters(struct ki_host *base,
	void (*visit)(void *arg, struct ki_worker_counters *counters), void *arg) {
	visit(arg, &host_of(base)->counters);
}

static void sched_free(struct ki_sched *sched) {
	struct sim *sim = sim_of(sched);
	empty(&sim->inbox);
	ki_mutex_fini(&sim->timers_mutex);
	ki_free(sim);
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
};

struct ki_sched *ki_sim_new(const struct ki_sched_options *options) {
	struct sim *sim = ki_zalloc(sizeof *sim);
	if (sim == NULL) {
		return NULL;
	}
	sim->base.ops = &ops;
	sim->base.options.seed = options->seed;
	ki_rng_seed(&sim->rng, options->seed); /* another sequence than any worker's */
	sim->base.options.roam = options->roam;
	sim->nr_workers = options->roam ? WORKERS_MAX : 1;
	for (unsigned i = 0; i < sim->nr_workers; i++) {
		ki_worker_init(&sim->workers[i], &sim->base, NULL, NULL, i);
	}
	sim->worker = &sim->workers[0];
	ki_inject_init(&sim->inbox);
	ki_store_rlx(&sim->xnext_ns, INT64_MAX); /* rlx: not published yet */
	ki_mutex_init(&sim->timers_mutex);
	return &sim->base;
}

/*
 * driver.h: what the scheduler has in common, and what a driver adds.
 *
 * A driver decides where a task waits and who runs it next, what time it is, and what a slice is.
 * It embeds struct ki_sched and struct ki_host in its own. threads.c is the real one, sim.c
 * simulates.
 *
 * Owns: struct ki_sched, struct ki_host, struct ki_driver_ops.
 * Threads: as each operation says; hosts are published once and stay.
 * Invariants:
 *	D1 `xhosts` only grows at its head; a host's `next` is set before it is published.
 * Not here: the public face (sched.h), turns (task.c).
 */
#ifndef KI_SCHED_DRIVER_H
#define KI_SCHED_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rng.h"
#include "sched/sched.h"
#include "sched/strand.h"
#include "sched/worker.h"
#include "sys/thread.h"

/* Why a task is ready again after a turn. */
enum ki_again {
	KI_AGAIN_WOKEN, /* it would wait, but a wake came meanwhile */
	KI_AGAIN_YIELD, /* it lets others run */
	KI_AGAIN_SLICE  /* the same, its slice being used up */
};

struct ki_driver_ops {
	/* Memory of the driver's kind, zeroed but for the driver's own fields; NULL: none. */
	struct ki_host *(*host_new)(struct ki_sched *sched, int nr_workers);
	void (*host_free)(struct ki_host *host); /* stopped; the head is the caller's */
	void (*sched_free)(struct ki_sched *sched);
	/* As the functions of sched.h. */
	int64_t (*now)(struct ki_sched *sched);
	int64_t (*wall)(struct ki_sched *sched);
	int (*host_start)(struct ki_host *host);
	void (*host_stop)(struct ki_host *host);
	/* Adds to *sum what no worker counts. */
	void (*host_counts)(struct ki_host *host, struct ki_counts *sum);
	/* Calls `visit` for each set of counters that workers of the host have had. */
	void (*each_counters)(struct ki_host *host,
		void (*visit)(void *arg, struct ki_worker_counters *counters), void *arg);
	void (*arm)(struct ki_host *host, struct ki_timer *timer, int64_t deadline_ns);
	bool (*cancel)(struct ki_host *host, struct ki_timer *timer);
	enum ki_run_end (*run)(struct ki_sched *sched, int64_t until_ns);
	void (*halt)(struct ki_sched *sched);
	/* The calling thread has just made the task READY by a wake: queue it. Any thread. */
	void (*ready)(struct ki_task *task);
	/* The worker's turn has left the task READY: queue it. */
	void (*again)(struct ki_worker *worker, struct ki_task *task, enum ki_again why);
	/* ki_task_tick of the worker's running task. */
	bool (*tick)(struct ki_worker *worker, struct ki_task *task);
	/* Takes what the running task has used since the last call, or since its turn began, off
	 * its budget, which it has. NULL: each tick does. */
	void (*spend)(struct ki_worker *worker, struct ki_task *task);
};

/* So much more is used of a task's budget. */
static inline void ki_task_spend(struct ki_task *task, int64_t ns) {
	task->used_ns = task->waited ? 0 : task->used_ns + ns;
	task->waited = false;
}

struct ki_sched {
	/* set once */
	const struct ki_driver_ops *ops;
	struct ki_host *system;
	struct ki_sched_options options; /* defaults filled in */
	bool preempts;                   /* overruns are told */
	struct ki_strands strands;
	/* any */
	_Atomic(struct ki_host *) xhosts; /* D1 */
	_Atomic(uint64_t) xwoken, xrested; /* rest.h: by threads outside */
	struct ki_mutex random_mutex;
	struct ki_rng random; /* random_mutex */
};

struct ki_host {
	/* set once, before the host is published */
	struct ki_host *next;
	struct ki_sched *sched;
	char *id;
	int nr_workers;
	int64_t slice_ns;
	/* set once, before the host is started */
	void *data;
};

/* Gives a scheduler of the driver's kind with `ops` set and its head zeroed, or NULL. */
struct ki_sched *ki_threads_new(const struct ki_sched_options *options);
struct ki_sched *ki_sim_new(const struct ki_sched_options *options);

/* The hosts, newest first. */
struct ki_host *ki_sched_hosts(struct ki_sched *sched);

/* Prepares a worker; its random numbers are those of the scheduler's seed and `number`. */
void ki_worker_init(struct ki_worker *worker, struct ki_sched *sched, struct ki_host *host,
	struct ki_worker_counters *counters, unsigned number);

#endif

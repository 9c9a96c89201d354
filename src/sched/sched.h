/*
 * sched/sched.h: hosts of workers, time, and the driver below them.
 *
 * A scheduler has one driver: the threaded one (every host owns `nr_workers` POSIX threads; real
 * clocks) or the simulating one (everything runs in the thread that calls ki_sched_run, in an order
 * drawn from a seed, in virtual time). All that the rest of kith sees of either is this header.
 *
 * The *system host* is the one whose only worker is the thread inside ki_sched_run: what starts and
 * stops an application runs there, so that it costs no thread of its own.
 *
 * Owns: struct ki_sched, struct ki_host (opaque but for the head below).
 * Threads: as each function says.
 * Not here: what a task does (task.h); limits and counters of processes (process/).
 */
#ifndef KI_SCHED_SCHED_H
#define KI_SCHED_SCHED_H

#include <stdbool.h>
#include <stdint.h>

#include "mem/budget.h"
#include "observe/counter.h"
#include "sched/task.h"
#include "time/wheel.h"

struct ki_sched;

struct ki_sched_options {
	bool simulate;
	uint64_t seed;              /* of the simulation, or drawn from the machine by the caller */
	size_t stack_bytes;         /* 0: KI_STACK_BYTES */
	uint32_t tick_instructions; /* what one ki_task_tick stands for; 0: 1000 */
	uint32_t slice_instructions; /* a slice in a simulation; 0: 100000 */
	/* A POSIX signal by which a turn that outlasts its slice is told so (ki_sched_preempts); 0:
	 * none. The program leaves it to the scheduler until ki_sched_free. */
	int preempt_signal;
	/* For tests: what may happen to a task does, at random. It goes on in another worker (one
	 * of three, in a simulation), its steps get other stacks, its body keeps one where it need
	 * not (ki_sched_roams). */
	bool roam;
	struct ki_budget *memory; /* where stacks count; or NULL. Borrowed until ki_sched_free */
};

/* Gives a scheduler, or NULL when memory or a thread primitive is refused. Owner: the caller. */
struct ki_sched *ki_sched_new(const struct ki_sched_options *options);

/* Stops what still runs no task and frees all. Every task must have ended. */
void ki_sched_free(struct ki_sched *sched);

/* Monotonic time in ns (virtual in a simulation) and Unix time in ns. Any thread. */
int64_t ki_sched_now(struct ki_sched *sched);
int64_t ki_sched_wall(struct ki_sched *sched);
bool ki_sched_simulated(const struct ki_sched *sched);
/* At random, with options.roam; else false. In a task. */
bool ki_sched_roams(struct ki_sched *sched);
/* Whether it has options.roam. */
bool ki_sched_roaming(const struct ki_sched *sched);
/* What its options gave. */
struct ki_budget *ki_sched_memory(const struct ki_sched *sched);
/*
 * Whether a task's ki_overrun is told when its turn outlasts its slice. If not, a task has to ask
 * ki_task_tick now and then: in a simulation, without a preempt signal, when another scheduler of
 * the program has taken that signal, and under ThreadSanitizer.
 */
bool ki_sched_preempts(const struct ki_sched *sched);

/* The next number of the scheduler's random source: of the running worker, or of a locked one
 * outside. */
uint64_t ki_sched_random(struct ki_sched *sched);

/*
 * Makes a host with `nr_workers` (> 0) that does not run yet; `id` is copied; slice_ns 0: 1 ms.
 * NULL: no memory. Hosts live until ki_sched_free. Any thread but one at a time.
 */
struct ki_host *ki_host_new(
	struct ki_sched *sched, const char *id, int nr_workers, int64_t slice_ns);
/* The host served by the thread inside ki_sched_run. Exists from the start. */
struct ki_host *ki_sched_system_host(struct ki_sched *sched);

const char *ki_host_id(const struct ki_host *host);
struct ki_sched *ki_host_sched(const struct ki_host *host);
int ki_host_workers(const struct ki_host *host);

/* Adds what the workers of a host have counted, and in the second pass what can be read of it at
 * this moment, to *sum (observe/counter.h). Any thread. */
void ki_host_collect(struct ki_host *host, enum ki_counter_pass pass, struct ki_counts *sum);
/* Both passes of one host, into *out. */
void ki_host_counts(struct ki_host *host, struct ki_counts *out);
/* The bank of the calling thread, when it is a worker of the host; else NULL, and *lane is a number
 * that few threads have. To be asked for anew after each park. */
struct ki_counters *ki_host_own_bank(struct ki_host *host, unsigned *lane);

/* For the layer above: one pointer of its own per host. Set before ki_host_start. */
void ki_host_set_data(struct ki_host *host, void *data);
void *ki_host_data(const struct ki_host *host);

/* Starts the workers. Errors: KITH_EEXHAUSTED (a thread was refused; none runs then). Any thread.
 */
int ki_host_start(struct ki_host *host);

/* Ends the workers after the task that each runs now and joins them. From a task of another host or
 * outside any; blocks the thread. Tasks left in the queue stay there, not run. */
void ki_host_stop(struct ki_host *host);

/*
 * Serves the system host (threads), or runs everything (simulation), until ki_sched_halt, or, in a
 * simulation, until virtual time would pass `until_ns` (< 0: no bound; what is due at until_ns
 * still happens) or nothing is ready and no timer is pending. Blocks the calling thread.
 */
enum ki_run_end { KI_RUN_HALTED, KI_RUN_UNTIL, KI_RUN_IDLE };
enum ki_run_end ki_sched_run(struct ki_sched *sched, int64_t until_ns);
/* Makes ki_sched_run return after the task it runs now. Any thread. */
void ki_sched_halt(struct ki_sched *sched);

/*
 * Makes sure that the first task to run has a stack: it is the one that has to end all others, in
 * the end. Before anything runs. KITH_EEXHAUSTED.
 */
int ki_sched_reserve(struct ki_sched *sched);

/*
 * True when nothing can happen any more but by a thread outside, or by a timer of the system host:
 * no task is ready or runs, the caller's own apart, and no timer of another host is armed. Exact,
 * whatever happens meanwhile (rest.h). *woken: how many things were awake so far; as long as it is
 * the same number, nothing has happened. Any thread.
 */
bool ki_sched_at_rest(struct ki_sched *sched, uint64_t *woken);

/*
 * Timers. `timer->fire` is called once at or after the deadline (never before), by a worker of the
 * host, with a lock of timers held: it may push a signal and wake a task, and must not arm or
 * cancel. Arming takes no memory. Any thread.
 * ki_host_cancel gives true when the timer was pending and now never fires; when it returns, `fire`
 * is not running.
 */
void ki_host_arm(struct ki_host *host, struct ki_timer *timer, int64_t deadline_ns);
bool ki_host_cancel(struct ki_host *host, struct ki_timer *timer);

#endif

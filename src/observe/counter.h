/*
 * counter.h: the counters of a host (SPEC 21.3): what is counted, and one reading of all.
 *
 * A host has several *banks*: one for each of its workers, which nobody else writes, and some that
 * all other threads share. To count is one addition in one bank; a reading sums them. So a count
 * costs no cache line that goes from thread to thread, and a number that rises in one bank may fall
 * in another: only the sum, taken modulo 2^64, means something.
 *
 * A reading is not one moment. But it takes what comes to an end before the rest, so it never finds
 * fewer processes than have been all the time [CN1]. Its laws hold at rest, when nothing of the
 * host runs:
 *	messages_sent = messages_received + messages_dropped + mailbox_depth
 *	spawned = ended_normal + ended_failed + ended_forced + processes
 *	nothing is left of what processes have when there are none (ki_counts_fault)
 * mailbox_depth and processes are what these laws make them; process/account.h compares them with
 * the processes themselves.
 *
 * Owns: the banks. Threads: as each function says.
 * Tags: [CN1] a count is a release, and the ends are read by an acquire: whoever reads an end reads
 *	the beginning as well, if he reads it later.
 * Not here: where the banks are (sched/worker.h, process/system.h), who shows the sums.
 */
#ifndef KI_OBSERVE_COUNTER_H
#define KI_OBSERVE_COUNTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/atomic.h"

/* In the order of SPEC 21.3. */
#define KI_COUNTER_MAP(X)                                                                          \
	X(SPAWNED, spawned)                                                                        \
	X(SPAWN_REFUSED, spawn_refused)                                                            \
	X(ENDED_NORMAL, ended_normal)                                                              \
	X(ENDED_FAILED, ended_failed) /* by an error of its own */                                 \
	X(ENDED_FORCED, ended_forced)                                                              \
	X(PROCESSES, processes)                                                                    \
	X(MESSAGES_SENT, messages_sent) /* to processes of the host, and accepted */               \
	X(MESSAGES_RECEIVED, messages_received)                                                    \
	X(MESSAGES_REFUSED, messages_refused) /* full, ended or never there */                     \
	X(MESSAGES_DROPPED, messages_dropped) /* with their process */                             \
	X(MAILBOX_DEPTH, mailbox_depth)       /* sent, and neither received nor dropped */         \
	X(MAILBOX_KEPT, mailbox_kept)         /* of those, what no subscription has asked for */   \
	X(SIGNALS, signals)                   /* to processes of the host, messages apart */       \
	X(LINKS, links)       /* each counts at both ends */                                       \
	X(MONITORS, monitors) /* at the end that watches */                                        \
	X(NAMES, names)                                                                            \
	X(TIMERS, timers) /* armed */                                                              \
	X(EXECUTED, executed)                                                                      \
	X(STOLEN, stolen)                                                                          \
	X(PREEMPTED, preempted)                                                                    \
	X(STUCK, stuck) /* turns found in C long after the end of their slice */                   \
	X(WORKERS, workers)                                                                        \
	X(WORKERS_BUSY, workers_busy)                                                              \
	X(QUEUE_DEPTH, queue_depth)                                                                \
	X(CPU_NS, cpu_ns)                                                                          \
	X(HEAP_BYTES, heap_bytes)                                                                  \
	X(PAYLOAD_BYTES, payload_bytes) /* of messages not received, and topics */

enum ki_counter {
#define KI_COUNTER_ENUM(name, field) KI_COUNTER_##name,
	KI_COUNTER_MAP(KI_COUNTER_ENUM)
#undef KI_COUNTER_ENUM
	KI_NR_COUNTERS
};

/* A bank. Zero is its start. */
struct ki_counters {
	_Atomic(uint64_t) xvalue[KI_NR_COUNTERS];
};

/* A reading, or a sum of readings. */
struct ki_counts {
#define KI_COUNTER_FIELD(name, field) uint64_t field;
	KI_COUNTER_MAP(KI_COUNTER_FIELD)
#undef KI_COUNTER_FIELD
};

/* Any thread. To take away, add what is less than 0. */
void ki_counters_add(struct ki_counters *counters, enum ki_counter which, uint64_t by);
/* The one thread that writes this bank. */
static inline void ki_counters_add_owner(
	struct ki_counters *counters, enum ki_counter which, uint64_t by) {
	uint64_t value = ki_load_rlx(&counters->xvalue[which]); /* rlx: nobody else changes it */
	/* rel: what was counted before is seen by who sees this. [CN1] */
	ki_store_rel(&counters->xvalue[which], value + by);
}
uint64_t ki_counters_get(const struct ki_counters *counters, enum ki_counter which);

/* Adds a bank to *sum: all banks of a host in the first pass, then all in the second. Any thread.
 */
enum ki_counter_pass { KI_COUNTER_PASS_ENDS, KI_COUNTER_PASS_REST };
void ki_counters_collect(
	const struct ki_counters *counters, enum ki_counter_pass pass, struct ki_counts *sum);
/* After that: fills in what follows from the rest. */
void ki_counts_settle(struct ki_counts *counts);
/* For a reading that is shown: what came out less than 0, because banks were read while others
 * wrote, becomes 0. */
void ki_counts_clamp(struct ki_counts *counts);
/* Adds one reading to another. */
void ki_counts_add(struct ki_counts *sum, const struct ki_counts *counts);
uint64_t ki_counts_get(const struct ki_counts *counts, enum ki_counter which);

/* The first law that a reading at rest breaks, or NULL. */
const char *ki_counts_fault(const struct ki_counts *counts);

/* "messages_sent" and so on. */
const char *ki_counter_name(enum ki_counter which);

#endif

/*
 * counter.h: the exact counters of a host (SPEC 21.3).
 *
 * Owns: the counts.
 * Threads: any may add and read. A snapshot is not one moment: its laws hold at rest.
 * Not here: who shows them.
 */
#ifndef KI_OBSERVE_COUNTER_H
#define KI_OBSERVE_COUNTER_H

#include <stdint.h>

#include "base/atomic.h"

/*
 * Laws at rest: messages_sent = received + dropped + what stands in the mailboxes;
 * spawned = ended_normal + ended_failed + ended_forced + processes. Turns, steals and timers are
 * counted where they happen (sched: struct ki_host_stats).
 */
#define KI_COUNTER_MAP(X)                                                                          \
	X(SPAWNED, spawned)                                                                        \
	X(SPAWN_REFUSED, spawn_refused)                                                            \
	X(ENDED_NORMAL, ended_normal)                                                              \
	X(ENDED_FAILED, ended_failed)                                                              \
	X(ENDED_FORCED, ended_forced)                                                              \
	X(PROCESSES, processes)                                                                    \
	X(MESSAGES_SENT, messages_sent)                                                            \
	X(MESSAGES_RECEIVED, messages_received)                                                    \
	X(MESSAGES_REFUSED, messages_refused)                                                      \
	X(MESSAGES_DROPPED, messages_dropped)                                                      \
	X(SIGNALS, signals)

enum ki_counter {
#define KI_COUNTER_ENUM(name, field) KI_COUNTER_##name,
	KI_COUNTER_MAP(KI_COUNTER_ENUM)
#undef KI_COUNTER_ENUM
	KI_NR_COUNTERS
};

struct ki_counters {
	_Atomic uint64_t xvalue[KI_NR_COUNTERS]; /* any thread */
};

struct ki_counts {
#define KI_COUNTER_FIELD(name, field) uint64_t field;
	KI_COUNTER_MAP(KI_COUNTER_FIELD)
#undef KI_COUNTER_FIELD
};

void ki_counters_init(struct ki_counters *counters);
void ki_counters_add(struct ki_counters *counters, enum ki_counter which, uint64_t by);
void ki_counters_sub(struct ki_counters *counters, enum ki_counter which, uint64_t by);
uint64_t ki_counters_get(const struct ki_counters *counters, enum ki_counter which);

/* Adds the present counts to *sum; call it for several on one zeroed sum. */
void ki_counters_collect(const struct ki_counters *counters, struct ki_counts *sum);

/* "messages_sent" and so on. */
const char *ki_counter_name(enum ki_counter which);

#endif

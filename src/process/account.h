/*
 * process/account.h: what a host counts of its processes, and the laws that hold at rest
 * (SPEC 21.3).
 *
 * A host's banks are those of its workers and a few *lanes* for everybody else: a send from another
 * host, a spawn from there, a name. What a process has (links, heap and the like) is counted as the
 * difference to what it has shown last (snapshot.h), so that a host's sum is at any time that of
 * what its processes have shown.
 *
 * Owns: the lanes of struct ki_proc_host.
 * Threads: any; fault while nothing runs.
 * Not here: the counters themselves (observe/counter.h).
 */
#ifndef KI_PROCESS_ACCOUNT_H
#define KI_PROCESS_ACCOUNT_H

#include "process/system.h"

void ki_proc_host_count(struct ki_proc_host *host, enum ki_counter which, uint64_t by);

/* One reading of a host. */
void ki_proc_host_counts(struct ki_proc_host *host, struct ki_counts *out);
/* The sum over all hosts but those of the runtime itself. */
void ki_system_counts(struct ki_system *system, struct ki_counts *out);

/* The first law that does not hold, or NULL. Nothing runs meanwhile, and no turn is under way. */
const char *ki_system_fault(struct ki_system *system);

#endif

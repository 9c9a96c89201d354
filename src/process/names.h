/*
 * process/names.h: the local register of process names (SPEC 12.1).
 *
 * Owns: nothing beyond the map in struct ki_system.
 * Threads: any.
 * Not here: what a Lua program sees (lua/lib_registry.c).
 */
#ifndef KI_PROCESS_NAMES_H
#define KI_PROCESS_NAMES_H

#include "process/system.h"

struct ki_proc;

/* Gives a live process a name. 0 (also again), KITH_EEXIST, KITH_ENOTFOUND (not live), KITH_EINVAL
 * (empty, or looks like a PID), KITH_EEXHAUSTED. */
int ki_name_register(
	struct ki_system *system, struct ki_strv name, kith_pid holder, kith_pid registrant);
/* The same for a process that is being made, by its spawner (SPEC 12.4). */
int ki_name_claim(struct ki_proc *unborn, struct ki_strv name, kith_pid registrant);

/* Whom a destination text means: 0 and the PID, or KITH_ENOTFOUND. */
int ki_name_find(struct ki_system *system, struct ki_strv name, kith_pid *out);

/* True when `caller` held or had registered it and it is gone now. */
bool ki_name_unregister(struct ki_system *system, struct ki_strv name, kith_pid caller);

/* Calls `visit` with each name of a process; it calls nothing of this. */
void ki_names_each(struct ki_system *system, kith_pid holder,
	void (*visit)(void *arg, struct ki_strv name), void *arg);

/* Step 3 of SPEC 4.6: all names of a process that has closed its mailbox, or was never published.
 * One that never had a name takes no lock. Owner of the process, or of its spawner. */
void ki_names_free(struct ki_proc *proc);

#endif

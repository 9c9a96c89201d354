/*
 * process/snapshot.h: what others may know of a live process (SPEC 12.10, 21.4).
 *
 * Owns: struct ki_proc_shown: the owner leaves there what it may tell.
 * Threads: publish the owner; take any. A snapshot is not one moment.
 * Not here: who shows it (lua/lib_system.c).
 */
#ifndef KI_PROCESS_SNAPSHOT_H
#define KI_PROCESS_SNAPSHOT_H

#include <stdbool.h>
#include <kith_types.h>

#include "base/atomic.h"

struct ki_proc;
struct ki_program;
struct ki_system;

/* What a body tells of itself. */
struct ki_body_view {
	uint64_t memory; /* bytes */
	uint32_t kept;   /* messages looked at that no subscription has asked for */
	uint32_t subscriptions, threads;
	uint32_t channels; /* that its coroutines wait on */
	bool blocked;    /* it waits for something else than messages and events */
	const char *waiting_in; /* the function; of static life; NULL: none */
};

struct ki_proc_shown {
	_Atomic(const struct ki_program *) xprogram; /* lives as long as the system */
	_Atomic(uint32_t) xupgrades; /* how many there were: a question of before is nobody's */
	_Atomic(uint64_t) xmemory, xlinks, xmonitors, xkept; /* of the host's sums (account.h) */
	_Atomic(uint32_t) xsubscriptions, xthreads, xchannels;
	_Atomic(bool) xblocked, xtrap_links;
	_Atomic(const char *) xwaiting_in;
};

struct ki_proc_snapshot {
	kith_pid pid, parent;
	const char *host, *entry; /* live as long as the system */
	const char *state;        /* ready, running, blocked, idle */
	uint64_t steps, ran_ns;   /* turns, and the time of those that have ended */
	uint32_t mailbox;         /* messages not yet received */
	uint64_t links, monitors; /* monitors: of others */
	bool trap_links;
	int64_t started_at_ns;    /* Unix time */
	struct ki_body_view body;
};

/* Before it is published, and wherever a turn or a slice can end. */
void ki_proc_show(struct ki_proc *proc);
/* It has ended: nothing of it counts any more. */
void ki_proc_show_end(struct ki_proc *proc);

/* False: it is not live. */
bool ki_proc_snapshot(struct ki_system *system, kith_pid pid, struct ki_proc_snapshot *out);

#endif

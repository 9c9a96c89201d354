/*
 * process/table.h: from a PID to its process.
 *
 * Slots live as long as the system; the process behind one comes and goes. A slot's word packs its
 * generation, its state and the number of threads that hold its process pinned at this moment:
 *
 *	63          32 31  30 29              0
 *	[ generation ][ state ][     pins     ]
 *
 *	FREE -claim-> MADE -publish-> LIVE -close-> CLOSING -last unpin-> FREE, next generation
 *	                MADE ------------close-> (never published)
 *
 * Algorithm: a pin adds 1 to the word blindly and then reads what it was: only in the state LIVE
 *	and with the PID's generation may the process be touched; else the pin is taken back.
 *	Taking back the last pin of a CLOSING slot frees it, by one compare-and-swap that a single
 *	thread wins, because the state then is FREE.
 * Progress: pin and unpin are wait-free but for that swap, which fails only if another pin came
 *	between.
 * Reclamation: the process's memory goes when the word turns FREE, so never under a pin [TB1].
 * ABA: the generation in the word; a slot whose generations are used up is not given out again.
 *
 * Owns: struct ki_table and its slots.
 * Threads: any, for pin and unpin; claim, publish and close by the process's owner.
 * Not here: what the numbers look like as text (pid.h).
 */
#ifndef KI_PROCESS_TABLE_H
#define KI_PROCESS_TABLE_H

#include <stdbool.h>
#include <kith_types.h>

#include "base/atomic.h"
#include "sync/idstack.h"

struct ki_proc;

#define KI_TABLE_CHUNK_BITS 10
#define KI_TABLE_CHUNKS 4096 /* of 1024 slots: all that fit in a PID */

struct ki_slot {
	_Atomic(uint64_t) xword;
	_Atomic(uint32_t) xnext; /* free list */
	_Atomic(uint32_t) xhost; /* hint for walks: the host index of the process */
	struct ki_proc *proc;    /* set before LIVE */
};

struct ki_table {
	_Atomic(struct ki_slot *) xchunks[KI_TABLE_CHUNKS];
	struct ki_idstack free;
	_Atomic(uint32_t) xnr_slots;           /* ever made, slot 0 included, which is never used */
	void (*release)(struct ki_proc *proc); /* set once: frees the memory of a process */
};

int ki_table_init(struct ki_table *table, void (*release)(struct ki_proc *proc));
void ki_table_fini(struct ki_table *table);

/* Claims a slot for `proc` on host index `host`; *pid is its PID, which nobody can reach yet.
 * KITH_EEXHAUSTED: no memory, or 2^22 processes live. */
int ki_table_claim(struct ki_table *table, struct ki_proc *proc, uint32_t host, kith_pid *pid);
/* Makes it reachable. */
void ki_table_publish(struct ki_table *table, kith_pid pid);
/* No new pin succeeds from now on; the process is released here or by the last unpin. Also for a
 * process that was never published. */
void ki_table_close(struct ki_table *table, kith_pid pid);

/* Any thread: the process, which stays in memory until the unpin; NULL when the PID is not live. */
struct ki_proc *ki_table_pin(struct ki_table *table, kith_pid pid);
void ki_table_unpin(struct ki_table *table, kith_pid pid);

/* Any thread: calls `visit` with the PID of each process live on host index `host`, in slot order.
 */
void ki_table_each(
	struct ki_table *table, uint32_t host, void (*visit)(void *arg, kith_pid pid), void *arg);

#endif

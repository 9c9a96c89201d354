/*
 * process/table.c: the slots of table.h.
 *
 * Owns: the words and the chunks.
 * Threads: any.
 * Tags:
 *	[TB1] the word turns FREE by an acq_rel swap after the last unpin (acq_rel): all that
 *	   pinners did to the process comes before its memory goes.
 *	[TB2] publish is a release; a pin that finds LIVE is an acquire: the pinner sees the whole
 *	   process.
 *	[TB3] a chunk is zeroed before its pointer is published.
 *	[HS1] publish and walk against the state of a host: see spawn.c.
 * Tests: test/unit/process_table_test.c, test/stress/process_table.c.
 * Not here: what a PID looks like (pid.h).
 */
#include "process/table.h"

#include "base/alloc.h"
#include "base/check.h"
#include "process/proc.h"

#define STATE_SHIFT 30
#define GEN_SHIFT 32
#define PINS(word) ((word) & ((UINT64_C(1) << STATE_SHIFT) - 1))
#define STATE(word) ((enum slot_state)((word) >> STATE_SHIFT & 3))
#define GEN(word) ((uint32_t)((word) >> GEN_SHIFT))
#define STEP(from, to) ((uint64_t)((to) - (from)) << STATE_SHIFT)
#define CHUNK_SLOTS (1u << KI_TABLE_CHUNK_BITS)
#define MAX_SLOTS (1u << KI_PID_SLOT_BITS)

/* In this order, so that each step adds to the word and pins that come meanwhile are kept. */
enum slot_state { SLOT_FREE, SLOT_MADE, SLOT_LIVE, SLOT_CLOSING };

static struct ki_slot *slot_at(struct ki_table *table, uint32_t index) {
	uint32_t chunk = index >> KI_TABLE_CHUNK_BITS;
	if (chunk >= KI_TABLE_CHUNKS) {
		return NULL;
	}
	/* acq: the zeroed slots. [TB3] */
	struct ki_slot *slots = ki_load_acq(&table->xchunks[chunk]);
	return slots ? &slots[index & (CHUNK_SLOTS - 1)] : NULL;
}

static _Atomic(uint32_t) *slot_link(void *table, uint32_t index) {
	return &slot_at(table, index)->xnext;
}

int ki_table_init(struct ki_table *table, void (*release)(struct ki_proc *proc)) {
	for (size_t i = 0; i < KI_TABLE_CHUNKS; i++) {
		ki_store_rlx(&table->xchunks[i], NULL); /* nobody else is here yet */
	}
	ki_store_rlx(&table->xnr_slots, 1); /* slot 0 is never used */
	table->release = release;
	ki_idstack_init(&table->free, slot_link, table);
	return KITH_OK;
}

void ki_table_fini(struct ki_table *table) {
	for (size_t i = 0; i < KI_TABLE_CHUNKS; i++) {
		ki_free(ki_load_rlx(&table->xchunks[i])); /* nobody else is here any more */
	}
}

/* Makes sure that the chunk of `index` exists. */
static bool have_chunk(struct ki_table *table, uint32_t index) {
	if (slot_at(table, index)) {
		return true;
	}
	struct ki_slot *slots = ki_zalloc(CHUNK_SLOTS * sizeof(*slots));
	struct ki_slot *expected = NULL;
	if (!slots) {
		return false;
	}
	/* rel: publishes the zeroes. [TB3] */
	if (!ki_cas_acq_rel(&table->xchunks[index >> KI_TABLE_CHUNK_BITS], &expected, slots)) {
		ki_free(slots); /* another thread was first */
	}
	return true;
}

static uint32_t new_index(struct ki_table *table) {
	uint32_t index = ki_load_rlx(&table->xnr_slots); /* re-checked by the swap */
	do {
		if (index >= MAX_SLOTS || !have_chunk(table, index)) {
			return KI_IDSTACK_NONE;
		}
	} while (!ki_casw_rlx(&table->xnr_slots, &index, index + 1));
	return index;
}

int ki_table_claim(struct ki_table *table, struct ki_proc *proc, uint32_t host, kith_pid *pid) {
	uint32_t index = ki_idstack_pop(&table->free);
	if (index == KI_IDSTACK_NONE) {
		index = new_index(table);
	}
	if (index == KI_IDSTACK_NONE) {
		return KITH_EEXHAUSTED;
	}
	struct ki_slot *slot = slot_at(table, index);
	slot->proc = proc;
	ki_store_rlx(&slot->xhost, host);                                     /* a hint for walks */
	uint64_t word = ki_add_rlx(&slot->xword, STEP(SLOT_FREE, SLOT_MADE)); /* publish releases */
	ki_assert(STATE(word) == SLOT_FREE);
	*pid = ki_pid_make(host, GEN(word), index);
	return KITH_OK;
}

void ki_table_publish(struct ki_table *table, kith_pid pid) {
	struct ki_slot *slot = slot_at(table, ki_pid_slot(pid));
	/* rel: the whole process; pairs with acq in pin. [TB2]
	 * sc: stands before the spawner's second look at the state of the host. [HS1] */
	ki_add_sc(&slot->xword, STEP(SLOT_MADE, SLOT_LIVE));
}

/* Frees a slot that is CLOSING and was just seen without pins. */
static void try_free(struct ki_table *table, struct ki_slot *slot, uint32_t index, uint64_t word) {
	uint64_t freed = (uint64_t)(GEN(word) + 1) << GEN_SHIFT;
	/* acq_rel: after every unpin, before the memory goes. If a pin came between, its unpin is
	 * back here; if another thread was first, the word is FREE and the swap fails. [TB1] */
	if (!ki_cas_acq_rel(&slot->xword, &word, freed)) {
		return;
	}
	/* Read by the one winner alone: whoever lost may find the slot claimed anew. */
	table->release(slot->proc);
	if (GEN(freed) != 0) { /* else its generations are used up: never again */
		ki_idstack_push(&table->free, index);
	}
}

void ki_table_close(struct ki_table *table, kith_pid pid) {
	uint32_t index = ki_pid_slot(pid);
	struct ki_slot *slot = slot_at(table, index);
	uint64_t word = ki_load_rlx(&slot->xword); /* only the owner steps the state */
	uint64_t step = STEP(STATE(word), SLOT_CLOSING);
	/* acq_rel: the owner's last writes come before the freeing by whoever unpins last. [TB1] */
	word = ki_add_acq_rel(&slot->xword, step) + step;
	if (PINS(word) == 0) {
		try_free(table, slot, index, word);
	}
}

static void unpin(struct ki_table *table, struct ki_slot *slot, uint32_t index) {
	/* acq_rel: what was done under the pin comes before the freeing. [TB1] */
	uint64_t word = ki_sub_acq_rel(&slot->xword, 1) - 1;
	if (STATE(word) == SLOT_CLOSING && PINS(word) == 0) {
		try_free(table, slot, index, word);
	}
}

struct ki_proc *ki_table_pin(struct ki_table *table, kith_pid pid) {
	uint32_t index = ki_pid_slot(pid);
	struct ki_slot *slot = slot_at(table, index);
	if (!slot) {
		return NULL;
	}
	/* acq: a LIVE slot's process is seen whole. [TB2] */
	uint64_t word = ki_add_acq(&slot->xword, 1);
	if (STATE(word) == SLOT_LIVE && GEN(word) == ki_pid_generation(pid) &&
		slot->proc->pid == pid) {
		return slot->proc;
	}
	unpin(table, slot, index);
	return NULL;
}

void ki_table_unpin(struct ki_table *table, kith_pid pid) {
	uint32_t index = ki_pid_slot(pid);
	unpin(table, slot_at(table, index), index);
}

void ki_table_each(
	struct ki_table *table, uint32_t host, void (*visit)(void *arg, kith_pid pid), void *arg) {
	uint32_t nr =
		ki_load_rlx(&table->xnr_slots); /* a snapshot: later ones are not missed by law */
	for (uint32_t index = 1; index < nr; index++) {
		struct ki_slot *slot = slot_at(table, index);
		/* acq: xhost belongs to this generation. [TB2]
		 * sc: stands behind the store of STOPPING by whoever stops the host. [HS1] */
		uint64_t word = slot ? ki_load_sc(&slot->xword) : 0;
		if (STATE(word) == SLOT_LIVE &&
			ki_load_rlx(&slot->xhost) == host) { /* checked by pin */
			visit(arg, ki_pid_make(host, GEN(word), index));
		}
	}
}

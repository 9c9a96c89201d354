/*
 * Slots are claimed, published and closed at random by their owners, while all threads pin, write
 * to and unpin what they find in a shared board of PIDs, most of which are out of date.
 *
 * Laws: who is pinned is not freed, and is who was asked for; each process is freed exactly once,
 * by its end at the latest; every note put into an open mailbox is found by its owner.
 */
#include "kith_stress.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "process/proc.h"
#include "sys/thread.h"

enum { NR_THREADS = 4, NR_BOARD = 64, NR_OWN = 8 };

/* What is known of a process from outside; it is never freed before the end. */
struct record {
	_Atomic(uint32_t) xfreed;
	_Atomic(uint32_t) *xreleased; /* of the stage */
	struct record *next; /* of the thread's */
};

struct stage {
	struct ki_table table;
	_Atomic(kith_pid) xboard[NR_BOARD];
	_Atomic(uint32_t) xreleased;
	int64_t until_ns;
};

struct actor {
	struct stage *stage;
	struct ki_rng rng;
	struct ki_thread thread;
	struct ki_proc *own[NR_OWN];
	kith_pid pid[NR_OWN];
	bool published[NR_OWN];
	struct record *records;
	uint64_t claimed, sent, found, pinned;
};

static void release(struct ki_proc *proc) {
	struct record *record = proc->body;
	EQ_UINT(ki_xchg_rlx(&record->xfreed, 1), 0); /* the table orders it */
	ki_add_rlx(record->xreleased, 1);            /* a counter */
	ki_free(proc);
}

static void claim(struct actor *a, uint32_t i) {
	struct record *record = ki_zalloc(sizeof *record);
	struct ki_proc *proc = ki_zalloc(sizeof *proc);
	record->xreleased = &a->stage->xreleased;
	record->next = a->records;
	a->records = record;
	proc->body = record;
	ki_mpsc_init(&proc->mailbox);
	OK(ki_table_claim(&a->stage->table, proc, 3, &proc->pid));
	a->own[i] = proc;
	a->pid[i] = proc->pid;
	a->published[i] = false;
	a->claimed++;
}

static void publish(struct actor *a, uint32_t i) {
	a->published[i] = true;
	ki_table_publish(&a->stage->table, a->pid[i]);
	ki_store_rlx(&a->stage->xboard[ki_rng_below(&a->rng, NR_BOARD)],
		a->pid[i]); /* a number; the table orders the rest */
}

static void take_notes(struct actor *a, struct ki_mpsc_node *batch) {
	while (batch) {
		struct ki_mpsc_node *note = batch;
		batch = batch->next;
		ki_free(note);
		a->found++;
	}
}

static void close_own(struct actor *a, uint32_t i) {
	struct record *record = a->own[i]->body;
	EQ_UINT(ki_load_rlx(&record->xfreed), 0); /* ours until we close it */
	take_notes(a, ki_mpsc_close_owner(&a->own[i]->mailbox));
	ki_table_close(&a->stage->table, a->pid[i]);
	a->own[i] = NULL;
}

static void own_turn(struct actor *a) {
	uint32_t i = (uint32_t)ki_rng_below(&a->rng, NR_OWN);
	if (!a->own[i]) {
		claim(a, i);
	} else if (!a->published[i] && ki_rng_below(&a->rng, 8)) {
		publish(a, i);
	} else if (ki_rng_below(&a->rng, 4)) {
		take_notes(a, ki_mpsc_take_owner(&a->own[i]->mailbox));
	} else {
		close_own(a, i);
	}
}

static void write_note(struct actor *a, struct ki_proc *proc) {
	struct ki_mpsc_node *note = ki_alloc(sizeof *note);
	if (ki_mpsc_push(&proc->mailbox, note) == KI_MPSC_CLOSED) {
		ki_free(note);
	} else {
		a->sent++;
	}
}

static void pin_turn(struct actor *a) {
	struct stage *stage = a->stage;
	kith_pid pid = ki_load_rlx(&stage->xboard[ki_rng_below(&a->rng, NR_BOARD)]); /* a number */
	struct ki_proc *proc = ki_table_pin(&stage->table, pid);
	if (!proc) {
		return;
	}
	struct record *record = proc->body;
	EQ_UINT(proc->pid, pid);
	for (uint64_t n = ki_rng_below(&a->rng, 4); n > 0; n--) {
		write_note(a, proc);
		if (ki_rng_below(&a->rng, 64) == 0) {
			ki_thread_yield();
		}
	}
	EQ_UINT(ki_load_rlx(&record->xfreed), 0);
	ki_table_unpin(&stage->table, pid);
	a->pinned++;
}

static void visit(void *arg, kith_pid pid) {
	struct actor *a = arg;
	struct ki_proc *proc = ki_table_pin(&a->stage->table, pid);
	if (proc) {
		EQ_UINT(proc->pid, pid);
		ki_table_unpin(&a->stage->table, pid);
	}
}

static void act(void *arg) {
	struct actor *a = arg;
	for (uint32_t turn = 1;; turn++) {
		if (turn % 256 == 0) {
			if (stress_now_ns() > a->stage->until_ns) {
				break;
			}
			ki_table_each(&a->stage->table, 3, visit, a);
		}
		if (ki_rng_below(&a->rng, 3) == 0) {
			own_turn(a);
		} else {
			pin_turn(a);
		}
	}
	for (uint32_t i = 0; i < NR_OWN; i++) {
		if (a->own[i]) {
			close_own(a, i);
		}
	}
}

static void run(uint64_t seed, int64_t bound_ns) {
	static struct stage stage;
	static struct actor actors[NR_THREADS];
	uint64_t claimed = 0, sent = 0, found = 0, pinned = 0;
	OK(ki_table_init(&stage.table, release));
	stage.until_ns = stress_now_ns() + bound_ns;
	for (uint64_t i = 0; i < NR_THREADS; i++) {
		actors[i].stage = &stage;
		ki_rng_seed(&actors[i].rng, seed * NR_THREADS + i);
		OK(ki_thread_start(&actors[i].thread, act, &actors[i], 0));
	}
	for (int i = 0; i < NR_THREADS; i++) {
		ki_thread_join(&actors[i].thread);
		claimed += actors[i].claimed;
		sent += actors[i].sent;
		found += actors[i].found;
		pinned += actors[i].pinned;
	}
	for (int i = 0; i < NR_THREADS; i++) {
		for (struct record *record; (record = actors[i].records);) {
			EQ_UINT(ki_load_rlx(&record->xfreed), 1); /* all have been joined */
			actors[i].records = record->next;
			ki_free(record);
		}
	}
	EQ_UINT(ki_load_rlx(&stage.xreleased), claimed);
	EQ_UINT(found, sent);
	GT_UINT(pinned, 0);
	/* Slots are used again: besides the live, each thread keeps one busy by a pin or in
	 * transit, and one may be made because the free list was empty a moment ago. */
	uint32_t slots = ki_load_rlx(&stage.table.xnr_slots);
	LE_UINT(slots, NR_THREADS * (NR_OWN + 2) + 1);
	ki_table_fini(&stage.table);
}

STRESS_MAIN("a pinned process is not freed, each is freed once", run)

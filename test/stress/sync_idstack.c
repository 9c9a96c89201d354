/*
 * The stack of ids under several threads that pop some and push them back.
 * Law: nobody ever holds an id that another holds, and in the end all are there again.
 */
#include "kith_stress.h"

#include "base/rng.h"
#include "sync/idstack.h"
#include "sys/thread.h"

#define NR_THREADS 4
#define NR_IDS 7
#define HOLD_MAX 3

static _Atomic(uint32_t) links[NR_IDS];
static uint64_t slots[NR_IDS]; /* plain, the holder's: [IS1] carries it from holder to holder */
static _Atomic(uint32_t) xheld[NR_IDS];
static _Atomic(int) xstop;
static struct ki_idstack stack;

struct worker {
	struct ki_thread thread;
	uint64_t seed;
	uint64_t pops;
};

static _Atomic(uint32_t) *link_of(void *table, uint32_t id) {
	return (_Atomic(uint32_t) *)table + id;
}

static uint32_t take_some(struct worker *w, uint32_t *ids, uint64_t want) {
	uint32_t nr = 0;
	while (nr < want) {
		uint32_t id = ki_idstack_pop(&stack);
		if (id == KI_IDSTACK_NONE) {
			break;
		}
		LT_UINT(id, NR_IDS);
		EQ_UINT(ki_xchg_rlx(&xheld[id], 1), 0);
		slots[id]++;
		w->pops++;
		ids[nr++] = id;
	}
	return nr;
}

static void work(void *arg) {
	struct worker *w = arg;
	struct ki_rng rng;
	ki_rng_seed(&rng, w->seed);
	while (!ki_load_rlx(&xstop)) {
		uint32_t ids[HOLD_MAX];
		uint32_t nr = take_some(w, ids, 1 + ki_rng_below(&rng, HOLD_MAX));
		while (nr > 0) {
			uint32_t id = ids[--nr];
			EQ_UINT(ki_xchg_rlx(&xheld[id], 0), 1);
			ki_idstack_push(&stack, id);
		}
	}
}

static void run(uint64_t seed, int64_t bound_ns) {
	struct ki_rng rng;
	struct worker workers[NR_THREADS] = {0};
	ki_rng_seed(&rng, seed);
	ki_idstack_init(&stack, link_of, links);
	for (uint32_t id = 0; id < NR_IDS; id++) {
		ki_idstack_push(&stack, id);
	}
	for (int i = 0; i < NR_THREADS; i++) {
		workers[i].seed = ki_rng_next(&rng);
		OK(ki_thread_start(&workers[i].thread, work, &workers[i], 0));
	}
	int64_t until = stress_now_ns() + bound_ns;
	while (stress_now_ns() < until) {
		ki_thread_yield();
	}
	ki_store_rlx(&xstop, 1);
	uint64_t pops = 0, sum = 0;
	for (int i = 0; i < NR_THREADS; i++) {
		ki_thread_join(&workers[i].thread);
		pops += workers[i].pops;
	}
	uint32_t left = 0;
	for (uint32_t id; (id = ki_idstack_pop(&stack)) != KI_IDSTACK_NONE; left++) {
		sum += slots[id];
	}
	EQ_UINT(left, NR_IDS);
	EQ_UINT(sum, pops);
}

STRESS_MAIN("each id has one holder, none is lost", run)

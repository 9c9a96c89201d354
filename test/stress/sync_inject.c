/*
 * The inject queue under several pushers and poppers, which never take the mutex when the hint says
 * empty.
 * Law: pushed = popped, each node once, and one popper sees one pusher's nodes in their order.
 */
#include "kith_stress.h"

#include "base/compiler.h"
#include "base/rng.h"
#include "sync/inject.h"

#define NR_PUSHERS 2
#define NR_POPPERS 2
#define NODES_EACH 256

struct node {
	struct ki_inject_node link;
	uint64_t seq;
	int pusher;
	_Atomic(uint32_t) xbusy;
};

struct side {
	struct ki_thread thread;
	uint64_t seed;
	int number;
	uint64_t count;
	struct node *nodes;
};

static struct ki_inject queue;
static _Atomic(int) xstop;
static _Atomic(int) xpushers_left;

static void push(void *arg) {
	struct side *s = arg;
	struct ki_rng rng;
	ki_rng_seed(&rng, s->seed);
	while (!ki_load_rlx(&xstop)) {
		struct node *n = &s->nodes[ki_rng_below(&rng, NODES_EACH)];
		/* acq: the popper is done with it. [T1] */
		if (ki_load_acq(&n->xbusy)) {
			ki_thread_yield();
			continue;
		}
		ki_store_rlx(&n->xbusy, 1);
		n->seq = ++s->count;
		n->pusher = s->number;
		ki_inject_push_back(&queue, &n->link);
	}
	ki_sub_rel(&xpushers_left, 1); /* rel: the last node was pushed. [T2] */
}

static void pop(void *arg) {
	struct side *s = arg;
	uint64_t last[NR_PUSHERS] = {0};
	for (;;) {
		/* acq: empty after all pushers are gone means empty for good. [T2] */
		bool last_round = ki_load_acq(&xpushers_left) == 0;
		struct ki_inject_node *link = ki_inject_pop_front(&queue);
		if (!link) {
			if (last_round) {
				return;
			}
			ki_thread_yield();
			continue;
		}
		struct node *n = ki_container_of(link, struct node, link);
		GT_UINT(n->seq, last[n->pusher]);
		last[n->pusher] = n->seq;
		s->count++;
		ki_store_rel(&n->xbusy, 0); /* rel: our reads are done. [T1] */
	}
}

static void run(uint64_t seed, int64_t bound_ns) {
	static struct side pushers[NR_PUSHERS], poppers[NR_POPPERS];
	static struct node nodes[NR_PUSHERS][NODES_EACH];
	struct ki_rng rng;
	ki_rng_seed(&rng, seed);
	ki_inject_init(&queue);
	ki_store_rlx(&xpushers_left, NR_PUSHERS);
	for (int i = 0; i < NR_PUSHERS; i++) {
		pushers[i].seed = ki_rng_next(&rng);
		pushers[i].number = i;
		pushers[i].nodes = nodes[i];
		OK(ki_thread_start(&pushers[i].thread, push, &pushers[i], 0));
	}
	for (int i = 0; i < NR_POPPERS; i++) {
		OK(ki_thread_start(&poppers[i].thread, pop, &poppers[i], 0));
	}
	int64_t until = stress_now_ns() + bound_ns;
	while (stress_now_ns() < until) {
		ki_thread_yield();
	}
	ki_store_rlx(&xstop, 1);
	uint64_t pushed = 0, popped = 0;
	for (int i = 0; i < NR_PUSHERS; i++) {
		ki_thread_join(&pushers[i].thread);
		pushed += pushers[i].count;
	}
	for (int i = 0; i < NR_POPPERS; i++) {
		ki_thread_join(&poppers[i].thread);
		popped += poppers[i].count;
	}
	EQ_UINT(popped, pushed);
	GT_UINT(pushed, 0);
	EQ_UINT(ki_inject_size(&queue), 0);
	ki_inject_fini(&queue);
}

STRESS_MAIN("pushed = popped, once and in order", run)

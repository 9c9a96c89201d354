/*
 * The mailbox queue with several producers and a consumer that takes, closes and reopens at random.
 * Law: every accepted node is taken exactly once, in the order of its producer, and a refused one
 * is never seen.
 */
#include "kith_stress.h"

#include "base/compiler.h"
#include "base/rng.h"
#include "sync/mpsc.h"
#include "sys/thread.h"

#define NR_PRODUCERS 3
#define NODES_EACH 64

struct node {
	struct ki_mpsc_node link;
	uint64_t seq;            /* written plainly before the push: [MB1] carries it */
	int producer;
	_Atomic(uint32_t) xbusy; /* 1 from the push to the end of the consumer's look */
};

struct producer {
	struct ki_thread thread;
	int number;
	uint64_t seed;
	uint64_t accepted;
	uint64_t refused;
	struct node nodes[NODES_EACH];
};

static struct ki_mpsc queue;
static _Atomic(int) xstop;
static struct producer producers[NR_PRODUCERS];

/* Owner's. */
static uint64_t taken[NR_PRODUCERS];
static uint64_t last_seq[NR_PRODUCERS];

static void produce(void *arg) {
	struct producer *p = arg;
	struct ki_rng rng;
	ki_rng_seed(&rng, p->seed);
	uint64_t seq = 0;
	while (!ki_load_rlx(&xstop)) {
		struct node *n = &p->nodes[ki_rng_below(&rng, NODES_EACH)];
		/* acq: the consumer is done with it. [T1] */
		if (ki_load_acq(&n->xbusy)) {
			ki_thread_yield();
			continue;
		}
		n->seq = ++seq;
		n->producer = p->number;
		ki_store_rlx(&n->xbusy, 1);
		if (ki_mpsc_push(&queue, &n->link) == KI_MPSC_CLOSED) {
			ki_store_rlx(&n->xbusy, 0);
			n->seq = 0; /* refused: it is ours alone */
			p->refused++;
		} else {
			p->accepted++;
		}
	}
}

static void look_at(struct ki_mpsc_node *batch) {
	while (batch) {
		struct node *n = ki_container_of(batch, struct node, link);
		batch = batch->next;
		GT_UINT(n->seq, last_seq[n->producer]);
		last_seq[n->producer] = n->seq;
		taken[n->producer]++;
		n->seq = 0;
		ki_store_rel(&n->xbusy, 0); /* rel: our reads are done. [T1] */
	}
}

static void consume(struct ki_rng *rng, int64_t until) {
	while (stress_now_ns() < until) {
		for (int i = 0; i < 1000; i++) {
			if (ki_rng_below(rng, 8) > 0) {
				look_at(ki_mpsc_take_owner(&queue));
				continue;
			}
			look_at(ki_mpsc_close_owner(&queue));
			for (uint64_t k = ki_rng_below(rng, 50); k > 0; k--) {
				IS_NULL(ki_mpsc_take_owner(&queue));
			}
			ki_mpsc_reopen_owner(&queue);
		}
		ki_thread_yield();
	}
}

static void run(uint64_t seed, int64_t bound_ns) {
	struct ki_rng rng;
	ki_rng_seed(&rng, seed);
	ki_mpsc_init(&queue);
	for (int i = 0; i < NR_PRODUCERS; i++) {
		producers[i].number = i;
		producers[i].seed = ki_rng_next(&rng);
		OK(ki_thread_start(&producers[i].thread, produce, &producers[i], 0));
	}
	consume(&rng, stress_now_ns() + bound_ns);
	look_at(ki_mpsc_close_owner(&queue)); /* pushes still run against it */
	ki_store_rlx(&xstop, 1);
	for (int i = 0; i < NR_PRODUCERS; i++) {
		ki_thread_join(&producers[i].thread);
	}
	IS_NULL(ki_mpsc_take_owner(&queue));
	for (int i = 0; i < NR_PRODUCERS; i++) {
		EQ_UINT(taken[i], producers[i].accepted);
		GT_UINT(taken[i], 0);
	}
}

STRESS_MAIN("accepted = taken, once and in order", run)

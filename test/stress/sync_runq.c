/*
 * One ring, its owner, and thieves that steal halves and single nodes. The owner pushes in bursts
 * and takes back at times; a node is pushed again at once when it was taken, so that slots and
 * nodes are used anew all the time.
 * Laws: each push is taken exactly once; every taker sees the nodes in the order of their pushes.
 */
#include "kith_stress.h"

#include "base/compiler.h"
#include "base/rng.h"
#include "sync/runq.h"
#include "sys/thread.h"

enum { NR_THIEVES = 3, NR_NODES = 400 };

struct node {
	struct ki_inject_node link;
	uint64_t seq;             /* plain: the ring hands it over */
	_Atomic(uint32_t) xfree;
};

struct taker {
	struct ki_thread thread;
	struct ki_rng rng;
	uint64_t last, taken, sum;
};

static struct ki_runq ring;
static struct node nodes[NR_NODES];
static _Atomic(bool) xended;

static void take(struct taker *me, struct ki_inject_node *link) {
	struct node *node = ki_container_of(link, struct node, link);
	GT_UINT(node->seq, me->last);
	me->last = node->seq;
	me->sum += node->seq;
	me->taken++;
	node->seq = 0;
	ki_store_rel(&node->xfree, 1); /* rel: we are done with it. [T1] */
}

static bool try_take(struct taker *me) {
	struct ki_inject_node *out[KI_RUNQ_SIZE / 2];
	if (ki_rng_below(&me->rng, 4) == 0) {
		struct ki_inject_node *link = ki_runq_take(&ring);
		if (link != NULL) {
			take(me, link);
		}
		return link != NULL;
	}
	size_t nr = ki_runq_steal_half(&ring, ki_rng_below(&me->rng, 2) == 0, out);
	for (size_t i = 0; i < nr; i++) {
		take(me, out[i]);
	}
	return nr > 0;
}

static void steal(void *arg) {
	struct taker *me = arg;
	while (!ki_load_acq(&xended)) { /* acq: the last push came before. [T2] */
		if (!try_take(me)) {
			ki_thread_yield();
		}
	}
}

static void run(uint64_t seed, int64_t bound_ns) {
	static struct taker thieves[NR_THIEVES];
	struct taker owner = {.last = 0};
	int64_t until_ns = stress_now_ns() + bound_ns;
	uint64_t pushed = 0, sum = 0;
	ki_runq_init(&ring);
	ki_rng_seed(&owner.rng, seed);
	for (int i = 0; i < NR_NODES; i++) {
		nodes[i].xfree = 1;
	}
	for (int i = 0; i < NR_THIEVES; i++) {
		ki_rng_seed(&thieves[i].rng, seed + 1 + (uint64_t)i);
		OK(ki_thread_start(&thieves[i].thread, steal, &thieves[i], 0));
	}
	while (stress_now_ns() < until_ns) {
		for (uint64_t burst = ki_rng_below(&owner.rng, 300); burst > 0; burst--) {
			struct node *node = &nodes[ki_rng_below(&owner.rng, NR_NODES)];
			if (!ki_load_acq(&node->xfree)) { /* acq: the taker is done. [T1] */
				continue;
			}
			ki_store_rlx(&node->xfree, 0);
			node->seq = pushed + 1;
			if (!ki_runq_push_owner(&ring, &node->link)) {
				EQ_UINT(node->seq, pushed + 1); /* still ours */
				ki_store_rlx(&node->xfree, 1);
				break;
			}
			sum += ++pushed;
		}
		for (uint64_t n = ki_rng_below(&owner.rng, 20); n > 0 && try_take(&owner); n--) {
		}
	}
	ki_store_rel(&xended, true); /* rel: the last push. [T2] */
	uint64_t taken = 0, taken_sum = 0;
	for (int i = 0; i < NR_THIEVES; i++) {
		ki_thread_join(&thieves[i].thread);
		taken += thieves[i].taken;
		taken_sum += thieves[i].sum;
	}
	while (try_take(&owner) || ki_runq_size(&ring) > 0) {
	}
	EQ_UINT(taken + owner.taken, pushed);
	EQ_UINT(taken_sum + owner.sum, sum);
	GT_UINT(taken, 0);
}

STRESS_MAIN("each node is taken once, in order", run)

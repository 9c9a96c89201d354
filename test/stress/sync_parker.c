/*
 * The sleep and wake handshake: a consumer that parks when its mailbox queue is empty, producers
 * that push and unpark only a consumer that said it sleeps.
 * Law: no lost wake-up: every message is received, though the consumer never polls. Producers never
 * rest long, so a consumer that sleeps ten seconds was not woken.
 */
#include "kith_stress.h"

#include "base/compiler.h"
#include "base/rng.h"
#include "sync/mpsc.h"
#include "sync/parker.h"
#include "sys/clock.h"

#define NR_PRODUCERS 2
#define IN_FLIGHT 4
#define PATIENCE_NS (INT64_C(10000000000))

struct node {
	struct ki_mpsc_node link;
	_Atomic(uint32_t) *xflight;
};

struct producer {
	struct ki_thread thread;
	uint64_t seed;
	uint64_t sent;
	_Atomic(uint32_t) xflight; /* sent and not yet received */
	uint32_t next;
	struct node nodes[IN_FLIGHT];
};

static struct ki_mpsc queue;
static struct ki_parker parker;
static _Atomic(uint32_t) xsleeps;
static _Atomic(int) xstop;
static _Atomic(int) xproducers_left;

static void wake_if_asleep(void) {
	/* sc: stands behind the push. [MB3] */
	if (ki_xchg_sc(&xsleeps, 0)) {
		ki_parker_unpark(&parker);
	}
}

static void produce(void *arg) {
	struct producer *p = arg;
	struct ki_rng rng;
	ki_rng_seed(&rng, p->seed);
	while (!ki_load_rlx(&xstop)) {
		/* acq: nodes come back in order, so the oldest is free. [T1] */
		if (ki_load_acq(&p->xflight) == IN_FLIGHT) {
			ki_thread_yield();
			continue;
		}
		struct node *n = &p->nodes[p->next++ % IN_FLIGHT];
		n->xflight = &p->xflight;
		ki_add_rlx(&p->xflight, 1);
		ki_mpsc_push(&queue, &n->link);
		wake_if_asleep();
		p->sent++;
		for (uint64_t k = ki_rng_below(&rng, 200); k > 0; k--) {
			(void)ki_load_rlx(&xstop);
		}
	}
	ki_sub_rel(&xproducers_left, 1); /* rel: the last message was pushed. [T2] */
	ki_store_sc(&xsleeps, 0);
	ki_parker_unpark(&parker);
}

static uint64_t take_all(void) {
	uint64_t nr = 0;
	struct ki_mpsc_node *batch = ki_mpsc_take_owner(&queue);
	while (batch) {
		struct node *n = ki_container_of(batch, struct node, link);
		batch = batch->next;
		ki_sub_rel(n->xflight, 1); /* rel: we are done with the node. [T1] */
		nr++;
	}
	return nr;
}

static void sleep_if_empty(void) {
	ki_store_sc(&xsleeps, 1); /* sc: stands before the look into the queue. [MB3] */
	/* acq: a producer that is gone pushed all it had. [T2] */
	if (!ki_mpsc_empty(&queue) || ki_load_acq(&xproducers_left) == 0) {
		ki_store_sc(&xsleeps, 0);
		return;
	}
	int64_t before = ki_clock_mono_ns();
	ki_parker_park_until(&parker, before + PATIENCE_NS);
	LT_INT(ki_clock_mono_ns() - before, PATIENCE_NS);
}

static void stop_later(void *arg) {
	int64_t until = ki_clock_mono_ns() + *(int64_t *)arg;
	struct ki_parker own;
	ki_parker_init(&own);
	while (ki_parker_park_until(&own, until)) {
	}
	ki_parker_fini(&own);
	ki_store_rlx(&xstop, 1);
}

static void run(uint64_t seed, int64_t bound_ns) {
	static struct producer producers[NR_PRODUCERS];
	struct ki_rng rng;
	struct ki_thread clock;
	ki_rng_seed(&rng, seed);
	ki_mpsc_init(&queue);
	ki_parker_init(&parker);
	ki_store_rlx(&xproducers_left, NR_PRODUCERS);
	for (int i = 0; i < NR_PRODUCERS; i++) {
		producers[i].seed = ki_rng_next(&rng);
		OK(ki_thread_start(&producers[i].thread, produce, &producers[i], 0));
	}
	OK(ki_thread_start(&clock, stop_later, &bound_ns, 0));
	uint64_t received = 0, sent = 0;
	while (ki_load_acq(&xproducers_left) > 0 || !ki_mpsc_empty(&queue)) { /* acq: [T2] */
		uint64_t nr = take_all();
		received += nr;
		if (nr == 0) {
			sleep_if_empty();
		}
	}
	received += take_all();
	ki_thread_join(&clock);
	for (int i = 0; i < NR_PRODUCERS; i++) {
		ki_thread_join(&producers[i].thread);
		sent += producers[i].sent;
	}
	EQ_UINT(received, sent);
	GT_UINT(sent, 0);
	ki_parker_fini(&parker);
}

STRESS_MAIN("no wake-up is lost, received = sent", run)

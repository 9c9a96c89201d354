/*
 * The handshake of sleep and wake, on 1, 2, 4 and 16 workers: tasks hand messages around, in a ring
 * and at random; a task waits when its inbox is empty. A single message lets workers sleep and
 * wake all the time, and nothing else would make up for a lost wake-up; many, and threads outside
 * that wake without need, shake the order.
 * Laws: every message is received (a lost wake-up leaves some, and the run never ends); no
 * message is received twice; a task runs on one worker at a time; all hops are made.
 */
#include "kith_stress.h"

#include "base/atomic.h"
#include "base/compiler.h"
#include "base/rng.h"
#include "sched/sched.h"
#include "sync/mpsc.h"
#include "sys/clock.h"
#include "sys/thread.h"

enum { NR_TASKS = 48, NR_MESSAGES = 40, NR_OUTSIDE = 2 };

struct message {
	struct ki_mpsc_node node;
	uint64_t hops_left;
	bool ring; /* goes to the neighbour; else anywhere */
};

struct actor {
	struct ki_task task;
	struct ki_mpsc inbox;
	_Atomic(int) xinside; /* more than one worker at once would show here */
	uint64_t received;
};

static struct ki_sched *sched;
static struct actor actors[NR_TASKS];
static struct message messages[NR_MESSAGES];
static _Atomic(uint64_t) xleft, xsent;
static _Atomic(bool) xstop, xended;

static void send(struct actor *to, struct message *message) {
	ki_add_rlx(&xsent, 1);
	NE_INT(ki_mpsc_push(&to->inbox, &message->node), KI_MPSC_CLOSED);
	ki_task_wake(&to->task);
}

static void pass_on(struct actor *me, struct message *message) {
	if (message->hops_left == 0 || ki_load_rlx(&xstop)) {
		if (ki_sub_acq_rel(&xleft, 1) == 1) {
			ki_store_rel(&xended, true);
			ki_sched_halt(sched);
		}
		return;
	}
	message->hops_left--;
	uint64_t next = message->ring ? (uint64_t)(me - actors) + 1 : ki_sched_random(sched);
	send(&actors[next % NR_TASKS], message);
}

/* Waits in all ways: the step returns, parks with its stack, or goes again. */
static enum ki_step step(struct ki_task *task) {
	struct actor *me = ki_container_of(task, struct actor, task);
	for (;;) {
		EQ_INT(ki_add_acq_rel(&me->xinside, 1), 0);
		struct ki_mpsc_node *node = ki_mpsc_take_owner(&me->inbox);
		while (node != NULL) {
			struct message *message = ki_container_of(node, struct message, node);
			node = node->next;
			me->received++;
			pass_on(me, message);
		}
		EQ_INT(ki_sub_acq_rel(&me->xinside, 1), 1);
		switch (ki_sched_random(sched) % 8) {
		case 0:
			ki_task_yield(false);
			break;
		case 1:
			return KI_STEP_AGAIN;
		case 2:
		case 3:
			return KI_STEP_WAIT;
		default:
			ki_task_park();
			break;
		}
	}
}

static void no_stack(struct ki_task *task) {
	(void)task;
	FAIL("no stack");
}

static const struct ki_task_ops ops = {.step = step, .starve = no_stack, .done = no_stack};

static void disturb(void *arg) {
	struct ki_rng rng;
	ki_rng_seed(&rng, (uint64_t)((struct actor *)arg - actors));
	while (!ki_load_acq(&xended)) {
		ki_task_wake(&actors[ki_rng_below(&rng, NR_TASKS)].task);
		ki_thread_yield();
	}
}

static void watch(void *arg) {
	int64_t *bound_ns = arg;
	int64_t until_ns = ki_clock_mono_ns() + *bound_ns;
	while (!ki_load_acq(&xended)) {
		if (ki_clock_mono_ns() > until_ns) {
			ki_store_rlx(&xstop, true);
		}
		if (ki_clock_mono_ns() > until_ns + INT64_C(10000000000)) {
			FAIL("%" PRIuMAX " messages wait for tasks that sleep",
				(uintmax_t)ki_load_rlx(&xleft));
		}
		ki_thread_yield();
	}
}

static void run_on(
	uint64_t seed, int nr_workers, int nr_messages, int nr_outside, int64_t bound_ns) {
	struct ki_sched_options options = {.seed = seed};
	sched = ki_sched_new(&options);
	NOT_NULL(sched);
	/* Two hosts: the system's, of one worker, and another. */
	struct ki_host *host = ki_host_new(sched, "app:processes", nr_workers, 0);
	NOT_NULL(host);
	OK(ki_host_start(host));
	ki_store_rlx(&xleft, (uint64_t)nr_messages);
	ki_store_rlx(&xsent, 0);
	ki_store_rlx(&xstop, false);
	ki_store_rlx(&xended, false);
	for (int i = 0; i < NR_TASKS; i++) {
		struct actor *actor = &actors[i];
		*actor = (struct actor){.received = 0};
		ki_mpsc_init(&actor->inbox);
		ki_task_init(&actor->task, i % 2 == 0 ? ki_sched_system_host(sched) : host, &ops);
	}
	struct ki_thread watcher, outside[NR_OUTSIDE];
	OK(ki_thread_start(&watcher, watch, &bound_ns, 0));
	for (int i = 0; i < nr_outside; i++) {
		OK(ki_thread_start(&outside[i], disturb, &actors[i], 0));
	}
	for (int i = 0; i < nr_messages; i++) {
		messages[i] = (struct message){.hops_left = UINT64_MAX, .ring = i % 2 == 0};
		send(&actors[i], &messages[i]);
	}
	EQ_INT(ki_sched_run(sched, -1), KI_RUN_HALTED);
	ki_thread_join(&watcher);
	for (int i = 0; i < nr_outside; i++) {
		ki_thread_join(&outside[i]);
	}
	ki_host_stop(host);
	uint64_t received = 0;
	for (int i = 0; i < NR_TASKS; i++) {
		received += actors[i].received;
		TRUE(ki_mpsc_empty(&actors[i].inbox));
	}
	EQ_UINT(received, ki_load_rlx(&xsent));
	ki_sched_free(sched);
}

static void run(uint64_t seed, int64_t bound_ns) {
	static const int nr_workers[] = {1, 2, 4, 16};
	int64_t part_ns = bound_ns / (2 * (int64_t)ki_countof(nr_workers));
	for (size_t i = 0; i < ki_countof(nr_workers); i++) {
		run_on(seed, nr_workers[i], 1, 0, part_ns);
		run_on(seed, nr_workers[i], NR_MESSAGES, NR_OUTSIDE, part_ns);
	}
}

STRESS_MAIN("each wake of a sleeper leads to a run", run)

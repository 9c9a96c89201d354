/* The ring of a worker: order, bound, taking and stealing half. */
#include "kith_test.h"

#include "sync/runq.h"

static struct ki_inject_node nodes[2 * KI_RUNQ_SIZE];

static void fill(struct ki_runq *q, int nr) {
	for (int i = 0; i < nr; i++) {
		TRUE(ki_runq_push_owner(q, &nodes[i]));
	}
}

TEST(sync_runq, a_new_one_is_empty) {
	struct ki_runq q;
	struct ki_inject_node *out[KI_RUNQ_SIZE / 2];
	ki_runq_init(&q);
	IS_NULL(ki_runq_take(&q));
	EQ_UINT(ki_runq_size(&q), 0);
	EQ_UINT(ki_runq_steal_half(&q, false, out), 0);
}

TEST(sync_runq, nodes_come_out_in_their_order_also_round_the_ring) {
	struct ki_runq q;
	ki_runq_init(&q);
	for (int i = 0; i < 5 * KI_RUNQ_SIZE; i++) {
		TRUE(ki_runq_push_owner(&q, &nodes[i % 300]));
		if (i >= 100) {
			EQ_PTR(ki_runq_take(&q), &nodes[(i - 100) % 300]);
		}
	}
	EQ_UINT(ki_runq_size(&q), 100);
	EQ_UINT(ki_runq_pushes(&q), 5 * KI_RUNQ_SIZE);
}

TEST(sync_runq, a_full_one_refuses_and_changes_nothing) {
	struct ki_runq q;
	ki_runq_init(&q);
	fill(&q, KI_RUNQ_SIZE);
	FALSE(ki_runq_push_owner(&q, &nodes[KI_RUNQ_SIZE]));
	EQ_UINT(ki_runq_size(&q), KI_RUNQ_SIZE);
	EQ_PTR(ki_runq_take(&q), &nodes[0]);
	TRUE(ki_runq_push_owner(&q, &nodes[KI_RUNQ_SIZE]));
	FALSE(ki_runq_push_owner(&q, &nodes[KI_RUNQ_SIZE + 1]));
}

TEST(sync_runq, half_is_stolen_oldest_first) {
	struct ki_runq q;
	struct ki_inject_node *out[KI_RUNQ_SIZE / 2];
	ki_runq_init(&q);
	fill(&q, 7);
	EQ_UINT(ki_runq_steal_half(&q, false, out), 4); /* 3 are left */
	EQ_PTR(out[0], &nodes[0]);
	EQ_PTR(out[3], &nodes[3]);
	EQ_UINT(ki_runq_steal_half(&q, true, out), 1); /* 2 are left */
	EQ_PTR(out[0], &nodes[4]);
	EQ_UINT(ki_runq_steal_half(&q, true, out), 1);
	EQ_UINT(ki_runq_steal_half(&q, true, out), 0); /* the last stays */
	EQ_UINT(ki_runq_size(&q), 1);
	EQ_UINT(ki_runq_steal_half(&q, false, out), 1);
	EQ_PTR(out[0], &nodes[6]);
	EQ_UINT(ki_runq_size(&q), 0);
}

TEST(sync_runq, half_of_a_full_one_fits_the_room) {
	struct ki_runq q;
	struct ki_inject_node *out[KI_RUNQ_SIZE / 2];
	ki_runq_init(&q);
	fill(&q, KI_RUNQ_SIZE);
	EQ_UINT(ki_runq_steal_half(&q, false, out), KI_RUNQ_SIZE / 2);
	EQ_PTR(out[KI_RUNQ_SIZE / 2 - 1], &nodes[KI_RUNQ_SIZE / 2 - 1]);
	EQ_PTR(ki_runq_take(&q), &nodes[KI_RUNQ_SIZE / 2]);
}

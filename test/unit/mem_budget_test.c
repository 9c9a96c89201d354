/* The budget of a runtime's memory, and who takes of it (SPEC 15.6, `memory`). */
#include "kith_test.h"

#include "mem/budget.h"
#include "mem/heap.h"
#include "mem/stack.h"
#include "sys/thread.h"

TEST(budget, is_never_exceeded_by_who_asks) {
	struct ki_budget budget = {.limit_bytes = 1000};
	TRUE(ki_budget_take(&budget, 600));
	FALSE(ki_budget_take(&budget, 401));
	FALSE(ki_budget_take(&budget, UINT64_MAX));
	FALSE(ki_budget_lacks(&budget, 400));
	TRUE(ki_budget_lacks(&budget, 401));
	TRUE(ki_budget_take(&budget, 400));
	FALSE(ki_budget_take(&budget, 1));
	ki_budget_give(&budget, 1);
	TRUE(ki_budget_take(&budget, 1));
	EQ_UINT(budget.xtaken, 1000);
}

TEST(budget, what_nobody_can_refuse_may_exceed_it) {
	struct ki_budget budget = {.limit_bytes = 1000};
	ki_budget_add(&budget, 1500);
	TRUE(ki_budget_lacks(&budget, 0));
	FALSE(ki_budget_take(&budget, 1));
	ki_budget_give(&budget, 1000);
	TRUE(ki_budget_take(&budget, 500));
}

TEST(budget, without_a_limit_counts_nothing_and_refuses_nothing) {
	struct ki_budget budget = {0};
	TRUE(ki_budget_take(&budget, UINT64_C(1) << 50));
	ki_budget_add(&budget, 5);
	EQ_UINT(budget.xtaken, 0);
	TRUE(ki_budget_take(NULL, 1));
	ki_budget_add(NULL, 1);
	ki_budget_give(NULL, 1);
	FALSE(ki_budget_lacks(NULL, UINT64_MAX));
}

enum { NR_THREADS = 4 };

struct taker {
	struct ki_budget *budget;
	struct ki_thread thread;
	uint64_t taken;
};

static void take_some(void *arg) {
	struct taker *taker = arg;
	for (int i = 0; i < 20000; i++) {
		if (ki_budget_take(taker->budget, 7)) {
			taker->taken += 7;
			LE_UINT(taker->taken, 1000);
		} else {
			ki_budget_give(taker->budget, taker->taken);
			taker->taken = 0;
		}
	}
}

TEST(budget, is_exact_at_rest_whatever_threads_did) {
	struct ki_budget budget = {.limit_bytes = 1000};
	struct taker takers[NR_THREADS] = {0};
	uint64_t sum = 0;
	for (int i = 0; i < NR_THREADS; i++) {
		takers[i].budget = &budget;
		OK(ki_thread_start(&takers[i].thread, take_some, &takers[i], 0));
	}
	for (int i = 0; i < NR_THREADS; i++) {
		ki_thread_join(&takers[i].thread);
		sum += takers[i].taken;
	}
	EQ_UINT(budget.xtaken, sum);
}

/* ---- Who takes ---- */

TEST(budget, heap_counts_all_that_it_has) {
	struct ki_budget budget = {.limit_bytes = 1 << 20};
	struct ki_heap h;
	ki_heap_init(&h, 0);
	ki_heap_set_budget(&h, &budget);
	void *small = ki_heap_realloc(&h, NULL, 0, 100);
	void *large = ki_heap_realloc(&h, NULL, 0, 100000);
	GE_UINT(budget.xtaken, h.used_bytes);
	LE_UINT(budget.xtaken, h.used_bytes + 4096);
	large = ki_heap_realloc(&h, large, 100000, 200000);
	GE_UINT(budget.xtaken, 200100);
	large = ki_heap_realloc(&h, large, 200000, 50000);
	LE_UINT(budget.xtaken, 50100 + 4096);
	IS_NULL(ki_heap_realloc(&h, large, 50000, 2 << 20));
	IS_NULL(ki_heap_realloc(&h, NULL, 0, 2 << 20));
	FALSE(h.limit_hit);
	EQ_UINT(h.used_bytes, 50100);
	ki_heap_realloc(&h, large, 50000, 0);
	ki_heap_realloc(&h, small, 100, 0);
	EQ_UINT(h.used_bytes, 0);
	ki_heap_drop(&h);
	EQ_UINT(budget.xtaken, 0);
	NOT_NULL(ki_heap_realloc(&h, NULL, 0, 8)); /* the budget stays */
	GE_UINT(budget.xtaken, 8);
	ki_heap_drop(&h);
	EQ_UINT(budget.xtaken, 0);
}

TEST(budget, heap_that_is_refused_goes_on_within_what_it_has) {
	struct ki_budget budget = {.limit_bytes = 100000};
	struct ki_heap h;
	ki_heap_init(&h, 0);
	ki_heap_set_budget(&h, &budget);
	void *blocks[2000];
	int nr = 0;
	while (nr < 2000 && (blocks[nr] = ki_heap_realloc(&h, NULL, 0, 100))) {
		nr++;
	}
	GT_INT(nr, 100);
	LT_INT(nr, 1000);
	ki_heap_realloc(&h, blocks[0], 100, 0);
	NOT_NULL(ki_heap_realloc(&h, NULL, 0, 100));
	ki_heap_drop(&h);
	EQ_UINT(budget.xtaken, 0);
	IS_NULL(ki_heap_adopt(&h, 200000, 1));
	FALSE(h.limit_hit);
	NOT_NULL(ki_heap_adopt(&h, 40000, 1));
	GE_UINT(budget.xtaken, 40000);
	ki_heap_drop(&h);
	EQ_UINT(budget.xtaken, 0);
}

TEST(budget, stacks_count_whole_and_are_not_refused) {
	struct ki_budget budget = {.limit_bytes = 1};
	struct ki_stack_pool pool;
	ki_stack_pool_init(&pool, 64 * 1024, 1, &budget);
	struct ki_stack *a = ki_stack_get(&pool), *b = ki_stack_get(&pool);
	NOT_NULL(a);
	NOT_NULL(b);
	EQ_UINT(budget.xtaken, 2 * pool.map_bytes);
	ki_stack_put(&pool, a);
	ki_stack_put(&pool, b);
	EQ_UINT(budget.xtaken, pool.map_bytes); /* one is kept */
	ki_stack_pool_fini(&pool);
	EQ_UINT(budget.xtaken, 0);
}

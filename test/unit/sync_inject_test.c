#include "kith_test.h"

#include "sync/inject.h"

TEST(inject, is_first_in_first_out) {
	struct ki_inject q;
	struct ki_inject_node n[3];
	ki_inject_init(&q);
	IS_NULL(ki_inject_pop_front(&q));
	for (int i = 0; i < 3; i++) {
		ki_inject_push_back(&q, &n[i]);
	}
	EQ_UINT(ki_inject_size(&q), 3);
	for (int i = 0; i < 3; i++) {
		EQ_PTR(ki_inject_pop_front(&q), &n[i]);
	}
	IS_NULL(ki_inject_pop_front(&q));
	ki_inject_push_back(&q, &n[1]);
	EQ_PTR(ki_inject_pop_front(&q), &n[1]);
	EQ_UINT(ki_inject_size(&q), 0);
	ki_inject_fini(&q);
}

#include "kith_test.h"

#include "sync/mpsc.h"

static int count(const struct ki_mpsc_node *node) {
	int n = 0;
	for (; node; node = node->next) {
		n++;
	}
	return n;
}

TEST(mpsc, take_gives_all_oldest_first) {
	struct ki_mpsc q;
	struct ki_mpsc_node n[3];
	ki_mpsc_init(&q);
	TRUE(ki_mpsc_empty(&q));
	IS_NULL(ki_mpsc_take_owner(&q));
	EQ_INT(ki_mpsc_push(&q, &n[0]), KI_MPSC_FIRST);
	EQ_INT(ki_mpsc_push(&q, &n[1]), KI_MPSC_MORE);
	EQ_INT(ki_mpsc_push(&q, &n[2]), KI_MPSC_MORE);
	FALSE(ki_mpsc_empty(&q));
	struct ki_mpsc_node *all = ki_mpsc_take_owner(&q);
	EQ_PTR(all, &n[0]);
	EQ_PTR(all->next, &n[1]);
	EQ_PTR(all->next->next, &n[2]);
	IS_NULL(n[2].next);
	TRUE(ki_mpsc_empty(&q));
	EQ_INT(ki_mpsc_push(&q, &n[0]), KI_MPSC_FIRST);
	EQ_INT(count(ki_mpsc_take_owner(&q)), 1);
}

TEST(mpsc, close_gives_what_got_in_and_refuses_the_rest) {
	struct ki_mpsc q;
	struct ki_mpsc_node n[3];
	ki_mpsc_init(&q);
	ki_mpsc_push(&q, &n[0]);
	ki_mpsc_push(&q, &n[1]);
	FALSE(ki_mpsc_closed(&q));
	EQ_INT(count(ki_mpsc_close_owner(&q)), 2);
	TRUE(ki_mpsc_closed(&q));
	TRUE(ki_mpsc_empty(&q));
	EQ_INT(ki_mpsc_push(&q, &n[2]), KI_MPSC_CLOSED);
	IS_NULL(ki_mpsc_take_owner(&q));
	IS_NULL(ki_mpsc_close_owner(&q));
	TRUE(ki_mpsc_closed(&q));
}

TEST(mpsc, can_be_reopened) {
	struct ki_mpsc q;
	struct ki_mpsc_node n;
	ki_mpsc_init(&q);
	IS_NULL(ki_mpsc_close_owner(&q));
	ki_mpsc_reopen_owner(&q);
	FALSE(ki_mpsc_closed(&q));
	EQ_INT(ki_mpsc_push(&q, &n), KI_MPSC_FIRST);
	EQ_PTR(ki_mpsc_take_owner(&q), &n);
}

#include "kith_test.h"

#include "base/list.h"

struct item {
	int value;
	struct ki_list link;
};

static int digits_of(struct ki_list *head) {
	int n = 0;
	ki_list_for_each(it, head) {
		EQ_PTR(it->next->prev, it);
		n = n * 10 + ki_list_entry(it, struct item, link)->value;
	}
	return n;
}

TEST(list, keeps_the_order_of_pushes_at_both_ends) {
	struct ki_list head;
	ki_list_init(&head);
	TRUE(ki_list_empty(&head));
	struct item a = {.value = 1}, b = {.value = 2}, c = {.value = 3}, d = {.value = 4};
	ki_list_push_back(&head, &b.link);
	ki_list_push_back(&head, &d.link);
	ki_list_push_front(&head, &a.link);
	ki_list_insert_before(&d.link, &c.link);
	EQ_INT(digits_of(&head), 1234);
}

TEST(list, removed_node_may_be_removed_again) {
	struct ki_list head;
	ki_list_init(&head);
	struct item a = {.value = 1}, b = {.value = 2};
	ki_list_push_back(&head, &a.link);
	ki_list_push_back(&head, &b.link);
	ki_list_remove(&a.link);
	ki_list_remove(&a.link);
	EQ_INT(digits_of(&head), 2);
	EQ_PTR(ki_list_pop_front(&head), &b.link);
	IS_NULL(ki_list_pop_front(&head));
}

TEST(list, safe_loop_survives_removal) {
	struct ki_list head;
	ki_list_init(&head);
	struct item items[5];
	for (int i = 0; i < 5; i++) {
		items[i].value = i + 1;
		ki_list_push_back(&head, &items[i].link);
	}
	ki_list_for_each_safe(it, &head) {
		if (ki_list_entry(it, struct item, link)->value % 2 == 0) {
			ki_list_remove(it);
		}
	}
	EQ_INT(digits_of(&head), 135);
}

TEST(list, splice_moves_all_and_empties_the_source) {
	struct ki_list one, two;
	ki_list_init(&one);
	ki_list_init(&two);
	struct item a = {.value = 1}, b = {.value = 2}, c = {.value = 3};
	ki_list_push_back(&one, &a.link);
	ki_list_splice_back(&one, &two);
	EQ_INT(digits_of(&one), 1);
	ki_list_push_back(&two, &b.link);
	ki_list_push_back(&two, &c.link);
	ki_list_splice_back(&one, &two);
	EQ_INT(digits_of(&one), 123);
	TRUE(ki_list_empty(&two));
	ki_list_splice_back(&two, &one);
	EQ_INT(digits_of(&two), 123);
}

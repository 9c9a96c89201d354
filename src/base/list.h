/*
 * list.h: intrusive circular doubly linked list.
 *
 * Owns: struct ki_list, used both as the head and as the node embedded in a caller's struct.
 * Threads: none of its own; one owner at a time.
 * Invariants:
 *   I1 an initialised node that is in no list points to itself; so does an empty head.
 *   I2 node->next->prev == node and node->prev->next == node.
 * Not here: lists shared by threads (sync/).
 */
#ifndef KI_BASE_LIST_H
#define KI_BASE_LIST_H

#include "base/compiler.h"

#include <stdbool.h>

struct ki_list {
	struct ki_list *next;
	struct ki_list *prev;
};

#define ki_list_entry(node, type, member) ki_container_of(node, type, member)

/* In both loops, over the list with head h, `it` is a struct ki_list *; only the safe one allows
 * removing `it`. */
#define ki_list_for_each(it, h) for (struct ki_list *it = (h)->next; it != (h); it = it->next)
#define ki_list_for_each_safe(it, head)                                                            \
	for (struct ki_list *it = (head)->next, *it##_next = it->next; it != (head);               \
	     it = it##_next, it##_next = it->next)

static inline void ki_list_init(struct ki_list *list) {
	list->next = list;
	list->prev = list;
}

/* For a head: has no nodes. For a node: is in no list. */
static inline bool ki_list_empty(const struct ki_list *list) {
	return list->next == list;
}

static inline void ki_list_insert_before(struct ki_list *pos, struct ki_list *node) {
	node->next = pos;
	node->prev = pos->prev;
	pos->prev->next = node;
	pos->prev = node;
}

static inline void ki_list_push_back(struct ki_list *head, struct ki_list *node) {
	ki_list_insert_before(head, node);
}

static inline void ki_list_push_front(struct ki_list *head, struct ki_list *node) {
	ki_list_insert_before(head->next, node);
}

/* The node is initialised again, so that removing twice does nothing. */
static inline void ki_list_remove(struct ki_list *node) {
	node->prev->next = node->next;
	node->next->prev = node->prev;
	ki_list_init(node);
}

/* The first node, removed; NULL when empty. */
static inline struct ki_list *ki_list_pop_front(struct ki_list *head) {
	if (ki_list_empty(head)) {
		return NULL;
	}
	struct ki_list *node = head->next;
	ki_list_remove(node);
	return node;
}

/* Moves all nodes of `from` behind those of `head`; `from` is left empty. */
static inline void ki_list_splice_back(struct ki_list *head, struct ki_list *from) {
	if (ki_list_empty(from)) {
		return;
	}
	from->next->prev = head->prev;
	head->prev->next = from->next;
	from->prev->next = head;
	head->prev = from->prev;
	ki_list_init(from);
}

#endif

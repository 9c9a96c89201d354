/*
 * inject.c: see inject.h.
 */
#include "sync/inject.h"

#include "base/check.h"

void ki_inject_init(struct ki_inject *q) {
	ki_mutex_init(&q->mutex);
	q->head = NULL;
	q->tail = NULL;
	ki_store_rlx(&q->xsize, 0); /* rlx: nobody else knows the queue yet */
}

void ki_inject_fini(struct ki_inject *q) {
	ki_check(!q->head);
	ki_mutex_fini(&q->mutex);
}

void ki_inject_push_back(struct ki_inject *q, struct ki_inject_node *node) {
	node->next = NULL;
	ki_mutex_lock(&q->mutex);
	if (q->tail) {
		q->tail->next = node;
	} else {
		q->head = node;
	}
	q->tail = node;
	ki_add_sc(&q->xsize, 1); /* sc: before the pusher looks for sleepers. [IJ1] */
	ki_mutex_unlock(&q->mutex);
}

struct ki_inject_node *ki_inject_pop_front(struct ki_inject *q) {
	if (ki_inject_size(q) == 0) {
		return NULL;
	}
	ki_mutex_lock(&q->mutex);
	struct ki_inject_node *node = q->head;
	if (node) {
		q->head = node->next;
		if (!q->head) {
			q->tail = NULL;
		}
		ki_sub_rlx(&q->xsize, 1); /* rlx: a count; too high for a moment costs a look */
	}
	ki_mutex_unlock(&q->mutex);
	return node;
}

size_t ki_inject_size(struct ki_inject *q) {
	return ki_load_sc(&q->xsize); /* sc: after the reader said that it sleeps. [IJ1] */
}

#include "kith_test.h"

#include "sync/idstack.h"

static _Atomic(uint32_t) *link_of(void *table, uint32_t id) {
	_Atomic(uint32_t) *links = table;
	return &links[id];
}

TEST(idstack, gives_the_id_pushed_last) {
	_Atomic(uint32_t) links[8];
	struct ki_idstack s;
	ki_idstack_init(&s, link_of, links);
	EQ_UINT(ki_idstack_pop(&s), KI_IDSTACK_NONE);
	for (uint32_t id = 0; id < 8; id++) {
		ki_idstack_push(&s, id);
	}
	for (uint32_t id = 8; id-- > 0;) {
		EQ_UINT(ki_idstack_pop(&s), id);
	}
	EQ_UINT(ki_idstack_pop(&s), KI_IDSTACK_NONE);
	ki_idstack_push(&s, 3);
	EQ_UINT(ki_idstack_pop(&s), 3);
}

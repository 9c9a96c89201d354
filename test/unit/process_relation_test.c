/* Sets of relations against a plain array. */
#include "process_fixture.h"

#include "base/rng.h"

enum { NR_PEERS = 300 };

struct model {
	struct ki_relset set;
	bool in[NR_PEERS];
	uint32_t count;
};

static kith_pid peer_of(uint32_t n) {
	return ki_pid_make(3, n / 64, 1 + n % 64);
}

static uint32_t number_of(kith_pid peer) {
	return ki_pid_generation(peer) * 64 + ki_pid_slot(peer) - 1;
}

static void model_add(struct model *m, uint32_t n) {
	struct ki_relation *relation = ki_relation_new(KI_SIGNAL_LINK, 1, peer_of(n));
	NOT_NULL(relation);
	ki_relset_add(&m->set, relation);
	m->in[n] = true;
	m->count++;
}

static void model_gone(struct model *m, struct ki_relation *relation, uint32_t n) {
	NOT_NULL(relation);
	EQ_UINT(relation->peer, peer_of(n));
	TRUE(m->in[n]);
	m->in[n] = false;
	m->count--;
	ki_signal_free(&relation->signal);
}

static void model_act(struct model *m, struct ki_rng *rng, bool grows) {
	uint32_t n = (uint32_t)ki_rng_below(rng, NR_PEERS);
	uint32_t what = (uint32_t)ki_rng_below(rng, 8);
	if (!m->in[n] && (grows || what < 3)) {
		IS_NULL(ki_relset_find(&m->set, peer_of(n)));
		IS_NULL(ki_relset_remove(&m->set, peer_of(n)));
		model_add(m, n);
	} else if (what == 7) {
		struct ki_relation *any = ki_relset_pop(&m->set);
		EQ_INT(any != NULL, m->count != 0);
		if (any) {
			model_gone(m, any, number_of(any->peer));
		}
	} else if (m->in[n] && what > 2) {
		EQ_UINT(ki_relset_find(&m->set, peer_of(n))->peer, peer_of(n));
		model_gone(m, ki_relset_remove(&m->set, peer_of(n)), n);
	}
	EQ_UINT(m->set.count, m->count);
}

static void check_all(struct model *m) {
	for (uint32_t n = 0; n < NR_PEERS; n++) {
		EQ_INT(ki_relset_find(&m->set, peer_of(n)) != NULL, m->in[n]);
	}
}

TEST(process_relation, set_is_what_was_added_and_not_removed) {
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct model m = {.count = 0};
		struct ki_rng rng;
		ki_rng_seed(&rng, seed);
		ki_relset_init(&m.set);
		for (int i = 0; i < 2000; i++) {
			model_act(&m, &rng, i / 500 % 2 == 0);
			if (i % 100 == 0) {
				check_all(&m);
			}
		}
		check_all(&m);
		ki_relset_fini(&m.set); /* frees what is left */
		EQ_UINT(m.set.count, 0);
	}
}

TEST(process_relation, empty_set_has_nothing) {
	struct ki_relset set;
	ki_relset_init(&set);
	IS_NULL(ki_relset_find(&set, 1));
	IS_NULL(ki_relset_remove(&set, 1));
	IS_NULL(ki_relset_pop(&set));
	ki_relset_fini(&set);
}

TEST(process_relation, popping_gives_each_once_however_many) {
	enum { NR = 20000 };
	struct ki_relset set;
	static bool seen[NR];
	ki_relset_init(&set);
	for (uint32_t n = 0; n < NR; n++) {
		ki_relset_add(&set, ki_relation_new(KI_SIGNAL_MONITOR, 1, ki_pid_make(3, 0, n)));
	}
	GE_UINT(set.mask + 1, NR / 2); /* it has grown: no long chains */
	struct ki_relation *relation;
	uint32_t nr = 0;
	while ((relation = ki_relset_pop(&set))) {
		uint32_t n = ki_pid_slot(relation->peer);
		FALSE(seen[n]);
		seen[n] = true;
		nr++;
		ki_signal_free(&relation->signal);
	}
	EQ_UINT(nr, NR);
	ki_relset_fini(&set);
}

TEST(process_relation, emptied_set_is_as_good_as_new) {
	struct ki_relset set;
	ki_relset_init(&set);
	for (int round = 0; round < 3; round++) {
		for (uint32_t n = 0; n < 100; n++) {
			ki_relset_add(&set, ki_relation_new(KI_SIGNAL_LINK, 1, peer_of(n)));
		}
		for (uint32_t n = 0; n < 100; n++) {
			struct ki_relation *relation = round == 1
				? ki_relset_pop(&set)
				: ki_relset_remove(&set, peer_of(n));
			NOT_NULL(relation);
			IS_NULL(relation->next);
			ki_signal_free(&relation->signal);
		}
		IS_NULL(ki_relset_pop(&set));
	}
	ki_relset_fini(&set);
}

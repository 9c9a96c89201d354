/* Contexts: switches in a loop, across threads, dropped with frames on them. */
#include "kith_test.h"

#include "arch/ctx.h"
#include "base/compiler.h"

#include <fenv.h>
#include <pthread.h>

#define STACK ((size_t)256 * 1024)

struct pair {
	struct ki_ctx home;
	struct ki_ctx other;
	void *stack;
	int64_t turns;
	int64_t sum;
};

static void pair_init(struct pair *p, void (*fn)(void *)) {
	memset(p, 0, sizeof *p);
	p->stack = malloc(STACK);
	ki_ctx_adopt(&p->home);
	ki_ctx_make(&p->other, p->stack, STACK, fn, p);
}

static void pair_fini(struct pair *p) {
	ki_ctx_fini(&p->other);
	ki_ctx_fini(&p->home);
	free(p->stack);
}

static void count_turns(void *arg) {
	struct pair *p = arg;
	int64_t a = 1, b = 2, c = 3, d = 4, e = 5, f = 6; /* more than the registers kept */
	for (int64_t i = 0; i < p->turns; i++) {
		a += b ^ i;
		b += c;
		c += d;
		d += e;
		e += f;
		f += 1;
		p->sum += i;
		ki_ctx_switch(&p->other, &p->home);
	}
	p->sum += (a + b + c + d + e + f) & 0;
	ki_ctx_switch_final(&p->other, &p->home);
}

TEST(ctx, goes_there_and_back_a_hundred_thousand_times) {
	struct pair p;
	pair_init(&p, count_turns);
	p.turns = 100000;
	int64_t local = 7;
	for (int64_t i = 0; i <= p.turns; i++) {
		local += i;
		ki_ctx_switch(&p.home, &p.other);
	}
	EQ_INT(p.sum, p.turns * (p.turns - 1) / 2);
	EQ_INT(local, 7 + p.turns * (p.turns + 1) / 2);
	pair_fini(&p);
}

static void starts_aligned(void *arg) {
	struct pair *p = arg;
	_Alignas(16) volatile char there[16] = {0};
	p->sum = (int64_t)((uintptr_t)there % 16);
	char text[64];
	snprintf(text, sizeof text, "%.3f %Lf", 1.5, 2.5L); /* faults on a stack that is off by 8 */
	p->turns = strcmp(text, "1.500 2.500000");
	ki_ctx_switch_final(&p->other, &p->home);
}

TEST(ctx, a_new_stack_is_aligned_as_the_abi_asks) {
	struct pair p;
	pair_init(&p, starts_aligned);
	p.turns = 1;
	ki_ctx_switch(&p.home, &p.other);
	EQ_INT(p.sum, 0);
	EQ_INT(p.turns, 0);
	pair_fini(&p);
}

static void rounds_up(void *arg) {
	struct pair *p = arg;
	p->sum = fegetround() == FE_TONEAREST;
	fesetround(FE_UPWARD);
	ki_ctx_switch(&p->other, &p->home);
	p->sum += fegetround() == FE_UPWARD;
	ki_ctx_switch_final(&p->other, &p->home);
}

TEST(ctx, rounding_mode_belongs_to_the_context) {
	struct pair p;
	pair_init(&p, rounds_up);
	fesetround(FE_DOWNWARD);
	ki_ctx_switch(&p.home, &p.other);
	EQ_INT(fegetround(), FE_DOWNWARD);
	ki_ctx_switch(&p.home, &p.other);
	EQ_INT(fegetround(), FE_DOWNWARD);
	fesetround(FE_TONEAREST);
	EQ_INT(p.sum, 2);
	pair_fini(&p);
}

static KI_NOINLINE void dive(struct pair *p, int depth) {
	volatile char frame[256];
	memset((void *)frame, depth, sizeof frame);
	if (depth > 0) {
		dive(p, depth - 1);
	} else {
		ki_ctx_switch(&p->other, &p->home);
	}
	p->sum += frame[0];
}

static void dive_deep(void *arg) {
	struct pair *p = arg;
	dive(p, 100);
	ki_ctx_switch_final(&p->other, &p->home);
}

TEST(ctx, can_be_dropped_with_frames_on_its_stack) {
	struct pair p;
	for (int i = 0; i < 200; i++) {
		pair_init(&p, dive_deep);
		ki_ctx_switch(&p.home, &p.other);
		EQ_INT(p.sum, 0);
		pair_fini(&p);
	}
}

TEST(ctx, fini_accepts_zeros) {
	struct ki_ctx ctx = {0};
	ki_ctx_fini(&ctx);
}

/* Many contexts that two threads resume in turn: each goes on on the other thread at each step. */
#define NR_WANDERERS 20

struct wanderer {
	struct ki_ctx self;
	struct ki_ctx *home; /* of the thread that runs it now */
	void *stack;
	int64_t steps;
	bool done;
};

struct baton {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	int turn;
	int rounds;
	struct wanderer wanderers[NR_WANDERERS];
};

static void wander(void *arg) {
	struct wanderer *w = arg;
	for (int64_t i = 0; i < w->steps; i++) {
		ki_ctx_switch(&w->self, w->home);
	}
	w->done = true;
	ki_ctx_switch_final(&w->self, w->home);
}

static void run_side(struct baton *b, int side) {
	struct ki_ctx home;
	ki_ctx_adopt(&home);
	for (int round = 0; round < b->rounds; round++) {
		pthread_mutex_lock(&b->mutex);
		while (b->turn != side) {
			pthread_cond_wait(&b->cond, &b->mutex);
		}
		pthread_mutex_unlock(&b->mutex);
		for (int i = 0; i < NR_WANDERERS; i++) {
			struct wanderer *w = &b->wanderers[i];
			if (!w->done) {
				w->home = &home;
				ki_ctx_switch(&home, &w->self);
			}
		}
		pthread_mutex_lock(&b->mutex);
		b->turn = 1 - side;
		pthread_cond_signal(&b->cond);
		pthread_mutex_unlock(&b->mutex);
	}
	ki_ctx_fini(&home);
}

static void *other_side(void *arg) {
	run_side(arg, 1);
	return NULL;
}

TEST(ctx, goes_on_on_another_thread_a_hundred_thousand_times) {
	static struct baton b;
	pthread_mutex_init(&b.mutex, NULL);
	pthread_cond_init(&b.cond, NULL);
	b.rounds = 2600;
	for (int i = 0; i < NR_WANDERERS; i++) {
		struct wanderer *w = &b.wanderers[i];
		w->steps = 5000;
		w->stack = malloc(STACK);
		ki_ctx_make(&w->self, w->stack, STACK, wander, w);
	}
	pthread_t other;
	EQ_INT(pthread_create(&other, NULL, other_side, &b), 0);
	run_side(&b, 0);
	pthread_join(other, NULL);
	for (int i = 0; i < NR_WANDERERS; i++) {
		TRUE(b.wanderers[i].done);
		ki_ctx_fini(&b.wanderers[i].self);
		free(b.wanderers[i].stack);
	}
}

/*
 * A wheel of timers against a sorted list, under random arming near and far, removals, a clock that
 * creeps and jumps, and (by the seed) looks at the first timer, which move the wheel ahead of the
 * clock.
 *
 * Laws: what falls due comes out at its date, not before, in the order of the list; the next date
 * is never told too late, and exactly where nothing is removed; who looks when it says so gets
 *	further; a removed timer is gone.
 */
#include "kith_stress.h"

#include "base/rng.h"
#include "time/wheel.h"

enum { NR_TIMERS = 300, NR_STEPS = 20000, STEPS_PER_WALK = 50 };

struct game {
	struct ki_wheel wheel;
	struct ki_rng rng;
	struct ki_timer timer[NR_TIMERS];
	/* the list, earliest first; of one date in order of arming */
	struct ki_timer *list[NR_TIMERS];
	int64_t date[NR_TIMERS];
	int nr;
	int64_t now_ns;
	bool looks;     /* at the first */
	bool removes;   /* some that are pending */
};

/* Of any magnitude, often the same. */
static int64_t random_span(struct game *game) {
	uint64_t bits = ki_rng_below(&game->rng, 60);
	uint64_t span = ki_rng_below(&game->rng, UINT64_C(1) << bits);
	return (int64_t)(ki_rng_below(&game->rng, 4) == 0 ? span & ~UINT64_C(0xfffff) : span);
}

static void list_insert(struct game *game, struct ki_timer *timer, int64_t date) {
	int at = game->nr++;
	for (; at > 0 && game->date[at - 1] > date; at--) {
		game->list[at] = game->list[at - 1];
		game->date[at] = game->date[at - 1];
	}
	game->list[at] = timer;
	game->date[at] = date;
}

static bool list_remove(struct game *game, const struct ki_timer *timer) {
	int at = 0;
	while (at < game->nr && game->list[at] != timer) {
		at++;
	}
	if (at == game->nr) {
		return false;
	}
	game->nr--;
	for (; at < game->nr; at++) {
		game->list[at] = game->list[at + 1];
		game->date[at] = game->date[at + 1];
	}
	return true;
}

static void arm_or_remove(struct game *game) {
	struct ki_timer *timer = &game->timer[ki_rng_below(&game->rng, NR_TIMERS)];
	if (timer->back != NULL && !game->removes) {
		return;
	}
	bool listed = list_remove(game, timer);
	EQ_INT(ki_wheel_remove(&game->wheel, timer), listed);
	if (listed && ki_rng_below(&game->rng, 2) == 0) {
		return;
	}
	int64_t span = random_span(game);
	int64_t date = span < INT64_MAX - game->now_ns ? game->now_ns + span : INT64_MAX;
	if (ki_rng_below(&game->rng, 20) == 0) {
		date = game->now_ns - span; /* overdue */
	}
	ki_wheel_add(&game->wheel, timer, date);
	list_insert(game, timer, date);
}

static void pop_all_due(struct game *game) {
	while (game->nr > 0 && game->date[0] <= game->now_ns) {
		struct ki_timer *first = game->list[0];
		EQ_PTR(ki_wheel_pop_due(&game->wheel, game->now_ns), first);
		TRUE(list_remove(game, first));
	}
	IS_NULL(ki_wheel_pop_due(&game->wheel, game->now_ns));
	if (game->nr > 0) {
		GT_INT(ki_wheel_next(&game->wheel), game->now_ns); /* each look gets further */
	}
}

static void check_next(struct game *game) {
	int64_t first_ns = game->nr > 0 ? game->date[0] : INT64_MAX;
	int64_t next_ns = ki_wheel_next(&game->wheel);
	LE_INT(next_ns, first_ns);
	if (!game->removes) {
		EQ_INT(next_ns, first_ns);
	}
	if (game->looks && ki_rng_below(&game->rng, 8) == 0) {
		EQ_PTR(ki_wheel_first(&game->wheel), game->nr > 0 ? game->list[0] : NULL);
	}
}

/* To the next date that the wheel tells, to just before it, or by any span. */
static void move_clock(struct game *game) {
	int64_t next_ns = ki_wheel_next(&game->wheel);
	uint64_t how = ki_rng_below(&game->rng, 4);
	int64_t to_ns = game->now_ns;
	if (how < 2 && next_ns != INT64_MAX) {
		to_ns = next_ns - (int64_t)how;
	} else {
		int64_t span = random_span(game) >> 12;
		to_ns += span < INT64_MAX - to_ns ? span : 0;
	}
	game->now_ns = to_ns > game->now_ns ? to_ns : game->now_ns;
	pop_all_due(game);
}

static void run(uint64_t seed) {
	static struct game game;
	game = (struct game){.looks = seed % 2 == 0, .removes = seed % 3 != 0};
	ki_rng_seed(&game.rng, seed);
	ki_wheel_init(&game.wheel);
	for (int step = 0; step < NR_STEPS; step++) {
		if (ki_rng_below(&game.rng, 4) == 0) {
			move_clock(&game);
		} else {
			arm_or_remove(&game);
		}
		check_next(&game);
		EQ_UINT(game.wheel.nr, (size_t)game.nr);
		if (step % STEPS_PER_WALK == 0) {
			TRUE(ki_wheel_valid(&game.wheel));
		}
	}
	game.now_ns = INT64_MAX;
	pop_all_due(&game);
	EQ_UINT(game.wheel.nr, 0);
	TRUE(ki_wheel_valid(&game.wheel));
}

SIM_MAIN("a wheel is a sorted list", run)

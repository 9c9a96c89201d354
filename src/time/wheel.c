/*
 * wheel.c: see wheel.h.
 */
#include "time/wheel.h"

#include "base/check.h"

_Static_assert(KI_WHEEL_TICK_BITS + KI_WHEEL_DIGIT_BITS * KI_WHEEL_LEVELS == 63,
	"each date has a slot");

void ki_wheel_init(struct ki_wheel *wheel) {
	*wheel = (struct ki_wheel){0};
}

/* Negative dates are due in tick 0. */
static int64_t tick_of(int64_t ns) {
	return ns < 0 ? 0 : ns >> KI_WHEEL_TICK_BITS;
}

static int digit_of(int64_t tick, int level) {
	return (int)(tick >> (level * KI_WHEEL_DIGIT_BITS)) & (KI_WHEEL_SLOTS - 1);
}

/* --- links --- */

static void link_to(struct ki_timer **back, struct ki_timer *timer) {
	*back = timer;
	if (timer != NULL) {
		timer->back = back;
	}
}

static void detach(struct ki_timer *timer) {
	link_to(timer->back, timer->next);
	timer->back = NULL;
	timer->next = NULL;
}

/* --- near: the heap --- */

static bool comes_before(const struct ki_timer *a, const struct ki_timer *b) {
	return a->deadline_ns != b->deadline_ns ? a->deadline_ns < b->deadline_ns : a->seq < b->seq;
}

/* One heap of two; neither root has a `next`. */
static struct ki_timer *meld(struct ki_timer *a, struct ki_timer *b) {
	if (a == NULL || b == NULL) {
		return a == NULL ? b : a;
	}
	struct ki_timer *top = comes_before(b, a) ? b : a;
	struct ki_timer *below = top == a ? b : a;
	link_to(&below->next, top->child);
	link_to(&top->child, below);
	return top;
}

static struct ki_timer *take_first(struct ki_timer **list) {
	struct ki_timer *timer = *list;
	if (timer != NULL) {
		*list = timer->next;
		timer->next = NULL;
	}
	return timer;
}

/* Melded in pairs, and then from the last pair to the first. */
static struct ki_timer *meld_all(struct ki_timer *children) {
	struct ki_timer *pairs = NULL, *root = NULL;
	while (children != NULL) {
		struct ki_timer *a = take_first(&children);
		struct ki_timer *pair = meld(a, take_first(&children));
		pair->next = pairs;
		pairs = pair;
	}
	while (pairs != NULL) {
		root = meld(root, take_first(&pairs));
	}
	return root;
}

static void meld_into_near(struct ki_wheel *wheel, struct ki_timer *root) {
	link_to(&wheel->near, meld(wheel->near, root));
}

/* --- slots --- */

static void push_into_slot(
	struct ki_wheel *wheel, int level, int index, struct ki_timer *timer) {
	struct ki_wheel_slot *slot = &wheel->slot[level][index];
	if (slot->first == NULL) {
		slot->least_ns = timer->deadline_ns;
		wheel->pending[level] |= UINT64_C(1) << index;
		wheel->levels |= 1u << level;
	} else if (timer->deadline_ns < slot->least_ns) {
		slot->least_ns = timer->deadline_ns;
	}
	link_to(&timer->next, slot->first);
	link_to(&slot->first, timer);
}

static void note_empty(struct ki_wheel *wheel, int level, int index) {
	wheel->pending[level] &= ~(UINT64_C(1) << index);
	if (wheel->pending[level] == 0) {
		wheel->levels &= ~(1u << level);
	}
}

/* `back` pointed to a timer, and to NULL by now. */
static void note_unlinked(struct ki_wheel *wheel, struct ki_timer **back) {
	uintptr_t offset = (uintptr_t)back - (uintptr_t)wheel->slot;
	if (offset < sizeof wheel->slot) { /* else in the heap, or behind another of its slot */
		int slot = (int)(offset / sizeof(struct ki_wheel_slot));
		note_empty(wheel, slot / KI_WHEEL_SLOTS, slot % KI_WHEEL_SLOTS);
	}
}

/* WH2 */
static void place(struct ki_wheel *wheel, struct ki_timer *timer) {
	int64_t tick = tick_of(timer->deadline_ns);
	timer->child = NULL;
	if (tick <= wheel->tick) {
		timer->next = NULL;
		meld_into_near(wheel, timer);
	} else {
		int high_bit = 63 - __builtin_clzll((unsigned long long)(tick ^ wheel->tick));
		int level = high_bit / KI_WHEEL_DIGIT_BITS;
		push_into_slot(wheel, level, digit_of(tick, level), timer);
	}
}

/* The slot that comes before all others, on the lowest level that holds any. False: none does. */
static bool first_slot(const struct ki_wheel *wheel, int *level, int *index) {
	if (wheel->levels == 0) {
		return false;
	}
	*level = __builtin_ctz(wheel->levels);
	*index = __builtin_ctzll(wheel->pending[*level]);
	return true;
}

static int64_t first_tick_of(const struct ki_wheel *wheel, int level, int index) {
	int shift = level * KI_WHEEL_DIGIT_BITS;
	int64_t above = wheel->tick >> (shift + KI_WHEEL_DIGIT_BITS);
	return (above << KI_WHEEL_DIGIT_BITS | index) << shift;
}

/* The wheel moves to the first slot, whose timers go down; WH4. */
static void turn(struct ki_wheel *wheel, int level, int index) {
	struct ki_timer *list = wheel->slot[level][index].first;
	wheel->tick = first_tick_of(wheel, level, index);
	wheel->slot[level][index].first = NULL;
	note_empty(wheel, level, index);
	for (struct ki_timer *timer; (timer = take_first(&list)) != NULL;) {
		place(wheel, timer);
	}
}

/* --- all --- */

void ki_wheel_add(struct ki_wheel *wheel, struct ki_timer *timer, int64_t deadline_ns) {
	ki_check(timer->back == NULL); /* WH1 */
	timer->deadline_ns = deadline_ns;
	timer->seq = wheel->next_seq++;
	timer->wheel = wheel;
	wheel->nr++;
	place(wheel, timer);
}

bool ki_wheel_remove(struct ki_wheel *wheel, struct ki_timer *timer) {
	struct ki_timer **back = timer->back;
	if (back == NULL) {
		return false;
	}
	ki_check(timer->wheel == wheel);
	detach(timer);
	wheel->nr--;
	if (timer->child != NULL) {
		meld_into_near(wheel, meld_all(timer->child));
		timer->child = NULL;
	} else if (*back == NULL) {
		note_unlinked(wheel, back);
	}
	return true;
}

int64_t ki_wheel_next(const struct ki_wheel *wheel) {
	int level, index;
	if (wheel->near != NULL) {
		return wheel->near->deadline_ns;
	}
	return first_slot(wheel, &level, &index) ? wheel->slot[level][index].least_ns : INT64_MAX;
}

const struct ki_timer *ki_wheel_first(struct ki_wheel *wheel) {
	int level, index;
	while (wheel->near == NULL && first_slot(wheel, &level, &index)) {
		turn(wheel, level, index);
	}
	return wheel->near;
}

struct ki_timer *ki_wheel_pop_due(struct ki_wheel *wheel, int64_t now_ns) {
	int64_t now_tick = tick_of(now_ns);
	int level, index;
	while (wheel->near == NULL && first_slot(wheel, &level, &index) &&
		first_tick_of(wheel, level, index) <= now_tick) {
		turn(wheel, level, index);
	}
	struct ki_timer *timer = wheel->near;
	if (timer == NULL) {
		/* No slot up to now: what is armed next stands as low as it can. WH4 */
		wheel->tick = now_tick > wheel->tick ? now_tick : wheel->tick;
		return NULL;
	}
	if (timer->deadline_ns > now_ns) {
		return NULL;
	}
	ki_wheel_remove(wheel, timer);
	return timer;
}

/* --- checks --- */

/* The children of one, and those below; gives how many, or SIZE_MAX: something is wrong. */
static size_t heap_size(const struct ki_wheel *wheel, const struct ki_timer *parent,
	struct ki_timer *const *from) {
	size_t size = 0;
	for (const struct ki_timer *at = *from; at != NULL; from = &at->next, at = *from) {
		size_t below = heap_size(wheel, at, &at->child);
		if (at->back != from || (parent != NULL && comes_before(at, parent)) ||
			tick_of(at->deadline_ns) > wheel->tick || below == SIZE_MAX) {
			return SIZE_MAX; /* WH1, WH2 */
		}
		size += 1 + below;
	}
	return size;
}

/* The same of a slot. */
static size_t slot_size(const struct ki_wheel *wheel, int level, int index) {
	const struct ki_wheel_slot *slot = &wheel->slot[level][index];
	struct ki_timer *const *from = &slot->first;
	int above = (level + 1) * KI_WHEEL_DIGIT_BITS;
	size_t size = 0;
	for (const struct ki_timer *at = *from; at != NULL; from = &at->next, at = *from) {
		int64_t tick = tick_of(at->deadline_ns);
		if (at->back != from || at->child != NULL ||
			tick >> above != wheel->tick >> above ||
			digit_of(tick, level) != index ||
			digit_of(wheel->tick, level) >= index || at->deadline_ns < slot->least_ns) {
			return SIZE_MAX; /* WH1, WH2, WH3 */
		}
		size++;
	}
	return size;
}

bool ki_wheel_valid(const struct ki_wheel *wheel) {
	size_t size = heap_size(wheel, NULL, &wheel->near);
	for (int level = 0; level < KI_WHEEL_LEVELS && size != SIZE_MAX; level++) {
		if ((wheel->pending[level] != 0) != ((wheel->levels >> level & 1) != 0)) {
			return false; /* WH3 */
		}
		for (int index = 0; index < KI_WHEEL_SLOTS; index++) {
			size_t here = slot_size(wheel, level, index);
			if (here == SIZE_MAX ||
				(here > 0) != ((wheel->pending[level] >> index & 1) != 0)) {
				return false; /* WH3 */
			}
			size += here;
		}
	}
	return size == wheel->nr;
}

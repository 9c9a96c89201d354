/*
 * Random programs of links, monitors, traps and kills, in a form that is neither Lua nor Erlang,
 * for lua_links.c and links.escript, which play them on kith and on the BEAM.
 *
 *	program 17 4		number 17; actors 1 to 4 are there from the start
 *	2 trap:on link:3 send:1	what actor 2 does, if it is alive
 *	3 spawn_linked:5:fail	... beside it, what actor 3 does
 *	settle			then everybody waits until nothing moves any more
 *
 * Operations: trap:on|off; link:N unlink:N monitor:N unmonitor:N send:N kill:N; spawn:N[:end|fail]
 * and the same with _linked, _monitored, _linked_monitored: the new actor is N, which ends at once,
 * well or badly, or obeys; end; fail. N may be the actor itself, may have ended, may never have
 * been.
 *
 * What happens between two settles is the same in every legal order, by these rules:
 *	R1 what may end somebody (kill, end, fail, a child that ends at once) is the last that an
 *	   actor does, and no group of actors that ever had to do with each other takes part both
 *	   in that and in what another actor does.
 *	R2 of two actors that link and unlink the same pair none unlinks.
 *
 * Owns: struct links: one program. Threads: one.
 * Not here: what an outcome looks like (lua_links.c); where the models differ
 *	(doc/design/13-beam.md).
 */
#ifndef BEAM_LINKS_H
#define BEAM_LINKS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/rng.h"

enum { LINKS_ACTORS = 12, LINKS_SCRIPTS = 4, LINKS_TEXT = 256 };

/* Both ends of a link, as it was linked or unlinked. */
struct links_pair {
	int a, b;
	bool unlinked;
};

/* What one actor does between two settles. */
struct links_script {
	char text[LINKS_TEXT];
	uint32_t touched; /* the groups it has to do with, by bit */
	bool ends;        /* it may end somebody */
	struct links_pair pairs[8];
	int nr_pairs;
};

struct links {
	struct ki_rng rng;
	int nr_actors;
	int group[LINKS_ACTORS + 1]; /* of actors that ever had to do with each other */
	struct links_script scripts[LINKS_SCRIPTS];
	int nr_scripts;
};

static inline int links_pick(struct links *links, int n) {
	return (int)ki_rng_below(&links->rng, (uint64_t)n);
}

static inline void links_put(struct links_script *script, const char *op, int actor) {
	size_t len = strlen(script->text);
	snprintf(script->text + len, LINKS_TEXT - len, " %s:%d", op, actor);
}

static inline void links_join(struct links *links, int a, int b) {
	int from = links->group[a], to = links->group[b];
	for (int i = 1; i <= LINKS_ACTORS; i++) {
		links->group[i] = links->group[i] == from ? to : links->group[i];
	}
}

static inline void links_pair(struct links_script *script, int a, int b, bool unlinked) {
	script->pairs[script->nr_pairs++] = (struct links_pair){
		.a = a < b ? a : b, .b = a < b ? b : a, .unlinked = unlinked};
}

static inline void links_spawn(
	struct links *links, struct links_script *script, int self, const char *fate) {
	static const char *const kinds[] = {
		"spawn", "spawn_linked", "spawn_monitored", "spawn_linked_monitored"};
	int child = ++links->nr_actors;
	links_put(script, kinds[links_pick(links, 4)], child);
	strcat(script->text, fate);
	links_join(links, child, self);
	script->touched |= 1U << child;
}

/* Something after which everybody is still alive. */
static inline void links_mild(struct links *links, struct links_script *script, int self) {
	int other = 1 + links_pick(links, links->nr_actors);
	script->touched |= 1U << other;
	switch (links_pick(links, 12)) {
	case 0:
		strcat(script->text, links_pick(links, 2) ? " trap:on" : " trap:off");
		break;
	case 1:
	case 2:
	case 3:
		links_put(script, "link", other);
		links_join(links, self, other);
		links_pair(script, self, other, false);
		break;
	case 4:
	case 5:
		links_put(script, "unlink", other);
		links_pair(script, self, other, true);
		break;
	case 6:
	case 7:
		links_put(script, "monitor", other);
		links_join(links, self, other);
		break;
	case 8:
		links_put(script, "unmonitor", other);
		break;
	case 9:
		if (links->nr_actors < LINKS_ACTORS) {
			links_spawn(links, script, self, "");
		}
		break;
	default:
		links_put(script, "send", other);
		break;
	}
}

/* Something that may be the end of somebody. */
static inline void links_last(struct links *links, struct links_script *script, int self) {
	int other = 1 + links_pick(links, links->nr_actors);
	script->ends = true;
	switch (links_pick(links, links->nr_actors < LINKS_ACTORS ? 6 : 5)) {
	case 0:
		strcat(script->text, " end");
		break;
	case 1:
	case 2:
		strcat(script->text, " fail");
		break;
	case 3:
	case 4:
		links_put(script, "kill", other);
		script->touched |= 1U << other;
		break;
	default:
		links_spawn(links, script, self, links_pick(links, 3) ? ":fail" : ":end");
		break;
	}
}

/* R1: do they have to do with a common group? */
static inline bool links_meet(
	const struct links *links, const struct links_script *x, const struct links_script *y) {
	for (int i = 1; i <= LINKS_ACTORS; i++) {
		for (int j = 1; j <= LINKS_ACTORS; j++) {
			if (x->touched >> i & 1 && y->touched >> j & 1 &&
				links->group[i] == links->group[j]) {
				return true;
			}
		}
	}
	return false;
}

/* R2: do they undo each other's links? */
static inline bool links_cross(const struct links_script *x, const struct links_script *y) {
	for (int i = 0; i < x->nr_pairs; i++) {
		for (int j = 0; j < y->nr_pairs; j++) {
			const struct links_pair *p = &x->pairs[i], *q = &y->pairs[j];
			if (p->a == q->a && p->b == q->b && (p->unlinked || q->unlinked)) {
				return true;
			}
		}
	}
	return false;
}

/* Adds what `self` does, if it may stand beside what is there. */
static inline void links_add(struct links *links, int self) {
	struct links before = *links;
	struct links_script script = {.touched = 1U << self};
	snprintf(script.text, sizeof script.text, "%d", self);
	for (int n = links_pick(links, 5); n > 0; n--) {
		links_mild(links, &script, self);
	}
	if (links_pick(links, 3) == 0) {
		links_last(links, &script, self);
	}
	for (int i = 0; i < links->nr_scripts; i++) {
		const struct links_script *other = &links->scripts[i];
		bool same = atoi(other->text) == self;
		bool apart = !links_meet(links, &script, other);
		if (same || links_cross(&script, other) ||
			(!apart && (script.ends || other->ends))) {
			before.rng = links->rng;
			*links = before;
			return;
		}
	}
	links->scripts[links->nr_scripts++] = script;
}

/* Writes program `number` of the run with that seed; no two are alike. */
static inline void links_write(struct ki_buf *out, uint64_t seed, int number) {
	struct links links = {.nr_scripts = 0};
	ki_rng_seed(&links.rng, seed * 1000003 + (uint64_t)number);
	links.nr_actors = 2 + links_pick(&links, 5);
	for (int i = 1; i <= LINKS_ACTORS; i++) {
		links.group[i] = i;
	}
	ki_buf_printf(out, "program %d %d\n", number, links.nr_actors);
	for (int i = 1; i <= links.nr_actors; i++) {
		if (links_pick(&links, 2)) {
			ki_buf_printf(out, "%d trap:on\n", i);
		}
	}
	ki_buf_puts(out, "settle\n");
	for (int n = 3 + links_pick(&links, 10); n > 0; n--) {
		links.nr_scripts = 0;
		for (int tries = 1 + links_pick(&links, LINKS_SCRIPTS); tries > 0; tries--) {
			links_add(&links, 1 + links_pick(&links, links.nr_actors));
		}
		for (int i = 0; i < links.nr_scripts; i++) {
			ki_buf_printf(out, "%s\n", links.scripts[i].text);
		}
		ki_buf_puts(out, "settle\n");
	}
}

#endif

/*
 * SPEC 19 written down as plainly as it goes, for supervise_tree.c: who lives, how often each was
 * started, and when all that follows from one event is over. No processes, no messages; time is a
 * number that is handed on. Running takes none; waiting for a deaf child takes its `shutdown`.
 *
 * Owns: struct node and the fields of the model in it. Threads: one.
 */
#ifndef TEST_SUPERVISE_MODEL_H
#define TEST_SUPERVISE_MODEL_H

#include "kith_stress.h"

#include "process/proc.h"
#include "supervise/supervisor.h"

enum { NODES = 64, TIMES = 512 };

struct spec;

/* One copy of a child. What is below a supervisor that has two copies is there twice, too. */
struct node {
	const struct spec *spec;
	unsigned copy; /* from 1 */
	struct node *parent;
	struct node *children[NODES]; /* in order */
	unsigned nr_children, place;
	/* what it does: of the last process started for it */
	kith_pid pid;
	unsigned starts;
	unsigned bad_starts; /* so many starts fail from here on */
	/* the model */
	bool lives;
	bool gone;      /* temporary, and ended: no record is left */
	bool held;      /* terminated by a request: it comes back by a request alone */
	int64_t end_ns; /* when the last one that was told to end is dead at the latest */
	int64_t run_ns; /* when the last one was started */
	unsigned attempts; /* to restart it, in the present row */
	unsigned model_starts, model_bad;
	int64_t times[TIMES]; /* of the restarts that it made */
	unsigned nr_times;
	bool start_failed; /* it starts, and one of its children did not */
};

struct spec {
	struct tree *tree;
	struct spec *parent;
	bool is_supervisor, is_deaf; /* a deaf leaf does not hear of CANCEL */
	struct ki_child_spec child;  /* as its parent sees it: count, restart, shutdown */
	struct ki_supervisor_spec supervisor;
	struct ki_child_spec children[NODES];
	struct ki_payload *input;
	struct ki_body_ops ops;
	struct ki_program program;
	char id[16];
};

static inline bool model_is_supervisor(const struct node *node) {
	return node->spec->is_supervisor;
}

/* ---- Ends (19.1, 19.4) ---- */

static inline int64_t model_stop(struct node *node, int64_t now_ns, int64_t limit_ns);

/* Its supervisor dies by force: the link takes a leaf along; a supervisor ends in order. */
static inline void model_orphan(struct node *node, int64_t now_ns) {
	if (model_is_supervisor(node)) {
		model_stop(node, now_ns, INT64_MAX);
	} else {
		node->lives = false;
		node->end_ns = now_ns;
	}
}

/* By force. */
static inline void model_kill(struct node *node, int64_t now_ns) {
	node->lives = false;
	node->end_ns = now_ns;
	for (unsigned i = 0; i < node->nr_children; i++) {
		if (node->children[i]->lives) {
			model_orphan(node->children[i], now_ns);
		}
	}
}

static inline int64_t model_after(int64_t now_ns, int64_t span_ns) {
	return span_ns == KI_SHUTDOWN_ENDLESS ? INT64_MAX : now_ns + span_ns;
}

/* Its supervisor stops it; gives when it is dead. */
static inline int64_t model_stop_child(struct node *child, int64_t now_ns) {
	int64_t shutdown_ns = child->spec->child.shutdown_ns;
	if (shutdown_ns == KI_SHUTDOWN_KILL) {
		model_kill(child, now_ns);
		return now_ns;
	}
	return model_stop(child, now_ns, model_after(now_ns, shutdown_ns));
}

/* One after the other, last first. At limit_ns its time is over: what it still has are orphans. */
static inline int64_t model_stop_children(struct node *node, int64_t now_ns, int64_t limit_ns) {
	for (unsigned i = node->nr_children; i-- > 0;) {
		struct node *child = node->children[i];
		if (!child->lives) {
			continue;
		}
		if (now_ns >= limit_ns) {
			model_orphan(child, limit_ns);
			continue;
		}
		now_ns = model_stop_child(child, now_ns);
		if (now_ns > limit_ns && !model_is_supervisor(child)) {
			child->end_ns = limit_ns;
		}
	}
	return now_ns < limit_ns ? now_ns : limit_ns;
}

/* It is told to end, and by limit_ns forced to. Gives when it is dead. */
static inline int64_t model_stop(struct node *node, int64_t now_ns, int64_t limit_ns) {
	node->lives = false;
	node->end_ns = node->spec->is_deaf ? limit_ns
					   : model_stop_children(node, now_ns, limit_ns);
	return node->end_ns;
}

/* ---- Starts (19.3) ---- */

/*
 * False: there is no process. A supervisor runs as soon as it was spawned: that one of its children
 * cannot start, its own supervisor hears later, as of any failure.
 */
static inline bool model_start(struct node *node, int64_t now_ns) {
	if (node->model_bad > 0) {
		node->model_bad--;
		return false;
	}
	node->lives = true;
	node->held = false;
	node->run_ns = now_ns;
	node->model_starts++;
	node->nr_times = 0;
	node->start_failed = false;
	for (unsigned i = 0; i < node->nr_children; i++) {
		struct node *child = node->children[i];
		child->gone = child->held = false;
		child->attempts = 0;
		if (!node->start_failed && !model_start(child, now_ns)) {
			node->start_failed = true;
			node->end_ns = model_stop_children(node, now_ns, INT64_MAX);
		}
	}
	return true;
}

/* ---- Restarts (19.2 to 19.4) ---- */

static inline int64_t model_ended(struct node *node, bool failed, int64_t now_ns);

static inline bool model_too_many(const struct node *sup, int64_t now_ns) {
	unsigned lately = 0;
	for (unsigned i = 0; i < sup->nr_times; i++) {
		lately += now_ns - sup->times[i] <= sup->spec->supervisor.within_ns;
	}
	return lately >= sup->spec->supervisor.max_restarts;
}

/* Stops those from `first` to `last`; temporary ones do not come back. */
static inline int64_t model_stop_group(
	struct node *sup, unsigned first, unsigned last, int64_t now_ns) {
	for (unsigned i = last + 1; i-- > first;) {
		struct node *one = sup->children[i];
		if (one->lives) {
			one->gone = one->spec->child.restart == KI_CHILD_TEMPORARY;
			now_ns = model_stop_child(one, now_ns);
		}
	}
	return now_ns;
}

/* Gives the one that could not be started, or NULL. */
static inline struct node *model_start_group(
	struct node *sup, unsigned first, unsigned last, int64_t now_ns) {
	for (unsigned i = first; i <= last; i++) {
		struct node *one = sup->children[i];
		if (!one->gone && !one->held && !model_start(one, now_ns)) {
			return one;
		}
	}
	return NULL;
}

/* Supervisors below that have just started and failed at it; the innermost fails first. */
static inline int64_t model_start_failures(struct node *sup, int64_t now_ns) {
	for (unsigned i = 0; i < sup->nr_children && sup->lives; i++) {
		struct node *child = sup->children[i];
		if (child->lives && child->start_failed) {
			child->lives = child->start_failed = false;
			now_ns = model_ended(child, true, child->end_ns);
		} else if (child->lives) {
			now_ns = model_start_failures(child, now_ns);
		}
	}
	return now_ns;
}

/* The wait before the next attempt; its factor is 2 and its jitter 0. */
static inline int64_t model_backoff(struct node *child) {
	const struct ki_backoff *backoff = &child->spec->child.backoff;
	int64_t wait_ns = backoff->initial_ns;
	for (unsigned i = 0; i < child->attempts && wait_ns < backoff->max_ns; i++) {
		wait_ns *= 2;
	}
	child->attempts++;
	return wait_ns < backoff->max_ns ? wait_ns : backoff->max_ns;
}

/* All of these give when what follows is over. */

static inline int64_t model_restart(struct node *sup, struct node *child, int64_t now_ns) {
	while (child) {
		int64_t due_ns = now_ns + model_backoff(child);
		if (model_too_many(sup, due_ns)) {
			now_ns = model_stop(sup, now_ns, INT64_MAX);
			return model_ended(sup, true, now_ns);
		}
		enum ki_strategy strategy = sup->spec->supervisor.strategy;
		unsigned first = strategy == KI_ONE_FOR_ALL ? 0 : child->place;
		unsigned last = strategy == KI_ONE_FOR_ONE ? child->place : sup->nr_children - 1;
		now_ns = model_stop_group(sup, first, last, now_ns);
		now_ns = now_ns > due_ns ? now_ns : due_ns;
		LT_UINT(sup->nr_times, TIMES);
		sup->times[sup->nr_times++] = now_ns;
		child = model_start_group(sup, first, last, now_ns);
	}
	return model_start_failures(sup, now_ns);
}

static inline int64_t model_ended(struct node *node, bool failed, int64_t now_ns) {
	if (!node->parent) {
		return now_ns;
	}
	if (now_ns - node->run_ns >= KI_STABLE_THRESHOLD_NS) {
		node->attempts = 0;
	}
	if (node->spec->child.restart == KI_CHILD_TEMPORARY) {
		node->gone = true;
	} else if (node->spec->child.restart == KI_CHILD_PERMANENT || failed) {
		return model_restart(node->parent, node, now_ns);
	}
	return now_ns;
}

/* ---- Requests (19.5) ---- */

static inline int64_t model_terminate_child(struct node *child, int64_t now_ns) {
	child->held = true;
	if (child->lives) {
		child->gone = child->spec->child.restart == KI_CHILD_TEMPORARY;
		now_ns = model_stop_child(child, now_ns);
	}
	return now_ns;
}

/* Refused where it runs, or has no record. It is no restart by the supervisor: none is counted. */
static inline int64_t model_restart_child(struct node *child, int64_t now_ns) {
	if (child->lives || child->gone) {
		return now_ns;
	}
	child->attempts = 0;
	child->held = !model_start(child, now_ns);
	return model_start_failures(child->parent, now_ns);
}

#endif

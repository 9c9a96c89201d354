/* child.c: see child.h. */
#include "supervise/child.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "mem/value.h"

void ki_children_init(struct ki_children *children, struct ki_roll *roll) {
	*children = (struct ki_children){.roll = roll};
	ki_list_init(&children->all);
}

/* ---- By PID: linear probing; a taken place is filled from behind, so none is ever wasted ---- */

static size_t place_of(const struct ki_children *children, kith_pid pid) {
	return (size_t)((pid * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & children->mask;
}

static void put(struct ki_children *children, struct ki_child *child) {
	size_t at = place_of(children, child->pid);
	while (children->by_pid[at]) {
		at = (at + 1) & children->mask;
	}
	children->by_pid[at] = child;
	children->nr_by_pid++;
}

/* Room for `nr` children, at most half full. */
static bool reserve(struct ki_children *children, size_t nr) {
	size_t places = children->by_pid ? children->mask + 1 : 0;
	if (2 * nr <= places) {
		return true;
	}
	struct ki_children old = *children;
	size_t wanted = places ? 2 * places : 8;
	struct ki_child **by_pid = ki_zalloc(wanted * sizeof(struct ki_child *));
	if (!by_pid) {
		return false;
	}
	children->by_pid = by_pid;
	children->mask = wanted - 1;
	children->nr_by_pid = 0;
	for (size_t i = 0; i < places; i++) {
		if (old.by_pid[i]) {
			put(children, old.by_pid[i]);
		}
	}
	ki_free(old.by_pid);
	return true;
}

void ki_child_set_pid(struct ki_children *children, struct ki_child *child, kith_pid pid) {
	ki_assert(2 * (children->nr_by_pid + 1) <= children->mask + 1); /* CH2 */
	child->pid = pid;
	ki_child_set_state(child, KI_CHILD_RUNNING);
	put(children, child);
}

void ki_child_set_state(struct ki_child *child, enum ki_child_state state) {
	child->state = (uint8_t)state;
	/* rlx: for readers of one value each */
	ki_store_rlx(&child->xstate, (uint8_t)state);
	ki_store_rlx(&child->xpid, child->pid);
	ki_store_rlx(&child->xrestarts, child->restarts);
	ki_store_rlx(&child->xrun_wall_ns, child->run_wall_ns);
}

/* Whether `place` lies cyclically in (hole, at]: then what stands at `at` need not move up. */
static bool lies_between(size_t hole, size_t place, size_t at) {
	return hole <= at ? hole < place && place <= at : hole < place || place <= at;
}

struct ki_child *ki_child_take_pid(struct ki_children *children, kith_pid pid) {
	if (!children->by_pid) {
		return NULL;
	}
	size_t hole = place_of(children, pid);
	while (children->by_pid[hole] && children->by_pid[hole]->pid != pid) {
		hole = (hole + 1) & children->mask;
	}
	struct ki_child *child = children->by_pid[hole];
	if (!child) {
		return NULL;
	}
	for (size_t at = (hole + 1) & children->mask; children->by_pid[at];
		at = (at + 1) & children->mask) {
		if (!lies_between(hole, place_of(children, children->by_pid[at]->pid), at)) {
			children->by_pid[hole] = children->by_pid[at];
			hole = at;
		}
	}
	children->by_pid[hole] = NULL;
	children->nr_by_pid--;
	child->pid = 0; /* a new state follows */
	return child;
}

/* ---- Records ---- */

static bool is_index(const struct ki_payload *input) {
	struct ki_value_reader reader;
	struct ki_value_token token;
	if (!input) {
		return false;
	}
	ki_value_reader_payload(&reader, input);
	return !ki_value_next(&reader, &token) && token.tag == KI_VALUE_STR &&
		ki_strv_eqz(token.str, KI_CHILD_INDEX_TEXT);
}

static void free_args(struct ki_child *child) {
	for (size_t i = 0; child->args && i < child->spec->nr_input; i++) {
		ki_payload_unref(child->args[i]);
	}
	ki_free(child->args);
}

static bool make_args(struct ki_child *child) {
	const struct ki_child_spec *spec = child->spec;
	bool has_index = false;
	for (size_t i = 0; i < spec->nr_input; i++) {
		has_index = has_index || is_index(spec->input[i]);
	}
	if (!has_index) {
		return true;
	}
	child->args = ki_zalloc(spec->nr_input * sizeof(struct ki_payload *));
	for (size_t i = 0; child->args && i < spec->nr_input; i++) {
		if (!is_index(spec->input[i])) {
			child->args[i] = spec->input[i] ? ki_payload_ref(spec->input[i]) : NULL;
			continue;
		}
		child->args[i] = ki_value_payload_int(child->index ? child->index : 1);
		if (!child->args[i]) {
			free_args(child);
			return false;
		}
	}
	return child->args != NULL;
}

static void free_child(struct ki_child *child) {
	free_args(child);
	ki_child_spec_free(child->own);
	while (child->waiters) {
		struct ki_signal *signal = child->waiters;
		child->waiters = signal->node.next
			? ki_container_of(signal->node.next, struct ki_signal, node)
			: NULL;
		ki_signal_free(signal);
	}
	ki_free(child);
}

struct ki_child *ki_child_add(struct ki_children *children, struct ki_proc *supervisor,
	const struct ki_child_spec *spec, struct ki_child_spec *own, uint32_t index,
	void (*due)(struct ki_wait *)) {
	struct ki_child *child = ki_zalloc(sizeof(*child));
	if (!child) {
		ki_child_spec_free(own);
		return NULL;
	}
	child->spec = spec;
	child->own = own;
	child->index = index;
	if (!make_args(child) || !reserve(children, children->nr + 1)) {
		free_child(child);
		return NULL;
	}
	child->order = ++children->last_order;
	ki_wait_init(&child->wait, supervisor, due);
	ki_list_init(&child->ready);
	ki_roll_lock(children->roll);
	ki_list_push_back(&children->all, &child->node);
	ki_roll_unlock(children->roll);
	children->nr++;
	return child;
}

static void wait_gone(struct ki_wait *wait) {
	free_child(ki_container_of(wait, struct ki_child, wait));
}

void ki_child_drop(struct ki_children *children, struct ki_child *child) {
	ki_assert(child->pid == 0); /* CH1 */
	ki_roll_lock(children->roll);
	ki_list_remove(&child->node);
	ki_roll_unlock(children->roll);
	ki_list_remove(&child->ready);
	children->nr--;
	if (ki_wait_drop(&child->wait, wait_gone)) {
		free_child(child);
	}
}

void ki_children_fini(struct ki_children *children) {
	struct ki_list *at;
	while ((at = ki_list_pop_front(&children->all))) {
		free_child(ki_list_entry(at, struct ki_child, node));
	}
	ki_free(children->by_pid);
}

/* ---- In order ---- */

static struct ki_child *entry(const struct ki_children *children, struct ki_list *node) {
	return node == &children->all ? NULL : ki_list_entry(node, struct ki_child, node);
}

struct ki_child *ki_child_first(const struct ki_children *children) {
	return entry(children, children->all.next);
}

struct ki_child *ki_child_last(const struct ki_children *children) {
	return entry(children, children->all.prev);
}

struct ki_child *ki_child_next(const struct ki_children *children, const struct ki_child *child) {
	return entry(children, child->node.next);
}

struct ki_child *ki_child_prev(const struct ki_children *children, const struct ki_child *child) {
	return entry(children, child->node.prev);
}

/* ---- By name ---- */

static bool has_name(const struct ki_child *child, struct ki_strv name) {
	size_t len = strlen(child->spec->name);
	if (name.len < len || memcmp(name.ptr, child->spec->name, len) != 0) {
		return false;
	}
	if (child->index == 0) {
		return name.len == len;
	}
	char suffix[16];
	snprintf(suffix, sizeof(suffix), "/%" PRIu32, child->index);
	return ki_strv_eqz(ki_strv_sub(name, len, SIZE_MAX), suffix);
}

struct ki_child *ki_child_find(const struct ki_children *children, struct ki_strv name) {
	for (struct ki_child *child = ki_child_first(children); child;
		child = ki_child_next(children, child)) {
		if (has_name(child, name)) {
			return child;
		}
	}
	return NULL;
}

bool ki_child_clashes(const struct ki_children *children, const struct ki_child_spec *spec) {
	for (struct ki_child *child = ki_child_first(children); child;
		child = ki_child_next(children, child)) {
		if (!strcmp(child->spec->name, spec->name) ||
			has_name(child, ki_strv(spec->name))) {
			return true;
		}
	}
	return false;
}

void ki_child_put_name(const struct ki_child *child, struct ki_buf *out) {
	ki_buf_puts(out, child->spec->name);
	if (child->index > 0) {
		ki_buf_printf(out, "/%" PRIu32, child->index);
	}
}

/* ---- Words ---- */

const char *ki_child_state_name(enum ki_child_state state) {
	switch (state) {
	case KI_CHILD_RUNNING:
	case KI_CHILD_STOPPING:
		return "running";
	case KI_CHILD_WAITING:
		return "restarting";
	case KI_CHILD_STOPPED:
		break;
	}
	return "stopped";
}

const char *ki_child_restart_name(const struct ki_child *child) {
	static const char *const names[] = {
		[KI_CHILD_PERMANENT] = "permanent",
		[KI_CHILD_TRANSIENT] = "transient",
		[KI_CHILD_TEMPORARY] = "temporary",
	};
	return names[child->spec->restart];
}

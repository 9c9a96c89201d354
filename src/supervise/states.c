/* states.c: see states.h. */
#include "supervise/states.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "mem/value.h"

static int by_id(const void *a, const void *b) {
	return strcmp(((const struct ki_state *)a)->id, ((const struct ki_state *)b)->id);
}

int ki_states_init(struct ki_states *states, size_t nr) {
	ki_mutex_init(&states->mutex);
	states->nr = nr;
	states->states = ki_zalloc((nr ? nr : 1) * sizeof(*states->states));
	if (!states->states) {
		states->nr = 0;
		return KITH_EEXHAUSTED;
	}
	for (size_t i = 0; i < nr; i++) {
		states->states[i].status = "unknown";
		states->states[i].desired = "stopped";
	}
	return KITH_OK;
}

void ki_states_sort(struct ki_states *states) {
	if (states->nr) {
		qsort(states->states, states->nr, sizeof(*states->states), by_id);
	}
}

void ki_states_fini(struct ki_states *states) {
	if (states->states) {
		ki_free(states->states);
		ki_mutex_fini(&states->mutex);
	}
	*states = (struct ki_states){0};
}

/* The ids do not change, so this needs no lock. */
static struct ki_state *find(const struct ki_states *states, struct ki_strv id) {
	size_t low = 0, high = states->nr;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *at = states->states[middle].id;
		if (ki_strv_eqz(id, at)) {
			return &states->states[middle];
		}
		int order = strncmp(at, id.ptr, id.len);
		if (order < 0) { /* one that goes on behind id is greater */
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return NULL;
}

void ki_states_set(struct ki_states *states, const struct ki_state *state) {
	struct ki_state *own = find(states, ki_strv(state->id));
	struct ki_state changed = *state;
	changed.id = own->id;
	changed.host = own->host;
	changed.process = own->process;
	ki_mutex_lock(&states->mutex);
	*own = changed;
	ki_mutex_unlock(&states->mutex);
}

bool ki_states_get(struct ki_states *states, struct ki_strv id, struct ki_state *out) {
	struct ki_state *own = find(states, id);
	if (own) {
		ki_states_at(states, (size_t)(own - states->states), out);
	}
	return own != NULL;
}

void ki_states_at(struct ki_states *states, size_t index, struct ki_state *out) {
	ki_mutex_lock(&states->mutex);
	*out = states->states[index];
	ki_mutex_unlock(&states->mutex);
}

static void put(struct ki_value_writer *w, const char *key) {
	ki_value_str(w, ki_strv(key));
}

static void write(struct ki_value_writer *w, const struct ki_state *state) {
	size_t mark = ki_value_table_begin(w);
	put(w, "id");
	put(w, state->id);
	put(w, "status");
	put(w, state->status);
	put(w, "desired");
	put(w, state->desired);
	put(w, "retry_count");
	ki_value_int(w, state->retry_count);
	put(w, "last_update");
	ki_value_int(w, state->last_update_ns);
	put(w, "started_at");
	ki_value_int(w, state->started_ns);
	put(w, "details");
	put(w, state->details);
	ki_value_table_end(w, mark, 0, 7);
}

int ki_states_payload(struct ki_states *states, struct ki_strv id, struct ki_payload **out) {
	struct ki_value_writer w;
	struct ki_state state;
	ki_value_writer_init(&w);
	if (id.ptr) {
		if (!ki_states_get(states, id, &state)) {
			return KITH_ENOTFOUND;
		}
		write(&w, &state);
	} else {
		size_t mark = ki_value_table_begin(&w);
		for (size_t i = 0; i < states->nr; i++) {
			ki_states_at(states, i, &state);
			write(&w, &state);
		}
		ki_value_table_end(&w, mark, states->nr, 0);
	}
	struct ki_payload *payload = ki_value_finish(&w, KI_FORMAT_LUA);
	ki_value_writer_fini(&w);
	if (!payload) {
		return KITH_EEXHAUSTED;
	}
	*out = payload;
	return KITH_OK;
}

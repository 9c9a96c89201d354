/*
 * tests.c: the tests of a project: which there are, in which order (SPEC 22.2).
 *
 * Owns: runtime->tests. Threads: one.
 * Not here: running one (kith_start_entry), whether it passed (outcome.c).
 */
#include <stdlib.h>
#include <string.h>

#include "api/runtime.h"
#include "time/duration.h"

static const int64_t TIMEOUT_NS = 60 * KI_NS_PER_SEC;

struct candidate {
	struct kith_test test;
	double order;
};

/* A library is Lua as well, but nothing that runs by itself. */
static bool is_test(const struct ki_entry *entry) {
	const struct ki_node *type = ki_node_get(entry->meta, "type");
	return ki_kind_is_lua(entry->kind) && entry->kind != KI_KIND_LIBRARY_LUA && type &&
		type->type == KI_NODE_STRING && !strcmp(type->text, "test");
}

/* ---- Its meta ---- */

static bool is_scalar(const struct ki_node *node) {
	return node && node->type != KI_NODE_SEQUENCE && node->type != KI_NODE_MAPPING;
}

static void tell(struct ki_project *project, const struct ki_entry *entry, const char *key,
	const struct ki_node *node, const char *expected) {
	const char *text = is_scalar(node) ? node->text : ki_node_type_name(node->type);
	const char *found = ki_arena_printf(&project->arena, "meta.%s is %.60s in %s \"%s\"", key,
		text, entry->kind_name, entry->id);
	if (found) {
		ki_project_add_diag(project, entry->file, node->line, node->column, found,
			expected, NULL);
	}
}

static void take_order(
	struct ki_project *project, const struct ki_entry *entry, struct candidate *candidate) {
	const struct ki_node *order = ki_node_get(entry->meta, "order");
	if (!order) {
		return;
	}
	if (order->type == KI_NODE_INT) {
		candidate->order = (double)order->u.integer;
	} else if (order->type == KI_NODE_FLOAT && order->u.number == order->u.number) {
		candidate->order = order->u.number;
	} else {
		tell(project, entry, "order", order, "a number");
	}
}

static void take_timeout(
	struct ki_project *project, const struct ki_entry *entry, struct candidate *candidate) {
	const struct ki_node *timeout = ki_node_get(entry->meta, "timeout");
	int64_t *out_ns = &candidate->test.timeout_ns;
	bool good = !timeout || (timeout->type == KI_NODE_STRING &&
		!ki_duration_parse(ki_strv(timeout->text), out_ns) && *out_ns > 0);
	if (!good) {
		tell(project, entry, "timeout", timeout, "a duration above 0, such as 90s");
	}
}

static void take(struct ki_project *project, const struct ki_entry *entry,
	struct candidate *candidate) {
	const struct ki_node *suite = ki_node_get(entry->meta, "suite");
	*candidate = (struct candidate){
		.test = {.size = sizeof(candidate->test),
			.id = entry->id,
			.suite = is_scalar(suite) ? suite->text : "",
			.timeout_ns = TIMEOUT_NS},
	};
	take_order(project, entry, candidate);
	take_timeout(project, entry, candidate);
}

/* ---- All of them ---- */

static int compare(const void *a, const void *b) {
	const struct candidate *left = a, *right = b;
	int suites = strcmp(left->test.suite, right->test.suite);
	if (suites) {
		return suites;
	}
	if (left->order != right->order) {
		return left->order < right->order ? -1 : 1;
	}
	return strcmp(left->test.id, right->test.id);
}

int kith_test_list(struct kith_runtime *runtime, size_t *out_nr) {
	if (!runtime) {
		return KITH_ECLOSED;
	}
	if (!out_nr) {
		return KITH_EINVAL;
	}
	if (!runtime->has_project || runtime->tests) {
		return KITH_ECONFLICT;
	}
	struct ki_project *project = &runtime->project;
	size_t room = project->nr_entries + 1, nr = 0, before = project->diags.nr;
	struct candidate *found = ki_arena_alloc(&project->arena, room * sizeof(*found));
	struct kith_test *tests = ki_arena_alloc(&project->arena, room * sizeof(*tests));
	if (!found || !tests) {
		return KITH_EEXHAUSTED;
	}
	for (size_t i = 0; i < project->nr_entries; i++) {
		if (is_test(project->entries[i])) {
			take(project, project->entries[i], &found[nr++]);
		}
	}
	if (project->arena.failed || project->diags.failed) {
		return KITH_EEXHAUSTED;
	}
	qsort(found, nr, sizeof(*found), compare);
	for (size_t i = 0; i < nr; i++) {
		tests[i] = found[i].test;
	}
	runtime->tests = tests;
	runtime->nr_tests = nr;
	if (project->diags.nr > before) {
		return KITH_EINVAL;
	}
	*out_nr = nr;
	return KITH_OK;
}

int kith_test_get(const struct kith_runtime *runtime, size_t index, struct kith_test *out) {
	if (!runtime) {
		return KITH_ECLOSED;
	}
	if (!out || out->size < sizeof(out->size)) {
		return KITH_EINVAL;
	}
	if (index >= runtime->nr_tests) {
		return KITH_ENOTFOUND;
	}
	struct kith_test own = runtime->tests[index];
	own.size = out->size;
	/* an older program knows fewer fields */
	memcpy(out, &own, out->size < sizeof(own) ? out->size : sizeof(own));
	return KITH_OK;
}

/* field.c: see field.h. */
#include "config/field.h"

#include <inttypes.h>
#include <string.h>

#include <kith_types.h>

#include "base/compiler.h"
#include "time/duration.h"

#define MAX_CANDIDATES 32

struct ki_strv ki_field_text(const struct ki_node *node) {
	return ki_strv_n(node->text, node->text_len);
}

const char *ki_field_describe(const struct ki_scope *s, const struct ki_node *node) {
	const char *text = ki_node_type_name(node->type);
	if (node->type == KI_NODE_STRING) {
		text = ki_arena_printf(s->load->arena, "\"%.60s\"", node->text);
	} else if (node->type < KI_NODE_STRING && node->type != KI_NODE_NULL) {
		text = ki_arena_printf(s->load->arena, "%.60s", node->text);
	}
	return text ? text : "";
}

void ki_field_tell(const struct ki_scope *s, const char *name, const struct ki_node *node,
	const char *expected, const char *suggestion) {
	if (!name) { /* it found no memory, so the loading fails anyhow */
		return;
	}
	ki_load_tell(s->load, s->file, node->line, node->column, suggestion, expected,
		"%s is %s in %s", name, ki_field_describe(s, node), s->label);
}

/* --- values --- */

static bool read_duration(const struct ki_node *node, int64_t *out_ns) {
	int64_t ns = 0;
	bool zero = node->type == KI_NODE_INT && node->u.integer == 0;
	bool text = node->type == KI_NODE_STRING &&
		ki_duration_parse(ki_field_text(node), &ns) == KITH_OK && ns >= 0;
	if (zero || text) {
		*out_ns = ns;
	}
	return zero || text;
}

static bool read_double(const struct ki_node *node, double *out) {
	if (node->type == KI_NODE_INT) {
		*out = (double)node->u.integer;
	} else if (node->type == KI_NODE_FLOAT) {
		*out = node->u.number;
	} else {
		return false;
	}
	return true;
}

/* SPEC 1.5: a number of bytes, or digits with a unit. */
static bool read_size(const struct ki_node *node, int64_t *out) {
	static const struct {
		const char *unit;
		int shift;
	} units[] = {{"B", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}};
	if (node->type == KI_NODE_INT && node->u.integer >= 0) {
		*out = node->u.integer;
		return true;
	}
	size_t nr_digits = strspn(node->text, "0123456789");
	if (node->type != KI_NODE_STRING || nr_digits == 0) {
		return false;
	}
	int64_t size = 0;
	for (size_t i = 0; i < nr_digits; i++) {
		int digit = node->text[i] - '0';
		if (size > (INT64_MAX - digit) / 10) {
			return false;
		}
		size = size * 10 + digit;
	}
	struct ki_strv unit = ki_strv_n(node->text + nr_digits, node->text_len - nr_digits);
	for (size_t i = 0; i < ki_countof(units); i++) {
		if (ki_strv_eqz(unit, units[i].unit) && size <= INT64_MAX >> units[i].shift) {
			*out = size << units[i].shift;
			return true;
		}
	}
	return false;
}

/* SPEC 15.6, max_turn. */
static bool read_ms(const struct ki_node *node, int64_t *out_ns) {
	double ms = -1;
	if (!read_double(node, &ms)) {
		return read_duration(node, out_ns);
	}
	if (!(ms >= 0)) { /* NaN is not */
		return false;
	}
	*out_ns = ki_duration_of_ms(ms);
	return true;
}

static void check_int(
	const struct ki_scope *s, const struct ki_field *row, const struct ki_node *node) {
	bool is_int = node->type == KI_NODE_INT;
	if (is_int && node->u.integer >= row->min && node->u.integer <= row->max) {
		return;
	}
	const char *expected = is_int && node->u.integer > row->max
		? ki_arena_printf(s->load->arena, "an integer from %" PRId64 " to %" PRId64,
			  row->min, row->max)
		: ki_arena_printf(s->load->arena, "an integer of at least %" PRId64, row->min);
	if (row->range_text && !(is_int && node->u.integer > row->max)) {
		ki_load_tell(s->load, s->file, node->line, node->column, NULL, expected,
			"%s, not %s, in %s", row->range_text, ki_field_describe(s, node), s->label);
	} else {
		ki_field_tell(s, row->name, node, expected, NULL);
	}
}

static void check_duration(
	const struct ki_scope *s, const struct ki_field *row, const struct ki_node *node) {
	int64_t ns;
	bool ranged = row->max > 0;
	for (size_t i = 0; row->words && row->words[i]; i++) {
		if (node->type == KI_NODE_STRING &&
			ki_strv_eqz(ki_field_text(node), row->words[i])) {
			return;
		}
	}
	if (!read_duration(node, &ns) || (ranged && (ns < row->min || ns > row->max))) {
		const char *expected = row->words
			? ki_arena_printf(s->load->arena, "a duration such as 10s, or %s",
				  row->words[0])
			: "a duration such as 10s";
		ki_field_tell(s, row->name, node, ranged ? row->expected : expected, NULL);
	}
}

static void check_number(
	const struct ki_scope *s, const struct ki_field *row, const struct ki_node *node) {
	double value = 0;
	if (!read_double(node, &value) || !(value >= (double)row->min) ||
		!(value <= (double)row->max)) {
		ki_field_tell(s, row->name, node, row->expected, NULL);
	}
}

static void check_size(
	const struct ki_scope *s, const struct ki_field *row, const struct ki_node *node) {
	int64_t size;
	if (!read_size(node, &size)) {
		ki_field_tell(s, row->name, node, "a size such as 16MiB", NULL);
	}
}

static void check_ms(
	const struct ki_scope *s, const struct ki_field *row, const struct ki_node *node) {
	int64_t ns;
	if (!read_ms(node, &ns)) {
		ki_field_tell(
			s, row->name, node, "milliseconds or a duration such as 50ms", NULL);
	}
}

static void check_string(
	const struct ki_scope *s, const struct ki_field *row, const struct ki_node *node) {
	if (node->type != KI_NODE_STRING) {
		ki_field_tell(s, row->name, node, "a string", NULL);
	} else if (!row->required && !ki_field_is_given(node)) {
		ki_field_tell(s, row->name, node, "a string that is not empty", NULL);
	}
}

static void check_word(
	const struct ki_scope *s, const struct ki_field *row, const struct ki_node *node) {
	size_t nr = 0;
	while (row->words[nr]) {
		if (node->type == KI_NODE_STRING &&
			ki_strv_eqz(ki_field_text(node), row->words[nr])) {
			return;
		}
		nr++;
	}
	ki_field_tell(s, row->name, node, ki_load_words(s->load, row->words, nr),
		ki_diag_near(ki_field_text(node), row->words, nr));
}

/* A list of strings, none empty. */
static void check_strings(
	const struct ki_scope *s, const struct ki_field *row, const struct ki_node *node) {
	if (node->type != KI_NODE_SEQUENCE) {
		ki_field_tell(s, row->name, node, "a list of strings", NULL);
		return;
	}
	for (size_t i = 0; i < node->u.seq.nr; i++) {
		const struct ki_node *item = node->u.seq.items[i];
		if ((item->type != KI_NODE_STRING || item->text_len == 0) && !item->told) {
			ki_field_tell(s,
				ki_arena_printf(s->load->arena, "an item of %s", row->name), item,
				"a string that is not empty", NULL);
		}
	}
}

static void check_list(
	const struct ki_scope *s, const struct ki_field *row, const struct ki_node *node) {
	if (node->type != KI_NODE_SEQUENCE) {
		ki_field_tell(s, row->name, node, "a list", NULL);
		return;
	}
	for (size_t i = 0; row->fields && i < node->u.seq.nr; i++) {
		const struct ki_node *item = node->u.seq.items[i];
		if (item->type == KI_NODE_MAPPING) {
			ki_field_check(s, row->fields, item, NULL);
		} else if (!item->told) {
			ki_field_tell(s,
				ki_arena_printf(s->load->arena, "an item of %s", row->name), item,
				"a map", NULL);
		}
	}
}

static void check_bool(
	const struct ki_scope *s, const struct ki_field *row, const struct ki_node *node) {
	if (node->type != KI_NODE_BOOL) {
		ki_field_tell(s, row->name, node, "true or false", NULL);
	}
}

static void check_map(
	const struct ki_scope *s, const struct ki_field *row, const struct ki_node *node) {
	if (node->type != KI_NODE_MAPPING) {
		ki_field_tell(s, row->name, node, "a map", NULL);
	} else if (row->fields) {
		ki_field_check(s, row->fields, node, NULL);
	}
}

/* NULL: any value will do, or its row is dealt with before. */
static void (*const checks[])(
	const struct ki_scope *s, const struct ki_field *row, const struct ki_node *node) = {
	[KI_FIELD_BOOL] = check_bool,
	[KI_FIELD_INT] = check_int,
	[KI_FIELD_SIZE] = check_size,
	[KI_FIELD_STRING] = check_string,
	[KI_FIELD_DURATION] = check_duration,
	[KI_FIELD_MS] = check_ms,
	[KI_FIELD_WORD] = check_word,
	[KI_FIELD_NUMBER] = check_number,
	[KI_FIELD_LIST] = check_list,
	[KI_FIELD_STRINGS] = check_strings,
	[KI_FIELD_MAP] = check_map,
};

static void check_value(
	const struct ki_scope *s, const struct ki_field *row, struct ki_node *node) {
	bool wants_text = row->type == KI_FIELD_STRING || row->type == KI_FIELD_WORD ||
		row->type == KI_FIELD_ANY;
	/* A variable's value is text, but "4" in the place of a number is meant as one. */
	if (node->from_variable && node->type == KI_NODE_STRING && !wants_text) {
		ki_node_resolve(s->load->arena, node);
	}
	if (checks[row->type] && !node->told) {
		checks[row->type](s, row, node);
	}
}

/* --- maps --- */

void ki_field_tell_unknown(const struct ki_scope *s, const struct ki_field *rows,
	const struct ki_node *key, const char *const *others) {
	const char *known[MAX_CANDIDATES];
	size_t nr = 0;
	for (const struct ki_field *row = rows; row->name && nr < MAX_CANDIDATES; row++) {
		if (row->type != KI_FIELD_REFUSED) {
			known[nr++] = row->name;
		}
	}
	for (; others && *others && nr < MAX_CANDIDATES; others++) {
		known[nr++] = *others;
	}
	ki_load_tell(s->load, s->file, key->line, key->column,
		ki_diag_near(ki_field_text(key), known, nr), ki_load_words(s->load, known, nr),
		"unknown field \"%.60s\" in %s", key->text, s->label);
}

bool ki_field_is_among(const struct ki_node *key, const char *const *words) {
	for (; words && *words; words++) {
		if (ki_strv_eqz(ki_field_text(key), *words)) {
			return true;
		}
	}
	return false;
}

bool ki_field_is_given(const struct ki_node *node) {
	return node && !(node->type == KI_NODE_STRING && node->text_len == 0 && !node->text_file);
}

void ki_field_check(const struct ki_scope *s, const struct ki_field *rows,
	const struct ki_node *map, const char *const *others) {
	for (size_t i = 0; i < map->u.map.nr; i++) {
		const struct ki_pair *pair = &map->u.map.pairs[i];
		const struct ki_field *row = ki_field_find(rows, ki_field_text(pair->key));
		if (ki_field_is_among(pair->key, others)) {
			continue;
		}
		if (!row && !s->lenient) {
			ki_field_tell_unknown(s, rows, pair->key, others);
		} else if (row && row->type == KI_FIELD_REFUSED) {
			ki_load_tell(s->load, s->file, pair->key->line, pair->key->column, NULL,
				row->expected, "%s, in %s", row->why, s->label);
		} else if (row && pair->value->type != KI_NODE_NULL) {
			check_value(s, row, pair->value);
		}
	}
	for (const struct ki_field *row = rows; row->name; row++) {
		if (row->required && !ki_field_is_given(ki_node_get(map, row->name))) {
			ki_load_tell(s->load, s->file, map->line, map->column, NULL, row->expected,
				"%s is required in %s", row->name, s->label);
		}
	}
}

/* --- taking --- */

void ki_field_take_bool(const struct ki_node *map, const char *key, bool *out) {
	const struct ki_node *value = ki_node_get(map, key);
	if (value && value->type == KI_NODE_BOOL) {
		*out = value->u.boolean;
	}
}

void ki_field_take_number(const struct ki_node *map, const char *key, int64_t *out) {
	const struct ki_node *value = ki_node_get(map, key);
	if (value) {
		read_size(value, out);
	}
}

void ki_field_take_duration(const struct ki_node *map, const char *key, int64_t *out_ns) {
	const struct ki_node *value = ki_node_get(map, key);
	if (value) {
		read_duration(value, out_ns);
	}
}

void ki_field_take_ms(const struct ki_node *map, const char *key, int64_t *out_ns) {
	const struct ki_node *value = ki_node_get(map, key);
	if (value) {
		read_ms(value, out_ns);
	}
}

void ki_field_take_double(const struct ki_node *map, const char *key, double *out) {
	const struct ki_node *value = ki_node_get(map, key);
	if (value) {
		read_double(value, out);
	}
}

void ki_field_take_text(const struct ki_node *map, const char *key, const char **out) {
	const struct ki_node *value = ki_node_get(map, key);
	if (value && value->type == KI_NODE_STRING && value->text_len > 0) {
		*out = value->text;
	}
}

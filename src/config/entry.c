/*
 * entry.c: one YAML file to drafts of entries (SPEC 16.2, 16.3), checked against the tables of
 * schema.c.
 *
 * Owns: nothing. Threads: one.
 * Not here: references between entries (reference.c), the text of files (source.c).
 */
#include <inttypes.h>
#include <string.h>

#include <kith_types.h>

#include "base/buf.h"
#include "config/load.h"
#include "sys/file.h"
#include "time/duration.h"

#define DEFAULT_TIMEOUT_NS (10 * KI_NS_PER_SEC)
#define NAME_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-."
#define MAX_CANDIDATES 32

/* Where problems are, and how they name the entry. */
struct scope {
	struct ki_load *load;
	const char *file;
	const char *label; /* `process.lua "app:x"` */
	bool lenient;      /* unknown fields are kept */
};

static struct ki_strv text_of(const struct ki_node *node) {
	return ki_strv_n(node->text, node->text_len);
}

/* What stands there, for FOUND: a short text, or its type. */
static const char *describe(const struct scope *s, const struct ki_node *node) {
	const char *text = ki_node_type_name(node->type);
	if (node->type == KI_NODE_STRING) {
		text = ki_arena_printf(s->load->arena, "\"%.60s\"", node->text);
	} else if (node->type < KI_NODE_STRING && node->type != KI_NODE_NULL) {
		text = ki_arena_printf(s->load->arena, "%.60s", node->text);
	}
	return text ? text : "";
}

static void tell_value(const struct scope *s, const char *name, const struct ki_node *node,
	const char *expected, const char *suggestion) {
	ki_load_tell(s->load, s->file, node->line, node->column, suggestion, expected,
		"%s is %s in %s", name, describe(s, node), s->label);
}

/* --- checking a map against the rows of its fields --- */

static void check_fields(const struct scope *s, const struct ki_field *rows,
	const struct ki_node *map, const char *const *others);

static void check_int(
	const struct scope *s, const struct ki_field *row, const struct ki_node *node) {
	if (node->type == KI_NODE_INT && node->u.integer > row->max) {
		tell_value(s, row->name, node,
			ki_arena_printf(s->load->arena, "an integer from %" PRId64 " to %" PRId64,
				row->min, row->max),
			NULL);
	} else if (node->type != KI_NODE_INT || node->u.integer < row->min) {
		ki_load_tell(s->load, s->file, node->line, node->column, NULL,
			ki_arena_printf(
				s->load->arena, "an integer of at least %" PRId64, row->min),
			"%s, not %s, in %s", row->range_text, describe(s, node), s->label);
	}
}

static bool read_duration(const struct ki_node *node, int64_t *out_ns) {
	if (node->type == KI_NODE_INT && node->u.integer == 0) {
		*out_ns = 0;
		return true;
	}
	return node->type == KI_NODE_STRING &&
		ki_duration_parse(text_of(node), out_ns) == KITH_OK && *out_ns >= 0;
}

static void check_word(
	const struct scope *s, const struct ki_field *row, const struct ki_node *node) {
	size_t nr = 0;
	while (row->words[nr]) {
		if (node->type == KI_NODE_STRING && ki_strv_eqz(text_of(node), row->words[nr])) {
			return;
		}
		nr++;
	}
	tell_value(s, row->name, node, ki_load_words(s->load, row->words, nr),
		ki_diag_near(text_of(node), row->words, nr));
}

/* A list of strings, none empty. `name` is for the text. */
static void check_strings(const struct scope *s, const char *name, const struct ki_node *node) {
	if (node->type != KI_NODE_SEQUENCE) {
		tell_value(s, name, node, "a list of strings", NULL);
		return;
	}
	for (size_t i = 0; i < node->u.seq.nr; i++) {
		const struct ki_node *item = node->u.seq.items[i];
		if (item->type != KI_NODE_STRING || item->text_len == 0) {
			tell_value(s, ki_arena_printf(s->load->arena, "an item of %s", name), item,
				"a string that is not empty", NULL);
		}
	}
}

static void check_value(
	const struct scope *s, const struct ki_field *row, const struct ki_node *node) {
	int64_t ns;
	switch (row->type) {
	case KI_FIELD_BOOL:
		if (node->type != KI_NODE_BOOL) {
			tell_value(s, row->name, node, "true or false", NULL);
		}
		break;
	case KI_FIELD_INT:
		check_int(s, row, node);
		break;
	case KI_FIELD_STRING:
		if (node->type != KI_NODE_STRING) {
			tell_value(s, row->name, node, "a string", NULL);
		} else if (node->text_len == 0 && !node->text_file && !row->required) {
			tell_value(s, row->name, node, "a string that is not empty", NULL);
		}
		break;
	case KI_FIELD_DURATION:
		if (!read_duration(node, &ns)) {
			tell_value(s, row->name, node, "a duration such as 10s", NULL);
		}
		break;
	case KI_FIELD_WORD:
		check_word(s, row, node);
		break;
	case KI_FIELD_LIST:
		if (node->type != KI_NODE_SEQUENCE) {
			tell_value(s, row->name, node, "a list", NULL);
		}
		break;
	case KI_FIELD_STRINGS:
		check_strings(s, row->name, node);
		break;
	case KI_FIELD_MAP:
		if (node->type != KI_NODE_MAPPING) {
			tell_value(s, row->name, node, "a map", NULL);
		} else {
			check_fields(s, row->fields, node, NULL);
		}
		break;
	default: /* ANY; REFUSED and LATER do not come here */
		break;
	}
}

static void tell_unknown(const struct scope *s, const struct ki_field *rows,
	const struct ki_node *key, const char *const *others) {
	const char *known[MAX_CANDIDATES];
	size_t nr = 0;
	for (const struct ki_field *row = rows; row->name && nr < MAX_CANDIDATES; row++) {
		if (row->type != KI_FIELD_LATER && row->type != KI_FIELD_REFUSED) {
			known[nr++] = row->name;
		}
	}
	for (; others && *others && nr < MAX_CANDIDATES; others++) {
		known[nr++] = *others;
	}
	ki_load_tell(s->load, s->file, key->line, key->column,
		ki_diag_near(text_of(key), known, nr), ki_load_words(s->load, known, nr),
		"unknown field \"%.60s\" in %s", key->text, s->label);
}

static bool is_among(const struct ki_node *key, const char *const *words) {
	for (; words && *words; words++) {
		if (ki_strv_eqz(text_of(key), *words)) {
			return true;
		}
	}
	return false;
}

/* A value that counts: null is as good as absent. An empty text is no source, unless a file's. */
static bool is_given(const struct ki_node *node) {
	return node && !(node->type == KI_NODE_STRING && node->text_len == 0 && !node->text_file);
}

/* `others` (NULL-terminated, or NULL) are keys that may stand there and are looked at elsewhere. */
static void check_fields(const struct scope *s, const struct ki_field *rows,
	const struct ki_node *map, const char *const *others) {
	for (size_t i = 0; i < map->u.map.nr; i++) {
		const struct ki_pair *pair = &map->u.map.pairs[i];
		const struct ki_field *row = ki_field_find(rows, text_of(pair->key));
		if (is_among(pair->key, others)) {
			continue;
		}
		if (!row ? !s->lenient : row->type == KI_FIELD_LATER) {
			tell_unknown(s, rows, pair->key, others);
		} else if (row && row->type == KI_FIELD_REFUSED) {
			ki_load_tell(s->load, s->file, pair->key->line, pair->key->column, NULL,
				row->expected, "%s, in %s", row->why, s->label);
		} else if (row && pair->value->type != KI_NODE_NULL) {
			check_value(s, row, pair->value);
		}
	}
	for (const struct ki_field *row = rows; row->name; row++) {
		if (row->required && !is_given(ki_node_get(map, row->name))) {
			ki_load_tell(s->load, s->file, map->line, map->column, NULL, row->expected,
				"%s is required in %s", row->name, s->label);
		}
	}
}

/* --- taking the values; those of the wrong type were told, their defaults do --- */

static void take_lifecycle(struct ki_draft *draft, const struct ki_node *node) {
	struct ki_lifecycle *life = &draft->entry.lifecycle;
	*life = (struct ki_lifecycle){
		.required = true,
		.start_timeout_ns = DEFAULT_TIMEOUT_NS,
		.stop_timeout_ns = DEFAULT_TIMEOUT_NS,
	};
	if (!node || node->type != KI_NODE_MAPPING) {
		return;
	}
	draft->lifecycle_node = node;
	life->has = true;
	const struct ki_node *value = ki_node_get(node, "auto_start");
	life->auto_start = value && value->type == KI_NODE_BOOL && value->u.boolean;
	value = ki_node_get(node, "startup");
	life->required = !value || !ki_strv_eqz(text_of(value), "optional");
	value = ki_node_get(node, "start_timeout");
	if (value) {
		read_duration(value, &life->start_timeout_ns);
	}
	value = ki_node_get(node, "stop_timeout");
	if (value) {
		read_duration(value, &life->stop_timeout_ns);
	}
}

static void take_host(struct ki_draft *draft, const struct ki_node *fields) {
	const struct ki_node *workers = ki_node_get(ki_node_get(fields, "host"), "workers");
	if (workers && workers->type == KI_NODE_INT && workers->u.integer > 0 &&
		workers->u.integer <= INT32_MAX) {
		draft->entry.u.host.workers = (int)workers->u.integer;
	}
}

static void take_modules(
	const struct scope *s, struct ki_lua_fields *lua, const struct ki_node *list) {
	size_t nr_known;
	const char *const *known = ki_module_names(&nr_known);
	if (!list || list->type != KI_NODE_SEQUENCE) {
		return;
	}
	lua->modules = ki_arena_alloc(s->load->arena, list->u.seq.nr * sizeof(*lua->modules));
	for (size_t i = 0; lua->modules && i < list->u.seq.nr; i++) {
		const struct ki_node *item = list->u.seq.items[i];
		bool is_known = false;
		for (size_t j = 0; j < nr_known; j++) {
			is_known = is_known || ki_strv_eqz(text_of(item), known[j]);
		}
		if (!is_known && item->type == KI_NODE_STRING && item->text_len > 0) {
			ki_load_tell(s->load, s->file, item->line, item->column,
				ki_diag_near(text_of(item), known, nr_known),
				ki_load_words(s->load, known, nr_known),
				"unknown module \"%.60s\" in %s", item->text, s->label);
		}
		lua->modules[lua->nr_modules++] = item->text;
	}
}

static void take_lua(const struct scope *s, struct ki_draft *draft, const struct ki_node *fields) {
	struct ki_lua_fields *lua = &draft->entry.u.lua;
	const struct ki_node *source = ki_node_get(fields, "source");
	const struct ki_node *method = ki_node_get(fields, "method");
	const struct ki_node *input = ki_node_get(fields, "input");
	const struct ki_node *host = ki_node_get(fields, "host");
	lua->source = source ? source->text : "";
	lua->source_len = source ? source->text_len : 0;
	lua->source_file = source ? source->text_file : NULL;
	lua->source_line = source ? source->line : 1;
	lua->source_column = source ? source->column : 1;
	lua->method = method ? method->text : "main";
	lua->input = input && input->type == KI_NODE_SEQUENCE ? input : NULL;
	lua->host_given = is_given(host) && host->type == KI_NODE_STRING;
	draft->host_node = lua->host_given ? host : NULL;
	take_modules(s, lua, ki_node_get(fields, "modules"));
}

/* --- one entry --- */

/* The file's meta laid under the entry's own. */
static const struct ki_node *merge_meta(
	const struct scope *s, const struct ki_node *under, const struct ki_node *own) {
	if (own && own->type != KI_NODE_MAPPING) {
		ki_load_tell(s->load, s->file, own->line, own->column, NULL, "a map", "meta is %s",
			describe(s, own));
		own = NULL;
	}
	if (!own || !under || under->type != KI_NODE_MAPPING) {
		return own ? own : under && under->type == KI_NODE_MAPPING ? under : NULL;
	}
	struct ki_node *merged = ki_arena_alloc(s->load->arena, sizeof(*merged));
	struct ki_pair *pairs =
		ki_arena_alloc(s->load->arena, (under->u.map.nr + own->u.map.nr) * sizeof(*pairs));
	if (!merged || !pairs) {
		return NULL;
	}
	*merged = *own;
	merged->u.map.pairs = pairs;
	memcpy(pairs, own->u.map.pairs, own->u.map.nr * sizeof(*pairs));
	for (size_t i = 0; i < under->u.map.nr; i++) {
		if (!ki_node_pair(own, under->u.map.pairs[i].key->text)) {
			pairs[merged->u.map.nr++] = under->u.map.pairs[i];
		}
	}
	return merged;
}

/* The string under `key`, told when it is missing ("KEY is required"), empty or no string. */
static const struct ki_node *required_string(
	const struct scope *s, const struct ki_node *map, const char *key, const char *expected) {
	const struct ki_node *node = ki_node_get(map, key);
	if (!is_given(node)) {
		const struct ki_node *at = node ? node : map;
		ki_load_tell(s->load, s->file, at->line, at->column, NULL, expected,
			"%s is required%s%s", key, *s->label ? " in " : "", s->label);
		return NULL;
	}
	if (node->type != KI_NODE_STRING) {
		ki_load_tell(s->load, s->file, node->line, node->column, NULL, expected, "%s is %s",
			key, describe(s, node));
		return NULL;
	}
	return node;
}

static bool has_only(const struct ki_node *node, const char *chars) {
	return strlen(node->text) == node->text_len &&
		node->text[strspn(node->text, chars)] == '\0';
}

/* Whether name and kind are usable; else they were told. */
static bool take_identity(
	const struct scope *s, const struct ki_node *map, const char *ns, struct ki_draft *draft) {
	static const char name_expected[] = "letters, digits, \"_\", \"-\", \".\" and \"/\"";
	const char *kinds = ki_load_words(s->load, ki_kind_names, KI_NR_KINDS);
	struct ki_entry *entry = &draft->entry;
	const struct ki_node *name = required_string(s, map, "name", name_expected);
	if (name && !has_only(name, NAME_CHARS "/")) {
		ki_load_tell(s->load, s->file, name->line, name->column, NULL, name_expected,
			"invalid name \"%.60s\"", name->text);
		name = NULL;
	}
	struct scope named = *s;
	named.label =
		name ? ki_arena_printf(s->load->arena, "entry \"%s:%s\"", ns, name->text) : "";
	const struct ki_node *kind =
		named.label ? required_string(&named, map, "kind", kinds) : NULL;
	draft->known_kind = kind && ki_kind_parse(text_of(kind), &entry->kind);
	if (kind && !draft->known_kind) {
		ki_load_tell(s->load, s->file, kind->line, kind->column,
			ki_diag_near(text_of(kind), ki_kind_names, KI_NR_KINDS), kinds,
			"unknown kind \"%.60s\"", kind->text);
	}
	draft->name_node = name;
	entry->ns = ns;
	entry->name = name ? name->text : "";
	entry->id = ki_arena_printf(s->load->arena, "%s:%s", ns, entry->name);
	entry->kind_name = kind ? kind->text : "";
	return name && draft->known_kind;
}

/* The map of the fields: the entry itself, or its `data`, beside which no field may stand. */
static const struct ki_node *fields_of(
	const struct scope *s, const struct ki_node *map, const char *const *own_keys) {
	const struct ki_node *data = ki_node_get(map, "data");
	if (!data) {
		return map;
	}
	if (data->type != KI_NODE_MAPPING) {
		tell_value(s, "data", data, "a map", NULL);
		return NULL;
	}
	for (size_t i = 0; i < map->u.map.nr; i++) {
		const struct ki_node *key = map->u.map.pairs[i].key;
		if (!is_among(key, own_keys)) {
			ki_load_tell(s->load, s->file, key->line, key->column, NULL,
				"all fields under \"data\"",
				"field \"%.60s\" beside \"data\" in %s", key->text, s->label);
		}
	}
	return data;
}

static void read_entry(struct scope *s, const struct ki_node *map, const char *ns, bool whole_file,
	const struct ki_node *file_meta) {
	static const char *const keys[] = {
		"name", "kind", "meta", "data", "namespace", "version", NULL};
	static const char *const listed_keys[] = {"name", "kind", "meta", "data", NULL};
	const char *const *own_keys = whole_file ? keys : listed_keys;
	struct ki_draft *draft = ki_arena_alloc(s->load->arena, sizeof(*draft));
	if (!draft) {
		return;
	}
	s->label = "";
	bool usable = take_identity(s, map, ns, draft);
	draft->entry.file = s->file;
	draft->entry.line = map->line;
	draft->entry.column = map->column;
	draft->entry.meta = merge_meta(s, file_meta, ki_node_get(map, "meta"));
	if (!usable) {
		s->load->incomplete = true;
	}
	if (draft->known_kind) {
		s->label = draft->name_node
			? ki_arena_printf(s->load->arena, "%s \"%s\"", draft->entry.kind_name,
				  draft->entry.id)
			: ki_arena_printf(s->load->arena, "this %s", draft->entry.kind_name);
		const struct ki_node *fields =
			s->label && draft->entry.id ? fields_of(s, map, own_keys) : NULL;
		if (fields) {
			s->lenient = fields != map;
			check_fields(s, ki_kind_fields(draft->entry.kind), fields,
				fields == map ? own_keys : NULL);
			take_lifecycle(draft, ki_node_get(fields, "lifecycle"));
			if (draft->entry.kind == KI_KIND_PROCESS_HOST) {
				take_host(draft, fields);
			} else {
				take_lua(s, draft, fields);
			}
		}
	}
	if (draft->name_node && *ns != '\0') {
		ki_load_append(s->load, &s->load->drafts, &s->load->nr_drafts, &s->load->cap_drafts,
			draft);
	}
}

/* --- one file --- */

/* "" after a problem. */
static const char *read_namespace(const struct scope *s, const struct ki_node *root) {
	static const char expected[] = "letters, digits, \"_\", \"-\" and \".\"";
	const struct ki_node *node = required_string(s, root, "namespace", expected);
	if (!node) {
		return "";
	}
	if (!has_only(node, NAME_CHARS)) {
		ki_load_tell(s->load, s->file, node->line, node->column, NULL, expected,
			"invalid namespace \"%.60s\"", node->text);
		return "";
	}
	if (strcmp(node->text, "kith") == 0) {
		ki_load_tell(s->load, s->file, node->line, node->column, NULL, "another namespace",
			"namespace \"kith\" is reserved");
		return "";
	}
	return node->text;
}

static void read_entries(struct scope *s, const struct ki_node *root, const char *ns) {
	static const struct ki_field file_fields[] = {
		{.name = "version", .type = KI_FIELD_ANY},
		{.name = "namespace", .type = KI_FIELD_ANY},
		{.name = "meta", .type = KI_FIELD_MAP},
		{.name = "entries", .type = KI_FIELD_LIST},
		{0},
	};
	s->label = "this file";
	for (size_t i = 0; i < root->u.map.nr; i++) {
		const struct ki_pair *pair = &root->u.map.pairs[i];
		if (!ki_field_find(file_fields, text_of(pair->key))) {
			tell_unknown(s, file_fields, pair->key, NULL);
		}
	}
	const struct ki_node *meta = ki_node_get(root, "meta");
	const struct ki_node *list = ki_node_get(root, "entries");
	if (meta && meta->type != KI_NODE_MAPPING) {
		tell_value(s, "meta", meta, "a map", NULL);
	}
	if (list && list->type != KI_NODE_SEQUENCE) {
		tell_value(s, "entries", list, "a list of entries", NULL);
		s->load->incomplete = true;
	}
	for (size_t i = 0; list && list->type == KI_NODE_SEQUENCE && i < list->u.seq.nr; i++) {
		const struct ki_node *item = list->u.seq.items[i];
		struct scope one = {s->load, s->file, "", false};
		if (item->type == KI_NODE_MAPPING) {
			read_entry(&one, item, ns, false, meta);
		} else {
			ki_load_tell(s->load, s->file, item->line, item->column, NULL,
				"a map with name and kind", "an entry is %s", describe(&one, item));
		}
	}
}

static void read_document(struct ki_load *load, const char *file, struct ki_node *root) {
	struct scope scope = {load, file, "", false};
	bool listed = ki_node_pair(root, "entries");
	bool single = !listed && (ki_node_pair(root, "kind") || ki_node_pair(root, "name"));
	if (!listed && !ki_node_pair(root, "kind") && !ki_node_pair(root, "namespace")) {
		return; /* some other YAML file */
	}
	ki_source_expand(load, file, root);
	const struct ki_pair *version = ki_node_pair(root, "version");
	if (version && !ki_strv_eqz(text_of(version->value), "1.0")) {
		ki_load_tell(load, file, version->value->line, version->value->column, NULL,
			"\"1.0\"", "version is %s", describe(&scope, version->value));
	}
	const char *ns = read_namespace(&scope, root);
	if (*ns == '\0') {
		load->incomplete = true;
	}
	if (single) {
		read_entry(&scope, root, ns, true, NULL);
	} else {
		read_entries(&scope, root, ns);
	}
}

void ki_entry_read_file(struct ki_load *load, const char *file) {
	const char *path = ki_arena_printf(load->arena, "%s/%s", load->project->dir, file);
	struct ki_buf text = {0};
	struct ki_node *root = NULL;
	size_t nr_problems = load->diags->nr;
	if (!path) {
		return;
	}
	/* More than allowed is read, so that the parser tells a file over the limit as such. */
	int status = ki_file_exists(path) ? ki_file_read(path, KI_YAML_MAX_BYTES * 2, &text)
					  : KITH_ENOTFOUND;
	if (status != KITH_OK) {
		ki_load_tell(load, file, 1, 1, NULL, "a readable file of at most 8 MiB",
			"file \"%s\" is not readable", file);
	} else if (ki_yaml_parse(load->arena, ki_buf_view(&text), file, load->diags, &root) !=
		KITH_OK) {
		load->arena->failed = true;
	}
	ki_buf_fini(&text);
	if (root && root->type == KI_NODE_MAPPING) {
		read_document(load, file, root);
	} else if (load->diags->nr != nr_problems) {
		load->incomplete = true;
	}
}

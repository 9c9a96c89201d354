/*
 * entry.c: one YAML file to drafts of entries (SPEC 16.2, 16.3), checked against the tables of
 * schema.c.
 *
 * Owns: nothing. Threads: one.
 * Not here: references between entries (reference.c), the text of files (source.c).
 */
#include <string.h>

#include "base/compiler.h"
#include "config/field.h"
#include "config/load.h"
#include "time/duration.h"

#define DEFAULT_TIMEOUT_NS (10 * KI_NS_PER_SEC)
#define DEFAULT_STABLE_NS (5 * KI_NS_PER_SEC)
#define DEFAULT_INITIAL_DELAY_NS KI_NS_PER_SEC
#define DEFAULT_MAX_DELAY_NS (90 * KI_NS_PER_SEC)
#define DEFAULT_FACTOR 2.0
#define DEFAULT_JITTER 0.1
#define DEFAULT_MAX_RESTARTS 3
#define DEFAULT_WITHIN_NS (5 * KI_NS_PER_SEC)
#define NAME_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-."
#define BY_HOST (-1) /* a limit that is the host's */

/* --- taking the values; those of the wrong type were told, their defaults do --- */

static void take_backoff(const struct ki_node *node, struct ki_backoff_fields *backoff) {
	ki_field_take_duration(node, "initial_delay", &backoff->initial_delay_ns);
	ki_field_take_duration(node, "max_delay", &backoff->max_delay_ns);
	ki_field_take_double(node, "backoff_factor", &backoff->factor);
	ki_field_take_double(node, "jitter", &backoff->jitter);
}

static void take_lifecycle(struct ki_draft *draft, const struct ki_node *node) {
	struct ki_lifecycle *life = &draft->entry.lifecycle;
	*life = (struct ki_lifecycle){
		.required = true,
		.start_timeout_ns = DEFAULT_TIMEOUT_NS,
		.stop_timeout_ns = DEFAULT_TIMEOUT_NS,
		.stable_threshold_ns = DEFAULT_STABLE_NS,
		.restart = {.initial_delay_ns = DEFAULT_INITIAL_DELAY_NS,
			.max_delay_ns = DEFAULT_MAX_DELAY_NS,
			.factor = DEFAULT_FACTOR,
			.jitter = DEFAULT_JITTER},
	};
	if (!node || node->type != KI_NODE_MAPPING) {
		return;
	}
	draft->lifecycle_node = node;
	life->has = true;
	const struct ki_node *startup = ki_node_get(node, "startup");
	life->required = !startup || !ki_strv_eqz(ki_field_text(startup), "optional");
	ki_field_take_bool(node, "auto_start", &life->auto_start);
	ki_field_take_duration(node, "start_timeout", &life->start_timeout_ns);
	ki_field_take_duration(node, "stop_timeout", &life->stop_timeout_ns);
	ki_field_take_duration(node, "stable_threshold", &life->stable_threshold_ns);
	take_backoff(ki_node_get(node, "restart"), &life->restart);
	ki_field_take_number(ki_node_get(node, "restart"), "max_attempts", &life->max_attempts);
}

static void take_host(
	const struct ki_scope *s, struct ki_draft *draft, const struct ki_node *fields) {
	struct ki_host_fields *host = &draft->entry.u.host;
	*host = s->load->project->settings.host;
	if (draft->entry.kind == KI_KIND_TERMINAL_HOST) {
		host->workers = 1;
		ki_field_take_bool(fields, "hide_logs", &host->hide_logs);
	} else {
		ki_settings_take_host(ki_node_get(fields, "host"), host);
	}
}

static void take_modules(
	const struct ki_scope *s, struct ki_lua_fields *lua, const struct ki_node *list) {
	size_t nr_known;
	const char *const *known = ki_module_names(&nr_known);
	if (!list || list->type != KI_NODE_SEQUENCE) {
		return;
	}
	lua->modules = ki_arena_alloc(s->load->arena, list->u.seq.nr * sizeof(*lua->modules));
	for (size_t i = 0; lua->modules && i < list->u.seq.nr; i++) {
		const struct ki_node *item = list->u.seq.items[i];
		bool is_known = item->told;
		for (size_t j = 0; j < nr_known; j++) {
			is_known = is_known || ki_strv_eqz(ki_field_text(item), known[j]);
		}
		if (!is_known && item->type == KI_NODE_STRING && item->text_len > 0) {
			ki_load_tell(s->load, s->file, item->line, item->column,
				ki_diag_near(ki_field_text(item), known, nr_known),
				ki_load_words(s->load, known, nr_known),
				"unknown module \"%.60s\" in %s", item->text, s->label);
		}
		lua->modules[lua->nr_modules++] = item->text;
	}
}

static bool uses_module(const struct ki_lua_fields *lua, struct ki_strv name) {
	for (size_t i = 0; i < lua->nr_modules; i++) {
		if (ki_strv_eqz(name, lua->modules[i])) {
			return true;
		}
	}
	return ki_module_is_always_there(name);
}

/* An alias becomes a global of the chunk. */
static bool is_lua_name(struct ki_strv text) {
	static const char *const keywords[] = {"and", "break", "do", "else", "elseif", "end",
		"false", "for", "function", "goto", "if", "in", "local", "nil", "not", "or",
		"repeat", "return", "then", "true", "until", "while"};
	for (size_t i = 0; i < ki_countof(keywords); i++) {
		if (ki_strv_eqz(text, keywords[i])) {
			return false;
		}
	}
	size_t nr_good = strspn(text.ptr, NAME_CHARS);
	bool others = memchr(text.ptr, '-', text.len) || memchr(text.ptr, '.', text.len);
	return text.len > 0 && nr_good == text.len && !others && !strchr("0123456789", *text.ptr);
}

/* The aliases; what they stand for is looked up when all entries are there. */
static void check_imports(
	const struct ki_scope *s, struct ki_draft *draft, const struct ki_node *imports) {
	if (!imports || imports->type != KI_NODE_MAPPING) {
		return;
	}
	draft->imports_node = imports;
	for (size_t i = 0; i < imports->u.map.nr; i++) {
		const struct ki_node *alias = imports->u.map.pairs[i].key;
		const struct ki_node *id = imports->u.map.pairs[i].value;
		if (!is_lua_name(ki_field_text(alias))) {
			ki_load_tell(s->load, s->file, alias->line, alias->column, NULL,
				"a name as Lua has them", "import alias \"%.60s\" in %s",
				alias->text, s->label);
		} else if (uses_module(&draft->entry.u.lua, ki_field_text(alias))) {
			ki_load_tell(s->load, s->file, alias->line, alias->column, NULL,
				"an alias that no module of it has",
				"import alias \"%.60s\" is a module in %s", alias->text, s->label);
		}
		if ((id->type != KI_NODE_STRING || id->text_len == 0) && !id->told) {
			ki_field_tell(s,
				ki_arena_printf(s->load->arena, "import \"%.60s\"", alias->text),
				id, "the ID of a library.lua", NULL);
		}
	}
}

static void take_source(struct ki_lua_fields *lua, const struct ki_node *source) {
	bool usable = source && !source->told;
	lua->source = usable ? source->text : "";
	lua->source_len = usable ? source->text_len : 0;
	lua->source_file = usable ? source->text_file : NULL;
	lua->source_line = source ? source->line : 1;
	lua->source_column = source ? source->column : 1;
	lua->source_block = source && source->block;
}

static void take_run(struct ki_draft *draft, const struct ki_node *fields) {
	struct ki_run_fields *run = &draft->entry.run;
	const struct ki_node *input = ki_node_get(fields, "input");
	const struct ki_node *host = ki_node_get(fields, "host");
	run->input = input && input->type == KI_NODE_SEQUENCE ? input : NULL;
	run->host_given = ki_field_is_given(host) && host->type == KI_NODE_STRING;
	draft->host_node = run->host_given ? host : NULL;
}

static void take_lua(
	const struct ki_scope *s, struct ki_draft *draft, const struct ki_node *fields) {
	struct ki_lua_fields *lua = &draft->entry.u.lua;
	const struct ki_node *method = ki_node_get(fields, "method");
	take_source(lua, ki_node_get(fields, "source"));
	take_modules(s, lua, ki_node_get(fields, "modules"));
	check_imports(s, draft, ki_node_get(fields, "imports"));
	lua->limits = (struct ki_limit_fields){BY_HOST, BY_HOST, BY_HOST, BY_HOST, BY_HOST};
	if (draft->entry.kind == KI_KIND_LIBRARY_LUA) {
		return;
	}
	lua->method = method ? method->text : "main";
	take_run(draft, fields);
	ki_settings_take_limits(fields, &lua->limits);
}

static const struct ki_node *reference(const struct ki_node *fields, const char *key) {
	const struct ki_node *node = ki_node_get(fields, key);
	bool given = ki_field_is_given(node) && node->type == KI_NODE_STRING;
	return given && node->text_len > 0 ? node : NULL;
}

static void take_child(struct ki_child_fields *child, const struct ki_node *node) {
	const struct ki_node *input = ki_node_get(node, "input");
	*child = (struct ki_child_fields){
		.node = node,
		.name = "",
		.input = input && input->type == KI_NODE_SEQUENCE ? input : NULL,
		.count = 1,
		.restart = "permanent",
		.shutdown_ns = KI_CHILD_SHUTDOWN_BY_KIND,
		.backoff = {.max_delay_ns = DEFAULT_MAX_DELAY_NS,
			.factor = DEFAULT_FACTOR,
			.jitter = DEFAULT_JITTER},
	};
	const struct ki_node *shutdown = ki_node_get(node, "shutdown");
	ki_field_take_text(node, "name", &child->name);
	ki_field_take_number(node, "count", &child->count);
	ki_field_take_text(node, "restart", &child->restart);
	ki_field_take_duration(node, "shutdown", &child->shutdown_ns);
	if (shutdown && ki_strv_eqz(ki_field_text(shutdown), "kill")) {
		child->shutdown_ns = KI_CHILD_SHUTDOWN_KILL;
	}
	take_backoff(ki_node_get(node, "backoff"), &child->backoff);
}

static void check_child_name(
	const struct ki_scope *s, const struct ki_supervisor_fields *sup, size_t i) {
	const struct ki_node *name = ki_node_get(sup->children[i].node, "name");
	for (size_t k = 0; k < i && *sup->children[i].name; k++) {
		if (strcmp(sup->children[k].name, sup->children[i].name) == 0) {
			ki_load_tell(s->load, s->file, name->line, name->column, NULL,
				"a name that is used once", "duplicate child \"%.60s\" in %s",
				name->text, s->label);
			return;
		}
	}
}

static void take_supervisor(
	const struct ki_scope *s, struct ki_draft *draft, const struct ki_node *fields) {
	struct ki_supervisor_fields *sup = &draft->entry.u.supervisor;
	const struct ki_node *list = ki_node_get(fields, "children");
	*sup = (struct ki_supervisor_fields){
		.strategy = "one_for_one",
		.max_restarts = DEFAULT_MAX_RESTARTS,
		.within_ns = DEFAULT_WITHIN_NS,
	};
	ki_field_take_text(fields, "strategy", &sup->strategy);
	ki_field_take_number(fields, "max_restarts", &sup->max_restarts);
	ki_field_take_duration(fields, "within", &sup->within_ns);
	if (!list || list->type != KI_NODE_SEQUENCE) {
		return;
	}
	sup->children = ki_arena_alloc(s->load->arena, list->u.seq.nr * sizeof(*sup->children));
	for (size_t i = 0; sup->children && i < list->u.seq.nr; i++) {
		if (list->u.seq.items[i]->type == KI_NODE_MAPPING) {
			take_child(&sup->children[sup->nr_children], list->u.seq.items[i]);
			check_child_name(s, sup, sup->nr_children++);
		}
	}
}

/* --- one entry --- */

/* The file's meta laid under the entry's own. */
static const struct ki_node *merge_meta(
	const struct ki_scope *s, const struct ki_node *under, const struct ki_node *own) {
	if (own && own->type != KI_NODE_MAPPING) {
		ki_load_tell(s->load, s->file, own->line, own->column, NULL, "a map", "meta is %s",
			ki_field_describe(s, own));
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
	if (own->u.map.nr > 0) { /* an empty map has no pairs to copy from */
		memcpy(pairs, own->u.map.pairs, own->u.map.nr * sizeof(*pairs));
	}
	for (size_t i = 0; i < under->u.map.nr; i++) {
		if (!ki_node_pair(own, under->u.map.pairs[i].key->text)) {
			pairs[merged->u.map.nr++] = under->u.map.pairs[i];
		}
	}
	return merged;
}

/* The string under `key`, told when it is missing ("KEY is required"), empty or no string. */
static const struct ki_node *required_string(const struct ki_scope *s, const struct ki_node *map,
	const char *key, const char *expected) {
	const struct ki_node *node = ki_node_get(map, key);
	if (node && node->told) {
		return NULL;
	}
	if (!ki_field_is_given(node)) {
		const struct ki_node *at = node ? node : map;
		ki_load_tell(s->load, s->file, at->line, at->column, NULL, expected,
			"%s is required%s%s", key, *s->label ? " in " : "", s->label);
		return NULL;
	}
	if (node->type != KI_NODE_STRING) {
		ki_load_tell(s->load, s->file, node->line, node->column, NULL, expected, "%s is %s",
			key, ki_field_describe(s, node));
		return NULL;
	}
	return node;
}

static bool has_only(const struct ki_node *node, const char *chars) {
	return strlen(node->text) == node->text_len &&
		node->text[strspn(node->text, chars)] == '\0';
}

/* Whether name and kind are usable; else they were told. */
static bool take_identity(const struct ki_scope *s, const struct ki_node *map, const char *ns,
	struct ki_draft *draft) {
	static const char name_expected[] = "letters, digits, \"_\", \"-\", \".\" and \"/\"";
	const char *kinds = ki_load_words(s->load, ki_kind_names, KI_NR_KINDS);
	struct ki_entry *entry = &draft->entry;
	const struct ki_node *name = required_string(s, map, "name", name_expected);
	if (name && !has_only(name, NAME_CHARS "/")) {
		ki_load_tell(s->load, s->file, name->line, name->column, NULL, name_expected,
			"invalid name \"%.60s\"", name->text);
		name = NULL;
	}
	struct ki_scope named = *s;
	named.label =
		name ? ki_arena_printf(s->load->arena, "entry \"%s:%s\"", ns, name->text) : "";
	const struct ki_node *kind =
		named.label ? required_string(&named, map, "kind", kinds) : NULL;
	draft->known_kind = kind && ki_kind_parse(ki_field_text(kind), &entry->kind);
	if (kind && !draft->known_kind) {
		ki_load_tell(s->load, s->file, kind->line, kind->column,
			ki_diag_near(ki_field_text(kind), ki_kind_names, KI_NR_KINDS), kinds,
			"unknown kind \"%.60s\"", kind->text);
	}
	draft->name_node = name;
	entry->ns = ns;
	entry->name = name ? name->text : "";
	entry->id = ki_arena_printf(s->load->arena, "%s:%s", ns, entry->name);
	entry->kind_name = kind ? kind->text : "";
	return name && draft->known_kind;
}

/*
 * The map of the fields: the entry itself, or its `data`, beside which no field may stand. Data of
 * an entry that is nothing else may also be a list.
 */
static const struct ki_node *fields_of(const struct ki_scope *s, enum ki_kind kind,
	const struct ki_node *map, const char *const *own_keys) {
	const struct ki_node *data = ki_node_get(map, "data");
	bool list = ki_kind_is_data(kind);
	if (!data) {
		return map;
	}
	if (data->type != KI_NODE_MAPPING && !(list && data->type == KI_NODE_SEQUENCE)) {
		if (!data->told) {
			ki_field_tell(s, "data", data, list ? "a map or a list" : "a map", NULL);
		}
		return NULL;
	}
	for (size_t i = 0; i < map->u.map.nr; i++) {
		const struct ki_node *key = map->u.map.pairs[i].key;
		if (!ki_field_is_among(key, own_keys)) {
			ki_load_tell(s->load, s->file, key->line, key->column, NULL,
				"all fields under \"data\"",
				"field \"%.60s\" beside \"data\" in %s", key->text, s->label);
		}
	}
	return data;
}

/* The fields that stand beside the keys of every entry, as a map. */
static const struct ki_node *data_of(
	struct ki_load *load, const struct ki_node *map, const char *const *own_keys) {
	struct ki_node *data = ki_arena_alloc(load->arena, sizeof(*data));
	struct ki_pair *pairs = ki_arena_alloc(load->arena, map->u.map.nr * sizeof(*pairs));
	if (!data || !pairs) {
		return NULL;
	}
	*data = *map;
	data->u.map.pairs = pairs;
	data->u.map.nr = 0;
	for (size_t i = 0; i < map->u.map.nr; i++) {
		if (!ki_field_is_among(map->u.map.pairs[i].key, own_keys)) {
			pairs[data->u.map.nr++] = map->u.map.pairs[i];
		}
	}
	return data;
}

static void read_fields(struct ki_scope *s, struct ki_draft *draft, const struct ki_node *map,
	const char *const *own_keys) {
	enum ki_kind kind = draft->entry.kind;
	const struct ki_node *fields = fields_of(s, kind, map, own_keys);
	if (!fields) {
		return;
	}
	draft->entry.data = fields == map ? data_of(s->load, map, own_keys) : fields;
	if (ki_kind_is_data(kind)) {
		return;
	}
	s->lenient = fields != map;
	ki_field_check(s, ki_kind_fields(kind), fields, fields == map ? own_keys : NULL);
	if (kind != KI_KIND_LIBRARY_LUA) { /* a function has none: the defaults, for -x */
		bool has = kind != KI_KIND_FUNCTION_LUA;
		take_lifecycle(draft, has ? ki_node_get(fields, "lifecycle") : NULL);
	}
	if (ki_kind_is_host(kind)) {
		take_host(s, draft, fields);
	} else if (kind == KI_KIND_PROCESS_SERVICE) {
		take_run(draft, fields);
		draft->process_node = reference(fields, "process");
	} else if (kind == KI_KIND_PROCESS_SUPERVISOR) {
		take_run(draft, fields);
		take_supervisor(s, draft, fields);
	} else {
		take_lua(s, draft, fields);
	}
}

static void read_entry(struct ki_scope *s, const struct ki_node *map, const char *ns,
	bool whole_file, const struct ki_node *file_meta) {
	static const char *const keys[] = {
		"name", "kind", "meta", "data", "namespace", "version", NULL};
	static const char *const listed_keys[] = {"name", "kind", "meta", "data", NULL};
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
		if (s->label && draft->entry.id) {
			read_fields(s, draft, map, whole_file ? keys : listed_keys);
		}
	}
	if (draft->name_node && *ns != '\0') {
		ki_load_append(s->load, &s->load->drafts, &s->load->nr_drafts, &s->load->cap_drafts,
			draft);
	}
}

/* --- one file --- */

/* "" after a problem. */
static const char *read_namespace(const struct ki_scope *s, const struct ki_node *root) {
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

static void read_entries(struct ki_scope *s, const struct ki_node *root, const char *ns) {
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
		if (!ki_field_find(file_fields, ki_field_text(pair->key))) {
			ki_field_tell_unknown(s, file_fields, pair->key, NULL);
		}
	}
	const struct ki_node *meta = ki_node_get(root, "meta");
	const struct ki_node *list = ki_node_get(root, "entries");
	if (meta && meta->type != KI_NODE_MAPPING) {
		ki_field_tell(s, "meta", meta, "a map", NULL);
	}
	if (list && list->type != KI_NODE_SEQUENCE) {
		ki_field_tell(s, "entries", list, "a list of entries", NULL);
		s->load->incomplete = true;
	}
	for (size_t i = 0; list && list->type == KI_NODE_SEQUENCE && i < list->u.seq.nr; i++) {
		const struct ki_node *item = list->u.seq.items[i];
		struct ki_scope one = {s->load, s->file, "", false};
		if (item->type == KI_NODE_MAPPING) {
			read_entry(&one, item, ns, false, meta);
		} else {
			ki_load_tell(s->load, s->file, item->line, item->column, NULL,
				"a map with name and kind", "an entry is %s",
				ki_field_describe(&one, item));
		}
	}
}

static void read_document(struct ki_load *load, const char *file, struct ki_node *root) {
	struct ki_scope scope = {load, file, "", false};
	bool listed = ki_node_pair(root, "entries");
	bool single = !listed && (ki_node_pair(root, "kind") || ki_node_pair(root, "name"));
	if (!listed && !ki_node_pair(root, "kind") && !ki_node_pair(root, "namespace")) {
		return; /* some other YAML file */
	}
	ki_source_expand(load, file, root);
	const struct ki_pair *version = ki_node_pair(root, "version");
	if (version && !version->value->told &&
		!ki_strv_eqz(ki_field_text(version->value), "1.0")) {
		ki_load_tell(load, file, version->value->line, version->value->column, NULL,
			"\"1.0\"", "version is %s", ki_field_describe(&scope, version->value));
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
	size_t nr_problems = load->diags->nr;
	struct ki_node *root = ki_load_yaml(load, file);
	if (root && root->type == KI_NODE_MAPPING) {
		read_document(load, file, root);
	} else if (load->diags->nr != nr_problems) {
		load->incomplete = true;
	}
}

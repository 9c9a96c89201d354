/*
 * document.c: see document.h. libyaml's events are turned into nodes by descent; its own document
 * loader is not used, as it resolves no scalar and unfolds no alias within limits.
 */
#include "config/document.h"

#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include <kith_types.h>

#include "base/alloc.h"

#define NR_BUCKETS 256
#define CORE_TAG "tag:yaml.org,2002:"

struct anchor {
	struct anchor *next; /* in its bucket, latest first: the latest definition counts */
	const char *name;
	struct ki_node *node; /* NULL while the node is still being read */
};

struct reader {
	yaml_parser_t parser;
	struct ki_arena *arena;
	struct ki_strv text;
	const char *file;
	struct ki_diags *diags;
	struct anchor *anchors[NR_BUCKETS];
	size_t nr_nodes; /* aliases unfolded */
	int status; /* first fault that ends the reading: KITH_EINVAL (told) or KITH_EEXHAUSTED */
};

static void tell(struct reader *r, yaml_mark_t at, const char *found, const char *expected) {
	if (!found) {
		r->status = KITH_EEXHAUSTED;
		return;
	}
	ki_diags_add(
		r->diags, r->file, (int)at.line + 1, (int)at.column + 1, found, expected, NULL);
}

/* As tell, and nothing after it is read. */
static void stop(struct reader *r, yaml_mark_t at, const char *found, const char *expected) {
	tell(r, at, found, expected);
	if (r->status == KITH_OK) {
		r->status = KITH_EINVAL;
	}
}

/* The reader of bytes knows an offset only. */
static yaml_mark_t mark_of_offset(struct ki_strv text, size_t offset) {
	yaml_mark_t mark = {0, 0, 0};
	for (size_t i = 0; i < offset && i < text.len; i++) {
		if (text.ptr[i] == '\n') {
			mark.line++;
			mark.column = 0;
		} else if (((unsigned char)text.ptr[i] & 0xc0) != 0x80) {
			mark.column++;
		}
	}
	return mark;
}

static void stop_at_syntax(struct reader *r) {
	yaml_parser_t *p = &r->parser;
	const char *problem = p->problem ? p->problem : "unreadable";
	if (p->error == YAML_MEMORY_ERROR) {
		r->status = KITH_EEXHAUSTED;
	} else if (p->error == YAML_READER_ERROR) {
		stop(r, mark_of_offset(r->text, p->problem_offset),
			ki_arena_printf(r->arena, "bad YAML: %s", problem), "UTF-8 text");
	} else {
		stop(r, p->problem_mark,
			ki_arena_printf(r->arena, "bad YAML: %s%s%s", problem,
				p->context ? " " : "", p->context ? p->context : ""),
			"a YAML document");
	}
}

/* False when there is no event to look at; *event wants yaml_event_delete when true. */
static bool next_event(struct reader *r, yaml_event_t *event) {
	if (r->status != KITH_OK) {
		return false;
	}
	if (!yaml_parser_parse(&r->parser, event)) {
		stop_at_syntax(r);
		return false;
	}
	return true;
}

/* --- scalars: the core schema of YAML 1.2 --- */

static bool one_of(struct ki_strv text, const char *const *words) {
	for (; *words; words++) {
		if (ki_strv_eqz(text, *words)) {
			return true;
		}
	}
	return false;
}

static bool all_in(const char *text, const char *set) {
	return *text != '\0' && text[strspn(text, set)] == '\0';
}

/* [-+]?[0-9]+ | 0o[0-7]+ | 0x[0-9a-fA-F]+, when it fits 64 bits. */
static bool resolve_int(const char *text, int64_t *out) {
	int base = 10;
	const char *digits = text + (*text == '-' || *text == '+');
	const char *number = text;
	if (text[0] == '0' && text[1] == 'o' && all_in(text + 2, "01234567")) {
		base = 8;
		number = text + 2;
	} else if (text[0] == '0' && text[1] == 'x' && all_in(text + 2, "0123456789abcdefABCDEF")) {
		base = 16;
		number = text + 2;
	} else if (!all_in(digits, "0123456789")) {
		return false;
	}
	errno = 0;
	long long value = strtoll(number, NULL, base);
	*out = value;
	return errno == 0;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool looks_like_float(const char *text) {
	const char *at = text + (*text == '-' || *text == '+');
	size_t whole = strspn(at, "0123456789");
	at += whole;
	if (*at == '.') {
		size_t fraction = strspn(++at, "0123456789");
		at += fraction;
		whole += fraction;
	}
	if (whole == 0) {
		return false;
	}
	if (*at == 'e' || *at == 'E') {
		at++;
		at += *at == '-' || *at == '+';
		return all_in(at, "0123456789");
	}
	return *at == '\0';
}

static bool resolve_float(struct ki_arena *arena, struct ki_strv text, double *out) {
	static const char *const infinite[] = {
		".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", NULL};
	static const char *const negative[] = {"-.inf", "-.Inf", "-.INF", NULL};
	static const char *const no_number[] = {".nan", ".NaN", ".NAN", NULL};
	if (one_of(text, infinite) || one_of(text, negative)) {
		*out = *text.ptr == '-' ? -HUGE_VAL : HUGE_VAL;
		return true;
	}
	if (one_of(text, no_number)) {
		*out = NAN;
		return true;
	}
	if (!looks_like_float(text.ptr)) {
		return false;
	}
	/* strtod wants the point of the locale, which belongs to the embedding program. */
	char *copy = ki_arena_strdup_n(arena, text.ptr, text.len);
	char *point = copy ? strchr(copy, '.') : NULL;
	if (point) {
		*point = localeconv()->decimal_point[0];
	}
	*out = copy ? strtod(copy, NULL) : 0;
	return true;
}

void ki_node_resolve(struct ki_arena *arena, struct ki_node *node) {
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
	static const char *const trues[] = {"true", "True", "TRUE", NULL};
	static const char *const falses[] = {"false", "False", "FALSE", NULL};
	struct ki_strv text = ki_strv_n(node->text, node->text_len);
	if (strlen(text.ptr) != text.len) { /* a NUL, which only quotes let in */
		node->type = KI_NODE_STRING;
	} else if (one_of(text, nulls)) {
		node->type = KI_NODE_NULL;
	} else if (one_of(text, trues) || one_of(text, falses)) {
		node->type = KI_NODE_BOOL;
		node->u.boolean = one_of(text, trues);
	} else if (resolve_int(text.ptr, &node->u.integer)) {
		node->type = KI_NODE_INT;
	} else if (resolve_float(arena, text, &node->u.number)) {
		node->type = KI_NODE_FLOAT;
	} else {
		node->type = KI_NODE_STRING;
	}
}

static void tell_tag(struct reader *r, yaml_mark_t at, const char *tag) {
	tell(r, at, ki_arena_printf(r->arena, "tag \"%s\" on this value", tag),
		"a value of core YAML without a foreign tag");
}

static const struct core_tag {
	const char *tag;
	enum ki_node_type type;
} core_tags[] = {
	{CORE_TAG "null", KI_NODE_NULL},
	{CORE_TAG "bool", KI_NODE_BOOL},
	{CORE_TAG "int", KI_NODE_INT},
	{CORE_TAG "float", KI_NODE_FLOAT},
	{CORE_TAG "str", KI_NODE_STRING},
	{CORE_TAG "seq", KI_NODE_SEQUENCE},
	{CORE_TAG "map", KI_NODE_MAPPING},
};

/* Whether a tag other than "!" is one of the core's, and of which type. */
static bool is_core_tag(const char *tag, enum ki_node_type *type) {
	for (size_t i = 0; i < sizeof(core_tags) / sizeof(core_tags[0]); i++) {
		if (strcmp(tag, core_tags[i].tag) == 0) {
			*type = core_tags[i].type;
			return true;
		}
	}
	return false;
}

static void resolve_scalar(struct reader *r, struct ki_node *node, const yaml_event_t *event) {
	const char *tag = (const char *)event->data.scalar.tag;
	node->type = KI_NODE_STRING;
	node->block = event->data.scalar.style == YAML_LITERAL_SCALAR_STYLE ||
		event->data.scalar.style == YAML_FOLDED_SCALAR_STYLE;
	if (!tag) {
		if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
			ki_node_resolve(r->arena, node);
		}
		return;
	}
	enum ki_node_type wanted;
	if (strcmp(tag, "!") == 0) {
		return;
	}
	if (!is_core_tag(tag, &wanted)) {
		tell_tag(r, event->start_mark, tag);
		return;
	}
	if (wanted == KI_NODE_STRING) {
		return;
	}
	ki_node_resolve(r->arena, node);
	if (wanted == KI_NODE_FLOAT && node->type == KI_NODE_INT) {
		node->type = KI_NODE_FLOAT;
		node->u.number = (double)node->u.integer;
	} else if (node->type != wanted) {
		tell_tag(r, event->start_mark, tag);
	}
}

/* --- anchors --- */

static struct anchor **bucket_of(struct reader *r, const char *name) {
	unsigned hash = 5381;
	for (; *name != '\0'; name++) {
		hash = hash * 33 + (unsigned char)*name;
	}
	return &r->anchors[hash % NR_BUCKETS];
}

/* The record of a new anchor, without its node yet; NULL for no anchor. */
static struct anchor *open_anchor(struct reader *r, const yaml_char_t *name) {
	struct anchor *anchor = name ? ki_arena_alloc(r->arena, sizeof(*anchor)) : NULL;
	if (anchor) {
		anchor->name =
			ki_arena_strdup_n(r->arena, (const char *)name, strlen((const char *)name));
		if (anchor->name) {
			struct anchor **bucket = bucket_of(r, anchor->name);
			anchor->next = *bucket;
			*bucket = anchor;
		}
	}
	return anchor;
}

static struct ki_node *resolve_alias(struct reader *r, const yaml_event_t *event) {
	const char *name = (const char *)event->data.alias.anchor;
	struct anchor *anchor = *bucket_of(r, name);
	while (anchor && strcmp(anchor->name, name) != 0) {
		anchor = anchor->next;
	}
	if (!anchor || !anchor->node) {
		stop(r, event->start_mark,
			ki_arena_printf(r->arena,
				anchor ? "alias \"%s\" inside its own anchor"
				       : "alias \"%s\" without an anchor",
				name),
			"the name of a value before it");
		return NULL;
	}
	return anchor->node;
}

/* --- the descent --- */

static struct ki_node *read_node(struct reader *r, const yaml_event_t *event, int depth);

/* Room for one more in an array that doubles; the outgrown ones stay in the arena. */
static void *grown(struct reader *r, void *items, size_t nr, size_t item_size) {
	if (nr != 0 && (nr & (nr - 1)) != 0) {
		return items; /* full only at powers of two */
	}
	void *larger = ki_arena_alloc(r->arena, (nr == 0 ? 1 : nr * 2) * item_size);
	if (larger && nr > 0) {
		memcpy(larger, items, nr * item_size);
	}
	if (!larger) {
		r->status = KITH_EEXHAUSTED;
	}
	return larger;
}

static void count_child(struct ki_node *node, const struct ki_node *child) {
	node->weight += child->weight;
	node->height = child->height + 1 > node->height ? child->height + 1 : node->height;
}

static void read_sequence(struct reader *r, struct ki_node *node, int depth) {
	yaml_event_t event;
	while (next_event(r, &event)) {
		bool end = event.type == YAML_SEQUENCE_END_EVENT;
		struct ki_node *item = end ? NULL : read_node(r, &event, depth + 1);
		yaml_event_delete(&event);
		if (!item) {
			return;
		}
		node->u.seq.items = grown(r, node->u.seq.items, node->u.seq.nr, sizeof(item));
		if (!node->u.seq.items) {
			node->u.seq.nr = 0;
			return;
		}
		node->u.seq.items[node->u.seq.nr++] = item;
		count_child(node, item);
	}
}

/* Whether a key may stand in a mapping; tells when not. */
static bool is_usable_key(struct reader *r, const yaml_event_t *event, const struct ki_node *key) {
	if (key->type == KI_NODE_SEQUENCE || key->type == KI_NODE_MAPPING) {
		tell(r, event->start_mark,
			key->type == KI_NODE_MAPPING ? "a map as a key" : "a list as a key",
			"a scalar as a key");
		return false;
	}
	if (event->type == YAML_SCALAR_EVENT && strcmp(key->text, "<<") == 0 &&
		event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
		tell(r, event->start_mark, "merge key \"<<\"",
			"fields written out, or an alias as a value");
		return false;
	}
	return true;
}

static int compare_keys(const struct ki_node *a, const struct ki_node *b) {
	if (a->type != b->type) {
		return a->type < b->type ? -1 : 1;
	}
	switch (a->type) {
	case KI_NODE_NULL:
		return 0;
	case KI_NODE_BOOL:
		return (int)a->u.boolean - (int)b->u.boolean;
	case KI_NODE_INT:
		return (a->u.integer > b->u.integer) - (a->u.integer < b->u.integer);
	default:
		if (a->text_len != b->text_len) {
			return a->text_len < b->text_len ? -1 : 1;
		}
		return memcmp(a->text, b->text, a->text_len);
	}
}

struct placed_key {
	const struct ki_node *key;
	size_t index;
	size_t first; /* index of the first equal key */
};

static int compare_placed_keys(const void *a, const void *b) {
	const struct placed_key *x = a;
	const struct placed_key *y = b;
	int by_key = compare_keys(x->key, y->key);
	return by_key != 0 ? by_key : (x->index > y->index) - (x->index < y->index);
}

static int compare_places(const void *a, const void *b) {
	const struct placed_key *x = a;
	const struct placed_key *y = b;
	return (x->index > y->index) - (x->index < y->index);
}

/* I2: tells each repeated key and keeps the first. By sorting, as a map may have 100 000 keys. */
static void drop_duplicates(struct reader *r, struct ki_node *map) {
	size_t nr = map->u.map.nr;
	struct ki_pair *pairs = map->u.map.pairs;
	struct placed_key *keys = nr < 2 ? NULL : ki_alloc(nr * sizeof(*keys));
	if (!keys) {
		r->status = nr < 2 ? r->status : KITH_EEXHAUSTED;
		return;
	}
	for (size_t i = 0; i < nr; i++) {
		keys[i] = (struct placed_key){pairs[i].key, i, i};
	}
	qsort(keys, nr, sizeof(*keys), compare_placed_keys);
	for (size_t i = 1; i < nr; i++) {
		if (compare_keys(keys[i - 1].key, keys[i].key) == 0) {
			keys[i].first = keys[i - 1].first;
		}
	}
	qsort(keys, nr, sizeof(*keys), compare_places);
	size_t kept = 0;
	for (size_t i = 0; i < nr; i++) {
		const struct ki_node *key = keys[i].key;
		if (keys[i].first == i) {
			pairs[kept++] = pairs[i];
			continue;
		}
		yaml_mark_t at = {0, (size_t)key->line - 1, (size_t)key->column - 1};
		tell(r, at,
			ki_arena_printf(r->arena, "duplicate key \"%.100s\", first at line %d",
				key->text, keys[keys[i].first].key->line),
			"each key once");
	}
	map->u.map.nr = kept;
	ki_free(keys);
}

/* The value behind the key that was just read; NULL when the reading ends. */
static struct ki_node *read_value(struct reader *r, int depth) {
	yaml_event_t event;
	if (!next_event(r, &event)) {
		return NULL;
	}
	struct ki_node *value = read_node(r, &event, depth);
	yaml_event_delete(&event);
	return value;
}

static void read_mapping(struct reader *r, struct ki_node *node, int depth) {
	yaml_event_t event;
	while (next_event(r, &event)) {
		bool end = event.type == YAML_MAPPING_END_EVENT;
		struct ki_pair pair = {0};
		pair.key = end ? NULL : read_node(r, &event, depth + 1);
		bool usable = pair.key && is_usable_key(r, &event, pair.key);
		yaml_mark_t at = event.start_mark;
		bool alias = event.type == YAML_ALIAS_EVENT;
		yaml_event_delete(&event);
		if (end) {
			drop_duplicates(r, node);
			return;
		}
		pair.value = pair.key ? read_value(r, depth + 1) : NULL;
		if (!pair.value) {
			return;
		}
		if (!usable) {
			continue;
		}
		if (alias) { /* a key of its own, with its own place */
			struct ki_node *copy = ki_arena_alloc(r->arena, sizeof(*copy));
			if (!copy) {
				r->status = KITH_EEXHAUSTED;
				return;
			}
			*copy = *pair.key;
			copy->line = (int)at.line + 1;
			copy->column = (int)at.column + 1;
			pair.key = copy;
		}
		node->u.map.pairs = grown(r, node->u.map.pairs, node->u.map.nr, sizeof(pair));
		if (!node->u.map.pairs) {
			node->u.map.nr = 0;
			return;
		}
		node->u.map.pairs[node->u.map.nr++] = pair;
		count_child(node, pair.key);
		count_child(node, pair.value);
	}
}

/* Whether `weight` more nodes, `height` levels of them at `depth`, keep I1; stops when not. */
static bool within_limits(
	struct reader *r, const yaml_event_t *event, size_t weight, int height, int depth) {
	r->nr_nodes += weight;
	if (r->nr_nodes > KI_YAML_MAX_NODES) {
		stop(r, event->start_mark, "more than 100000 values, aliases unfolded",
			"a smaller file");
	} else if (depth + height - 1 > KI_YAML_MAX_DEPTH) {
		stop(r, event->start_mark, "more than 100 levels, aliases unfolded",
			"a flatter file");
	}
	return r->status == KITH_OK;
}

static struct ki_node *new_node(struct reader *r, const yaml_event_t *event) {
	struct ki_node *node = ki_arena_alloc(r->arena, sizeof(*node));
	if (!node) {
		r->status = KITH_EEXHAUSTED;
		return NULL;
	}
	node->line = (int)event->start_mark.line + 1;
	node->column = (int)event->start_mark.column + 1;
	node->weight = 1;
	node->height = 1;
	node->text = "";
	return node;
}

static void read_collection(
	struct reader *r, const yaml_event_t *event, struct ki_node *node, int depth) {
	bool map = event->type == YAML_MAPPING_START_EVENT;
	const char *tag = (const char *)(map ? event->data.mapping_start.tag
					     : event->data.sequence_start.tag);
	enum ki_node_type type;
	node->type = map ? KI_NODE_MAPPING : KI_NODE_SEQUENCE;
	if (tag && strcmp(tag, "!") != 0 && !(is_core_tag(tag, &type) && type == node->type)) {
		tell_tag(r, event->start_mark, tag);
	}
	if (map) {
		read_mapping(r, node, depth);
	} else {
		read_sequence(r, node, depth);
	}
}

/* The node that begins with `event`; NULL when the reading ends (status tells why). */
static struct ki_node *read_node(struct reader *r, const yaml_event_t *event, int depth) {
	if (event->type == YAML_ALIAS_EVENT) {
		struct ki_node *same = resolve_alias(r, event);
		return same && within_limits(r, event, same->weight, same->height, depth) ? same
											  : NULL;
	}
	struct ki_node *node = within_limits(r, event, 1, 1, depth) ? new_node(r, event) : NULL;
	if (!node) {
		return NULL;
	}
	struct anchor *anchor;
	if (event->type == YAML_SCALAR_EVENT) {
		anchor = open_anchor(r, event->data.scalar.anchor);
		node->text_len = event->data.scalar.length;
		node->text = ki_arena_strdup_n(
			r->arena, (const char *)event->data.scalar.value, node->text_len);
		if (node->text) {
			resolve_scalar(r, node, event);
		}
	} else {
		anchor = open_anchor(r,
			event->type == YAML_MAPPING_START_EVENT
				? event->data.mapping_start.anchor
				: event->data.sequence_start.anchor);
		read_collection(r, event, node, depth);
	}
	if (anchor) {
		anchor->node = node;
	}
	if (r->arena->failed) {
		r->status = KITH_EEXHAUSTED;
	}
	return r->status == KITH_OK ? node : NULL;
}

/* All events of the stream; the root of its one document goes to *root. */
static void read_stream(struct reader *r, struct ki_node **root) {
	yaml_event_t event;
	bool end = false;
	bool started = false;
	while (!end && next_event(r, &event)) {
		if (event.type == YAML_DOCUMENT_START_EVENT && started) {
			stop(r, event.start_mark, "a second document", "one document in a file");
		} else if (event.type == YAML_DOCUMENT_START_EVENT) {
			started = true;
		} else if (event.type == YAML_STREAM_END_EVENT) {
			end = true;
		} else if (event.type != YAML_STREAM_START_EVENT &&
			event.type != YAML_DOCUMENT_END_EVENT) {
			*root = read_node(r, &event, 1);
		}
		yaml_event_delete(&event);
	}
}

int ki_yaml_parse(struct ki_arena *arena, struct ki_strv text, const char *file,
	struct ki_diags *diags, struct ki_node **out) {
	*out = NULL;
	if (text.len > KI_YAML_MAX_BYTES) {
		ki_diags_add(diags, file, 1, 1, "a YAML file over 8 MiB", "at most 8 MiB", NULL);
		return KITH_OK;
	}
	/* A byte order mark, which libyaml counts as a column of the first line. */
	struct ki_strv mark = ki_strv("\xef\xbb\xbf");
	text = ki_strv_starts(text, mark) ? ki_strv_sub(text, mark.len, SIZE_MAX) : text;
	struct reader r = {.arena = arena, .text = text, .file = file, .diags = diags};
	if (!yaml_parser_initialize(&r.parser)) {
		return KITH_EEXHAUSTED;
	}
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	const char *bytes = text.ptr ? text.ptr : ""; /* libyaml insists on a pointer */
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)bytes, text.len);
	struct ki_node *root = NULL;
	read_stream(&r, &root);
	yaml_parser_delete(&r.parser);
	if (r.status == KITH_EEXHAUSTED || diags->failed) {
		return KITH_EEXHAUSTED;
	}
	if (r.status == KITH_OK) {
		*out = root;
	}
	return KITH_OK;
}

struct ki_node *ki_node_new_plain(struct ki_arena *arena, const char *text, int line, int column) {
	struct ki_node *node = ki_arena_alloc(arena, sizeof(*node));
	if (node) {
		*node = (struct ki_node){.line = line, .column = column, .weight = 1, .height = 1};
		node->text = text;
		node->text_len = strlen(text);
		ki_node_resolve(arena, node);
	}
	return node;
}

const struct ki_pair *ki_node_pair(const struct ki_node *node, const char *key) {
	if (!node || node->type != KI_NODE_MAPPING) {
		return NULL;
	}
	for (size_t i = 0; i < node->u.map.nr; i++) {
		const struct ki_node *name = node->u.map.pairs[i].key;
		if (ki_strv_eqz(ki_strv_n(name->text, name->text_len), key)) {
			return &node->u.map.pairs[i];
		}
	}
	return NULL;
}

struct ki_node *ki_node_get(const struct ki_node *node, const char *key) {
	const struct ki_pair *pair = ki_node_pair(node, key);
	return pair && pair->value->type != KI_NODE_NULL ? pair->value : NULL;
}

const char *ki_node_type_name(enum ki_node_type type) {
	static const char *const names[] = {
		"null", "a boolean", "an integer", "a float", "a string", "a list", "a map"};
	return names[type];
}

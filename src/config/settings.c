/*
 * settings.c: DIR/kith.yaml, then each --set in order, laid over the defaults of settings.h.
 *
 * A --set becomes a tree of its own and goes the way of the file: it is checked and taken alike,
 * only that its problems name "--set", its number as the line and the place in it as the column.
 *
 * Owns: nothing. Threads: one.
 * Not here: what flags of the command override (cli, api).
 */
#include "config/settings.h"

#include <string.h>

#include "config/field.h"
#include "config/load.h"
#include "sys/file.h"
#include "time/duration.h"

#define FILE_NAME "kith.yaml"
#define OPTION "--set"

static const struct ki_settings defaults = {
	.shutdown_timeout_ns = 30 * KI_NS_PER_SEC,
	.host = {.limits = {.max_mailbox = 1000000,
			 .max_mailbox_bytes = 64 << 20,
			 .max_message = 64 << 20},
		.time_slice_ns = KI_NS_PER_MS},
};

/* The number of a word in the row `key` of `rows`, from 1; `was` when it is none. */
static int take_word(
	const struct ki_field *rows, const struct ki_node *map, const char *key, int was) {
	const struct ki_field *row = ki_field_find(rows, ki_strv(key));
	const struct ki_node *value = ki_node_get(map, key);
	for (int i = 0; value && row->words[i]; i++) {
		if (ki_strv_eqz(ki_field_text(value), row->words[i])) {
			return i + 1;
		}
	}
	return was;
}

void ki_settings_take_limits(const struct ki_node *map, struct ki_limit_fields *limits) {
	ki_field_take_number(map, "max_mailbox", &limits->max_mailbox);
	ki_field_take_number(map, "max_mailbox_bytes", &limits->max_mailbox_bytes);
	ki_field_take_number(map, "max_memory", &limits->max_memory);
	ki_field_take_number(map, "max_message", &limits->max_message);
	ki_field_take_ms(map, "max_turn", &limits->max_turn_ns);
}

void ki_settings_take_host(const struct ki_node *map, struct ki_host_fields *host) {
	int64_t workers = host->workers;
	ki_field_take_number(map, "workers", &workers);
	host->workers = workers > INT32_MAX ? 0 : (int)workers; /* too many was told */
	ki_field_take_number(map, "max_processes", &host->max_processes);
	ki_settings_take_limits(map, &host->limits);
	ki_field_take_duration(map, "time_slice", &host->time_slice_ns);
}

static void take(const struct ki_scope *s, const struct ki_node *root) {
	struct ki_settings *settings = &s->load->project->settings;
	const struct ki_node *log = ki_node_get(root, "log");
	const struct ki_node *timezone = ki_node_get(root, "timezone");
	const struct ki_field *log_rows =
		ki_field_find(ki_settings_fields(), ki_strv("log"))->fields;
	settings->log_level =
		(enum ki_settings_level)take_word(log_rows, log, "level", (int)settings->log_level);
	settings->log_format = (enum ki_settings_format)take_word(
		log_rows, log, "format", (int)settings->log_format);
	ki_field_take_duration(
		ki_node_get(root, "shutdown"), "timeout", &settings->shutdown_timeout_ns);
	ki_settings_take_host(ki_node_get(root, "host"), &settings->host);
	ki_field_take_number(root, "memory", &settings->memory);
	if (timezone && timezone->type == KI_NODE_STRING && !timezone->told) {
		settings->timezone = timezone->text;
		settings->timezone_file = s->file;
		settings->timezone_line = timezone->line;
		settings->timezone_column = timezone->column;
	}
}

static void read_file(struct ki_load *load) {
	struct ki_scope s = {load, FILE_NAME, FILE_NAME, false};
	struct ki_node *root = ki_load_yaml(load, FILE_NAME);
	if (!root || root->type == KI_NODE_NULL) {
		return;
	}
	if (root->type != KI_NODE_MAPPING) {
		ki_load_tell(load, FILE_NAME, root->line, root->column, NULL, "a map", "%s is %s",
			FILE_NAME, ki_field_describe(&s, root));
		return;
	}
	ki_source_expand(load, FILE_NAME, root);
	ki_field_check(&s, ki_settings_fields(), root, NULL);
	take(&s, root);
}

static struct ki_node *new_map(struct ki_load *load, int line, int column) {
	struct ki_node *map = ki_arena_alloc(load->arena, sizeof(*map));
	if (map) {
		*map = (struct ki_node){.type = KI_NODE_MAPPING, .line = line, .column = column};
		map->text = "";
	}
	return map;
}

/* Gives `map` the one key path[0..len), and that `value`. */
static bool put_pair(struct ki_load *load, struct ki_node *map, const char *path, size_t len,
	struct ki_node *value) {
	const char *text = ki_arena_strdup_n(load->arena, path, len);
	struct ki_pair *pair = ki_arena_alloc(load->arena, sizeof(*pair));
	struct ki_node *key =
		text ? ki_node_new_plain(load->arena, text, map->line, map->column) : NULL;
	if (!key || !pair) {
		return false;
	}
	*pair = (struct ki_pair){key, value};
	map->u.map.pairs = pair;
	map->u.map.nr = 1;
	return true;
}

/* "a.b=v" to {a: {b: v}}; NULL when there is no memory. `value` points behind the "=". */
static struct ki_node *tree_of(
	struct ki_load *load, int line, const char *text, const char *value) {
	struct ki_node *root = new_map(load, line, 1);
	struct ki_node *map = root;
	struct ki_node *leaf = ki_node_new_plain(load->arena, value, line, (int)(value - text) + 1);
	for (const char *at = text; map && leaf; at++) {
		size_t len = strcspn(at, ".=");
		bool last = at + len + 1 == value;
		struct ki_node *next =
			last ? leaf : new_map(load, line, (int)(at + len + 1 - text) + 1);
		if (!next || !put_pair(load, map, at, len, next)) {
			return NULL;
		}
		if (last) {
			return root;
		}
		map = next;
		at += len;
	}
	return NULL;
}

static void read_set(struct ki_load *load, int line, const char *set) {
	const char *text = ki_arena_strdup_n(load->arena, set, strlen(set));
	const char *equals = text ? strchr(text, '=') : NULL;
	struct ki_scope s = {load, OPTION, text, false};
	if (!text) {
		return;
	}
	if (!equals || equals[1] == '\0') {
		ki_load_tell(load, OPTION, line, equals ? (int)(equals - text) + 2 : 1, NULL,
			"PATH=VALUE", "no value in \"%.100s\"", text);
		return;
	}
	const struct ki_node *root = tree_of(load, line, text, equals + 1);
	if (root) {
		ki_field_check(&s, ki_settings_fields(), root, NULL);
		take(&s, root);
	}
}

void ki_settings_load(struct ki_load *load) {
	load->project->settings = defaults;
	if (ki_load_has_file(load, FILE_NAME)) {
		read_file(load);
	}
	for (size_t i = 0; i < load->options->nr_sets && !ki_load_failed(load); i++) {
		read_set(load, (int)i + 1, load->options->sets[i]);
	}
}

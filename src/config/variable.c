/*
 * variable.c: ${env:NAME} and ${env:NAME:-TEXT} in the strings of YAML files (SPEC 16.8).
 *
 * Owns: nothing. Threads: one.
 * Invariants:
 *   I1 a value is put in once: what it holds is not looked at again.
 * Not here: the environment; the caller of ki_project_load_with looks names up.
 */
#include <string.h>

#include "config/load.h"

#define START "${env:"

/* What stands between START and "}". */
struct variable {
	struct ki_strv name;
	bool has_text;
	struct ki_strv text; /* the default */
};

static bool is_name(struct ki_strv name) {
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
	static const char digits[] = "0123456789";
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		bool digit = c != '\0' && strchr(digits, c);
		if (c == '\0' || (!strchr(letters, c) && (!digit || i == 0))) {
			return false;
		}
	}
	return name.len > 0;
}

/* Splits "NAME" or "NAME:-TEXT". */
static bool split(struct ki_strv inside, struct variable *out) {
	size_t colon = ki_strv_find(inside, ':');
	*out = (struct variable){.name = inside};
	if (colon != SIZE_MAX) {
		out->has_text = colon + 1 < inside.len && inside.ptr[colon + 1] == '-';
		if (!out->has_text) {
			return false;
		}
		out->name = ki_strv_n(inside.ptr, colon);
		out->text = ki_strv_n(inside.ptr + colon + 2, inside.len - colon - 2);
	}
	return is_name(out->name);
}

static bool put_value(struct ki_load *load, const char *file, struct ki_node *node,
	const struct variable *variable, struct ki_buf *out) {
	const struct ki_project_options *options = load->options;
	const char *name = ki_arena_strdup_n(load->arena, variable->name.ptr, variable->name.len);
	const char *value =
		name && options->lookup_env ? options->lookup_env(options->user, name) : NULL;
	if (value) {
		ki_buf_puts(out, value);
	} else if (variable->has_text) {
		ki_buf_putv(out, variable->text);
	} else if (name) {
		ki_load_tell(load, file, node->line, node->column, NULL,
			"a variable of the environment, or ${env:NAME:-TEXT}",
			"variable \"%.100s\" is not set", name);
	}
	return value || variable->has_text;
}

/* The text behind the next START in `rest`; false when there is none, then *before is all. */
static bool find_start(struct ki_strv *rest, struct ki_strv *before) {
	size_t len = strlen(START);
	for (size_t i = 0; i + len <= rest->len; i++) {
		if (memcmp(rest->ptr + i, START, len) == 0) {
			*before = ki_strv_n(rest->ptr, i);
			*rest = ki_strv_n(rest->ptr + i + len, rest->len - i - len);
			return true;
		}
	}
	*before = *rest;
	return false;
}

void ki_variable_expand(struct ki_load *load, const char *file, struct ki_node *node) {
	struct ki_strv rest = ki_strv_n(node->text, node->text_len);
	struct ki_strv before;
	struct ki_buf text = {0};
	struct variable variable;
	while (find_start(&rest, &before)) {
		size_t end = ki_strv_find(rest, '}');
		ki_buf_putv(&text, before);
		node->from_variable = true;
		if (end == SIZE_MAX || !split(ki_strv_n(rest.ptr, end), &variable)) {
			size_t shown = end == SIZE_MAX ? rest.len : end + 1;
			ki_load_tell(load, file, node->line, node->column, NULL,
				"${env:NAME} or ${env:NAME:-TEXT}", "bad variable \"%s%.*s\"",
				START, (int)(shown < 60 ? shown : 60), rest.ptr);
			node->told = true;
			break;
		}
		node->told = !put_value(load, file, node, &variable, &text) || node->told;
		rest = ki_strv_n(rest.ptr + end + 1, rest.len - end - 1);
	}
	ki_buf_putv(&text, before);
	if (node->from_variable && !node->told) {
		const char *copy = ki_arena_strdup_n(load->arena, text.ptr, text.len);
		node->text = copy && !text.failed ? copy : "";
		node->text_len = copy && !text.failed ? text.len : 0;
		load->arena->failed = load->arena->failed || text.failed;
	}
	ki_buf_fini(&text);
}

/*
 * source.c: the strings of a tree: their variables (variable.c), then file://PATH (SPEC 16.4).
 *
 * Owns: nothing. Threads: one.
 * Invariants:
 *   I1 no file outside the source folder is read, symbolic links followed: the path that was
 *      checked is the one that is opened.
 * Not here: what the text is.
 */
#include <string.h>

#include <kith_types.h>

#include "base/buf.h"
#include "config/load.h"
#include "config/path.h"
#include "sys/file.h"

#define PREFIX "file://"
#define MAX_BYTES ((size_t)64 << 20)

static const char *near_in_memory(struct ki_load *load, const char *folder, const char *given) {
	const char **names = ki_arena_alloc(load->arena, load->options->nr_files * sizeof(*names));
	size_t nr = 0;
	for (size_t i = 0; names && i < load->options->nr_files; i++) {
		const char *path = load->options->files[i].path;
		const char *in = ki_path_dir(load->arena, path);
		if (in && strcmp(in, folder) == 0) {
			names[nr++] = ki_path_base(path);
		}
	}
	return ki_diag_near(ki_strv(given), names, nr);
}

static const char *near_in_folder(struct ki_load *load, const char *folder, const char *given) {
	struct ki_dir_names list = {0};
	struct ki_buf full = {0};
	const char *near = NULL;
	ki_buf_printf(&full, "%s/%s", load->project->dir, folder);
	if (ki_dir_list(ki_buf_cstr(&full), &list) == KITH_OK) {
		near = ki_diag_near(ki_strv(given), (const char *const *)list.names, list.nr);
		near = near ? ki_arena_strdup_n(load->arena, near, strlen(near)) : NULL;
		ki_dir_names_fini(&list);
	}
	ki_buf_fini(&full);
	return near;
}

static void tell_missing(struct ki_load *load, const char *file, const struct ki_node *node,
	const char *path, const char *target) {
	const char *folder = ki_path_dir(load->arena, target);
	const char *given = ki_path_base(path);
	if (!folder) {
		return;
	}
	const char *near = load->options->files ? near_in_memory(load, folder, given)
						: near_in_folder(load, folder, given);
	const char *suggestion = near
		? ki_arena_printf(load->arena, "%.*s%s", (int)(given - path), path, near)
		: NULL;
	ki_load_tell(load, file, node->line, node->column, suggestion,
		ki_arena_printf(load->arena, "a readable file in %s", folder), "no file \"%.200s\"",
		path);
}

/* Gives the text of the file at `real` to the node, or tells why not. */
static void set_text(
	struct ki_load *load, struct ki_node *node, const char *target, struct ki_strv text) {
	const char *copy = ki_arena_strdup_n(load->arena, text.ptr, text.len);
	if (copy) {
		node->text = copy;
		node->text_len = text.len;
		node->text_file = target;
	}
}

static void take_text(struct ki_load *load, const char *file, struct ki_node *node,
	const char *path, const char *target, const char *real) {
	struct ki_buf text = {0};
	int status = ki_file_read(real, MAX_BYTES, &text);
	if (status == KITH_OK) {
		set_text(load, node, target, ki_buf_view(&text));
	} else {
		ki_load_tell(load, file, node->line, node->column, NULL,
			"a readable file of at most 64 MiB", "file \"%.200s\" is not readable",
			path);
	}
	ki_buf_fini(&text);
}

static void tell_outside(
	struct ki_load *load, const char *file, const struct ki_node *node, const char *path) {
	ki_load_tell(load, file, node->line, node->column, NULL,
		ki_arena_printf(load->arena, "a file inside %s", load->project->source_dir),
		"path traversal detected in file path: %.200s", path);
}

static void take_in_memory(struct ki_load *load, const char *file, struct ki_node *node,
	const char *path, const char *target) {
	const struct ki_project_file *found = ki_load_in_memory(load, target);
	if (path[0] == '/' || !ki_path_inside(target, load->project->source_dir)) {
		tell_outside(load, file, node, path);
	} else if (!found || strlen(node->text) != node->text_len) {
		tell_missing(load, file, node, path, target);
	} else {
		set_text(load, node, target, found->text);
	}
	node->told = !node->text_file;
}

static void take_file(struct ki_load *load, const char *file, struct ki_node *node) {
	const char *path = node->text + strlen(PREFIX);
	const char *folder = ki_path_dir(load->arena, file);
	const char *target = folder ? ki_path_join(load->arena, folder, path) : NULL;
	if (target && load->options->files) {
		take_in_memory(load, file, node, path, target);
		return;
	}
	const char *full =
		target ? ki_arena_printf(load->arena, "%s/%s", load->project->dir, target) : NULL;
	if (!full) {
		return;
	}
	struct ki_buf real = {0};
	int status =
		strlen(node->text) == node->text_len ? ki_path_real(full, &real) : KITH_ENOTFOUND;
	bool inside = status == KITH_OK ? ki_path_inside(ki_buf_cstr(&real), load->real_source)
					: ki_path_inside(target, load->project->source_dir);
	if (path[0] == '/' || !inside) {
		tell_outside(load, file, node, path);
	} else if (status != KITH_OK || !ki_file_exists(ki_buf_cstr(&real))) {
		tell_missing(load, file, node, path, target);
	} else {
		take_text(load, file, node, path, target, ki_buf_cstr(&real));
	}
	node->told = !node->text_file;
	ki_buf_fini(&real);
}

static void expand(struct ki_load *load, const char *file, struct ki_node *node) {
	if (node->expanded) { /* aliases name it again */
		return;
	}
	node->expanded = true;
	ki_variable_expand(load, file, node);
	bool is_file = !node->told && strncmp(node->text, PREFIX, strlen(PREFIX)) == 0;
	if (is_file && load->real_source) { /* without a source folder there is a problem already */
		take_file(load, file, node);
	}
}

void ki_source_expand(struct ki_load *load, const char *file, struct ki_node *node) {
	if (node->type == KI_NODE_STRING) {
		expand(load, file, node);
	} else if (node->type == KI_NODE_SEQUENCE) {
		for (size_t i = 0; i < node->u.seq.nr; i++) {
			ki_source_expand(load, file, node->u.seq.items[i]);
		}
	} else if (node->type == KI_NODE_MAPPING) {
		for (size_t i = 0; i < node->u.map.nr; i++) {
			ki_source_expand(load, file, node->u.map.pairs[i].value);
		}
	}
}

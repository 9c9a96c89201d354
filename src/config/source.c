/*
 * source.c: file://PATH values (SPEC 16.4).
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
#define VARIABLE "${env:"
#define MAX_BYTES ((size_t)64 << 20)

static void tell_missing(struct ki_load *load, const char *file, const struct ki_node *node,
	const char *path, const char *target) {
	const char *folder = ki_path_dir(load->arena, target);
	const char *given = ki_path_base(path);
	const char *suggestion = NULL;
	struct ki_dir_names list = {0};
	if (!folder) {
		return;
	}
	struct ki_buf full = {0};
	ki_buf_printf(&full, "%s/%s", load->project->dir, folder);
	if (ki_dir_list(ki_buf_cstr(&full), &list) == KITH_OK) {
		const char *near =
			ki_diag_near(ki_strv(given), (const char *const *)list.names, list.nr);
		if (near) {
			suggestion = ki_arena_printf(
				load->arena, "%.*s%s", (int)(given - path), path, near);
		}
		ki_dir_names_fini(&list);
	}
	ki_buf_fini(&full);
	ki_load_tell(load, file, node->line, node->column, suggestion,
		ki_arena_printf(load->arena, "a readable file in %s", folder), "no file \"%.200s\"",
		path);
}

/* Gives the text of the file at `real` to the node, or tells why not. */
static void take_text(struct ki_load *load, const char *file, struct ki_node *node,
	const char *path, const char *real) {
	struct ki_buf text = {0};
	int status = ki_file_read(real, MAX_BYTES, &text);
	if (status == KITH_OK) {
		const char *copy = ki_arena_strdup_n(load->arena, text.ptr, text.len);
		if (copy) {
			node->text = copy;
			node->text_len = text.len;
		}
	} else {
		ki_load_tell(load, file, node->line, node->column, NULL,
			"a readable file of at most 64 MiB", "file \"%.200s\" is not readable",
			path);
	}
	ki_buf_fini(&text);
}

static void expand(struct ki_load *load, const char *file, struct ki_node *node) {
	const char *path = node->text + strlen(PREFIX);
	const char *folder = ki_path_dir(load->arena, file);
	const char *target = folder ? ki_path_join(load->arena, folder, path) : NULL;
	const char *full =
		target ? ki_arena_printf(load->arena, "%s/%s", load->project->dir, target) : NULL;
	if (!full) {
		return;
	}
	/* Set before the checks: a value is looked at once, also when aliases name it again. */
	node->text_file = target;
	struct ki_buf real = {0};
	int status =
		strlen(node->text) == node->text_len ? ki_path_real(full, &real) : KITH_ENOTFOUND;
	bool inside = status == KITH_OK ? ki_path_inside(ki_buf_cstr(&real), load->real_source)
					: ki_path_inside(target, load->project->source_dir);
	if (path[0] == '/' || !inside) {
		ki_load_tell(load, file, node->line, node->column, NULL,
			ki_arena_printf(load->arena, "a file inside %s", load->project->source_dir),
			"path traversal detected in file path: %.200s", path);
	} else if (status != KITH_OK || !ki_file_exists(ki_buf_cstr(&real))) {
		tell_missing(load, file, node, path, target);
	} else {
		take_text(load, file, node, path, ki_buf_cstr(&real));
	}
	ki_buf_fini(&real);
}

static void expand_text(struct ki_load *load, const char *file, struct ki_node *node) {
	if (node->text_file) {
		return;
	}
	const char *variable = strstr(node->text, VARIABLE);
	if (variable) {
		int len = (int)strcspn(variable, "}") + 1;
		ki_load_tell(load, file, node->line, node->column, NULL, "text without ${env:NAME}",
			"variable \"%.*s\" is not supported yet", len < 100 ? len : 100, variable);
		node->text_file = file; /* told once, also when aliases name it again */
		return;
	}
	if (strncmp(node->text, PREFIX, strlen(PREFIX)) == 0) {
		expand(load, file, node);
	}
}

void ki_source_expand(struct ki_load *load, const char *file, struct ki_node *node) {
	if (node->type == KI_NODE_STRING) {
		expand_text(load, file, node);
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

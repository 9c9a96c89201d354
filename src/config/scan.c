/*
 * scan.c: which files belong to a project (SPEC 16.1).
 *
 * Owns: nothing. Threads: one.
 * Not here: what they hold (entry.c).
 */
#include <string.h>

#include <kith_types.h>

#include "base/buf.h"
#include "config/load.h"
#include "config/path.h"
#include "sys/file.h"

static const char *in_dir(struct ki_load *load, const char *file) {
	const char *path = ki_arena_printf(load->arena, "%s/%s", load->project->dir, file);
	return path ? path : "";
}

/* directories.src of DIR/wippy.lock: NULL when it says nothing; *bad after a problem. */
static const char *locked_source_dir(struct ki_load *load, bool *bad) {
	static const char file[] = "wippy.lock";
	const char *found = NULL;
	size_t nr_problems = load->diags->nr;
	const struct ki_node *root = ki_load_yaml(load, file);
	const struct ki_node *src = ki_node_get(ki_node_get(root, "directories"), "src");
	if (src && (src->type != KI_NODE_STRING || src->text[0] == '/')) {
		ki_load_tell(load, file, src->line, src->column, NULL,
			"a folder relative to the project", "directories.src is %s",
			src->type == KI_NODE_STRING ? "absolute" : ki_node_type_name(src->type));
	} else if (src) {
		found = ki_path_join(load->arena, ".", src->text);
		if (found && !ki_dir_exists(in_dir(load, found))) {
			ki_load_tell(load, file, src->line, src->column, NULL, "an existing folder",
				"no folder \"%.100s\" for directories.src", src->text);
		}
	}
	*bad = load->diags->nr != nr_problems;
	return *bad ? NULL : found;
}

const char *ki_scan_source_dir(struct ki_load *load) {
	bool bad = false;
	if (load->options->files) {
		return ".";
	}
	if (!ki_dir_exists(load->project->dir)) {
		ki_load_tell(load, load->project->dir, 1, 1, NULL, "the folder of a project",
			"no folder \"%s\"", load->project->dir);
		return NULL;
	}
	const char *locked = NULL;
	if (ki_file_exists(in_dir(load, "wippy.lock"))) {
		locked = locked_source_dir(load, &bad);
	}
	if (locked || bad) {
		return locked;
	}
	return ki_dir_exists(in_dir(load, "src")) ? "src" : ".";
}

static bool is_yaml_name(const char *name) {
	size_t len = strlen(name);
	return (len > 5 && strcmp(name + len - 5, ".yaml") == 0) ||
		(len > 4 && strcmp(name + len - 4, ".yml") == 0);
}

/* A symbolic link to a folder is not entered: it may lead out of the project or in a circle. */
static bool is_link(struct ki_load *load, const char *folder, const char *path) {
	struct ki_buf parent = {0};
	struct ki_buf real = {0};
	bool same = ki_path_real(in_dir(load, folder), &parent) == KITH_OK &&
		ki_path_real(in_dir(load, path), &real) == KITH_OK;
	ki_buf_printf(&parent, "/%s", ki_path_base(path));
	same = same && strcmp(ki_buf_cstr(&parent), ki_buf_cstr(&real)) == 0;
	ki_buf_fini(&parent);
	ki_buf_fini(&real);
	return !same;
}

static void scan_folder(struct ki_load *load, const char *folder,
	void (*each)(struct ki_load *load, const char *file)) {
	struct ki_dir_names list;
	if (ki_dir_list(in_dir(load, folder), &list) != KITH_OK) {
		ki_load_tell(load, folder, 1, 1, NULL, "a readable folder",
			"folder \"%s\" is not readable", folder);
		return;
	}
	for (size_t i = 0; i < list.nr && !ki_load_failed(load); i++) {
		const char *name = list.names[i];
		if (name[0] == '.' || strcmp(name, "node_modules") == 0) {
			continue;
		}
		const char *path = ki_path_join(load->arena, folder, name);
		if (!path) {
			break;
		}
		if (ki_dir_exists(in_dir(load, path))) {
			if (!is_link(load, folder, path)) {
				scan_folder(load, path, each);
			}
		} else if (is_yaml_name(name) && strcmp(path, "kith.yaml") != 0) {
			each(load, path);
		}
	}
	ki_dir_names_fini(&list);
}

void ki_scan_files(struct ki_load *load, void (*each)(struct ki_load *load, const char *file)) {
	const struct ki_project_options *options = load->options;
	if (!options->files) {
		scan_folder(load, load->project->source_dir, each);
		return;
	}
	for (size_t i = 0; i < options->nr_files && !ki_load_failed(load); i++) {
		const char *path = options->files[i].path;
		if (is_yaml_name(path) && strcmp(path, "kith.yaml") != 0) {
			each(load, path);
		}
	}
}

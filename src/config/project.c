/* project.c: see project.h. The steps: settings, files and their entries, references. */
#include "config/project.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <kith_types.h>

#include "base/buf.h"
#include "config/load.h"
#include "sys/file.h"

bool ki_load_failed(const struct ki_load *load) {
	return load->arena->failed || load->diags->failed;
}

bool ki_load_append(struct ki_load *load, void *array, size_t *nr, size_t *cap, const void *item) {
	const void **items;
	memcpy(&items, array, sizeof(items)); /* the caller's array has its own pointer type */
	if (!item) {
		return false;
	}
	if (*nr == *cap) {
		size_t larger_cap = *cap == 0 ? 16 : *cap * 2;
		const void **larger = ki_arena_alloc(load->arena, larger_cap * sizeof(*larger));
		if (!larger) {
			return false;
		}
		if (*nr > 0) {
			memcpy(larger, items, *nr * sizeof(*larger));
		}
		items = larger;
		*cap = larger_cap;
		memcpy(array, &items, sizeof(items));
	}
	items[(*nr)++] = item;
	return true;
}

void ki_load_tell(struct ki_load *load, const char *file, int line, int column,
	const char *suggestion, const char *expected, const char *format, ...) {
	struct ki_buf found = {0};
	va_list args;
	va_start(args, format);
	ki_buf_vprintf(&found, format, args);
	va_end(args);
	if (found.failed || !expected) {
		load->diags->failed = true;
	} else {
		ki_diags_add(
			load->diags, file, line, column, ki_buf_cstr(&found), expected, suggestion);
	}
	ki_buf_fini(&found);
}

const char *ki_load_words(struct ki_load *load, const char *const *words, size_t nr) {
	if (nr > 3) {
		return ki_arena_printf(load->arena, "%s, %s, ...", words[0], words[1]);
	}
	const char *text = nr > 0 ? words[0] : "";
	for (size_t i = 1; i < nr && text; i++) {
		text = ki_arena_printf(load->arena, "%s, %s", text, words[i]);
	}
	return text;
}

const struct ki_project_file *ki_load_in_memory(const struct ki_load *load, const char *path) {
	for (size_t i = 0; load->options->files && i < load->options->nr_files; i++) {
		if (strcmp(load->options->files[i].path, path) == 0) {
			return &load->options->files[i];
		}
	}
	return NULL;
}

bool ki_load_has_file(struct ki_load *load, const char *path) {
	if (load->options->files) {
		return ki_load_in_memory(load, path) != NULL;
	}
	const char *full = ki_arena_printf(load->arena, "%s/%s", load->project->dir, path);
	return full && ki_file_exists(full);
}

static struct ki_node *parse(struct ki_load *load, const char *file, struct ki_strv text) {
	struct ki_node *root = NULL;
	if (ki_yaml_parse(load->arena, text, file, load->diags, &root) != KITH_OK) {
		load->arena->failed = true;
	}
	return root;
}

struct ki_node *ki_load_yaml(struct ki_load *load, const char *file) {
	const struct ki_project_file *in_memory = ki_load_in_memory(load, file);
	if (in_memory) {
		return parse(load, file, in_memory->text);
	}
	const char *path = ki_arena_printf(load->arena, "%s/%s", load->project->dir, file);
	struct ki_buf text = {0};
	struct ki_node *root = NULL;
	/* More than allowed is read, so that the parser tells a file over the limit as such. */
	int status = path && ki_load_has_file(load, file)
		? ki_file_read(path, KI_YAML_MAX_BYTES * 2, &text)
		: KITH_ENOTFOUND;
	if (status == KITH_OK) {
		root = parse(load, file, ki_buf_view(&text));
	} else {
		ki_load_tell(load, file, 1, 1, NULL, "a readable file of at most 8 MiB",
			"file \"%s\" is not readable", file);
	}
	ki_buf_fini(&text);
	return root;
}

/* Sets source_dir and real_source, or tells. */
static void find_source_dir(struct ki_load *load) {
	struct ki_project *project = load->project;
	const char *source_dir = ki_scan_source_dir(load);
	if (!source_dir) {
		return;
	}
	project->source_dir = source_dir;
	if (load->options->files) {
		load->real_source = ""; /* nothing is outside of it */
		return;
	}
	const char *path = ki_arena_printf(load->arena, "%s/%s", project->dir, source_dir);
	struct ki_buf real = {0};
	if (path && ki_path_real(path, &real) == KITH_OK) {
		load->real_source = ki_arena_strdup_n(load->arena, real.ptr, real.len);
	}
	ki_buf_fini(&real);
	if (!load->real_source) {
		load->arena->failed = load->arena->failed || !path;
		ki_load_tell(load, source_dir, 1, 1, NULL, "a readable folder",
			"folder \"%s\" is not readable", source_dir);
	}
}

static void load_sources(struct ki_load *load) {
	size_t nr_problems = load->diags->nr;
	ki_scan_files(load, ki_entry_read_file);
	if (!ki_load_failed(load)) {
		ki_reference_resolve(load);
	}
	if (load->nr_drafts == 0 && load->diags->nr == nr_problems) {
		const char *source_dir = load->project->source_dir;
		ki_load_tell(load, source_dir, 1, 1, NULL, "*.yaml or *.yml files with entries",
			"no entries found in %s", source_dir);
	}
}

int ki_project_load_with(
	const char *dir, const struct ki_project_options *options, struct ki_project *out) {
	static const struct ki_project_options no_options;
	*out = (struct ki_project){.source_dir = "."};
	out->dir = ki_arena_strdup_n(&out->arena, dir, strlen(dir));
	if (!out->dir) {
		out->dir = "";
		return KITH_EEXHAUSTED;
	}
	struct ki_load load = {
		.project = out,
		.options = options ? options : &no_options,
		.arena = &out->arena,
		.diags = &out->diags,
	};
	find_source_dir(&load);
	ki_settings_load(&load); /* hosts take from them */
	if (load.real_source) {
		load_sources(&load);
	}
	ki_diags_sort(&out->diags);
	return ki_load_failed(&load) ? KITH_EEXHAUSTED : KITH_OK;
}

int ki_project_load(const char *dir, struct ki_project *out) {
	return ki_project_load_with(dir, NULL, out);
}

void ki_project_fini(struct ki_project *project) {
	ki_diags_fini(&project->diags);
	ki_arena_fini(&project->arena);
	*project = (struct ki_project){0};
}

const struct ki_entry *ki_project_find(const struct ki_project *project, const char *id) {
	size_t low = 0;
	size_t high = project->nr_entries;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(project->entries[middle]->id, id);
		if (order == 0) {
			return project->entries[middle];
		}
		if (order < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return NULL;
}

void ki_project_add_diag(struct ki_project *project, const char *file, int line, int column,
	const char *found, const char *expected, const char *suggestion) {
	ki_diags_add(&project->diags, file, line, column, found, expected, suggestion);
	ki_diags_sort(&project->diags);
}

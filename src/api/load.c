/*
 * load.c: a project is read and checked, Lua syntax included; nothing of it runs.
 *
 * Owns: runtime->project. Threads: one.
 * Not here: the checks of YAML (config/project.h).
 */
#include <stdio.h>
#include <string.h>

#include "api/runtime.h"
#include "base/alloc.h"

/*
 * Where a fault in line `line` of an inline source stands in its YAML file. Lines of a quoted text
 * need not be the file's.
 */
static void tell_inline(struct ki_project *project, const struct ki_entry *entry, const char *text,
	int line) {
	const struct ki_lua_fields *lua = &entry->u.lua;
	ki_project_add_diag(project, entry->file, lua->source_line + (lua->source_block ? line : 0),
		lua->source_block ? 1 : lua->source_column, text, "valid Lua", NULL);
}

static bool is_told(
	const struct ki_project *project, const char *file, int line, const char *found) {
	for (size_t i = 0; i < project->diags.nr; i++) {
		const struct ki_diag *diag = &project->diags.items[i];
		if (diag->line == line && !strcmp(diag->file, file) &&
			!strcmp(diag->found, found)) {
			return true;
		}
	}
	return false;
}

/* A source that could not be read has been told already. */
static bool has_source(const struct ki_entry *entry) {
	const struct ki_lua_fields *lua = &entry->u.lua;
	if (!ki_kind_is_lua(entry->kind) || !lua->source || lua->source_len == 0) {
		return false;
	}
	struct ki_strv text = ki_strv_n(lua->source, lua->source_len);
	return lua->source_file || !ki_strv_starts(text, ki_strv("file://"));
}

static int check_lua(struct ki_project *project, const struct ki_entry *entry) {
	const struct ki_lua_fields *lua = &entry->u.lua;
	char text[256];
	int line = 1;
	int status =
		ki_lua_check(lua->source, lua->source_len, entry->id, text, sizeof(text), &line);
	if (status != KITH_EINVAL) {
		return status;
	}
	if (!lua->source_file) {
		tell_inline(project, entry, text, line);
	} else if (!is_told(project, lua->source_file, line, text)) { /* of another entry's */
		ki_project_add_diag(project, lua->source_file, line, 1, text, "valid Lua", NULL);
	}
	return KITH_OK;
}

static int check_all_lua(struct ki_project *project) {
	for (size_t i = 0; i < project->nr_entries; i++) {
		if (has_source(project->entries[i])) {
			int status = check_lua(project, project->entries[i]);
			if (status) {
				return status;
			}
		}
	}
	return project->diags.failed ? KITH_EEXHAUSTED : KITH_OK;
}

static int load(struct kith_runtime *runtime, const char *dir, const struct ki_project_file *files,
	size_t nr_files) {
	if (runtime->has_project) {
		return KITH_ECONFLICT;
	}
	runtime->has_project = true;
	struct ki_project_options options = {
		.sets = runtime->options.sets,
		.nr_sets = runtime->options.nr_sets,
		.lookup_env = runtime->options.lookup_env,
		.user = runtime->options.user,
		.files = files,
		.nr_files = nr_files,
	};
	int status = ki_project_load_with(dir, &options, &runtime->project);
	ki_report_load(runtime);
	if (!status) {
		status = ki_timezone_load(runtime);
	}
	if (!status) {
		status = check_all_lua(&runtime->project);
	}
	if (status) {
		return status;
	}
	const struct ki_project *project = &runtime->project;
	for (size_t i = 0; i < project->nr_warnings; i++) {
		ki_log_write(&runtime->log, KI_LOG_WARN, "kith.project", project->warnings[i], 0,
			NULL);
	}
	ki_store_rlx(&runtime->xstate, KI_RT_LOADED); /* nobody else looks for it before STARTED */
	return project->diags.nr ? KITH_EINVAL : KITH_OK;
}

int kith_load(struct kith_runtime *runtime, const char *dir) {
	if (!runtime) {
		return KITH_ECLOSED;
	}
	return dir ? load(runtime, dir, NULL, 0) : KITH_EINVAL;
}

int kith_load_files(struct kith_runtime *runtime, const struct kith_file *files, size_t nr_files) {
	if (!runtime) {
		return KITH_ECLOSED;
	}
	if (!files) {
		return KITH_EINVAL;
	}
	struct ki_project_file *copies = ki_alloc((nr_files + 1) * sizeof(*copies));
	if (!copies) {
		return KITH_EEXHAUSTED;
	}
	int status = KITH_OK;
	for (size_t i = 0; i < nr_files; i++) {
		if (!files[i].path || !files[i].text) {
			status = KITH_EINVAL;
			break;
		}
		copies[i] = (struct ki_project_file){
			files[i].path, ki_strv_n(files[i].text, files[i].len)};
	}
	if (status == KITH_OK) {
		status = load(runtime, "", copies, nr_files);
	}
	ki_free(copies);
	return status;
}

/* The entry that may have been meant, in the project's memory; NULL when none is near. */
static const char *near_entry(struct ki_project *project, const char *id) {
	const char **ids = ki_arena_alloc(&project->arena, project->nr_entries * sizeof(*ids));
	size_t nr = 0;
	for (size_t i = 0; ids && i < project->nr_entries; i++) {
		if (ki_kind_is_runnable(project->entries[i]->kind)) {
			ids[nr++] = project->entries[i]->id;
		}
	}
	return ki_diag_near(ki_strv(id), ids, nr);
}

int kith_require_entry(struct kith_runtime *runtime, const char *id) {
	if (!runtime) {
		return KITH_ECLOSED;
	}
	if (!id) {
		return KITH_EINVAL;
	}
	if (!runtime->has_project) {
		return KITH_ECONFLICT;
	}
	struct ki_project *project = &runtime->project;
	const struct ki_entry *entry = ki_project_find(project, id);
	if (entry && ki_kind_is_runnable(entry->kind)) {
		return KITH_OK;
	}
	struct ki_buf found;
	ki_buf_init(&found);
	if (entry) {
		ki_buf_printf(&found, "%s \"%s\" cannot be run", entry->kind_name, id);
	} else {
		ki_buf_printf(&found, "no entry \"%s\"", id);
	}
	ki_project_add_diag(project, "-x", 1, 1, ki_buf_cstr(&found),
		"the ID of a process or a function",
		entry ? NULL : near_entry(project, id));
	bool failed = found.failed || project->diags.failed;
	ki_buf_fini(&found);
	return failed ? KITH_EEXHAUSTED : KITH_ENOTFOUND;
}

size_t kith_entry_count(const struct kith_runtime *runtime) {
	return runtime ? runtime->project.nr_entries : 0;
}

size_t kith_diag_count(const struct kith_runtime *runtime) {
	return runtime ? runtime->project.diags.nr : 0;
}

int kith_diag_get(const struct kith_runtime *runtime, size_t index, struct kith_diag *out) {
	if (!runtime) {
		return KITH_ECLOSED;
	}
	if (!out) {
		return KITH_EINVAL;
	}
	if (index >= runtime->project.diags.nr) {
		return KITH_ENOTFOUND;
	}
	const struct ki_diag *diag = &runtime->project.diags.items[index];
	*out = (struct kith_diag){
		.file = diag->file,
		.line = diag->line,
		.column = diag->column,
		.found = diag->found,
		.expected = diag->expected,
		.suggestion = diag->suggestion,
	};
	return KITH_OK;
}

/*
 * load.h: what the steps of loading a project share, inside config.
 *
 * Owns: struct ki_load, which lives as long as ki_project_load runs.
 * Threads: one.
 * Not here: the result (project.h).
 */
#ifndef KI_CONFIG_LOAD_H
#define KI_CONFIG_LOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "config/project.h"

/* An entry with the nodes of its references, until these are resolved. */
enum ki_require {
	KI_REQUIRE_SERVICE, /* or a host: it has to run */
	KI_REQUIRE_IMPORT,  /* a library */
	KI_REQUIRE_PROCESS  /* a process that it will run itself */
};

struct ki_draft {
	struct ki_entry entry;
	bool known_kind; /* else entry.kind means nothing: a problem was told */
	const struct ki_node *name_node;
	const struct ki_node *host_node;    /* field `host` of what runs, or NULL */
	const struct ki_node *process_node; /* of a process.service, or NULL */
	const struct ki_node *imports_node; /* a mapping, or NULL */
	const struct ki_node *lifecycle_node;
	const struct ki_node **require_nodes; /* places of entry.requires; NULL: the entry's */
	enum ki_require *require_as;          /* why each of entry.requires is required */
	const char **settled;                 /* what entry.requires will be, in the end */
	size_t nr_settled, cap_settled;
};

struct ki_load {
	struct ki_project *project;
	const struct ki_project_options *options;
	struct ki_arena *arena;  /* the project's */
	struct ki_diags *diags;  /* the project's */
	const char *real_source; /* absolute path of the source folder; NULL: it has a problem */
	struct ki_draft **drafts;
	size_t nr_drafts, cap_drafts;
	size_t cap_warnings;
	bool incomplete; /* some entry or its kind is unreadable: what is missing may be there */
};

/* Whether some request found no memory; then the rest does not count. */
bool ki_load_failed(const struct ki_load *load);

/*
 * Appends to an array of pointers in the arena, whose room doubles; false when there is no memory.
 * array is the address of the array.
 */
bool ki_load_append(struct ki_load *load, void *array, size_t *nr, size_t *cap, const void *item);

/* A problem at a node of `file`. found is made by the format. */
void ki_load_tell(struct ki_load *load, const char *file, int line, int column,
	const char *suggestion, const char *expected, const char *format, ...) KI_PRINTF(7, 8);

/* The file of that path when the project is in memory and has it, else NULL. */
const struct ki_project_file *ki_load_in_memory(const struct ki_load *load, const char *path);

/* Whether the project has a file of that path, relative to project->dir. */
bool ki_load_has_file(struct ki_load *load, const char *path);

/* The root of a YAML file; NULL when it is empty, or after a problem. */
struct ki_node *ki_load_yaml(struct ki_load *load, const char *file);

/* "a, b, c"; more than three are cut after two: "a, b, ...". */
const char *ki_load_words(struct ki_load *load, const char *const *words, size_t nr);

/* scan.c: the source folder of project->dir, relative to it; NULL after a problem. */
const char *ki_scan_source_dir(struct ki_load *load);

/* scan.c: calls `each` with every YAML file below the source folder, relative to project->dir. */
void ki_scan_files(struct ki_load *load, void (*each)(struct ki_load *load, const char *file));

/* settings.c: kith.yaml and --set to project->settings. */
void ki_settings_load(struct ki_load *load);

/* settings.c: the fields of a host that stand in `map` (or NULL); the others stay. */
void ki_settings_take_host(const struct ki_node *map, struct ki_host_fields *host);

/* settings.c: the limits that stand in `map` (or NULL); the others stay. */
void ki_settings_take_limits(const struct ki_node *map, struct ki_limit_fields *limits);

/* variable.c: replaces ${env:NAME} in a string read from `file`. */
void ki_variable_expand(struct ki_load *load, const char *file, struct ki_node *node);

/* source.c: the variables and the file:// values of a tree read from `file` become their texts. */
void ki_source_expand(struct ki_load *load, const char *file, struct ki_node *node);

/* entry.c: reads one YAML file and appends its entries to drafts. */
void ki_entry_read_file(struct ki_load *load, const char *file);

/* reference.c: sorts the drafts into the project's entries, resolves what they refer to. */
void ki_reference_resolve(struct ki_load *load);

#endif

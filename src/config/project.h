/*
 * project.h: a folder of YAML and Lua files to checked entries (SPEC 16, 17).
 *
 * Owns: the entries, their texts, the problems and the warnings.
 * Threads: one at a time while loading and adding problems; read-only for everybody afterwards.
 * Invariants:
 *   I1 entries are sorted by ID (bytes), IDs are unique.
 *   I2 with no problem, every reference is the ID of an entry of the right kind, and requires,
 *      which includes imports, has no cycle; with one, only the problems are good for use.
 * Not here: Lua's syntax (api adds its problems), running anything.
 */
#ifndef KI_CONFIG_PROJECT_H
#define KI_CONFIG_PROJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/arena.h"
#include "config/diag.h"
#include "config/document.h"
#include "config/schema.h"
#include "config/settings.h"

/* How long to wait before restarts (SPEC 18.4). */
struct ki_backoff_fields {
	int64_t initial_delay_ns, max_delay_ns;
	double factor, jitter;
};

struct ki_lifecycle {
	bool has; /* the entry has the field */
	bool auto_start;
	bool required; /* startup: required, the default */
	int64_t start_timeout_ns, stop_timeout_ns, stable_threshold_ns;
	struct ki_backoff_fields restart;
	int64_t max_attempts; /* 0: no limit */
};

struct ki_import {
	const char *alias;
	const char *id; /* of a library.lua */
};

/* Of a process.lua or function.lua; a library.lua has source, modules and imports. */
struct ki_lua_fields {
	const char *source; /* NUL-terminated after source_len */
	size_t source_len;
	const char *source_file;        /* relative to the project's folder; NULL: inline */
	int source_line, source_column; /* of the value in the entry's file */
	bool source_block; /* and its text begins in the line after that */
	const char *method;
	const char **modules; /* as listed */
	size_t nr_modules;
	struct ki_import *imports; /* as listed */
	size_t nr_imports;
	struct ki_limit_fields limits; /* -1: as its host says */
};

/* Of what runs, or has something run: where, and with what. */
struct ki_run_fields {
	const struct ki_node *input; /* a sequence, or NULL */
	const char *host;            /* by default (SPEC 17.2): an ID */
	bool host_given;             /* by the field `host` */
	bool host_by_meta;           /* by meta.default_host; neither: by the rest of 17.2 */
	bool host_by_order;          /* of a function: the first of many; -x has to say so */
	/* Where calls run (SPEC 12.6): an ID. NULL: a function runs where its caller does, a
	 * process cannot be called. */
	const char *call_host;
};

/* Of a process.service. */
struct ki_service_fields {
	const char *process; /* an ID */
};

/* Values of shutdown_ns beside times. */
#define KI_CHILD_SHUTDOWN_KILL (-1)
#define KI_CHILD_SHUTDOWN_BY_KIND (-2) /* it was not given */

struct ki_child_fields {
	const struct ki_node *node; /* it as a whole: a map */
	const char *name;
	const char *process;        /* an ID */
	const char *host;           /* an ID; NULL: its supervisor's */
	const struct ki_node *input; /* a sequence, or NULL */
	int64_t count;
	const char *restart;        /* a word of SPEC 19.2 */
	int64_t shutdown_ns;
	struct ki_backoff_fields backoff;
};

/* Of a process.supervisor. */
struct ki_supervisor_fields {
	const char *strategy;       /* a word of SPEC 19.2 */
	int64_t max_restarts, within_ns;
	struct ki_child_fields *children;
	size_t nr_children;
};

struct ki_entry {
	const char *id, *ns, *name;
	enum ki_kind kind;
	const char *kind_name;
	const char *file; /* relative to the project's folder */
	int line, column;
	const struct ki_node *meta; /* a mapping (the file's laid under the entry's own), or NULL */
	const struct ki_node *data; /* its fields (SPEC 12.8): a mapping; of data also a sequence */
	struct ki_lifecycle lifecycle;
	const char **requires; /* all dependencies (SPEC 17.4) as IDs, without repetition */
	size_t nr_requires;
	struct ki_run_fields run;
	union {
		struct ki_host_fields host; /* ki_kind_is_host */
		struct ki_lua_fields lua;   /* ki_kind_is_lua */
		struct ki_service_fields service;
		struct ki_supervisor_fields supervisor;
	} u;
};

struct ki_project {
	struct ki_entry **entries;
	size_t nr_entries;
	struct ki_settings settings;
	struct ki_diags diags; /* sorted */
	const char **warnings;
	size_t nr_warnings;
	const char *dir;        /* as given */
	const char *source_dir; /* relative to dir; "." when it is dir */
	struct ki_arena arena;
};

/* A file of a project that stands in no folder but in memory. */
struct ki_project_file {
	const char *path; /* relative to where the project's folder would be, as in "lib/a.lua" */
	struct ki_strv text;
};

/* Zeroed: nothing is overridden, no variable is set, and the project is a folder. */
struct ki_project_options {
	const char *const *sets; /* "path=value" each, over kith.yaml */
	size_t nr_sets;
	/* The value of a variable of the environment, valid until load returns; NULL: not set. */
	const char *(*lookup_env)(void *user, const char *name);
	void *user;
	/* Not NULL: all that there is, and `dir` means nothing. Borrowed until load returns. */
	const struct ki_project_file *files;
	size_t nr_files;
};

/*
 * Reads and checks the project in dir. options may be NULL. KITH_OK also with problems: look at
 * diags.nr. KITH_EEXHAUSTED: no memory. *out is filled and wants ki_project_fini in every case.
 */
int ki_project_load_with(
	const char *dir, const struct ki_project_options *options, struct ki_project *out);
int ki_project_load(const char *dir, struct ki_project *out);
void ki_project_fini(struct ki_project *project);

/* NULL when there is none. */
const struct ki_entry *ki_project_find(const struct ki_project *project, const char *id);

/* The ID that is near to one that does not exist, in the project's memory; NULL when none is. */
const char *ki_project_near(struct ki_project *project, const char *id);

/* Adds a problem found by a layer above, in its place. suggestion may be NULL. borrows all. */
void ki_project_add_diag(struct ki_project *project, const char *file, int line, int column,
	const char *found, const char *expected, const char *suggestion);

#endif

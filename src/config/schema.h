/*
 * schema.h: which kinds there are, and the fields of each, as tables.
 *
 * Owns: nothing; constant tables.
 * Threads: any.
 * Not here: the walk over a document (entry.c).
 */
#ifndef KI_CONFIG_SCHEMA_H
#define KI_CONFIG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strv.h"

enum ki_kind {
	KI_KIND_PROCESS_LUA,
	KI_KIND_PROCESS_HOST,
	KI_KIND_FUNCTION_LUA,
	KI_KIND_LIBRARY_LUA,
	KI_KIND_TERMINAL_HOST,
	KI_KIND_PROCESS_SERVICE,
	KI_KIND_PROCESS_SUPERVISOR,
	/* from here on data: nothing runs */
	KI_KIND_REGISTRY_ENTRY,
	KI_KIND_NS_DEPENDENCY,
	KI_KIND_NS_REQUIREMENT,
	KI_KIND_NS_DEFINITION,
	KI_NR_KINDS
};

enum ki_field_type {
	KI_FIELD_ANY,
	KI_FIELD_BOOL,
	KI_FIELD_INT,      /* from min to max */
	KI_FIELD_SIZE,     /* of bytes (SPEC 1.5), not negative */
	KI_FIELD_STRING,   /* not empty */
	KI_FIELD_DURATION, /* not negative; from min to max ns when max is not 0; or one of words */
	KI_FIELD_MS,       /* a number of milliseconds or a duration, not negative */
	KI_FIELD_WORD,     /* one of words */
	KI_FIELD_NUMBER,   /* from min to max, whole or not */
	KI_FIELD_LIST,     /* with `fields`: of maps with these */
	KI_FIELD_STRINGS, /* list of strings */
	KI_FIELD_MAP,     /* with the fields of `fields`; NULL: with any */
	KI_FIELD_REFUSED /* known, and an error: `why` says so */
};

struct ki_field {
	const char *name;
	enum ki_field_type type;
	bool required;
	int64_t min, max;
	const char *range_text;        /* INT: FOUND when below min or no integer, or NULL */
	const char *const *words;      /* WORD, DURATION: NULL-terminated */
	const struct ki_field *fields; /* MAP, LIST: ends with a row without a name */
	const char *why, *expected;    /* REFUSED; expected also of required and of ranged fields */
};

/* KI_NR_KINDS names, in order of the enum. */
extern const char *const ki_kind_names[KI_NR_KINDS];

bool ki_kind_parse(struct ki_strv name, enum ki_kind *out);

/* Whether processes run on it. */
bool ki_kind_is_host(enum ki_kind kind);
/* Whether it can be spawned, and supervised (SPEC 17.1). */
bool ki_kind_is_process(enum ki_kind kind);
/* Whether -x may run it (SPEC 20.3). */
bool ki_kind_is_runnable(enum ki_kind kind);
/* Whether it has a source in Lua. */
bool ki_kind_is_lua(enum ki_kind kind);
/* Whether it holds any data, and nothing runs. */
bool ki_kind_is_data(enum ki_kind kind);

/* The rows of a kind, ending with one without a name; none for data. */
const struct ki_field *ki_kind_fields(enum ki_kind kind);

/* The rows of kith.yaml (SPEC 16.8). */
const struct ki_field *ki_settings_fields(void);

/* The row with that name, or NULL. */
const struct ki_field *ki_field_find(const struct ki_field *fields, struct ki_strv name);

/* The modules that `modules` may list; *nr gets their number. */
const char *const *ki_module_names(size_t *nr);

/* Whether a name is one of those that need no listing (SPEC 13.2). */
bool ki_module_is_always_there(struct ki_strv name);

#endif

/*
 * field.h: a map of fields against the rows of a schema: what is wrong is told, what is right is
 * taken.
 *
 * Owns: nothing. Threads: one.
 * Not here: which fields there are (schema.h), what they mean (entry.c, settings.c).
 */
#ifndef KI_CONFIG_FIELD_H
#define KI_CONFIG_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "config/load.h"

/* Where problems are, and how they name the thing that has the fields. */
struct ki_scope {
	struct ki_load *load;
	const char *file;
	const char *label; /* `process.lua "app:x"` */
	bool lenient;      /* unknown fields are kept */
};

struct ki_strv ki_field_text(const struct ki_node *node);

/* What stands there, for FOUND: a short text, or its type. */
const char *ki_field_describe(const struct ki_scope *s, const struct ki_node *node);

/* "NAME is WHAT in LABEL". suggestion may be NULL. */
void ki_field_tell(const struct ki_scope *s, const char *name, const struct ki_node *node,
	const char *expected, const char *suggestion);

/* A key that none of the rows has. others: as in ki_field_check. */
void ki_field_tell_unknown(const struct ki_scope *s, const struct ki_field *rows,
	const struct ki_node *key, const char *const *others);

bool ki_field_is_among(const struct ki_node *key, const char *const *words);

/* A value that counts: null is as good as absent. An empty text is no source, unless a file's. */
bool ki_field_is_given(const struct ki_node *node);

/* `others` (NULL-terminated, or NULL) are keys that may stand there and are looked at elsewhere. */
void ki_field_check(const struct ki_scope *s, const struct ki_field *rows,
	const struct ki_node *map, const char *const *others);

/*
 * The value under `key`, when it is usable; else *out stays, so that it holds the default. Told is
 * what ki_field_check tells. Maps may be NULL.
 */
void ki_field_take_bool(const struct ki_node *map, const char *key, bool *out);
void ki_field_take_number(const struct ki_node *map, const char *key, int64_t *out); /* INT, SIZE */
void ki_field_take_double(const struct ki_node *map, const char *key, double *out);
void ki_field_take_ms(const struct ki_node *map, const char *key, int64_t *out_ns);
void ki_field_take_duration(const struct ki_node *map, const char *key, int64_t *out_ns);

/* The strings of a list of words: what is none stays what it was. */
void ki_field_take_text(const struct ki_node *map, const char *key, const char **out);

#endif

/*
 * document.h: YAML text (the subset of SPEC 16.5) to a tree of nodes with their places.
 *
 * Owns: the nodes, in the caller's arena.
 * Threads: one at a time while parsing; the tree is read-only for everybody afterwards.
 * Invariants:
 *   I1 the tree is finite: no node contains itself; aliases share nodes, and what they unfold to
 *      has at most KI_YAML_MAX_NODES nodes and KI_YAML_MAX_DEPTH levels.
 *   I2 no mapping has two equal keys.
 * Not here: what the nodes mean (project.h), reading files.
 */
#ifndef KI_CONFIG_DOCUMENT_H
#define KI_CONFIG_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strv.h"
#include "config/arena.h"
#include "config/diag.h"

#define KI_YAML_MAX_BYTES ((size_t)8 << 20)
#define KI_YAML_MAX_NODES 100000
#define KI_YAML_MAX_DEPTH 100

enum ki_node_type {
	KI_NODE_NULL,
	KI_NODE_BOOL,
	KI_NODE_INT,
	KI_NODE_FLOAT,
	KI_NODE_STRING,
	KI_NODE_SEQUENCE,
	KI_NODE_MAPPING
};

struct ki_pair;

struct ki_node {
	enum ki_node_type type;
	int line, column; /* both from 1; columns count characters */
	const char *text; /* scalars: as written, NUL-terminated; text_len counts no NUL */
	size_t text_len;
	bool block; /* a scalar that begins in the line after its indicator, "|" or ">" */
	const char *text_file; /* where "file://" took the text from, as seen from DIR; or NULL */
	/* set by the steps behind the parser */
	bool expanded;      /* "file://" and ${env:} were looked for */
	bool from_variable; /* ${env:} was found */
	bool told;          /* and made a problem: the text is not what was meant */
	union {
		bool boolean;
		int64_t integer;
		double number;
		struct {
			struct ki_node **items;
			size_t nr;
		} seq;
		struct {
			struct ki_pair *pairs; /* in the order written */
			size_t nr;
		} map;
	} u;
	size_t weight; /* nodes it unfolds to, itself included */
	int height;    /* levels below and including it */
};

struct ki_pair {
	struct ki_node *key; /* a scalar */
	struct ki_node *value;
};

/*
 * Parses one document and adds its problems to diags under the name of `file`. *out is NULL when
 * the text has no document (empty, or comments only) or is no YAML; with lesser problems (a
 * duplicate key, a foreign tag) the tree is whole but for what they name.
 * Errors: KITH_EEXHAUSTED (no memory).
 */
int ki_yaml_parse(struct ki_arena *arena, struct ki_strv text, const char *file,
	struct ki_diags *diags, struct ki_node **out);

/* A scalar of its own, as if `text` (NUL-terminated) stood plain in a file; NULL: no memory. */
struct ki_node *ki_node_new_plain(struct ki_arena *arena, const char *text, int line, int column);

/* Gives a scalar the type that its text has when it stands plain. */
void ki_node_resolve(struct ki_arena *arena, struct ki_node *node);

/* The pair of a mapping with this key; NULL when absent or node is no mapping (or NULL). */
const struct ki_pair *ki_node_pair(const struct ki_node *node, const char *key);

/* Its value; NULL when absent or null. */
struct ki_node *ki_node_get(const struct ki_node *node, const char *key);

/* "null", "a boolean", "an integer", "a float", "a string", "a list", "a map". */
const char *ki_node_type_name(enum ki_node_type type);

#endif

/*
 * diag.h: the problems of a project, collected and printed in the form of SPEC 16.7.
 *
 * Owns: the list and the texts in it.
 * Threads: one at a time.
 * Not here: what is checked (project.h).
 */
#ifndef KI_CONFIG_DIAG_H
#define KI_CONFIG_DIAG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/strv.h"

struct ki_diag {
	char *file;       /* relative to the project's folder */
	int line, column; /* from 1; 1 where unknown */
	char *found, *expected;
	char *suggestion; /* a known word that is near, or NULL */
};

/* Zeroed it is empty and usable. */
struct ki_diags {
	struct ki_diag *items;
	size_t nr, cap;
	bool failed; /* sticky: a problem found no memory; the list is not complete */
};

void ki_diags_init(struct ki_diags *diags);
void ki_diags_fini(struct ki_diags *diags);

/*
 * Copies all; control characters and what is no UTF-8 become \xNN: a problem stays one line.
 * suggestion may be NULL.
 */
void ki_diags_add(struct ki_diags *diags, const char *file, int line, int column, const char *found,
	const char *expected, const char *suggestion);

/* By file, line, column; equal ones stay in the order they came. */
void ki_diags_sort(struct ki_diags *diags);

/* Appends "FILE:LINE:COL: FOUND; expected WHAT[; did you mean "X"?]" without a newline. */
void ki_diag_format(const struct ki_diag *diag, struct ki_buf *out);

/*
 * The word nearest to `word`: edit distance at most 2, at most 1 when it is below five letters;
 * the first of equally near ones; NULL when none is near.
 */
const char *ki_diag_near(struct ki_strv word, const char *const *known, size_t nr_known);

#endif

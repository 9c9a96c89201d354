/* diag.c: see diag.h. */
#include "config/diag.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define WORD_MAX 64 /* longer words are never misspellings of ours, and cost a square */

void ki_diags_init(struct ki_diags *diags) {
	*diags = (struct ki_diags){0};
}

static void fini_diag(struct ki_diag *diag) {
	ki_free(diag->file);
	ki_free(diag->found);
	ki_free(diag->expected);
	ki_free(diag->suggestion);
}

void ki_diags_fini(struct ki_diags *diags) {
	for (size_t i = 0; i < diags->nr; i++) {
		fini_diag(&diags->items[i]);
	}
	ki_free(diags->items);
	*diags = (struct ki_diags){0};
}

/* The length of the whole UTF-8 sequence at `text`; 0: there is none. ASCII is 1. */
static size_t sequence_len(const char *text) {
	unsigned char lead = (unsigned char)*text;
	size_t len = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	for (size_t i = 1; i < len; i++) {
		if (((unsigned char)text[i] & 0xc0) != 0x80) {
			return 0;
		}
	}
	return lead > 0xf4 ? 0 : len;
}

/*
 * gives a copy with control characters, and what is no UTF-8, written out; NULL when there is no
 * memory. A character that a limit of length has cut is no UTF-8 any more.
 */
static char *printable(const char *text) {
	struct ki_buf out;
	ki_buf_init(&out);
	while (*text != '\0') {
		unsigned char byte = (unsigned char)*text;
		size_t len = sequence_len(text);
		if (len == 0 || byte < 0x20 || byte == 0x7f) {
			ki_buf_printf(&out, "\\x%02x", byte);
			text++;
		} else {
			ki_buf_put(&out, text, len);
			text += len;
		}
	}
	char *copy = out.failed ? NULL : ki_strdup_n(out.ptr, out.len);
	ki_buf_fini(&out);
	return copy;
}

static bool reserve(struct ki_diags *diags) {
	if (diags->nr < diags->cap) {
		return true;
	}
	size_t cap = diags->cap == 0 ? 8 : diags->cap * 2;
	struct ki_diag *items = ki_realloc(diags->items, cap * sizeof(*items));
	if (!items) {
		return false;
	}
	diags->items = items;
	diags->cap = cap;
	return true;
}

void ki_diags_add(struct ki_diags *diags, const char *file, int line, int column, const char *found,
	const char *expected, const char *suggestion) {
	struct ki_diag diag = {
		.file = printable(file),
		.line = line < 1 ? 1 : line,
		.column = column < 1 ? 1 : column,
		.found = printable(found),
		.expected = printable(expected),
		.suggestion = suggestion ? printable(suggestion) : NULL,
	};
	if (!diag.file || !diag.found || !diag.expected || (suggestion && !diag.suggestion) ||
		!reserve(diags)) {
		fini_diag(&diag);
		diags->failed = true;
		return;
	}
	diags->items[diags->nr++] = diag;
}

static int compare(const struct ki_diag *a, const struct ki_diag *b) {
	int by_file = strcmp(a->file, b->file);
	if (by_file != 0) {
		return by_file;
	}
	return a->line != b->line ? (a->line > b->line) - (a->line < b->line)
				  : (a->column > b->column) - (a->column < b->column);
}

/* Merge sort, as qsort is not stable. `spare` has room for half of the items. */
static void merge_sort(struct ki_diag *items, size_t nr, struct ki_diag *spare) {
	if (nr < 2) {
		return;
	}
	size_t nr_left = nr / 2;
	merge_sort(items, nr_left, spare);
	merge_sort(items + nr_left, nr - nr_left, spare);
	memcpy(spare, items, nr_left * sizeof(*items));
	size_t left = 0;
	size_t right = nr_left;
	for (size_t to = 0; left < nr_left; to++) {
		bool take_right = right < nr && compare(&items[right], &spare[left]) < 0;
		items[to] = take_right ? items[right++] : spare[left++];
	}
}

void ki_diags_sort(struct ki_diags *diags) {
	struct ki_diag *spare = ki_alloc((diags->nr / 2 + 1) * sizeof(*spare));
	if (!spare) {
		diags->failed = true;
		return;
	}
	merge_sort(diags->items, diags->nr, spare);
	ki_free(spare);
}

void ki_diag_format(const struct ki_diag *diag, struct ki_buf *out) {
	ki_buf_printf(out, "%s:%d:%d: %s; expected %s", diag->file, diag->line, diag->column,
		diag->found, diag->expected);
	if (diag->suggestion) {
		ki_buf_printf(out, "; did you mean \"%s\"?", diag->suggestion);
	}
}

/* Levenshtein distance of two words of at most WORD_MAX bytes, row by row. */
static size_t distance(struct ki_strv a, struct ki_strv b) {
	size_t row[WORD_MAX + 1];
	for (size_t j = 0; j <= b.len; j++) {
		row[j] = j;
	}
	for (size_t i = 1; i <= a.len; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			size_t best = diagonal + (a.ptr[i - 1] != b.ptr[j - 1]);
			diagonal = row[j];
			if (row[j - 1] + 1 < best) {
				best = row[j - 1] + 1;
			}
			if (diagonal + 1 < best) {
				best = diagonal + 1;
			}
			row[j] = best;
		}
	}
	return row[b.len];
}

const char *ki_diag_near(struct ki_strv word, const char *const *known, size_t nr_known) {
	const char *nearest = NULL;
	size_t limit = word.len < 5 ? 1 : 2;
	if (word.len == 0 || word.len > WORD_MAX) {
		return NULL;
	}
	for (size_t i = 0; i < nr_known; i++) {
		struct ki_strv other = ki_strv(known[i]);
		if (other.len > word.len + limit || word.len > other.len + limit ||
			other.len > WORD_MAX) {
			continue;
		}
		size_t far = distance(word, other);
		if (far > 0 && far <= limit) {
			nearest = known[i];
			limit = far - 1; /* from here on only a nearer one */
		}
	}
	return nearest;
}

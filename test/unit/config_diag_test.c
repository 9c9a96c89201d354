/* The list of problems, and the nearest word. */
#include "kith_test.h"

#include "base/rng.h"
#include "config/diag.h"

TEST(diag, format_has_the_documented_form) {
	struct ki_diags diags = {0};
	struct ki_buf text = {0};
	ki_diags_add(&diags, "src/a.yaml", 8, 7, "unknown field \"wokers\"", "workers", "workers");
	ki_diag_format(&diags.items[0], &text);
	EQ_STR(ki_buf_cstr(&text),
		"src/a.yaml:8:7: unknown field \"wokers\"; expected workers; did you mean "
		"\"workers\"?");
	ki_buf_reset(&text);
	ki_diags_add(&diags, "b", 0, 0, "a\nb", "c", NULL);
	ki_diag_format(&diags.items[1], &text);
	EQ_STR(ki_buf_cstr(&text), "b:1:1: a\\x0ab; expected c");
	ki_buf_reset(&text);
	ki_diags_add(&diags, "c", 1, 1, "caf\xc3\xa9 \xe2\x82\xac \xff \xe2\x82", "c", NULL);
	ki_diag_format(&diags.items[2], &text);
	EQ_STR(ki_buf_cstr(&text), "c:1:1: caf\xc3\xa9 \xe2\x82\xac \\xff \\xe2\\x82; expected c");
	ki_buf_fini(&text);
	ki_diags_fini(&diags);
}

TEST(diag, sort_orders_by_place_and_keeps_equal_ones_in_order) {
	struct ki_diags diags = {0};
	struct ki_rng rng;
	ki_rng_seed(&rng, 3);
	for (int i = 0; i < 500; i++) {
		char file[2] = {(char)('a' + ki_rng_below(&rng, 3)), '\0'};
		char number[16];
		snprintf(number, sizeof(number), "%03d", i);
		ki_diags_add(&diags, file, (int)ki_rng_below(&rng, 4) + 1,
			(int)ki_rng_below(&rng, 4) + 1, number, "x", NULL);
	}
	ki_diags_sort(&diags);
	EQ_UINT(diags.nr, 500);
	for (size_t i = 1; i < diags.nr; i++) {
		const struct ki_diag *a = &diags.items[i - 1];
		const struct ki_diag *b = &diags.items[i];
		int file = strcmp(a->file, b->file);
		bool less = file < 0 ||
			(file == 0 &&
				(a->line < b->line ||
					(a->line == b->line && a->column < b->column)));
		bool same = file == 0 && a->line == b->line && a->column == b->column;
		TRUE(less || (same && strcmp(a->found, b->found) < 0));
	}
	ki_diags_fini(&diags);
}

static const char *near(const char *word) {
	static const char *const known[] = {"workers", "worker", "time", "name", "os"};
	return ki_diag_near(ki_strv(word), known, 5);
}

TEST(diag, near_finds_the_nearest_word_within_two_edits) {
	EQ_STR(near("wokers"), "workers");
	EQ_STR(near("workerss"), "workers");
	EQ_STR(near("wrker"), "worker");
	EQ_STR(near("workr"), "worker");
	IS_NULL(near("wrkrrs_"));
}

TEST(diag, near_allows_short_words_one_edit) {
	EQ_STR(near("tme"), "time");
	EQ_STR(near("tim"), "time");
	IS_NULL(near("nmae"));
	EQ_STR(near("nameX"), "name");
	IS_NULL(near("te"));
	IS_NULL(near(""));
	IS_NULL(near("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		     "xxxxxx"));
}

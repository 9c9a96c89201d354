/* Views, growable bytes, status names. */
#include "kith_test.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/status.h"
#include "base/strv.h"

TEST(strv, compares_bytes_and_not_up_to_nul) {
	TRUE(ki_strv_eq(ki_strv_n("a\0b", 3), ki_strv_n("a\0b", 3)));
	FALSE(ki_strv_eq(ki_strv_n("a\0b", 3), ki_strv_n("a\0c", 3)));
	FALSE(ki_strv_eq(ki_strv("ab"), ki_strv("abc")));
	TRUE(ki_strv_eq(ki_strv(NULL), ki_strv("")));
	TRUE(ki_strv_eqz(ki_strv_n("hello", 4), "hell"));
}

TEST(strv, finds_starts_and_cuts) {
	struct ki_strv s = ki_strv("app.web:main");
	EQ_UINT(ki_strv_find(s, ':'), 7);
	EQ_UINT(ki_strv_find(s, '!'), SIZE_MAX);
	EQ_UINT(ki_strv_find(ki_strv(NULL), 'a'), SIZE_MAX);
	TRUE(ki_strv_starts(s, ki_strv("app.")));
	TRUE(ki_strv_starts(s, ki_strv("")));
	FALSE(ki_strv_starts(ki_strv("ap"), ki_strv("app")));
	TRUE(ki_strv_eqz(ki_strv_sub(s, 8, 99), "main"));
	EQ_UINT(ki_strv_sub(s, 99, 1).len, 0);
}

TEST(buf, holds_what_was_put_in_order) {
	struct ki_buf b;
	ki_buf_init(&b);
	EQ_STR(ki_buf_cstr(&b), "");
	ki_buf_puts(&b, "one");
	ki_buf_putc(&b, ' ');
	ki_buf_putv(&b, ki_strv("two"));
	ki_buf_printf(&b, " %d %s", 3, "four");
	EQ_STR(ki_buf_cstr(&b), "one two 3 four");
	EQ_UINT(b.len, 14);
	ki_buf_reset(&b);
	EQ_STR(ki_buf_cstr(&b), "");
	ki_buf_fini(&b);
}

TEST(buf, grows_past_any_printf) {
	struct ki_buf b;
	ki_buf_init(&b);
	for (int i = 0; i < 300; i++) {
		ki_buf_printf(&b, "%0*d", i, 7);
	}
	EQ_UINT(b.len, 1 + 299 * 300 / 2);
	EQ_INT(b.ptr[b.len - 1], '7');
	ki_buf_fini(&b);
}

TEST(buf, failure_sticks_until_reset) {
	struct ki_buf b;
	ki_buf_init(&b);
	ki_buf_puts(&b, "x");
	FALSE(ki_buf_reserve(&b, SIZE_MAX - 1));
	TRUE(b.failed);
	ki_buf_puts(&b, "y");
	EQ_UINT(b.len, 1);
	EQ_STR(ki_buf_cstr(&b), "");
	IS_NULL(ki_buf_take(&b));
	FALSE(b.failed);
	ki_buf_puts(&b, "z");
	EQ_STR(ki_buf_cstr(&b), "z");
	ki_buf_fini(&b);
}

TEST(buf, take_gives_the_memory_away) {
	struct ki_buf b = {0};
	ki_buf_puts(&b, "mine");
	char *text = ki_buf_take(&b);
	EQ_STR(text, "mine");
	EQ_UINT(b.cap, 0);
	ki_free(text);
	ki_buf_fini(&b);
}

TEST(alloc, size_zero_is_memory) {
	void *p = ki_alloc(0);
	NOT_NULL(p);
	p = ki_realloc(p, 0);
	NOT_NULL(p);
	ki_free(p);
	char *s = ki_strdup_n("abc", 2);
	EQ_STR(s, "ab");
	ki_free(s);
	ki_free(NULL);
}

TEST(status, has_name_kind_and_sentence) {
	EQ_STR(ki_status_name(KITH_ENOTFOUND), "ENOTFOUND");
	EQ_STR(ki_status_kind(KITH_ENOTFOUND), "NotFound");
	EQ_STR(ki_status_text(KITH_OK), "success");
	EQ_STR(ki_status_name(-999), "EUNKNOWN");
	EQ_STR(ki_status_kind(-999), "");
}

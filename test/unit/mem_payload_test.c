#include "kith_test.h"

#include "mem/payload.h"
#include "sys/thread.h"

static struct ki_payload *text(const char *s) {
	return ki_payload_new(KI_FORMAT_STRING, s, strlen(s), NULL, 0);
}

TEST(payload, holds_its_bytes_and_format) {
	struct ki_payload *p = text("hello");
	EQ_UINT(p->size, 5);
	EQ_INT(p->format, KI_FORMAT_STRING);
	EQ_MEM(p->data, "hello", 5);
	EQ_PTR(ki_payload_ref(p), p);
	ki_payload_unref(p);
	EQ_MEM(p->data, "hello", 5);
	ki_payload_unref(p);
	ki_payload_unref(NULL);
}

TEST(payload, holds_those_embedded_in_it) {
	struct ki_payload *inner = text("inner");
	ki_payload_ref(inner);
	struct ki_payload *refs[2] = {inner, text("other")};
	struct ki_payload *outer = ki_payload_new(KI_FORMAT_LUA, "abc", 3, refs, 2);
	EQ_UINT(outer->nr_refs, 2);
	EQ_PTR(outer->refs[0], inner);
	EQ_MEM(outer->refs[1]->data, "other", 5);
	ki_payload_unref(outer);
	EQ_UINT(ki_load_rlx(&inner->xrefs), 1);
	EQ_MEM(inner->data, "inner", 5);
	ki_payload_unref(inner);
}

TEST(payload, too_large_is_refused) {
	IS_NULL(ki_payload_new(KI_FORMAT_BYTES, NULL, (size_t)UINT32_MAX + 1, NULL, 0));
}

TEST(payload, a_million_nested_ones_die_without_a_deep_stack) {
	struct ki_payload *p = text("innermost");
	for (int i = 0; i < 1000000; i++) {
		p = ki_payload_new(KI_FORMAT_LUA, NULL, 0, &p, 1);
		NOT_NULL(p);
	}
	ki_payload_unref(p);
}

#define NR_THREADS 4

static void share(void *arg) {
	struct ki_payload *p = arg;
	for (int i = 0; i < 20000; i++) {
		ki_payload_ref(p);
		EQ_INT(p->data[0], 'x');
		ki_payload_unref(p);
	}
	ki_payload_unref(p);
}

TEST(payload, last_of_several_threads_frees_it) {
	struct ki_payload *p = text("x");
	struct ki_thread t[NR_THREADS];
	for (int i = 0; i < NR_THREADS; i++) {
		OK(ki_thread_start(&t[i], share, ki_payload_ref(p), 0));
	}
	ki_payload_unref(p);
	for (int i = 0; i < NR_THREADS; i++) {
		ki_thread_join(&t[i]);
	}
}

TEST(format, has_a_name_that_parses) {
	for (unsigned f = 0; f < KI_NR_FORMATS; f++) {
		enum ki_format got = KI_NR_FORMATS;
		TRUE(ki_format_parse(ki_strv(ki_format_name((enum ki_format)f)), &got));
		EQ_INT(got, f);
	}
	EQ_STR(ki_format_name(KI_FORMAT_ERROR), "golang/error");
	EQ_STR(ki_format_name(KI_NR_FORMATS), "");
	enum ki_format none;
	FALSE(ki_format_parse(ki_strv("text"), &none));
}

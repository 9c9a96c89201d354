#include "kith_test.h"

#include "mem/traceback.h"

static size_t put(char *at, struct ki_trace_record record) {
	return ki_trace_put(at, &record);
}

TEST(trace, becomes_text_in_the_form_of_luas_tracebacks) {
	char raw[8 * KI_TRACE_BYTES_MAX];
	size_t n = put(raw, (struct ki_trace_record){.source = ki_strv("stack traceback:")});
	n += put(raw + n, (struct ki_trace_record){.what = KI_TRACE_C, .source = ki_strv("[C]"),
		.line = -1, .name = ki_strv("error"), .kind = ki_strv("global")});
	n += put(raw + n, (struct ki_trace_record){.what = KI_TRACE_LUA, .source = ki_strv("app:a"),
		.line = 3, .defined = 2, .name = ki_strv("b"), .kind = ki_strv("upvalue")});
	n += put(raw + n, (struct ki_trace_record){.what = KI_TRACE_LUA, .source = ki_strv("app:a"),
		.line = 9, .defined = 7, .tail_call = true});
	n += put(raw + n, (struct ki_trace_record){.what = KI_TRACE_MAIN,
		.source = ki_strv("app:a"), .line = 12});
	n += put(raw + n, (struct ki_trace_record){.what = KI_TRACE_C, .source = ki_strv("[C]"),
		.line = -1});
	struct ki_buf text;
	ki_buf_init(&text);
	ki_trace_format(&text, ki_strv_n(raw, n));
	EQ_STR(ki_buf_cstr(&text),
		"stack traceback:\n"
		"\t[C]: in function 'error'\n"
		"\tapp:a:3: in upvalue 'b'\n"
		"\tapp:a:9: in function <app:a:7>\n"
		"\t(...tail calls...)\n"
		"\tapp:a:12: in main chunk\n"
		"\t[C]: in ?");
	ki_buf_fini(&text);
}

TEST(trace, two_of_them_are_one_and_none_is_nothing) {
	char raw[2 * KI_TRACE_BYTES_MAX];
	size_t n = put(raw, (struct ki_trace_record){.source = ki_strv("context")});
	n += put(raw + n, (struct ki_trace_record){.source = ki_strv("")});
	struct ki_strv trace = ki_strv_n(raw, n);
	struct ki_buf text;
	ki_buf_init(&text);
	ki_trace_format(&text, trace);
	EQ_STR(ki_buf_cstr(&text), "context\n");
	ki_buf_reset(&text);
	ki_trace_format(&text, ki_strv(""));
	EQ_UINT(text.len, 0);
	ki_buf_fini(&text);
	struct ki_trace_record record;
	TRUE(ki_trace_next(&trace, &record));
	TRUE(ki_trace_next(&trace, &record));
	FALSE(ki_trace_next(&trace, &record));
}

TEST(trace, a_record_takes_no_more_than_it_says) {
	char raw[2 * KI_TRACE_BYTES_MAX], name[1000];
	memset(name, 'n', sizeof name);
	size_t n = put(raw, (struct ki_trace_record){.what = KI_TRACE_LUA, .source = ki_strv("s"),
		.name = ki_strv_n(name, sizeof name), .kind = ki_strv_n(name, sizeof name)});
	TRUE(n <= KI_TRACE_BYTES_MAX + 1);
	struct ki_strv trace = ki_strv_n(raw, n);
	struct ki_trace_record record;
	TRUE(ki_trace_next(&trace, &record));
	EQ_UINT(record.name.len, 200);
	EQ_UINT(trace.len, 0);
}

#include "kith_test.h"

#include "base/rng.h"
#include "mem/value.h"

#include <math.h>

static struct ki_value_token next(struct ki_value_reader *r, enum ki_value_tag tag) {
	struct ki_value_token t;
	OK(ki_value_next(r, &t));
	EQ_INT(t.tag, tag);
	return t;
}

TEST(value, scalars_come_back_as_they_were) {
	static const int64_t ints[] = {0, 1, -1, 42, -64, 64, 300, INT64_MAX, INT64_MIN};
	struct ki_value_writer w;
	ki_value_writer_init(&w);
	ki_value_nil(&w);
	ki_value_bool(&w, true);
	ki_value_bool(&w, false);
	for (size_t i = 0; i < 9; i++) {
		ki_value_int(&w, ints[i]);
		ki_value_duration(&w, ints[i]);
		ki_value_time(&w, ints[i], 999999999, ki_strv("UTC"));
	}
	ki_value_float(&w, -0.0);
	ki_value_float(&w, INFINITY);
	ki_value_float(&w, NAN);
	ki_value_str(&w, ki_strv_n("a\0b", 3));
	ki_value_str(&w, ki_strv(NULL));
	struct ki_payload *p = ki_value_finish(&w, KI_FORMAT_LUA);
	NOT_NULL(p);
	EQ_INT(p->format, KI_FORMAT_LUA);

	struct ki_value_reader r;
	ki_value_reader_payload(&r, p);
	next(&r, KI_VALUE_NIL);
	next(&r, KI_VALUE_TRUE);
	next(&r, KI_VALUE_FALSE);
	for (size_t i = 0; i < 9; i++) {
		EQ_INT(next(&r, KI_VALUE_INT).i, ints[i]);
		EQ_INT(next(&r, KI_VALUE_DURATION).i, ints[i]);
		struct ki_value_token t = next(&r, KI_VALUE_TIME);
		EQ_INT(t.time.unix_s, ints[i]);
		EQ_UINT(t.time.nsec, 999999999);
		TRUE(ki_strv_eqz(t.time.zone, "UTC"));
	}
	double zero = next(&r, KI_VALUE_FLOAT).f;
	TRUE(zero == 0 && signbit(zero));
	EQ_NUM(next(&r, KI_VALUE_FLOAT).f, (double)INFINITY);
	TRUE(isnan(next(&r, KI_VALUE_FLOAT).f));
	TRUE(ki_strv_eq(next(&r, KI_VALUE_STR).str, ki_strv_n("a\0b", 3)));
	EQ_UINT(next(&r, KI_VALUE_STR).str.len, 0);
	TRUE(ki_value_at_end(&r));
	struct ki_value_token t;
	STATUS(ki_value_next(&r, &t), KITH_EINVAL);
	ki_payload_unref(p);
}

TEST(value, small_numbers_are_small) {
	struct ki_payload *p = ki_value_payload_int(42);
	EQ_UINT(p->size, 2);
	ki_payload_unref(p);
	p = ki_value_payload_nil();
	EQ_UINT(p->size, 1);
	ki_payload_unref(p);
	p = ki_value_payload_str(ki_strv("ok"));
	EQ_UINT(p->size, 4);
	ki_payload_unref(p);
}

TEST(value, tables_are_numbered_and_referred_to) {
	struct ki_value_writer w;
	ki_value_writer_init(&w);
	size_t outer = ki_value_table_begin(&w); /* t = {1, {}, x = t, y = t[2]} */
	ki_value_int(&w, 1);
	size_t inner = ki_value_table_begin(&w);
	ki_value_table_end(&w, inner, 0, 0);
	ki_value_str(&w, ki_strv("x"));
	ki_value_backref(&w, 0);
	ki_value_str(&w, ki_strv("y"));
	ki_value_backref(&w, 1);
	ki_value_table_end(&w, outer, 2, 2);
	struct ki_payload *p = ki_value_finish(&w, KI_FORMAT_LUA);

	struct ki_value_reader r;
	ki_value_reader_payload(&r, p);
	struct ki_value_token t = next(&r, KI_VALUE_TABLE);
	EQ_UINT(t.table.number, 0);
	EQ_UINT(t.table.narr, 2);
	EQ_UINT(t.table.nrec, 2);
	next(&r, KI_VALUE_INT);
	EQ_UINT(next(&r, KI_VALUE_TABLE).table.number, 1);
	next(&r, KI_VALUE_STR);
	EQ_UINT(next(&r, KI_VALUE_BACKREF).backref, 0);
	next(&r, KI_VALUE_STR);
	EQ_UINT(next(&r, KI_VALUE_BACKREF).backref, 1);
	TRUE(ki_value_at_end(&r));
	ki_value_reader_payload(&r, p);
	OK(ki_value_skip(&r));
	TRUE(ki_value_at_end(&r));
	ki_payload_unref(p);
}

TEST(value, embedded_payloads_live_as_long_as_it) {
	struct ki_payload *inner = ki_value_payload_str(ki_strv("inner"));
	struct ki_value_writer w;
	ki_value_writer_init(&w);
	size_t mark = ki_value_table_begin(&w);
	for (int i = 0; i < 10; i++) {
		ki_value_payload(&w, inner);
	}
	ki_value_table_end(&w, mark, 10, 0);
	struct ki_payload *p = ki_value_finish(&w, KI_FORMAT_LUA);
	EQ_UINT(ki_load_rlx(&inner->xrefs), 11);
	ki_payload_unref(inner);
	struct ki_value_reader r;
	ki_value_reader_payload(&r, p);
	next(&r, KI_VALUE_TABLE);
	for (uint32_t i = 0; i < 10; i++) {
		EQ_UINT(next(&r, KI_VALUE_PAYLOAD).payload, i);
		EQ_PTR(p->refs[i], inner);
	}
	ki_payload_unref(p);
}

TEST(value, an_unfinished_writer_drops_what_it_holds) {
	struct ki_payload *inner = ki_value_payload_nil();
	struct ki_value_writer w;
	ki_value_writer_init(&w);
	ki_value_payload(&w, inner);
	ki_value_writer_fini(&w);
	EQ_UINT(ki_load_rlx(&inner->xrefs), 1);
	ki_payload_unref(inner);
}

TEST(value, failure_sticks_to_the_end) {
	struct ki_value_writer w;
	ki_value_writer_init(&w);
	size_t mark = ki_value_table_begin(&w);
	ki_value_str(&w, ki_strv_n("", (size_t)UINT32_MAX + 1));
	TRUE(ki_value_writer_failed(&w));
	ki_value_table_end(&w, mark, 1, 0);
	IS_NULL(ki_value_finish(&w, KI_FORMAT_LUA));
	ki_value_nil(&w);
	struct ki_payload *p = ki_value_finish(&w, KI_FORMAT_LUA);
	NOT_NULL(p);
	ki_payload_unref(p);
}

TEST(error, keeps_kind_message_stack_and_details) {
	struct ki_value_pair pairs[] = {{ki_strv("k"), ki_strv("v")}};
	struct ki_payload *p = ki_error_payload(ki_strv("NotFound"), ki_strv("no x"),
		KI_RETRYABLE_YES, ki_strv("at y"), pairs, 1);
	EQ_INT(p->format, KI_FORMAT_ERROR);
	struct ki_error_view e;
	OK(ki_error_read(p, &e));
	TRUE(ki_strv_eqz(e.kind, "NotFound"));
	TRUE(ki_strv_eqz(e.message, "no x"));
	TRUE(ki_strv_eqz(e.trace, "at y"));
	EQ_INT(e.retryable, KI_RETRYABLE_YES);
	TRUE(e.has_details);
	struct ki_value_reader r;
	ki_value_reader_init(&r, p->data + e.details_at, p->size - e.details_at, 0);
	EQ_UINT(next(&r, KI_VALUE_TABLE).table.nrec, 1);
	TRUE(ki_strv_eqz(next(&r, KI_VALUE_STR).str, "k"));
	TRUE(ki_strv_eqz(next(&r, KI_VALUE_STR).str, "v"));
	ki_payload_unref(p);
}

TEST(error, of_a_status_has_its_kind_and_retryable) {
	struct ki_error_view e;
	struct ki_payload *p = ki_error_payload_status(KITH_ETIMEOUT, ki_strv("late"));
	OK(ki_error_read(p, &e));
	TRUE(ki_strv_eqz(e.kind, "Timeout"));
	EQ_INT(e.retryable, KI_RETRYABLE_YES);
	FALSE(e.has_details);
	ki_payload_unref(p);
	p = ki_error_payload_status(KITH_EINVAL, ki_strv("bad"));
	OK(ki_error_read(p, &e));
	EQ_INT(e.retryable, KI_RETRYABLE_NO);
	ki_payload_unref(p);
	p = ki_value_payload_nil();
	STATUS(ki_error_read(p, &e), KITH_EINVAL);
	ki_payload_unref(p);
}

/* The bytes are copied to a block of exactly their size, so that ASan sees a read beyond. */
static void read_all(const unsigned char *bytes, size_t size) {
	unsigned char *exact = malloc(size ? size : 1);
	memcpy(exact, bytes, size);
	struct ki_value_reader r;
	struct ki_value_token t;
	ki_value_reader_init(&r, exact, size, 3);
	size_t tokens = 0;
	while (ki_value_next(&r, &t) == 0) {
		LE_UINT(r.pos, size);
		LE_UINT(++tokens, size);
	}
	ki_value_reader_init(&r, exact, size, 3);
	if (ki_value_skip(&r) != 0) {
		EQ_UINT(r.pos, 0);
	}
	LE_UINT(r.pos, size);
	free(exact);
}

TEST(reader, stays_inside_of_random_bytes) {
	struct ki_rng rng;
	ki_rng_seed(&rng, 3);
	unsigned char bytes[64];
	for (int i = 0; i < 100000; i++) {
		size_t size = ki_rng_below(&rng, sizeof bytes + 1);
		for (size_t k = 0; k < size; k++) {
			uint64_t x = ki_rng_next(&rng);
			bytes[k] = (unsigned char)(x & 0x300 ? x % (KI_NR_VALUE_TAGS + 1) : x);
		}
		read_all(bytes, size);
	}
}

TEST(reader, stays_inside_of_damaged_values) {
	struct ki_value_pair pairs[] = {{ki_strv("key"), ki_strv("value")}};
	struct ki_payload *p = ki_error_payload(ki_strv("K"), ki_strv("message"), KI_RETRYABLE_NIL,
		ki_strv("stack"), pairs, 1);
	unsigned char bytes[64];
	LE_UINT(p->size, sizeof bytes);
	for (size_t at = 0; at < p->size; at++) {
		for (int value = 0; value < 256; value++) {
			memcpy(bytes, p->data, p->size);
			bytes[at] = (unsigned char)value;
			read_all(bytes, p->size);
		}
		read_all(p->data, at);
	}
	ki_payload_unref(p);
}

TEST(reader, refuses_counts_that_the_bytes_cannot_hold) {
	static const unsigned char huge[] = {
		KI_VALUE_TABLE, 255, 255, 255, 255, 255, 255, 255, 255};
	static const unsigned char forward[] = {KI_VALUE_BACKREF, 0};
	static const unsigned char no_ref[] = {KI_VALUE_PAYLOAD, 0};
	static const unsigned char long_int[] = {KI_VALUE_INT, 255, 255, 255, 255, 255, 255, 255,
		255, 255, 2};
	struct ki_value_reader r;
	struct ki_value_token t;
	ki_value_reader_init(&r, huge, sizeof huge, 0);
	STATUS(ki_value_next(&r, &t), KITH_EINVAL);
	ki_value_reader_init(&r, forward, sizeof forward, 0);
	STATUS(ki_value_next(&r, &t), KITH_EINVAL);
	ki_value_reader_init(&r, no_ref, sizeof no_ref, 0);
	STATUS(ki_value_next(&r, &t), KITH_EINVAL);
	ki_value_reader_init(&r, long_int, sizeof long_int, 0);
	STATUS(ki_value_next(&r, &t), KITH_EINVAL);
	EQ_UINT(r.pos, 0);
}

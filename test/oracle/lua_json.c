/*
 * JSON as jansson has it, which is the oracle: random texts, half of them with a few bytes changed,
 * are accepted by both or by neither, and mean the same.
 *
 * Where the two differ by intent, a text is passed over (SPEC 12.13): integers beyond 64 bits are
 * floats to us and an error to jansson, which also wants no infinities, no lone surrogates and no
 * NUL in a key; null is nil, so it leaves a hole; an empty object is an empty table, as an empty
 * array is.
 */
#include "kith_stress.h"

#include <jansson.h>

#include "base/buf.h"
#include "base/rng.h"
#include "lua/json.h"

enum { TEXTS = 300, DEPTH = 4 };

struct maker {
	struct ki_rng rng;
	struct ki_buf text;
	unsigned nr_keys;
};

static size_t pick(struct maker *m, size_t n) {
	return (size_t)ki_rng_below(&m->rng, n);
}

static void put_blank(struct maker *m) {
	static const char *const blanks[] = {"", "", "", " ", "\n", "\t \r"};
	ki_buf_puts(&m->text, blanks[pick(m, 6)]);
}

static void put_string(struct maker *m) {
	static const char *const pieces[] = {"a", "Z", "0", " ", "\\n", "\\\"", "\\\\", "\\/",
		"\\b", "\\u0041", "\\u00e4", "\\u20AC", "\\ud83d\\ude00", "\xc3\xa4",
		"\xe2\x82\xac", "\x7f", "{", "]", ",", "null"};
	ki_buf_putc(&m->text, '"');
	for (size_t n = pick(m, 8); n > 0; n--) {
		ki_buf_puts(&m->text, pieces[pick(m, ki_countof(pieces))]);
	}
	ki_buf_putc(&m->text, '"');
}

/* Different ones: of two that are the same, jansson keeps the last. */
static void put_key(struct maker *m) {
	ki_buf_printf(&m->text, "\"k%u", ++m->nr_keys);
	ki_buf_puts(&m->text, pick(m, 4) == 0 ? "\\u00df\"" : "\"");
}

static void put_number(struct maker *m) {
	uint64_t bits = ki_rng_next(&m->rng) >> pick(m, 64);
	switch (pick(m, 4)) {
	case 0:
		ki_buf_printf(&m->text, "%lld", (long long)bits);
		break;
	case 1:
		ki_buf_printf(&m->text, "-%u", (unsigned)(bits & 0xffff));
		break;
	case 2:
		ki_buf_printf(&m->text, "%u.%u", (unsigned)(bits & 0xff), (unsigned)(bits & 0xfff));
		break;
	default:
		ki_buf_printf(&m->text, "%ue%s%u", (unsigned)(bits & 0xff),
			(const char *[]){"", "+", "-"}[pick(m, 3)], (unsigned)pick(m, 290));
	}
}

static void put_value(struct maker *m, int depth);

static void put_table(struct maker *m, int depth, bool object) {
	ki_buf_putc(&m->text, object ? '{' : '[');
	size_t nr = pick(m, 5);
	for (size_t i = 0; i < nr; i++) {
		put_blank(m);
		if (object) {
			put_key(m);
			put_blank(m);
			ki_buf_putc(&m->text, ':');
		}
		put_value(m, depth + 1);
		ki_buf_puts(&m->text, i + 1 < nr ? "," : "");
	}
	put_blank(m);
	ki_buf_putc(&m->text, object ? '}' : ']');
}

static void put_value(struct maker *m, int depth) {
	put_blank(m);
	switch (pick(m, depth < DEPTH ? 8 : 5)) {
	case 0:
		ki_buf_puts(&m->text, pick(m, 2) ? "true" : "false");
		break;
	case 1:
		ki_buf_puts(&m->text, pick(m, 4) ? "17" : "null");
		break;
	case 2:
	case 3:
		put_number(m);
		break;
	case 4:
		put_string(m);
		break;
	default:
		put_table(m, depth, pick(m, 2));
	}
	put_blank(m);
}

/* Bytes that mean something, so that the text is still near to JSON; none splits a character. */
static void change(struct maker *m) {
	static const char bytes[] = "{}[],:\"\\0123456789.eE+-tfn uU/x";
	for (size_t n = 1 + pick(m, 3); n > 0 && m->text.len > 0; n--) {
		size_t at = pick(m, m->text.len);
		if ((unsigned char)m->text.ptr[at] < 0x80) {
			m->text.ptr[at] = bytes[pick(m, sizeof(bytes) - 1)];
		}
	}
	if (pick(m, 8) == 0) {
		m->text.len = pick(m, m->text.len + 1);
		while (m->text.len > 0 && (unsigned char)m->text.ptr[m->text.len - 1] >= 0x80) {
			m->text.len--;
		}
	}
}

/* ---- The two beside each other ---- */

static bool differ_by_intent(const char *fault) {
	static const char *const faults[] = {"too big", "overflow", "\\u0000", "NUL byte",
		"invalid Unicode", "invalid UTF-8", "duplicate"};
	for (size_t i = 0; i < ki_countof(faults); i++) {
		if (strstr(fault, faults[i]) != NULL) {
			return true;
		}
	}
	return false;
}

static bool same(const json_t *a, const json_t *b) {
	bool tables = (json_is_array(a) || json_is_object(a)) &&
		(json_is_array(b) || json_is_object(b));
	size_t size_a = json_is_array(a) ? json_array_size(a) : json_object_size(a);
	size_t size_b = json_is_array(b) ? json_array_size(b) : json_object_size(b);
	if (tables && size_a == 0 && size_b == 0) {
		return true;
	}
	if (json_is_array(a) && json_is_array(b) && size_a == size_b) {
		for (size_t i = 0; i < size_a; i++) {
			if (!same(json_array_get(a, i), json_array_get(b, i))) {
				return false;
			}
		}
		return true;
	}
	if (json_is_object(a) && json_is_object(b) && size_a == size_b) {
		const char *key;
		json_t *value;
		json_object_foreach((json_t *)a, key, value) {
			const json_t *other = json_object_get(b, key);
			if (other == NULL || !same(value, other)) {
				return false;
			}
		}
		return true;
	}
	return json_equal(a, b);
}

/* What we read, written again. */
static void compare_values(struct ki_json_work *work, const struct maker *m,
	const struct ki_payload *payload, const json_t *theirs) {
	struct ki_buf written;
	ki_buf_init(&written);
	OK(ki_json_encode(work, &written, payload, KI_JSON_STRICT, NULL));
	json_t *again = json_loadb(
		written.ptr, written.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	if (again == NULL || !same(again, theirs)) {
		FAIL("%.*s\nis to us\n%.*s", (int)m->text.len, m->text.ptr, (int)written.len,
			written.ptr);
	}
	json_decref(again);
	ki_buf_fini(&written);
}

static void compare(struct ki_json_work *work, struct maker *m) {
	json_error_t error;
	struct ki_json_fault fault = {0, ""};
	struct ki_payload *payload = NULL;
	struct ki_strv text = ki_buf_view(&m->text);
	json_t *theirs = json_loadb(text.ptr, text.len,
		JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
	int status = ki_json_decode(work, text, &payload, &fault);
	ki_json_work_clear(work);
	if (theirs == NULL && differ_by_intent(error.text)) {
		ki_payload_unref(payload);
		return;
	}
	if ((theirs != NULL) != (status == KITH_OK)) {
		FAIL("%.*s\njansson: %s; we: byte %zu: %s", (int)text.len, text.ptr,
			theirs ? "good" : error.text, fault.at, status ? fault.what : "good");
	}
	bool has_null = strstr(ki_buf_cstr(&m->text), "null") != NULL;
	if (theirs != NULL && !has_null) {
		compare_values(work, m, payload, theirs);
	}
	ki_payload_unref(payload);
	json_decref(theirs);
}

static void run(uint64_t seed) {
	struct maker m = {0};
	struct ki_json_work work;
	ki_rng_seed(&m.rng, seed);
	ki_buf_init(&m.text);
	ki_json_work_init(&work, NULL, NULL);
	for (int i = 0; i < TEXTS; i++) {
		ki_buf_reset(&m.text);
		put_value(&m, 0);
		if (pick(&m, 2)) {
			change(&m);
		}
		compare(&work, &m);
		ki_json_work_clear(&work);
	}
	ki_buf_fini(&m.text);
}

SIM_MAIN("JSON is what jansson has it", run)

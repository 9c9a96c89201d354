/*
 * value_write.c: the writer of value.h.
 *
 * Owns: nothing.
 * Threads: one owner of a writer at a time.
 * Not here: the reader (value_read.c), errors as whole payloads (value_error.c).
 */
#include "mem/value.h"

#include "base/alloc.h"
#include "base/check.h"

void ki_value_writer_init(struct ki_value_writer *w) {
	*w = (struct ki_value_writer){0};
}

void ki_value_writer_fini(struct ki_value_writer *w) {
	for (uint32_t i = 0; i < w->nr_refs; i++) {
		ki_payload_unref(w->refs[i]);
	}
	ki_free(w->refs);
	ki_buf_fini(&w->buf);
	ki_value_writer_init(w);
}

bool ki_value_writer_failed(const struct ki_value_writer *w) {
	return w->failed || w->buf.failed;
}

static void put_tag(struct ki_value_writer *w, enum ki_value_tag tag) {
	ki_buf_putc(&w->buf, (char)tag);
}

enum { VARINT_MAX = 10 };

/* Gives the number of bytes. */
static size_t store_varint(unsigned char bytes[VARINT_MAX], uint64_t value) {
	size_t n = 0;
	while (value >= 0x80) {
		bytes[n++] = (unsigned char)(value | 0x80);
		value >>= 7;
	}
	bytes[n++] = (unsigned char)value;
	return n;
}

/* Small negative numbers become small: 0 -1 1 -2 -> 0 1 2 3. */
static uint64_t zigzag(int64_t value) {
	return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}

static void put_varint(struct ki_value_writer *w, uint64_t value) {
	unsigned char bytes[VARINT_MAX];
	ki_buf_put(&w->buf, bytes, store_varint(bytes, value));
}

static void put_zigzag(struct ki_value_writer *w, int64_t value) {
	put_varint(w, zigzag(value));
}

static void put_bytes(struct ki_value_writer *w, struct ki_strv bytes) {
	if (bytes.len > UINT32_MAX) {
		w->failed = true;
		return;
	}
	put_varint(w, bytes.len);
	ki_buf_putv(&w->buf, bytes);
}

static void store_le(void *out, uint64_t value, size_t bytes) {
	unsigned char *at = out;
	for (size_t i = 0; i < bytes; i++) {
		at[i] = (unsigned char)(value >> 8 * i);
	}
}

void ki_value_nil(struct ki_value_writer *w) {
	put_tag(w, KI_VALUE_NIL);
}

void ki_value_bool(struct ki_value_writer *w, bool value) {
	put_tag(w, value ? KI_VALUE_TRUE : KI_VALUE_FALSE);
}

void ki_value_int(struct ki_value_writer *w, int64_t value) {
	put_tag(w, KI_VALUE_INT);
	put_zigzag(w, value);
}

void ki_value_float(struct ki_value_writer *w, double value) {
	uint64_t bits;
	char bytes[8];
	memcpy(&bits, &value, sizeof bits);
	store_le(bytes, bits, sizeof bytes);
	put_tag(w, KI_VALUE_FLOAT);
	ki_buf_put(&w->buf, bytes, sizeof bytes);
}

void ki_value_str(struct ki_value_writer *w, struct ki_strv value) {
	put_tag(w, KI_VALUE_STR);
	put_bytes(w, value);
}

/* The counts have a fixed width, so that they can be filled in when they are known. */
size_t ki_value_table_begin(struct ki_value_writer *w) {
	static const char counts[8];
	put_tag(w, KI_VALUE_TABLE);
	size_t mark = w->buf.len;
	ki_buf_put(&w->buf, counts, sizeof counts);
	w->nr_tables++;
	return mark;
}

void ki_value_table_end(struct ki_value_writer *w, size_t mark, size_t narr, size_t nrec) {
	if (narr > UINT32_MAX || nrec > UINT32_MAX) {
		w->failed = true;
	}
	if (ki_value_writer_failed(w)) {
		return; /* the mark may point behind what was kept */
	}
	ki_assert(mark + 8 <= w->buf.len);
	store_le(w->buf.ptr + mark, narr, 4);
	store_le(w->buf.ptr + mark + 4, nrec, 4);
}

void ki_value_backref(struct ki_value_writer *w, uint32_t table) {
	ki_assert(table < w->nr_tables);
	put_tag(w, KI_VALUE_BACKREF);
	put_varint(w, table);
}

void ki_value_error(struct ki_value_writer *w, struct ki_strv kind, struct ki_strv message,
		    enum ki_retryable retryable, struct ki_strv trace) {
	put_tag(w, KI_VALUE_ERROR);
	put_bytes(w, kind);
	put_bytes(w, message);
	put_bytes(w, trace);
	ki_buf_putc(&w->buf, (char)retryable);
}

void ki_value_time(struct ki_value_writer *w, int64_t unix_s, uint32_t nsec, struct ki_strv zone) {
	ki_assert(nsec < 1000000000);
	put_tag(w, KI_VALUE_TIME);
	put_zigzag(w, unix_s);
	put_varint(w, nsec);
	put_bytes(w, zone);
}

void ki_value_duration(struct ki_value_writer *w, int64_t ns) {
	put_tag(w, KI_VALUE_DURATION);
	put_zigzag(w, ns);
}

static bool add_ref(struct ki_value_writer *w, struct ki_payload *p) {
	if (w->nr_refs == w->cap_refs) {
		uint32_t cap = w->cap_refs ? w->cap_refs * 2 : 4;
		struct ki_payload **refs =
			cap > w->cap_refs ? ki_realloc(w->refs, cap * sizeof *refs) : NULL;
		if (!refs) {
			w->failed = true;
			return false;
		}
		w->refs = refs;
		w->cap_refs = cap;
	}
	w->refs[w->nr_refs++] = ki_payload_ref(p);
	return true;
}

void ki_value_payload(struct ki_value_writer *w, struct ki_payload *p) {
	if (add_ref(w, p)) {
		put_tag(w, KI_VALUE_PAYLOAD);
		put_varint(w, w->nr_refs - 1);
	}
}

struct ki_payload *ki_value_finish(struct ki_value_writer *w, enum ki_format format) {
	struct ki_payload *p = NULL;
	if (!ki_value_writer_failed(w)) {
		p = ki_payload_new(format, w->buf.ptr, w->buf.len, w->refs, w->nr_refs);
	}
	if (p) {
		w->nr_refs = 0; /* its references are the payload's now */
	}
	ki_value_writer_fini(w);
	return p;
}

/* ---- one scalar, without a writer ---- */

static struct ki_payload *one(enum ki_value_tag tag, const void *body, size_t size) {
	struct ki_payload *p = ki_payload_new(KI_FORMAT_LUA, NULL, 1 + size, NULL, 0);
	if (p) {
		p->data[0] = (unsigned char)tag;
		memcpy(p->data + 1, body, size);
	}
	return p;
}

struct ki_payload *ki_value_payload_nil(void) {
	return one(KI_VALUE_NIL, "", 0);
}

struct ki_payload *ki_value_payload_bool(bool value) {
	return one(value ? KI_VALUE_TRUE : KI_VALUE_FALSE, "", 0);
}

struct ki_payload *ki_value_payload_int(int64_t value) {
	unsigned char bytes[VARINT_MAX];
	return one(KI_VALUE_INT, bytes, store_varint(bytes, zigzag(value)));
}

struct ki_payload *ki_value_payload_float(double value) {
	uint64_t bits;
	unsigned char bytes[8];
	memcpy(&bits, &value, sizeof bits);
	store_le(bytes, bits, sizeof bytes);
	return one(KI_VALUE_FLOAT, bytes, sizeof bytes);
}

struct ki_payload *ki_value_payload_str(struct ki_strv value) {
	unsigned char len[VARINT_MAX];
	size_t head = 1 + store_varint(len, value.len);
	if (value.len > UINT32_MAX) {
		return NULL;
	}
	struct ki_payload *p = ki_payload_new(KI_FORMAT_LUA, NULL, head + value.len, NULL, 0);
	if (p) {
		p->data[0] = KI_VALUE_STR;
		memcpy(p->data + 1, len, head - 1);
		if (value.len) {
			memcpy(p->data + head, value.ptr, value.len);
		}
	}
	return p;
}

/*
 * value_read.c: the reader of value.h.
 *
 * Owns: nothing.
 * Threads: one owner of a reader at a time.
 * Not here: the writer (value_write.c).
 *
 * Each read_* function checks the bounds before it reads and gives false on malformed bytes; so no
 * input, whatever it is, is read beyond its end (I1).
 */
#include "mem/value.h"

#include "base/check.h"

void ki_value_reader_init(struct ki_value_reader *r, const void *bytes, size_t size,
			  uint32_t nr_refs) {
	*r = (struct ki_value_reader){.bytes = bytes, .size = size, .nr_refs = nr_refs};
}

void ki_value_reader_payload(struct ki_value_reader *r, const struct ki_payload *p) {
	ki_value_reader_init(r, p->data, p->size, p->nr_refs);
}

static size_t left(const struct ki_value_reader *r) {
	return r->size - r->pos;
}

static bool read_byte(struct ki_value_reader *r, unsigned char *out) {
	if (left(r) == 0) {
		return false;
	}
	*out = r->bytes[r->pos++];
	return true;
}

/* The tenth byte holds the one bit that is left of 64. */
static bool read_varint(struct ki_value_reader *r, uint64_t *out) {
	uint64_t value = 0;
	for (int shift = 0; shift < 64; shift += 7) {
		unsigned char byte;
		if (!read_byte(r, &byte) || (shift == 63 && byte > 1)) {
			return false;
		}
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*out = value;
			return true;
		}
	}
	return false;
}

static bool read_zigzag(struct ki_value_reader *r, int64_t *out) {
	uint64_t value;
	if (!read_varint(r, &value)) {
		return false;
	}
	uint64_t bits = value >> 1 ^ (value & 1 ? UINT64_MAX : 0);
	memcpy(out, &bits, sizeof bits);
	return true;
}

static bool read_below(struct ki_value_reader *r, uint64_t limit, uint32_t *out) {
	uint64_t value;
	if (!read_varint(r, &value) || value >= limit) {
		return false;
	}
	*out = (uint32_t)value;
	return true;
}

static bool read_fixed(struct ki_value_reader *r, size_t bytes, uint64_t *out) {
	if (left(r) < bytes) {
		return false;
	}
	*out = 0;
	for (size_t i = 0; i < bytes; i++) {
		*out |= (uint64_t)r->bytes[r->pos++] << 8 * i;
	}
	return true;
}

static bool read_bytes(struct ki_value_reader *r, struct ki_strv *out) {
	uint64_t len;
	if (!read_varint(r, &len) || len > left(r)) {
		return false;
	}
	*out = ki_strv_n((const char *)r->bytes + r->pos, (size_t)len);
	r->pos += (size_t)len;
	return true;
}

static bool read_float(struct ki_value_reader *r, double *out) {
	uint64_t bits;
	if (!read_fixed(r, 8, &bits)) {
		return false;
	}
	memcpy(out, &bits, sizeof bits);
	return true;
}

static bool read_table(struct ki_value_reader *r, struct ki_value_token *t) {
	uint64_t narr, nrec;
	if (!read_fixed(r, 4, &narr) || !read_fixed(r, 4, &nrec) || narr + 2 * nrec > left(r)) {
		return false; /* a value takes a byte at least: I4 */
	}
	t->table.number = r->nr_tables++;
	t->table.narr = (uint32_t)narr;
	t->table.nrec = (uint32_t)nrec;
	return true;
}

static bool read_error(struct ki_value_reader *r, struct ki_value_token *t) {
	unsigned char retryable;
	if (!read_bytes(r, &t->error.kind) || !read_bytes(r, &t->error.message)
	    || !read_bytes(r, &t->error.trace) || !read_byte(r, &retryable)
	    || retryable > KI_RETRYABLE_NIL || left(r) == 0) {
		return false;
	}
	t->error.retryable = (enum ki_retryable)retryable;
	unsigned char details = r->bytes[r->pos];
	return details == KI_VALUE_NIL || details == KI_VALUE_TABLE;
}

static bool read_time(struct ki_value_reader *r, struct ki_value_token *t) {
	return read_zigzag(r, &t->time.unix_s) && read_below(r, 1000000000, &t->time.nsec)
	       && read_bytes(r, &t->time.zone);
}

static bool read_token(struct ki_value_reader *r, struct ki_value_token *t) {
	unsigned char tag;
	if (!read_byte(r, &tag) || tag >= KI_NR_VALUE_TAGS) {
		return false;
	}
	t->tag = (enum ki_value_tag)tag;
	switch (t->tag) {
	case KI_VALUE_NIL:
	case KI_VALUE_FALSE:
	case KI_VALUE_TRUE:
		return true;
	case KI_VALUE_INT:
	case KI_VALUE_DURATION:
		return read_zigzag(r, &t->i);
	case KI_VALUE_FLOAT:
		return read_float(r, &t->f);
	case KI_VALUE_STR:
		return read_bytes(r, &t->str);
	case KI_VALUE_TABLE:
		return read_table(r, t);
	case KI_VALUE_BACKREF:
		return read_below(r, r->nr_tables, &t->backref);
	case KI_VALUE_ERROR:
		return read_error(r, t);
	case KI_VALUE_TIME:
		return read_time(r, t);
	case KI_VALUE_PAYLOAD:
		return read_below(r, r->nr_refs, &t->payload);
	case KI_NR_VALUE_TAGS:
		break;
	}
	return false;
}

int ki_value_next(struct ki_value_reader *r, struct ki_value_token *t) {
	struct ki_value_reader before = *r;
	if (!read_token(r, t)) {
		*r = before;
		return KITH_EINVAL;
	}
	return KITH_OK;
}

/* Counts the values that are still owed. Each head owes no more than bytes are left (I4), so the
 * sum fits: it grows by at most `size` for each byte read, and is checked against what is left. */
int ki_value_skip(struct ki_value_reader *r) {
	struct ki_value_reader before = *r;
	uint64_t owed = 1;
	while (owed > 0) {
		struct ki_value_token t;
		if (owed > left(r) || !read_token(r, &t)) {
			*r = before;
			return KITH_EINVAL;
		}
		owed--;
		if (t.tag == KI_VALUE_TABLE) {
			owed += t.table.narr + 2 * (uint64_t)t.table.nrec;
		} else if (t.tag == KI_VALUE_ERROR) {
			owed++;
		}
	}
	return KITH_OK;
}

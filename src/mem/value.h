/*
 * value.h: the encoding of one value that crosses between processes, independent of Lua.
 *
 * Owns: struct ki_value_writer, ki_value_reader, the wire format.
 * Threads: one owner at a time.
 * Invariants:
 *   I1 the reader never reads outside of its bytes, whatever they are; malformed bytes are
 *      KITH_EINVAL. It accepts what the writer makes.
 *   I2 tables are numbered from 0 in the order of their first byte, within one encoded value.
 *   I3 a BACKREF names a table that began before it.
 *   I4 a table's counts never promise more values than bytes are left.
 * Not here: what may be sent and how deep (lua/), the count of references (mem/payload.h).
 *
 * Wire format, one byte of tag first; varint: 7 bits a byte, low first, at most 10 bytes:
 *   NIL FALSE TRUE
 *   INT       zigzag varint
 *   FLOAT     8 bytes, IEEE 754, little endian
 *   STR       varint length, bytes
 *   TABLE     u32 narr, u32 nrec (little endian); the values of keys 1..narr; nrec times key, value
 *   BACKREF   varint number of a table: the same table again (shared, or a cycle)
 *   ERROR     STR-like kind, message, trace (varint length, bytes each), a byte retryable, then one
 *             value, the details: TABLE or NIL
 *   TIME      zigzag varint seconds since 1970 UTC, varint nanoseconds < 10^9, zone as varint
 *             length, bytes
 *   DURATION  zigzag varint nanoseconds
 *   PAYLOAD   varint index into the payload's refs
 */
#ifndef KI_MEM_VALUE_H
#define KI_MEM_VALUE_H

#include "base/buf.h"
#include "mem/payload.h"

#include <kith_types.h>

enum ki_value_tag {
	KI_VALUE_NIL,
	KI_VALUE_FALSE,
	KI_VALUE_TRUE,
	KI_VALUE_INT,
	KI_VALUE_FLOAT,
	KI_VALUE_STR,
	KI_VALUE_TABLE,
	KI_VALUE_BACKREF,
	KI_VALUE_ERROR,
	KI_VALUE_TIME,
	KI_VALUE_DURATION,
	KI_VALUE_PAYLOAD,
	KI_NR_VALUE_TAGS,
};

/* What an Error's retryable() gives. */
enum ki_retryable {
	KI_RETRYABLE_NO,
	KI_RETRYABLE_YES,
	KI_RETRYABLE_NIL,
};

/* ---- writer ----
 *
 * Each call appends one value (or its head). Failure (no memory, a string or table beyond 32 bits)
 * is sticky: write everything, look at the result of ki_value_finish once. */
struct ki_value_writer {
	struct ki_buf buf;
	struct ki_payload **refs; /* one reference held each */
	uint32_t nr_refs;
	uint32_t cap_refs;
	uint32_t nr_tables; /* the number that the next table will have (I2) */
	bool failed;
};

void ki_value_writer_init(struct ki_value_writer *w);
/* Drops what was written, if not finished. Accepts a zeroed writer. */
void ki_value_writer_fini(struct ki_value_writer *w);
bool ki_value_writer_failed(const struct ki_value_writer *w);

void ki_value_nil(struct ki_value_writer *w);
void ki_value_bool(struct ki_value_writer *w, bool value);
void ki_value_int(struct ki_value_writer *w, int64_t value);
void ki_value_float(struct ki_value_writer *w, double value);
void ki_value_str(struct ki_value_writer *w, struct ki_strv value);
/* Then the values of keys 1..narr, then nrec times key and value, then ki_value_table_end with the
 * mark and the two counts. */
size_t ki_value_table_begin(struct ki_value_writer *w);
void ki_value_table_end(struct ki_value_writer *w, size_t mark, size_t narr, size_t nrec);
/* The table of that number again; it has begun. */
void ki_value_backref(struct ki_value_writer *w, uint32_t table);
/* Exactly one value must follow: the details, a table or nil. */
void ki_value_error(struct ki_value_writer *w, struct ki_strv kind, struct ki_strv message,
		    enum ki_retryable retryable, struct ki_strv trace);
void ki_value_time(struct ki_value_writer *w, int64_t unix_s, uint32_t nsec, struct ki_strv zone);
void ki_value_duration(struct ki_value_writer *w, int64_t ns);
/* Shares: one more reference is held. */
void ki_value_payload(struct ki_value_writer *w, struct ki_payload *p);

/* Gives one reference; NULL when there was no memory. The writer is empty and usable again. */
struct ki_payload *ki_value_finish(struct ki_value_writer *w, enum ki_format format);

/* ---- reader ---- */

struct ki_value_token {
	enum ki_value_tag tag;
	union {
		int64_t i;          /* INT, DURATION (ns) */
		double f;           /* FLOAT */
		struct ki_strv str; /* STR; into the reader's bytes, as all views here */
		struct {
			uint32_t number;
			uint32_t narr; /* then come narr values */
			uint32_t nrec; /* then nrec times key, value */
		} table;
		uint32_t backref;   /* number of a table seen before */
		uint32_t payload;   /* index into refs */
		struct {            /* then comes one value, the details: TABLE or NIL */
			struct ki_strv kind;
			struct ki_strv message;
			struct ki_strv trace;
			enum ki_retryable retryable;
		} error;
		struct {
			int64_t unix_s;
			uint32_t nsec;
			struct ki_strv zone;
		} time;
	};
};

struct ki_value_reader {
	const unsigned char *bytes;
	size_t size;
	size_t pos;
	uint32_t nr_tables; /* begun so far */
	uint32_t nr_refs;
};

/* Borrows the bytes for its life, as do the views it gives. */
void ki_value_reader_init(struct ki_value_reader *r, const void *bytes, size_t size,
			  uint32_t nr_refs);
void ki_value_reader_payload(struct ki_value_reader *r, const struct ki_payload *p);
/* The next token. Errors: KITH_EINVAL (malformed, or nothing left); the reader stays where it was.
 * A key may be anything: whoever builds the table refuses nil, NaN and the like. */
int ki_value_next(struct ki_value_reader *r, struct ki_value_token *t);
/* Over one whole value, nested ones included; uses no stack. Errors: KITH_EINVAL. */
int ki_value_skip(struct ki_value_reader *r);
static inline bool ki_value_at_end(const struct ki_value_reader *r) {
	return r->pos == r->size;
}

/* ---- whole payloads ---- */

struct ki_value_pair {
	struct ki_strv key;
	struct ki_strv value;
};

/* One error value as KI_FORMAT_ERROR, details from pairs of strings (none: nil). Gives one
 * reference; NULL: no memory. */
struct ki_payload *ki_error_payload(struct ki_strv kind, struct ki_strv message,
				    enum ki_retryable retryable, struct ki_strv trace,
				    const struct ki_value_pair *details, size_t nr_details);
/* The same with the kind of `status` and the retryable of that kind; no trace, no details. */
struct ki_payload *ki_error_payload_status(int status, struct ki_strv message);
/* retryable() of an Error of that kind that the runtime makes (SPEC 1.2). */
enum ki_retryable ki_retryable_of_kind(struct ki_strv kind);

struct ki_error_view {
	struct ki_strv kind;
	struct ki_strv message;
	struct ki_strv trace;
	enum ki_retryable retryable;
	size_t details_at; /* offset in data of the details value: read it with a fresh reader */
	bool has_details;  /* it is a table */
};

/* Views into `p`, which the caller keeps. Errors: KITH_EINVAL (not one error value). */
int ki_error_read(const struct ki_payload *p, struct ki_error_view *out);

/* One value each, as KI_FORMAT_LUA. */
struct ki_payload *ki_value_payload_nil(void);
struct ki_payload *ki_value_payload_bool(bool value);
struct ki_payload *ki_value_payload_int(int64_t value);
struct ki_payload *ki_value_payload_float(double value);
struct ki_payload *ki_value_payload_str(struct ki_strv value);

#endif

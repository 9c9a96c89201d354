/*
 * lua/json.h: values as JSON text (RFC 8259) and back (SPEC 12.13), without Lua.
 *
 * A table with the keys 1..n and no others is an array, one with strings for keys an object whose
 * keys are sorted by bytes, an empty one `[]`. Numbers keep their subtype: what has a fraction or
 * an exponent, or does not fit 64 bits, is a float. NaN and infinities become null, an Error its
 * message, Time and Duration the text that tostring gives, Time in UTC. Bytes of strings that are
 * no UTF-8 pass both ways.
 *
 * Owns: struct ki_json_work.
 * Threads: any, one at a time for each work.
 * Not here: the module of that name (lib_json.c).
 */
#ifndef KI_LUA_JSON_H
#define KI_LUA_JSON_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/list.h"
#include "mem/payload.h"
#include "mem/value.h"

/* Levels of tables in tables, both ways. */
#define KI_JSON_DEPTH_MAX 128
/* Bytes of a text that is written: shared tables are written as often as they are referred to. */
#define KI_JSON_TEXT_MAX ((size_t)64 << 20)

/* STRICT refuses what JSON cannot say; PLAIN, for people to read, writes it as near as can be: keys
 * as text, null for a cycle. */
enum ki_json_mode { KI_JSON_STRICT, KI_JSON_PLAIN };

/*
 * What a reader or writer holds while it is at work. It gives way by `poll`, with the steps that it
 * has made, each about as long as a VM instruction; poll may never return, and then what is held
 * here is all there is to let go of.
 */
struct ki_json_work {
	void (*poll)(void *arg, int steps); /* NULL: it does not give way */
	void *arg;
	struct ki_list blocks;          /* of a writer */
	struct ki_value_writer writer; /* of a reader */
	struct ki_buf text;             /* of a reader: a string with escapes, or a number */
};

void ki_json_work_init(struct ki_json_work *work, void (*poll)(void *arg, int steps), void *arg);
/* Lets go of what it holds; it may be used again. */
void ki_json_work_clear(struct ki_json_work *work);

/*
 * Appends the text of a payload's value; NULL is nil. Errors: KITH_EINVAL, with the reason and the
 * path to it appended to `why` (STRICT; may be NULL) or because the payload is malformed;
 * KITH_EEXHAUSTED. On failure what was appended to `out` is cut off again.
 */
int ki_json_encode(struct ki_json_work *work, struct ki_buf *out, const struct ki_payload *payload,
	enum ki_json_mode mode, struct ki_buf *why);

/* Gives the first token of a payload, and appends its plain text when it is a scalar: a string as
 * it is. Errors: KITH_EINVAL. */
int ki_json_scalar(
	struct ki_buf *out, const struct ki_payload *payload, struct ki_value_token *token);

/* What is wrong with a text. */
struct ki_json_fault {
	size_t at; /* byte, from 1 */
	const char *what;
};

/* Gives one reference to the value as KI_FORMAT_LUA. Errors: KITH_EINVAL with *fault set;
 * KITH_EEXHAUSTED. */
int ki_json_decode(struct ki_json_work *work, struct ki_strv text, struct ki_payload **out,
	struct ki_json_fault *fault);

#endif

/*
 * json.c: a value as JSON text, for the result of an entry (SPEC 20.3).
 *
 * A table that has the keys 1..n and no others is an array, any other an object, its keys as text
 * and sorted by bytes. What JSON has no word for becomes null: NaN, infinities, a table inside
 * itself.
 *
 * Owns: nothing. Threads: any.
 * Not here: reading JSON.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/runtime.h"
#include "base/alloc.h"
#include "mem/value.h"
#include "time/calendar.h"
#include "time/duration.h"

/* Tables in tables; the codec sends no more, so what is deeper is no value of a program. */
enum { DEPTH_MAX = 200 };

/* Where a table that may be referred to again begins. */
struct table {
	size_t pos;
	bool open; /* it is being written: to refer to it is a cycle */
};

struct json {
	struct ki_buf *out;
	const struct ki_payload *payload;
	struct ki_value_reader reader;
	struct table *tables; /* by number */
	size_t cap_tables;
	unsigned depth;
};

/* One pair of an object: its key as text, and where its value begins. */
struct member {
	char *key;
	size_t len;
	size_t pos;
	uint32_t nr_tables;
};

static int write_value(struct json *json);

static void put_string(struct ki_buf *out, struct ki_strv text) {
	ki_buf_putc(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.ptr[i];
		if (byte == '"' || byte == '\\') {
			ki_buf_printf(out, "\\%c", byte);
		} else if (byte == '\n') {
			ki_buf_puts(out, "\\n");
		} else if (byte == '\t') {
			ki_buf_puts(out, "\\t");
		} else if (byte < 0x20 || byte == 0x7f) {
			ki_buf_printf(out, "\\u%04x", byte);
		} else {
			ki_buf_putc(out, (char)byte);
		}
	}
	ki_buf_putc(out, '"');
}

/* As Lua writes it. */
static void put_float(struct ki_buf *out, double number) {
	char text[40];
	snprintf(text, sizeof(text), "%.14g", number);
	ki_buf_puts(out, text);
	if (!strpbrk(text, ".eEn")) {
		ki_buf_puts(out, ".0");
	}
}

/* The plain text of a scalar; false for anything else. */
static bool put_scalar(struct ki_buf *out, const struct ki_value_token *token) {
	char text[KI_RFC3339_MAX > KI_DURATION_TEXT_MAX ? KI_RFC3339_MAX : KI_DURATION_TEXT_MAX];
	switch (token->tag) {
	case KI_VALUE_FALSE:
	case KI_VALUE_TRUE:
		ki_buf_puts(out, token->tag == KI_VALUE_TRUE ? "true" : "false");
		return true;
	case KI_VALUE_INT:
		ki_buf_printf(out, "%lld", (long long)token->i);
		return true;
	case KI_VALUE_FLOAT:
		put_float(out, token->f);
		return true;
	case KI_VALUE_STR:
		ki_buf_putv(out, token->str);
		return true;
	case KI_VALUE_ERROR:
		ki_buf_putv(out, token->error.message);
		return true;
	case KI_VALUE_TIME:
		ki_rfc3339nano(token->time.unix_s, (int)token->time.nsec, 0, text);
		ki_buf_puts(out, text);
		return true;
	case KI_VALUE_DURATION:
		ki_duration_format(token->i, text);
		ki_buf_puts(out, text);
		return true;
	default:
		return false;
	}
}

/* ---- Tables ---- */

static bool note_table(struct json *json, uint32_t number, size_t pos) {
	if (number >= json->cap_tables) {
		size_t cap = json->cap_tables ? 2 * json->cap_tables : 16;
		struct table *larger = ki_realloc(json->tables, cap * sizeof(*larger));
		if (!larger) {
			return false;
		}
		json->tables = larger;
		json->cap_tables = cap;
	}
	json->tables[number] = (struct table){.pos = pos, .open = true};
	return true;
}

static int write_array(struct json *json, uint32_t nr) {
	ki_buf_putc(json->out, '[');
	for (uint32_t i = 0; i < nr; i++) {
		if (i > 0) {
			ki_buf_putc(json->out, ',');
		}
		int status = write_value(json);
		if (status) {
			return status;
		}
	}
	ki_buf_putc(json->out, ']');
	return KITH_OK;
}

static int compare_members(const void *a, const void *b) {
	const struct member *x = a, *y = b;
	int order = memcmp(x->key, y->key, x->len < y->len ? x->len : y->len);
	return order ? order : (x->len > y->len) - (x->len < y->len);
}

/* Reads a key and steps over its value. */
static int read_member(struct json *json, struct member *member, uint32_t index) {
	struct ki_buf key;
	ki_buf_init(&key);
	struct ki_value_token token;
	int status = KITH_OK;
	if (index > 0) { /* of the array part */
		ki_buf_printf(&key, "%u", (unsigned)index);
	} else {
		size_t pos = json->reader.pos;
		uint32_t nr_tables = json->reader.nr_tables;
		status = ki_value_next(&json->reader, &token);
		if (!status && !put_scalar(&key, &token)) {
			ki_buf_puts(&key, "?"); /* a table as a key has no text */
			json->reader.pos = pos;
			json->reader.nr_tables = nr_tables;
			status = ki_value_skip(&json->reader);
		} else if (!status && token.tag == KI_VALUE_ERROR) {
			status = ki_value_skip(&json->reader); /* its details */
		}
	}
	member->len = key.len;
	member->pos = json->reader.pos;
	member->nr_tables = json->reader.nr_tables;
	member->key = ki_buf_take(&key);
	if (!status) {
		status = member->key ? ki_value_skip(&json->reader) : KITH_EEXHAUSTED;
	}
	return status;
}

static int write_members(struct json *json, const struct member *members, size_t nr) {
	ki_buf_putc(json->out, '{');
	for (size_t i = 0; i < nr; i++) {
		if (i > 0) {
			ki_buf_putc(json->out, ',');
		}
		put_string(json->out, ki_strv_n(members[i].key, members[i].len));
		ki_buf_putc(json->out, ':');
		json->reader.pos = members[i].pos;
		json->reader.nr_tables = members[i].nr_tables;
		int status = write_value(json);
		if (status) {
			return status;
		}
	}
	ki_buf_putc(json->out, '}');
	return KITH_OK;
}

static int write_object(struct json *json, uint32_t narr, uint32_t nrec) {
	size_t nr = (size_t)narr + nrec, done = 0;
	struct member *members = ki_zalloc(nr * sizeof(*members));
	if (!members) {
		return KITH_EEXHAUSTED;
	}
	int status = KITH_OK;
	for (; done < nr && !status; done++) {
		status = read_member(json, &members[done], done < narr ? (uint32_t)done + 1 : 0);
	}
	size_t end = json->reader.pos;
	uint32_t nr_tables = json->reader.nr_tables;
	if (!status) {
		qsort(members, nr, sizeof(*members), compare_members);
		status = write_members(json, members, nr);
	}
	json->reader.pos = end;
	json->reader.nr_tables = nr_tables;
	for (size_t i = 0; i < done; i++) {
		ki_free(members[i].key);
	}
	ki_free(members);
	return status;
}

static int write_table(struct json *json, const struct ki_value_token *token, size_t pos) {
	if (json->depth == DEPTH_MAX) {
		return KITH_EINVAL;
	}
	if (!note_table(json, token->table.number, pos)) {
		return KITH_EEXHAUSTED;
	}
	json->depth++;
	uint32_t number = token->table.number;
	bool is_array = token->table.nrec == 0 && token->table.narr > 0;
	int status = is_array ? write_array(json, token->table.narr)
			      : write_object(json, token->table.narr, token->table.nrec);
	json->depth--;
	json->tables[number].open = false;
	return status;
}

static int write_again(struct json *json, uint32_t number) {
	if (number >= json->cap_tables || json->tables[number].open) {
		ki_buf_puts(json->out, "null");
		return KITH_OK;
	}
	struct ki_value_reader here = json->reader;
	json->reader.pos = json->tables[number].pos;
	json->reader.nr_tables = number;
	int status = write_value(json);
	json->reader = here;
	return status;
}

/* ---- Values ---- */

static int write_ref(struct json *json, uint32_t index) {
	if (index >= json->payload->nr_refs || json->depth == DEPTH_MAX) {
		return KITH_EINVAL;
	}
	return ki_json_write(json->out, json->payload->refs[index]);
}

static int write_value(struct json *json) {
	size_t pos = json->reader.pos;
	struct ki_value_token token;
	int status = ki_value_next(&json->reader, &token);
	if (status) {
		return status;
	}
	switch (token.tag) {
	case KI_VALUE_TABLE:
		return write_table(json, &token, pos);
	case KI_VALUE_BACKREF:
		return write_again(json, token.backref);
	case KI_VALUE_PAYLOAD:
		return write_ref(json, token.payload);
	case KI_VALUE_STR:
		put_string(json->out, token.str);
		return KITH_OK;
	case KI_VALUE_FLOAT:
		if (!isfinite(token.f)) {
			ki_buf_puts(json->out, "null");
			return KITH_OK;
		}
		break;
	case KI_VALUE_TIME:
	case KI_VALUE_DURATION:
	case KI_VALUE_ERROR: {
		struct ki_buf text;
		ki_buf_init(&text);
		put_scalar(&text, &token);
		put_string(json->out, ki_buf_view(&text));
		ki_buf_fini(&text);
		return token.tag == KI_VALUE_ERROR ? ki_value_skip(&json->reader) : KITH_OK;
	}
	default:
		break;
	}
	if (!put_scalar(json->out, &token)) {
		ki_buf_puts(json->out, "null");
	}
	return KITH_OK;
}

int ki_json_write(struct ki_buf *out, const struct ki_payload *payload) {
	struct ki_strv bytes = ki_strv_n((const char *)payload->data, payload->size);
	if (payload->format == KI_FORMAT_JSON) {
		ki_buf_putv(out, bytes);
		return KITH_OK;
	}
	if (payload->format != KI_FORMAT_LUA && payload->format != KI_FORMAT_ERROR) {
		put_string(out, bytes);
		return KITH_OK;
	}
	struct json json = {.out = out, .payload = payload};
	ki_value_reader_payload(&json.reader, payload);
	int status = write_value(&json);
	ki_free(json.tables);
	return status ? status : out->failed ? KITH_EEXHAUSTED : KITH_OK;
}

int ki_json_scalar(
	struct ki_buf *out, const struct ki_payload *payload, struct ki_value_token *token) {
	struct ki_value_reader reader;
	ki_value_reader_payload(&reader, payload);
	int status = ki_value_next(&reader, token);
	if (!status) {
		put_scalar(out, token);
	}
	return status;
}

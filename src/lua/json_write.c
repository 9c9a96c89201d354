/*
 * lua/json_write.c: a payload's value as JSON text.
 *
 * Owns: nothing. Threads: any.
 * Not here: reading JSON (json_read.c).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "lua/json.h"
#include "time/calendar.h"
#include "time/duration.h"

/* The way to the value that is written: from the innermost step outwards. */
struct step {
	const struct step *up;
	struct ki_strv key; /* ptr NULL: a position */
	size_t position;
};

/* A table that may be referred to again. */
struct table {
	size_t pos; /* of its first byte */
	bool open;  /* it is being written: to refer to it is a cycle */
};

struct json {
	struct ki_json_work *work;
	struct ki_buf *out;
	const struct ki_payload *payload;
	struct ki_value_reader reader;
	enum ki_json_mode mode;
	struct ki_buf *why;
	struct table *tables; /* by number */
	size_t cap_tables;
	unsigned depth;
	size_t out_max; /* of out->len */
};

/* One pair of an object, and where its value begins. */
struct member {
	struct ki_strv key; /* into the payload, or `own` */
	char *own;
	size_t pos;
	uint32_t nr_tables;
};

static int write_value(struct json *json, const struct step *at);

/* ---- What is held ---- */

struct block {
	struct ki_list node; /* of the work */
	max_align_t bytes[];
};

void ki_json_work_init(struct ki_json_work *work, void (*poll)(void *arg, int steps), void *arg) {
	*work = (struct ki_json_work){.poll = poll, .arg = arg};
	ki_list_init(&work->blocks);
	ki_value_writer_init(&work->writer);
	ki_buf_init(&work->text);
}

void ki_json_work_clear(struct ki_json_work *work) {
	while (!ki_list_empty(&work->blocks)) {
		ki_free(ki_list_entry(ki_list_pop_front(&work->blocks), struct block, node));
	}
	ki_value_writer_fini(&work->writer);
	ki_buf_fini(&work->text);
}

/* Memory that hangs on the work until it is dropped; `bytes` is NULL or what is to grow. NULL: no
 * memory, and what there was is kept. */
static void *hold(struct ki_json_work *work, void *bytes, size_t size) {
	struct block *block = bytes ? ki_container_of(bytes, struct block, bytes) : NULL;
	if (block != NULL) {
		ki_list_remove(&block->node);
	}
	struct block *larger = ki_realloc(block, sizeof(*block) + size);
	if (larger != NULL) {
		block = larger;
	}
	if (block != NULL) {
		ki_list_push_back(&work->blocks, &block->node);
	}
	return larger != NULL ? larger->bytes : NULL;
}

static void drop(void *bytes) {
	if (bytes != NULL) {
		struct block *block = ki_container_of(bytes, struct block, bytes);
		ki_list_remove(&block->node);
		ki_free(block);
	}
}

static void poll(struct json *json, int steps) {
	if (json->work->poll != NULL) {
		json->work->poll(json->work->arg, steps);
	}
}

/* Over one whole value, with polls. */
static int skip_value(struct json *json) {
	struct ki_value_token token;
	for (uint64_t owed = 1; owed > 0; owed--) {
		int status = ki_value_next(&json->reader, &token);
		if (status) {
			return status;
		}
		if (token.tag == KI_VALUE_TABLE) {
			owed += token.table.narr + 2 * (uint64_t)token.table.nrec;
		} else if (token.tag == KI_VALUE_ERROR) {
			owed++;
		}
		poll(json, 1);
	}
	return KITH_OK;
}

/* ---- Refusals ---- */

static bool is_name(struct ki_strv text) {
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
		if (!letter && (i == 0 || c < '0' || c > '9')) {
			return false;
		}
	}
	return text.len > 0;
}

static void put_path(struct ki_buf *out, const struct step *at) {
	if (at == NULL) {
		return;
	}
	put_path(out, at->up);
	if (at->key.ptr == NULL) {
		ki_buf_printf(out, "[%zu]", at->position);
	} else if (is_name(at->key)) {
		ki_buf_printf(out, "." KI_STRV_FMT, KI_STRV_ARG(at->key));
	} else {
		ki_buf_printf(out, "[\"" KI_STRV_FMT "\"]", KI_STRV_ARG(at->key));
	}
}

static int refuse(struct json *json, const struct step *at, const char *what) {
	if (json->why != NULL) {
		ki_buf_puts(json->why, what);
		if (at != NULL) {
			ki_buf_puts(json->why, " (at ");
			put_path(json->why, at);
			ki_buf_putc(json->why, ')');
		}
	}
	return KITH_EINVAL;
}

/* What STRICT refuses is null in PLAIN. */
static int refuse_or_null(struct json *json, const struct step *at, const char *what) {
	if (json->mode == KI_JSON_STRICT) {
		return refuse(json, at, what);
	}
	ki_buf_puts(json->out, "null");
	return KITH_OK;
}

/* ---- Scalars ---- */

/* The shortest of the usual digits that read back as the same number; never as an integer. */
static void put_float(struct ki_buf *out, double number) {
	char text[40];
	for (int digits = 14; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, number);
		if (strtod(text, NULL) == number) {
			break;
		}
	}
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

/* ---- Arrays ---- */

static bool note_table(struct json *json, uint32_t number, size_t pos) {
	if (number >= json->cap_tables) {
		size_t cap = json->cap_tables ? 2 * json->cap_tables : 16;
		while (cap <= number) {
			cap *= 2;
		}
		struct table *larger = hold(json->work, json->tables, cap * sizeof(*larger));
		if (!larger) {
			return false;
		}
		json->tables = larger;
		json->cap_tables = cap;
	}
	json->tables[number] = (struct table){.pos = pos, .open = true};
	return true;
}

/* A hole is a nil among the elements. */
static bool at_hole(const struct json *json) {
	struct ki_value_reader ahead = json->reader;
	struct ki_value_token token;
	return ki_value_next(&ahead, &token) == KITH_OK && token.tag == KI_VALUE_NIL;
}

static int write_array(struct json *json, uint32_t nr, const struct step *up) {
	struct step at = {.up = up};
	ki_buf_putc(json->out, '[');
	for (uint32_t i = 0; i < nr; i++) {
		if (i > 0) {
			ki_buf_putc(json->out, ',');
		}
		if (json->mode == KI_JSON_STRICT && at_hole(json)) {
			return refuse(json, up, "cannot encode a sparse array");
		}
		at.position = i + 1;
		int status = write_value(json, &at);
		if (status) {
			return status;
		}
	}
	ki_buf_putc(json->out, ']');
	return KITH_OK;
}

/* ---- Objects ---- */

static int compare_members(const struct member *x, const struct member *y) {
	size_t len = x->key.len < y->key.len ? x->key.len : y->key.len;
	int order = len > 0 ? memcmp(x->key.ptr, y->key.ptr, len) : 0;
	return order ? order : (x->key.len > y->key.len) - (x->key.len < y->key.len);
}

/* Lets the member at `i` sink to its place in the heap of the first nr. */
static void sink(struct json *json, struct member *members, size_t i, size_t nr) {
	for (size_t child; (child = 2 * i + 1) < nr; i = child) {
		poll(json, 2);
		child += child + 1 < nr &&
			compare_members(&members[child], &members[child + 1]) < 0;
		if (compare_members(&members[i], &members[child]) >= 0) {
			return;
		}
		struct member up = members[child];
		members[child] = members[i];
		members[i] = up;
	}
}

/* A heap sort: qsort can neither give way nor be left behind. */
static void sort_members(struct json *json, struct member *members, size_t nr) {
	for (size_t i = nr / 2; i-- > 0;) {
		sink(json, members, i, nr);
	}
	for (size_t last = nr; last-- > 1;) {
		struct member greatest = members[0];
		members[0] = members[last];
		members[last] = greatest;
		sink(json, members, 0, last);
	}
}

/* Takes `text`. */
static int own_key(struct json *json, struct member *member, struct ki_buf *text) {
	char *own = text->failed ? NULL : hold(json->work, NULL, text->len);
	if (own != NULL && text->len > 0) {
		memcpy(own, text->ptr, text->len);
	}
	member->own = own;
	member->key = ki_strv_n(own, text->len);
	ki_buf_fini(text);
	return own ? KITH_OK : KITH_EEXHAUSTED;
}

/* A key that is no string, as text; a table has none. */
static int read_odd_key(struct json *json, struct member *member,
	const struct ki_value_token *token, struct ki_value_reader before) {
	struct ki_buf text;
	ki_buf_init(&text);
	if (!put_scalar(&text, token)) {
		ki_buf_puts(&text, "?");
	}
	int status = own_key(json, member, &text);
	if (!status && (token->tag == KI_VALUE_ERROR || token->tag == KI_VALUE_TABLE)) {
		json->reader = before;
		status = skip_value(json);
	}
	return status;
}

/* Reads the key of a pair, or takes `index`, and steps over the value unless it is the last. */
static int read_member(struct json *json, struct member *member, uint32_t index, bool last,
	const struct step *at) {
	struct ki_value_reader before = json->reader;
	struct ki_value_token token;
	int status = KITH_OK;
	if (index > 0) {
		struct ki_buf text;
		ki_buf_init(&text);
		ki_buf_printf(&text, "%u", (unsigned)index);
		status = own_key(json, member, &text);
	} else if ((status = ki_value_next(&json->reader, &token)) != KITH_OK) {
		return status;
	} else if (token.tag == KI_VALUE_STR) {
		member->key = token.str;
	} else if (json->mode == KI_JSON_STRICT) {
		bool number = token.tag == KI_VALUE_INT || token.tag == KI_VALUE_FLOAT;
		return refuse(json, at,
			number ? "cannot encode a sparse array"
			       : "cannot encode a table with such keys");
	} else {
		status = read_odd_key(json, member, &token, before);
	}
	member->pos = json->reader.pos;
	member->nr_tables = json->reader.nr_tables;
	return status || last ? status : skip_value(json);
}

static int write_members(
	struct json *json, const struct member *members, size_t nr, const struct step *up) {
	size_t end = json->reader.pos;
	uint32_t nr_tables = json->reader.nr_tables;
	ki_buf_putc(json->out, '{');
	for (size_t i = 0; i < nr; i++) {
		if (i > 0) {
			ki_buf_putc(json->out, ',');
		}
		ki_buf_put_json(json->out, members[i].key);
		ki_buf_putc(json->out, ':');
		struct step at = {.up = up, .key = members[i].key};
		json->reader.pos = members[i].pos;
		json->reader.nr_tables = members[i].nr_tables;
		int status = write_value(json, &at);
		if (status) {
			return status;
		}
		if (json->reader.pos > end) { /* behind the last one */
			end = json->reader.pos;
			nr_tables = json->reader.nr_tables;
		}
	}
	ki_buf_putc(json->out, '}');
	json->reader.pos = end;
	json->reader.nr_tables = nr_tables;
	return KITH_OK;
}

/* The pairs are written in another order than they lie: first their places are noted. */
static int write_object(struct json *json, uint32_t narr, uint32_t nrec, const struct step *up) {
	size_t nr = (size_t)narr + nrec, done = 0;
	if (narr > 0 && json->mode == KI_JSON_STRICT) {
		return refuse(json, up, "cannot encode a table with mixed keys");
	}
	struct member *members = hold(json->work, NULL, nr * sizeof(*members));
	if (!members) {
		return KITH_EEXHAUSTED;
	}
	int status = KITH_OK;
	for (; done < nr && !status; done++) {
		members[done] = (struct member){.own = NULL};
		status = read_member(json, &members[done], done < narr ? (uint32_t)done + 1 : 0,
			done + 1 == nr, up);
	}
	if (!status) {
		sort_members(json, members, nr);
		status = write_members(json, members, nr, up);
	}
	for (size_t i = 0; i < done; i++) {
		drop(members[i].own);
	}
	drop(members);
	return status;
}

/* ---- Values ---- */

static int write_table(
	struct json *json, const struct ki_value_token *token, size_t pos, const struct step *at) {
	uint32_t number = token->table.number;
	if (json->depth == KI_JSON_DEPTH_MAX) {
		int status = refuse_or_null(json, at, "nested deeper than 128 levels");
		json->reader.pos = pos;
		json->reader.nr_tables = number;
		return status ? status : skip_value(json);
	}
	if (!note_table(json, number, pos)) {
		return KITH_EEXHAUSTED;
	}
	json->depth++;
	int status = token->table.nrec == 0
		? write_array(json, token->table.narr, at)
		: write_object(json, token->table.narr, token->table.nrec, at);
	json->depth--;
	json->tables[number].open = false;
	return status;
}

static int write_again(struct json *json, uint32_t number, const struct step *at) {
	if (number >= json->cap_tables || json->tables[number].open) {
		return refuse_or_null(json, at, "cannot encode a cycle");
	}
	struct ki_value_reader here = json->reader;
	json->reader.pos = json->tables[number].pos;
	json->reader.nr_tables = number;
	int status = write_value(json, at);
	json->reader = here;
	return status;
}

static int write_whole(
	struct json *outer, const struct ki_payload *payload, const struct step *at) {
	struct ki_strv bytes = ki_strv_n((const char *)payload->data, payload->size);
	switch (payload->format) {
	case KI_FORMAT_LUA:
	case KI_FORMAT_ERROR:
		break;
	case KI_FORMAT_JSON:
		ki_buf_putv(outer->out, bytes);
		return KITH_OK;
	default:
		ki_buf_put_json(outer->out, bytes);
		return KITH_OK;
	}
	struct json json = *outer;
	json.payload = payload;
	json.tables = NULL;
	json.cap_tables = 0;
	ki_value_reader_payload(&json.reader, payload);
	int status = write_value(&json, at);
	drop(json.tables);
	return status;
}

static int write_ref(struct json *json, uint32_t index, const struct step *at) {
	if (index >= json->payload->nr_refs) {
		return KITH_EINVAL;
	}
	if (json->depth == KI_JSON_DEPTH_MAX) {
		return refuse_or_null(json, at, "nested deeper than 128 levels");
	}
	json->depth++;
	int status = write_whole(json, json->payload->refs[index], at);
	json->depth--;
	return status;
}

static void write_text(struct json *json, const struct ki_value_token *token) {
	struct ki_buf text;
	ki_buf_init(&text);
	put_scalar(&text, token);
	ki_buf_put_json(json->out, ki_buf_view(&text));
	json->out->failed |= text.failed;
	ki_buf_fini(&text);
}

static int write_any(
	struct json *json, const struct ki_value_token *token, size_t pos, const struct step *at) {
	switch (token->tag) {
	case KI_VALUE_TABLE:
		return write_table(json, token, pos, at);
	case KI_VALUE_BACKREF:
		return write_again(json, token->backref, at);
	case KI_VALUE_PAYLOAD:
		return write_ref(json, token->payload, at);
	case KI_VALUE_STR:
		ki_buf_put_json(json->out, token->str);
		return KITH_OK;
	case KI_VALUE_ERROR:
		write_text(json, token);
		return skip_value(json); /* its details */
	case KI_VALUE_TIME:
	case KI_VALUE_DURATION:
		write_text(json, token);
		return KITH_OK;
	default:
		if ((token->tag == KI_VALUE_FLOAT && !isfinite(token->f)) ||
			!put_scalar(json->out, token)) {
			ki_buf_puts(json->out, "null");
		}
		return KITH_OK;
	}
}

static int write_value(struct json *json, const struct step *at) {
	size_t pos = json->reader.pos;
	struct ki_value_token token;
	poll(json, 1);
	int status = ki_value_next(&json->reader, &token);
	if (!status) {
		status = write_any(json, &token, pos, at);
	}
	if (!status && json->out->failed) {
		status = KITH_EEXHAUSTED;
	}
	if (!status && json->out->len > json->out_max) {
		status = refuse(json, NULL, "text larger than 67108864 bytes");
	}
	return status;
}

int ki_json_encode(struct ki_json_work *work, struct ki_buf *out, const struct ki_payload *payload,
	enum ki_json_mode mode, struct ki_buf *why) {
	size_t before = out->len;
	if (payload == NULL) {
		ki_buf_puts(out, "null");
		return out->failed ? KITH_EEXHAUSTED : KITH_OK;
	}
	struct json json = {.work = work,
		.out = out,
		.mode = mode,
		.why = why,
		.out_max = before + KI_JSON_TEXT_MAX};
	int status = write_whole(&json, payload, NULL);
	if (!status && out->failed) {
		status = KITH_EEXHAUSTED;
	}
	if (status) {
		out->len = before;
	}
	return status;
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

/*
 * lua/json_read.c: JSON text to a payload.
 *
 * Owns: nothing. Threads: any.
 * Not here: writing JSON (json_write.c).
 */
#include <stdlib.h>
#include <string.h>

#include "lua/json.h"

struct parser {
	const char *begin, *at, *end;
	const char *what; /* the fault; where it is, is `at` */
	struct ki_json_work *work;
	struct ki_value_writer *writer; /* the work's */
	struct ki_buf *scratch;         /* likewise */
	unsigned depth;
};

/* Bytes of one string, number or blank between two polls. */
enum { STRETCH_BYTES = 4096, STRETCH_STEPS = 500 };

static bool parse_value(struct parser *p);

static bool fail(struct parser *p, const char *what) {
	p->what = what;
	return false;
}

static void poll(struct parser *p, int steps) {
	if (p->work->poll != NULL) {
		p->work->poll(p->work->arg, steps);
	}
}

/* To the next byte of a stretch that may be long. */
static void advance(struct parser *p) {
	p->at++;
	if ((p->at - p->begin) % STRETCH_BYTES == 0) {
		poll(p, STRETCH_STEPS);
	}
}

static void skip_blanks(struct parser *p) {
	while (p->at < p->end &&
		(*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r')) {
		advance(p);
	}
}

static bool is_next(const struct parser *p, char c) {
	return p->at < p->end && *p->at == c;
}

/* ---- Strings ---- */

static int hex_digit(char c) {
	return c >= '0' && c <= '9'    ? c - '0'
		: c >= 'a' && c <= 'f' ? c - 'a' + 10
		: c >= 'A' && c <= 'F' ? c - 'A' + 10
				       : -1;
}

/* Reads four digits; gives -1, with `at` at what is none. */
static int32_t parse_unit(struct parser *p) {
	int32_t unit = 0;
	for (int i = 0; i < 4; i++, p->at++) {
		int digit = p->at < p->end ? hex_digit(*p->at) : -1;
		if (digit < 0) {
			return -1;
		}
		unit = unit << 4 | digit;
	}
	return unit;
}

static void put_utf8(struct ki_buf *out, uint32_t code) {
	if (code < 0x80) {
		ki_buf_putc(out, (char)code);
		return;
	}
	int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
	static const unsigned char first[] = {0, 0xc0, 0xe0, 0xf0};
	ki_buf_putc(out, (char)(first[more] | code >> 6 * more));
	while (more-- > 0) {
		ki_buf_putc(out, (char)(0x80 | (code >> 6 * more & 0x3f)));
	}
}

/* Behind `\u`. Two halves of a pair are one character. */
static bool parse_unicode(struct parser *p) {
	int32_t unit = parse_unit(p);
	if (unit < 0) {
		return fail(p, "expected four hexadecimal digits");
	}
	uint32_t code = (uint32_t)unit;
	if (code >= 0xdc00 && code <= 0xdfff) {
		return fail(p, "second half of a surrogate pair without the first");
	}
	if (code >= 0xd800 && code <= 0xdbff) {
		int32_t low = -1;
		if (p->end - p->at >= 2 && p->at[0] == '\\' && p->at[1] == 'u') {
			p->at += 2;
			low = parse_unit(p);
		}
		if (low < 0xdc00 || low > 0xdfff) {
			return fail(p, "first half of a surrogate pair without the second");
		}
		code = 0x10000 + ((code - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
	}
	put_utf8(p->scratch, code);
	return true;
}

static bool parse_escape(struct parser *p) {
	static const char names[] = "\"\\/bfnrt", plain[] = "\"\\/\b\f\n\r\t";
	p->at++;
	const char *at = p->at < p->end && *p->at != '\0' ? strchr(names, *p->at) : NULL;
	if (at != NULL) {
		ki_buf_putc(p->scratch, plain[at - names]);
		p->at++;
		return true;
	}
	if (is_next(p, 'u')) {
		p->at++;
		return parse_unicode(p);
	}
	return fail(p, "unknown escape in a string");
}

/* The rest of a string whose bytes from `from` on are not taken yet. */
static bool parse_escaped(struct parser *p, const char *from) {
	ki_buf_reset(p->scratch);
	for (;;) {
		poll(p, 1);
		ki_buf_put(p->scratch, from, (size_t)(p->at - from));
		if (is_next(p, '"')) {
			return true;
		}
		if (!is_next(p, '\\')) {
			return fail(p,
				p->at < p->end ? "control character in a string"
					       : "the text ends within a string");
		}
		if (!parse_escape(p)) {
			return false;
		}
		from = p->at;
		while (p->at < p->end && *p->at != '"' && *p->at != '\\' &&
			(unsigned char)*p->at >= 0x20) {
			advance(p);
		}
	}
}

static bool parse_string(struct parser *p) {
	const char *from = ++p->at;
	while (p->at < p->end && *p->at != '"' && *p->at != '\\' && (unsigned char)*p->at >= 0x20) {
		advance(p);
	}
	struct ki_strv text = ki_strv_n(from, (size_t)(p->at - from));
	if (!is_next(p, '"')) {
		if (!parse_escaped(p, from)) {
			return false;
		}
		text = ki_buf_view(p->scratch);
		p->writer->failed |= p->scratch->failed;
	}
	p->at++;
	ki_value_str(p->writer, text);
	return true;
}

/* ---- Numbers ---- */

static size_t skip_digits(struct parser *p) {
	const char *from = p->at;
	while (p->at < p->end && *p->at >= '0' && *p->at <= '9') {
		advance(p);
	}
	return (size_t)(p->at - from);
}

/* False when it does not fit. */
static bool read_integer(const char *at, const char *end, int64_t *out) {
	bool negative = *at == '-';
	uint64_t value = 0, limit = (uint64_t)INT64_MAX + negative;
	for (at += negative; at < end; at++) {
		uint64_t digit = (uint64_t)(*at - '0');
		if (value > (limit - digit) / 10) {
			return false;
		}
		value = value * 10 + digit;
	}
	*out = negative ? (int64_t)(0 - value) : (int64_t)value;
	return true;
}

static bool parse_number(struct parser *p) {
	const char *from = p->at;
	bool integer = true;
	p->at += *p->at == '-';
	if (is_next(p, '0')) {
		p->at++;
	} else if (skip_digits(p) == 0) {
		return fail(p, "expected a digit");
	}
	if (p->at < p->end && *p->at >= '0' && *p->at <= '9') {
		return fail(p, "a number begins with 0");
	}
	if (is_next(p, '.')) {
		integer = false;
		p->at++;
		if (skip_digits(p) == 0) {
			return fail(p, "expected a digit");
		}
	}
	if (is_next(p, 'e') || is_next(p, 'E')) {
		integer = false;
		p->at++;
		p->at += is_next(p, '+') || is_next(p, '-');
		if (skip_digits(p) == 0) {
			return fail(p, "expected a digit");
		}
	}
	int64_t value;
	if (integer && read_integer(from, p->at, &value)) {
		ki_value_int(p->writer, value);
		return true;
	}
	ki_buf_reset(p->scratch);
	ki_buf_put(p->scratch, from, (size_t)(p->at - from));
	ki_value_float(p->writer, strtod(ki_buf_cstr(p->scratch), NULL));
	p->writer->failed |= p->scratch->failed;
	return true;
}

/* ---- Tables ---- */

static bool enter(struct parser *p) {
	if (p->depth == KI_JSON_DEPTH_MAX) {
		return fail(p, "nested deeper than 128 levels");
	}
	p->depth++;
	p->at++;
	skip_blanks(p);
	return true;
}

/* Behind an element: true, with *more telling whether another one follows. */
static bool separator(struct parser *p, char end, const char *expected, bool *more) {
	skip_blanks(p);
	if (!is_next(p, ',') && !is_next(p, end)) {
		return fail(p, expected);
	}
	*more = *p->at == ',';
	p->at += *more;
	return true;
}

static bool parse_array(struct parser *p) {
	size_t mark = ki_value_table_begin(p->writer), nr = 0;
	if (!enter(p)) {
		return false;
	}
	for (bool more = !is_next(p, ']'); more; nr++) {
		if (!parse_value(p) || !separator(p, ']', "expected ',' or ']'", &more)) {
			return false;
		}
	}
	p->at++;
	p->depth--;
	ki_value_table_end(p->writer, mark, nr, 0);
	return true;
}

static bool parse_object(struct parser *p) {
	size_t mark = ki_value_table_begin(p->writer), nr = 0;
	if (!enter(p)) {
		return false;
	}
	for (bool more = !is_next(p, '}'); more; nr++) {
		skip_blanks(p);
		if (!is_next(p, '"')) {
			return fail(p, nr == 0 ? "expected a string or '}'" : "expected a string");
		}
		if (!parse_string(p)) {
			return false;
		}
		skip_blanks(p);
		if (!is_next(p, ':')) {
			return fail(p, "expected ':'");
		}
		p->at++;
		if (!parse_value(p) || !separator(p, '}', "expected ',' or '}'", &more)) {
			return false;
		}
	}
	p->at++;
	p->depth--;
	ki_value_table_end(p->writer, mark, 0, nr);
	return true;
}

/* ---- Values ---- */

static bool take_word(struct parser *p, const char *word) {
	size_t len = strlen(word);
	if ((size_t)(p->end - p->at) < len || memcmp(p->at, word, len) != 0) {
		return false;
	}
	p->at += len;
	return true;
}

static bool parse_word(struct parser *p) {
	if (take_word(p, "true")) {
		ki_value_bool(p->writer, true);
	} else if (take_word(p, "false")) {
		ki_value_bool(p->writer, false);
	} else if (take_word(p, "null")) {
		ki_value_nil(p->writer);
	} else {
		return fail(p, "expected a value");
	}
	return true;
}

static bool parse_value(struct parser *p) {
	poll(p, 1);
	skip_blanks(p);
	switch (p->at < p->end ? *p->at : '\0') {
	case '{':
		return parse_object(p);
	case '[':
		return parse_array(p);
	case '"':
		return parse_string(p);
	case '-':
	case '0':
	case '1':
	case '2':
	case '3':
	case '4':
	case '5':
	case '6':
	case '7':
	case '8':
	case '9':
		return parse_number(p);
	default:
		return parse_word(p);
	}
}

static bool parse_text(struct parser *p) {
	if (!parse_value(p)) {
		return false;
	}
	skip_blanks(p);
	return p->at == p->end || fail(p, "expected the end of the text");
}

int ki_json_decode(struct ki_json_work *work, struct ki_strv text, struct ki_payload **out,
	struct ki_json_fault *fault) {
	const char *begin = text.len > 0 ? text.ptr : "";
	struct parser p = {.begin = begin,
		.at = begin,
		.end = begin + text.len,
		.work = work,
		.writer = &work->writer,
		.scratch = &work->text};
	int status = KITH_OK;
	if (!parse_text(&p)) {
		*fault = (struct ki_json_fault){(size_t)(p.at - p.begin) + 1, p.what};
		status = KITH_EINVAL;
	} else {
		struct ki_payload *payload = ki_value_finish(p.writer, KI_FORMAT_LUA);
		if (payload != NULL) {
			*out = payload;
		} else {
			status = KITH_EEXHAUSTED;
		}
	}
	ki_json_work_clear(work);
	return status;
}

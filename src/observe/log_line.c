/*
 * log_line.c: see log_line.h.
 *
 * Owns: nothing. Threads: any.
 */
#include "observe/log_line.h"

#include <string.h>

#include "base/compiler.h"

const char *const ki_log_level_names[] = {"debug", "info", "warn", "error", "off"};
const char *const ki_log_level_labels[] = {"DEBUG", "INFO ", "WARN ", "ERROR"};

/* ---- Text ---- */

static void put_char(struct ki_buf *line, char c, bool quoted) {
	unsigned char byte = (unsigned char)c;
	if (quoted && (c == '"' || c == '\\')) {
		ki_buf_printf(line, "\\%c", c);
	} else if (c == '\n') {
		ki_buf_puts(line, "\\n");
	} else if (c == '\t') {
		ki_buf_puts(line, "\\t");
	} else if (byte < 0x20 || byte == 0x7f) {
		ki_buf_printf(line, "\\x%02x", byte);
	} else {
		ki_buf_putc(line, c);
	}
}

static void put_text(struct ki_buf *line, const char *text) {
	for (; *text != '\0'; text++) {
		put_char(line, *text, false);
	}
}

static bool wants_quotes(const char *value) {
	if (*value == '\0') {
		return true;
	}
	for (; *value != '\0'; value++) {
		unsigned char byte = (unsigned char)*value;
		if (byte <= 0x20 || byte == 0x7f || byte == '"' || byte == '=') {
			return true;
		}
	}
	return false;
}

static void put_value(struct ki_buf *line, const char *value) {
	if (!wants_quotes(value)) {
		ki_buf_puts(line, value);
		return;
	}
	ki_buf_putc(line, '"');
	for (; *value != '\0'; value++) {
		put_char(line, *value, true);
	}
	ki_buf_putc(line, '"');
}

void ki_log_line_text(struct ki_buf *out, const struct ki_log_line *line) {
	ki_buf_printf(out, "%s %s ", line->stamp, ki_log_level_labels[line->level]);
	put_text(out, line->logger);
	ki_buf_puts(out, "  ");
	put_text(out, line->message);
	const char *gap = "  ";
	for (size_t i = 0; i < line->nr_fields; i++) {
		if (line->fields[i].form == KI_LOG_JSON_ALONE) {
			continue;
		}
		ki_buf_puts(out, gap);
		gap = " ";
		put_text(out, line->fields[i].key);
		ki_buf_putc(out, '=');
		put_value(out, line->fields[i].value);
	}
	ki_buf_putc(out, '\n');
}

/* ---- JSON ---- */

static const char *const own_keys[] = {"ts", "level", "logger", "msg"};

/* How many before field `at` have its name. */
static size_t nr_alike(const struct ki_log_line *line, size_t at) {
	const char *key = line->fields[at].key;
	size_t nr = 0;
	for (size_t i = 0; i < ki_countof(own_keys); i++) {
		nr += strcmp(key, own_keys[i]) == 0;
	}
	for (size_t i = 0; i < at; i++) {
		nr += strcmp(key, line->fields[i].key) == 0;
	}
	return nr;
}

static void put_name(struct ki_buf *out, const char *key, size_t nr_marks) {
	ki_buf_put_json(out, ki_strv(key));
	if (nr_marks > 0 && !out->failed) {
		out->len--; /* the quote */
		for (size_t i = 0; i < nr_marks; i++) {
			ki_buf_putc(out, '_');
		}
		ki_buf_putc(out, '"');
	}
	ki_buf_putc(out, ':');
}

static void put_own(struct ki_buf *out, size_t which, const char *value) {
	ki_buf_putc(out, which == 0 ? '{' : ',');
	put_name(out, own_keys[which], 0);
	ki_buf_put_json(out, ki_strv(value));
}

void ki_log_line_json(struct ki_buf *out, const struct ki_log_line *line) {
	put_own(out, 0, line->stamp);
	put_own(out, 1, ki_log_level_names[line->level]);
	put_own(out, 2, line->logger);
	put_own(out, 3, line->message);
	for (size_t i = 0; i < line->nr_fields; i++) {
		const struct ki_log_field *field = &line->fields[i];
		ki_buf_putc(out, ',');
		put_name(out, field->key, nr_alike(line, i));
		if (field->form == KI_LOG_JSON) {
			ki_buf_puts(out, field->value);
		} else {
			ki_buf_put_json(out, ki_strv(field->value));
		}
	}
	ki_buf_puts(out, "}\n");
}

/* log.c: see log.h. */
#include "observe/log.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "sys/clock.h"
#include "time/calendar.h"

static const char *const level_names[] = {"debug", "info", "warn", "error", "off"};
static const char *const level_labels[] = {"DEBUG", "INFO ", "WARN ", "ERROR"};

void ki_log_init(struct ki_log *log, enum ki_log_level threshold, ki_log_sink *sink,
	void *sink_user, ki_log_clock *clock, void *clock_user) {
	log->threshold = threshold;
	log->sink = sink;
	log->sink_user = sink_user;
	log->clock = clock;
	log->clock_user = clock_user;
}

bool ki_log_enabled(const struct ki_log *log, enum ki_log_level level) {
	return log->sink && level >= log->threshold && level < KI_LOG_OFF;
}

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

void ki_log_write(const struct ki_log *log, enum ki_log_level level, const char *logger,
	const char *message, size_t nr_fields, const struct ki_log_field *fields) {
	if (!ki_log_enabled(log, level)) {
		return;
	}
	char stamp[KI_RFC3339_MAX];
	ki_rfc3339_ms(log->clock ? log->clock(log->clock_user) : ki_clock_wall_ns(), stamp);

	struct ki_buf line;
	ki_buf_init(&line);
	ki_buf_printf(&line, "%s %s ", stamp, level_labels[level]);
	put_text(&line, logger);
	ki_buf_puts(&line, "  ");
	put_text(&line, message);
	for (size_t i = 0; i < nr_fields; i++) {
		ki_buf_puts(&line, i == 0 ? "  " : " ");
		put_text(&line, fields[i].key);
		ki_buf_putc(&line, '=');
		put_value(&line, fields[i].value);
	}
	ki_buf_putc(&line, '\n');
	if (!line.failed) {
		log->sink(log->sink_user, level, line.ptr, line.len);
	} else {
		/* No memory for the line: a shortened one is better than silence. */
		char brief[256];
		int len = snprintf(brief, sizeof(brief), "%s %s %.60s  %.120s\n", stamp,
			level_labels[level], logger, message);
		log->sink(log->sink_user, level, brief, (size_t)len);
	}
	ki_buf_fini(&line);
}

bool ki_log_level_parse(const char *name, enum ki_log_level *out) {
	for (int i = KI_LOG_DEBUG; i <= KI_LOG_OFF; i++) {
		if (strcmp(name, level_names[i]) == 0) {
			*out = (enum ki_log_level)i;
			return true;
		}
	}
	return false;
}

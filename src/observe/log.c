/* log.c: see log.h. */
#include "observe/log.h"

#include <stdio.h>
#include <string.h>

#include "observe/log_line.h"
#include "sys/clock.h"
#include "time/calendar.h"

void ki_log_init(struct ki_log *log, enum ki_log_level threshold, ki_log_sink *sink,
	void *sink_user, ki_log_clock *clock, void *clock_user) {
	log->threshold = threshold;
	log->json = false;
	log->sink = sink;
	log->sink_user = sink_user;
	log->clock = clock;
	log->clock_user = clock_user;
}

bool ki_log_enabled(const struct ki_log *log, enum ki_log_level level) {
	return log->sink && level >= log->threshold && level < KI_LOG_OFF;
}

void ki_log_set(struct ki_log *log, enum ki_log_level threshold, bool json) {
	log->threshold = threshold;
	log->json = json;
}

/* Without memory for the line a short one is better than silence. */
static size_t format_brief(char *brief, size_t size, bool json, const struct ki_log_line *line) {
	static const char why[] = "no memory for a log line";
	static const char form[] =
		"{\"ts\":\"%s\",\"level\":\"%s\",\"logger\":\"kith\",\"msg\":\"%s\"}\n";
	const char *level = (json ? ki_log_level_names : ki_log_level_labels)[line->level];
	return (size_t)snprintf(
		brief, size, json ? form : "%s %s kith  %s\n", line->stamp, level, why);
}

void ki_log_write(const struct ki_log *log, enum ki_log_level level, const char *logger,
	const char *message, size_t nr_fields, const struct ki_log_field *fields) {
	if (!ki_log_enabled(log, level)) {
		return;
	}
	char stamp[KI_RFC3339_MAX];
	ki_rfc3339_ms(log->clock ? log->clock(log->clock_user) : ki_clock_wall_ns(), stamp);
	struct ki_log_line line = {
		.stamp = stamp,
		.level = level,
		.logger = logger,
		.message = message,
		.nr_fields = nr_fields,
		.fields = fields,
	};
	struct ki_buf text;
	ki_buf_init(&text);
	if (log->json) {
		ki_log_line_json(&text, &line);
	} else {
		ki_log_line_text(&text, &line);
	}
	if (!text.failed) {
		log->sink(log->sink_user, level, text.ptr, text.len);
	} else {
		char brief[160];
		size_t len = format_brief(brief, sizeof(brief), log->json, &line);
		log->sink(log->sink_user, level, brief, len);
	}
	ki_buf_fini(&text);
}

bool ki_log_level_parse(const char *name, enum ki_log_level *out) {
	for (int i = KI_LOG_DEBUG; i <= KI_LOG_OFF; i++) {
		if (strcmp(name, ki_log_level_names[i]) == 0) {
			*out = (enum ki_log_level)i;
			return true;
		}
	}
	return false;
}

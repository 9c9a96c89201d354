/*
 * log.h: log lines (SPEC 21.1) to a sink, each in one call.
 *
 * Owns: nothing but the settings, which do not change once several threads use it.
 * Threads: any; the sink must accept calls from several threads at once.
 * Not here: the two forms of a line (log_line.h), where lines go (the sink is api's), crash
 *	reports (process, api).
 */
#ifndef KI_OBSERVE_LOG_H
#define KI_OBSERVE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ki_log_level { KI_LOG_DEBUG, KI_LOG_INFO, KI_LOG_WARN, KI_LOG_ERROR, KI_LOG_OFF };

/* What a value is: a text; JSON, to be written as it is; a text that lines of text do without. */
enum ki_log_form { KI_LOG_PLAIN, KI_LOG_JSON, KI_LOG_JSON_ALONE };

struct ki_log_field {
	const char *key, *value;
	enum ki_log_form form;
};

/* line ends with a newline, which len counts; it is the callee's only during the call. */
typedef void ki_log_sink(void *user, enum ki_log_level level, const char *line, size_t len);
typedef int64_t ki_log_clock(void *user); /* wall time: ns since 1970, UTC */

struct ki_log { /* set once in init and ki_log_set */
	enum ki_log_level threshold;
	bool json; /* lines are JSON objects */
	ki_log_sink *sink;
	void *sink_user;
	ki_log_clock *clock;
	void *clock_user;
};

/* sink may be NULL: then nothing is logged. clock may be NULL: the system's wall clock. */
void ki_log_init(struct ki_log *log, enum ki_log_level threshold, ki_log_sink *sink,
	void *sink_user, ki_log_clock *clock, void *clock_user);

/* Changes what is written, and how, while nobody else uses it. */
void ki_log_set(struct ki_log *log, enum ki_log_level threshold, bool json);

/* Whether a line of that level would be written; to spare the work of making fields. */
bool ki_log_enabled(const struct ki_log *log, enum ki_log_level level);

/*
 * Writes one line. A value that is empty or has blanks, quotes, "=" or control characters is
 * quoted; control characters in any part are escaped, so that a line stays a line. borrows all.
 */
void ki_log_write(const struct ki_log *log, enum ki_log_level level, const char *logger,
	const char *message, size_t nr_fields, const struct ki_log_field *fields);

/* "debug", "info", "warn", "error", "off"; false for another name. */
bool ki_log_level_parse(const char *name, enum ki_log_level *out);

#endif

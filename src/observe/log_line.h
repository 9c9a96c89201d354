/*
 * log_line.h: the two forms of a log line (SPEC 21.1).
 *
 * Owns: the forms. Threads: any.
 * Not here: which lines are written, and where to (log.h).
 */
#ifndef KI_OBSERVE_LOG_LINE_H
#define KI_OBSERVE_LOG_LINE_H

#include "base/buf.h"
#include "observe/log.h"

struct ki_log_line {
	const char *stamp; /* RFC 3339, in UTC */
	enum ki_log_level level;
	const char *logger, *message;
	size_t nr_fields;
	const struct ki_log_field *fields;
};

/* Each appends the line, its newline included. */
void ki_log_line_text(struct ki_buf *out, const struct ki_log_line *line);
/* A name gets a "_" behind it for each time that it stands there already. */
void ki_log_line_json(struct ki_buf *out, const struct ki_log_line *line);

extern const char *const ki_log_level_names[];  /* "debug" */
extern const char *const ki_log_level_labels[]; /* "DEBUG", all of one width; not of OFF */

#endif

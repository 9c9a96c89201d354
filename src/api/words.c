/*
 * words.c: the functions of kith.h that need no runtime.
 *
 * Owns: nothing. Threads: any.
 * Not here: the runtime (runtime.c).
 */
#include <kith.h>
#include <string.h>

#include "base/buf.h"
#include "base/status.h"
#include "config/diag.h"
#include "time/duration.h"

const char *kith_version(void) {
	return KITH_VERSION;
}

const char *kith_status_name(int status) {
	return ki_status_name(status);
}

const char *kith_status_text(int status) {
	return ki_status_text(status);
}

const char *kith_status_kind(int status) {
	return ki_status_kind(status);
}

int kith_duration_parse(const char *text, int64_t *out_ns) {
	if (!text || !out_ns) {
		return KITH_EINVAL;
	}
	return ki_duration_parse(ki_strv(text), out_ns);
}

size_t kith_diag_format(const struct kith_diag *diag, char *text, size_t size) {
	if (!diag || !diag->file || !diag->found || !diag->expected) {
		return 0;
	}
	/* the texts are only read */
	struct ki_diag own = {
		.file = (char *)diag->file,
		.line = diag->line,
		.column = diag->column,
		.found = (char *)diag->found,
		.expected = (char *)diag->expected,
		.suggestion = (char *)diag->suggestion,
	};
	struct ki_buf line;
	ki_buf_init(&line);
	ki_diag_format(&own, &line);
	size_t len = line.failed ? 0 : line.len;
	if (text && size > 0) {
		size_t part = len < size ? len : size - 1;
		memcpy(text, ki_buf_cstr(&line), part);
		text[part] = '\0';
	}
	ki_buf_fini(&line);
	return len;
}

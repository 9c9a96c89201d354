/*
 * value_error.c: errors and small values as whole payloads; the last part of value.h.
 *
 * Owns: nothing.
 * Threads: any.
 * Not here: the encoding (value_write.c, value_read.c).
 */
#include "mem/value.h"

#include "base/status.h"

struct ki_payload *ki_error_payload(struct ki_strv kind, struct ki_strv message,
				    enum ki_retryable retryable, struct ki_strv trace,
				    const struct ki_value_pair *details, size_t nr_details) {
	struct ki_value_writer w;
	ki_value_writer_init(&w);
	ki_value_error(&w, kind, message, retryable, trace);
	if (nr_details) {
		size_t mark = ki_value_table_begin(&w);
		for (size_t i = 0; i < nr_details; i++) {
			ki_value_str(&w, details[i].key);
			ki_value_str(&w, details[i].value);
		}
		ki_value_table_end(&w, mark, 0, nr_details);
	} else {
		ki_value_nil(&w);
	}
	return ki_value_finish(&w, KI_FORMAT_ERROR);
}

struct ki_payload *ki_error_payload_status(int status, struct ki_strv message) {
	struct ki_strv kind = ki_strv(ki_status_kind(status));
	return ki_error_payload(kind, message, ki_retryable_of_kind(kind), ki_strv(NULL), NULL, 0);
}

enum ki_retryable ki_retryable_of_kind(struct ki_strv kind) {
	if (ki_strv_eqz(kind, "Unavailable") || ki_strv_eqz(kind, "RateLimited")
	    || ki_strv_eqz(kind, "ResourceExhausted") || ki_strv_eqz(kind, "Timeout")) {
		return KI_RETRYABLE_YES;
	}
	return ki_strv_eqz(kind, "Invalid") ? KI_RETRYABLE_NO : KI_RETRYABLE_NIL;
}

int ki_error_read(const struct ki_payload *p, struct ki_error_view *out) {
	struct ki_value_reader r;
	struct ki_value_token t;
	ki_value_reader_payload(&r, p);
	if (ki_value_next(&r, &t) != KITH_OK || t.tag != KI_VALUE_ERROR) {
		return KITH_EINVAL;
	}
	size_t details_at = r.pos;
	if (ki_value_skip(&r) != KITH_OK || !ki_value_at_end(&r)) {
		return KITH_EINVAL;
	}
	*out = (struct ki_error_view){
		.kind = t.error.kind,
		.message = t.error.message,
		.trace = t.error.trace,
		.retryable = t.error.retryable,
		.details_at = details_at,
		.has_details = p->data[details_at] == KI_VALUE_TABLE,
	};
	return KITH_OK;
}


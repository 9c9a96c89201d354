/*
 * traceback.c: see traceback.h.
 *
 * Owns: struct head. Threads: any.
 */
#include "mem/traceback.h"

#include <string.h>

/* In front of the texts of a record. */
struct head {
	int32_t line, defined;
	uint32_t nr_source;
	uint8_t what, nr_name, nr_kind, tail_call;
};

enum { NAME_MAX_BYTES = 200, KIND_MAX_BYTES = 32 };
_Static_assert(sizeof(struct head) + NAME_MAX_BYTES + KIND_MAX_BYTES <= KI_TRACE_BYTES_MAX,
	"room for the longest record");

static size_t put_text(char *at, struct ki_strv text) {
	if (text.len > 0) {
		memcpy(at, text.ptr, text.len);
	}
	return text.len;
}

size_t ki_trace_put(char *at, const struct ki_trace_record *record) {
	struct ki_strv name = ki_strv_sub(record->name, 0, NAME_MAX_BYTES);
	struct ki_strv kind = ki_strv_sub(record->kind, 0, KIND_MAX_BYTES);
	struct head head = {
		.line = record->line,
		.defined = record->defined,
		.nr_source = (uint32_t)record->source.len,
		.what = (uint8_t)record->what,
		.nr_name = (uint8_t)name.len,
		.nr_kind = (uint8_t)kind.len,
		.tail_call = record->tail_call,
	};
	char *end = at;
	memcpy(end, &head, sizeof head);
	end += sizeof head;
	end += put_text(end, record->source);
	end += put_text(end, name);
	end += put_text(end, kind);
	return (size_t)(end - at);
}

static struct ki_strv take(struct ki_strv *trace, size_t len) {
	struct ki_strv taken = ki_strv_sub(*trace, 0, len);
	*trace = ki_strv_sub(*trace, len, SIZE_MAX);
	return taken;
}

bool ki_trace_next(struct ki_strv *trace, struct ki_trace_record *out) {
	struct head head;
	if (trace->len < sizeof head) {
		return false;
	}
	memcpy(&head, take(trace, sizeof head).ptr, sizeof head);
	*out = (struct ki_trace_record){
		.what = (enum ki_trace_what)head.what,
		.line = head.line,
		.defined = head.defined,
		.tail_call = head.tail_call,
	};
	out->source = take(trace, head.nr_source);
	out->name = take(trace, head.nr_name);
	out->kind = take(trace, head.nr_kind);
	return true;
}

static void put_function(struct ki_buf *out, const struct ki_trace_record *r) {
	if (r->what == KI_TRACE_MAIN) {
		ki_buf_puts(out, "main chunk");
	} else if (r->name.len > 0) {
		bool plain = r->kind.len == 0 || ki_strv_eqz(r->kind, "global");
		ki_buf_putv(out, plain ? ki_strv("function") : r->kind);
		ki_buf_puts(out, " '");
		ki_buf_putv(out, r->name);
		ki_buf_puts(out, "'");
	} else if (r->what == KI_TRACE_C) {
		ki_buf_puts(out, "?");
	} else {
		ki_buf_puts(out, "function <");
		ki_buf_putv(out, r->source);
		ki_buf_printf(out, ":%d>", (int)r->defined);
	}
}

static void put_frame(struct ki_buf *out, const struct ki_trace_record *r) {
	ki_buf_puts(out, "\t");
	ki_buf_putv(out, r->source);
	if (r->line > 0) {
		ki_buf_printf(out, ":%d", (int)r->line);
	}
	ki_buf_puts(out, ": in ");
	put_function(out, r);
	if (r->tail_call) {
		ki_buf_puts(out, "\n\t(...tail calls...)");
	}
}

void ki_trace_format(struct ki_buf *out, struct ki_strv trace) {
	struct ki_trace_record record;
	for (bool first = true; ki_trace_next(&trace, &record); first = false) {
		ki_buf_puts(out, first ? "" : "\n");
		if (record.what == KI_TRACE_TEXT) {
			ki_buf_putv(out, record.source);
		} else {
			put_frame(out, &record);
		}
	}
}

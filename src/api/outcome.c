/*
 * outcome.c: what the end of a run means for a command (SPEC 20.1, 20.3).
 *
 * Owns: output, error, fault and entry_status of the runtime. Threads: one, outside kith_run.
 * Not here: who prints it (cli).
 */
#include <string.h>

#include "api/runtime.h"
#include "lua/json.h"
#include "mem/traceback.h"
#include "mem/value.h"
#include "process/signals.h"

/* ---- As a test (SPEC 22.2) ---- */

static void fault(struct kith_runtime *runtime, struct ki_strv text) {
	runtime->has_fault = true;
	ki_report_text(&runtime->fault, text, "  ");
}

static bool is_false(const struct ki_payload *value) {
	struct ki_value_reader reader;
	struct ki_value_token token;
	if (!value || value->format != KI_FORMAT_LUA) {
		return false;
	}
	ki_value_reader_payload(&reader, value);
	return !ki_value_next(&reader, &token) && token.tag == KI_VALUE_FALSE;
}

static void read_verdict(struct kith_runtime *runtime, const struct ki_result *result) {
	if (result->has_second) {
		fault(runtime, ki_strv("returned a second value"));
	} else if (is_false(result->value)) {
		fault(runtime, ki_strv("returned false"));
	}
}

/* Of an entry that has not ended by itself. */
static const char *why_not_ended(const struct ki_application *app) {
	if (app->idled) {
		return "can never go on: everything waits, and nothing will happen";
	}
	return app->ended ? "was stopped before its end" : "has not ended";
}

/* ---- As a command (SPEC 20.3) ---- */

static void read_table(struct kith_runtime *runtime, const struct ki_payload *value) {
	struct ki_json_work work;
	ki_json_work_init(&work, NULL, NULL);
	ki_json_encode(&work, &runtime->output, value, KI_JSON_PLAIN, NULL);
	ki_json_work_clear(&work);
	ki_buf_putc(&runtime->output, '\n');
	runtime->has_output = true;
}

/* A payload that the program made of something else than Lua values: its text as it is. */
static void read_bytes(struct kith_runtime *runtime, const struct ki_payload *value) {
	ki_buf_put(&runtime->output, value->data, value->size);
	ki_buf_putc(&runtime->output, '\n');
	runtime->has_output = true;
}

static void read_value(struct kith_runtime *runtime, const struct ki_payload *value) {
	if (!value) {
		return;
	}
	if (value->format != KI_FORMAT_LUA && value->format != KI_FORMAT_ERROR) {
		read_bytes(runtime, value);
		return;
	}
	struct ki_value_token token;
	struct ki_buf text;
	ki_buf_init(&text);
	if (!ki_json_scalar(&text, value, &token)) {
		switch (token.tag) {
		case KI_VALUE_NIL:
		case KI_VALUE_TRUE:
			break;
		case KI_VALUE_FALSE:
			runtime->entry_status = 1;
			break;
		case KI_VALUE_INT:
			runtime->entry_status = token.i >= 0 && token.i <= 255 ? (int)token.i : 255;
			break;
		case KI_VALUE_TABLE:
		case KI_VALUE_PAYLOAD:
			read_table(runtime, value);
			break;
		default:
			ki_buf_putv(&runtime->output, ki_buf_view(&text));
			ki_buf_putc(&runtime->output, '\n');
			runtime->has_output = true;
			break;
		}
	}
	ki_buf_fini(&text);
}

static void read_failure(struct kith_runtime *runtime, const struct ki_service *entry) {
	const struct ki_result *result = entry->report.result;
	const struct ki_payload *error = result ? result->error : entry->report.spawn_error;
	struct ki_error_view view;
	runtime->entry_status = 1;
	runtime->has_error = true;
	if (!error || ki_error_read(error, &view)) {
		ki_buf_puts(&runtime->error, "no memory\n");
		fault(runtime, ki_strv("no memory"));
		return;
	}
	fault(runtime, view.message);
	ki_report_text(&runtime->error, view.message, "");
	ki_buf_putc(&runtime->error, '\n');
	if (view.trace.len > 0) {
		struct ki_buf text;
		ki_buf_init(&text);
		ki_trace_format(&text, view.trace);
		ki_report_text(&runtime->error, ki_buf_view(&text), "");
		ki_buf_putc(&runtime->error, '\n');
		ki_buf_fini(&text);
	}
}

void ki_outcome_read(struct kith_runtime *runtime) {
	const struct ki_service *entry = &runtime->app->entry;
	if (runtime->has_outcome || !runtime->app->entry_ended) {
		return;
	}
	runtime->has_outcome = true;
	if (entry->failed) {
		read_failure(runtime, entry);
	} else {
		read_value(runtime, entry->report.result->value);
		read_verdict(runtime, entry->report.result);
	}
}

static int exit_status(struct kith_runtime *runtime) {
	/* rlx: the workers have been joined, or it is a hint */
	bool lost = ki_load_rlx(&runtime->xoutput_lost);
	int given = ki_load_rlx(&runtime->xexit);
	if (given >= 0 && !lost) {
		return given;
	}
	bool stuck = runtime->app->idled && runtime->app->entry.spec != NULL; /* it never ended */
	if (lost || stuck) {
		return 1;
	}
	if (runtime->entry_status == 0 && runtime->app->failed) {
		return 1;
	}
	return runtime->entry_status;
}

int kith_outcome_get(struct kith_runtime *runtime, struct kith_outcome *out) {
	if (!runtime) {
		return KITH_ECLOSED;
	}
	if (!out || out->size < sizeof(out->size)) {
		return KITH_EINVAL;
	}
	if (!runtime->app || runtime->running) {
		return KITH_ECONFLICT;
	}
	ki_outcome_read(runtime);
	struct kith_outcome own = {
		.size = out->size,
		.exit_status = exit_status(runtime),
		.output = runtime->has_output ? ki_buf_cstr(&runtime->output) : NULL,
		.output_len = runtime->output.len,
		.error = runtime->has_error ? ki_buf_cstr(&runtime->error) : NULL,
		.error_len = runtime->error.len,
	};
	int64_t begun_ns = runtime->app->entry_ns;
	own.entry_ns = begun_ns < 0 ? -1 : ki_sched_now(runtime->sched) - begun_ns;
	if (runtime->has_outcome) {
		own.entry_ended = 1;
		own.fault = runtime->has_fault ? ki_buf_cstr(&runtime->fault) : NULL;
		own.fault_len = runtime->fault.len;
	} else if (runtime->app->entry.spec) {
		own.fault = why_not_ended(runtime->app);
		own.fault_len = strlen(own.fault);
	}
	/* an older program knows fewer fields */
	memcpy(out, &own, out->size < sizeof(own) ? out->size : sizeof(own));
	return KITH_OK;
}

/*
 * report.c: what a runtime tells: log lines, crash reports (SPEC 21.1, 21.2), and what print
 * writes.
 *
 * Owns: xmuted, xoutput_lost. Threads: any.
 * Not here: the form of a log line (observe/log.h).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/runtime.h"
#include "mem/traceback.h"
#include "mem/value.h"
#include "process/pid.h"
#include "process/signals.h"
#include "sys/output.h"

/* ---- The log ---- */

static bool is_muted(struct kith_runtime *runtime) {
	return ki_load_rlx(&runtime->xmuted); /* a hint: a line on its way is not held back */
}

/* While a process runs on a host that hides the log, for what is below an error (SPEC 17). */
static bool is_hidden(struct kith_runtime *runtime, enum ki_log_level level) {
	for (size_t i = 0; i < runtime->boot.nr_hiding && level < KI_LOG_ERROR; i++) {
		if (ki_proc_host_live(runtime->boot.hiding[i]) > 0) {
			return true;
		}
	}
	return false;
}

static void sink(void *user, enum ki_log_level level, const char *line, size_t len) {
	struct kith_runtime *runtime = user;
	if (!is_muted(runtime) && !is_hidden(runtime, level)) {
		/* the public levels leave 0 for the default */
		runtime->options.log(
			runtime->options.user, (enum kith_log_level)(level + 1), line, len);
	}
}

static int64_t log_clock(void *user) {
	return ki_sched_wall(((struct kith_runtime *)user)->sched);
}

/* The option, else what the project says (0: nothing), else the option's default, else info. */
static enum ki_log_level level_of(const struct kith_options *options, int project) {
	int level = options->log_level;
	if (level == KITH_LOG_DEFAULT) {
		level = project;
	}
	if (level == KITH_LOG_DEFAULT) {
		level = options->default_log_level;
	}
	return level == KITH_LOG_DEFAULT ? KI_LOG_INFO : (enum ki_log_level)(level - 1);
}

void ki_report_init(struct kith_runtime *runtime) {
	const struct kith_options *options = &runtime->options;
	enum ki_log_level level = level_of(options, KITH_LOG_DEFAULT);
	ki_log_init(&runtime->log, level, options->log ? sink : NULL, runtime, log_clock, runtime);
	ki_log_set(&runtime->log, level, options->log_format == KITH_LOG_JSON);
}

void ki_report_load(struct kith_runtime *runtime) {
	const struct kith_options *options = &runtime->options;
	const struct ki_settings *settings = &runtime->project.settings;
	bool json = options->log_format == KITH_LOG_FORMAT_DEFAULT
		? settings->log_format == KI_SETTINGS_FORMAT_JSON
		: options->log_format == KITH_LOG_JSON;
	/* both count from debug = 1 */
	ki_log_set(&runtime->log, level_of(options, (int)settings->log_level), json);
}

int kith_log(struct kith_runtime *runtime, enum kith_log_level level, const char *logger,
	const char *message) {
	if (!runtime) {
		return KITH_ECLOSED;
	}
	if (!logger || !message || level <= KITH_LOG_DEFAULT || level >= KITH_LOG_OFF) {
		return KITH_EINVAL;
	}
	ki_log_write(&runtime->log, (enum ki_log_level)(level - 1), logger, message, 0, NULL);
	return KITH_OK;
}

/* ---- What print writes ---- */

static int write_output(struct kith_runtime *runtime, const char *text, size_t len) {
	if (runtime->options.output) {
		return runtime->options.output(runtime->options.user, text, len);
	}
	return ki_output_write(1, text, len);
}

static void error_output(void *user, const char *text, size_t len) {
	struct kith_runtime *runtime = user;
	if (is_muted(runtime)) {
		return;
	}
	ki_mutex_lock(&runtime->output_mutex);
	if (runtime->options.error_output) {
		runtime->options.error_output(runtime->options.user, text, len);
	} else {
		ki_output_write(2, text, len); /* when nobody reads it, nobody misses it */
	}
	ki_mutex_unlock(&runtime->output_mutex);
}

static void output(void *user, const char *text, size_t len) {
	struct kith_runtime *runtime = user;
	if (is_muted(runtime)) {
		return;
	}
	ki_mutex_lock(&runtime->output_mutex);
	int status = write_output(runtime, text, len);
	ki_mutex_unlock(&runtime->output_mutex);
	/*
	 * rlx: a flag that is read when the workers have been joined; the first to set it
	 * stops the run
	 */
	if (status && !ki_xchg_rlx(&runtime->xoutput_lost, true)) {
		kith_stop(runtime, 0);
	}
}

/* ---- Crash reports ---- */

void ki_report_text(struct ki_buf *out, struct ki_strv text, const char *indent) {
	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.ptr[i];
		if (byte == '\n') {
			ki_buf_putc(out, '\n');
			ki_buf_puts(out, indent);
		} else if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
			ki_buf_printf(out, "\\x%02x", byte); /* no escape codes */
		} else {
			ki_buf_putc(out, (char)byte);
		}
	}
}

/* Of a traceback: its heading, and the frames of C that each one ends with, or begins with where
 * `error` was called. */
static bool says_nothing(struct ki_strv line, bool first) {
	return line.len == 0 || ki_strv_eqz(line, "stack traceback:") ||
		ki_strv_eqz(line, "[C]: in ?") ||
		(first && ki_strv_eqz(line, "[C]: in function 'error'"));
}

/* Appends the lines of a Lua traceback that say where, each without the tab in front. */
static void put_traceback(struct ki_buf *out, struct ki_strv trace) {
	bool first = true;
	struct ki_buf text;
	ki_buf_init(&text);
	ki_trace_format(&text, trace);
	struct ki_strv stack = ki_buf_view(&text);
	while (stack.len > 0) {
		size_t end = ki_strv_find(stack, '\n');
		struct ki_strv line = ki_strv_sub(stack, 0, end);
		stack = ki_strv_sub(stack, line.len + 1, SIZE_MAX);
		while (line.len > 0 && (line.ptr[0] == '\t' || line.ptr[0] == ' ')) {
			line = ki_strv_sub(line, 1, SIZE_MAX);
		}
		if (!says_nothing(line, first)) {
			ki_buf_puts(out, first ? "" : "\n");
			ki_buf_putv(out, line);
			first = false;
		}
	}
	ki_buf_fini(&text);
}

static struct ki_error_view view_error(const struct ki_result *result) {
	struct ki_error_view view;
	if (!result->error || ki_error_read(result->error, &view)) {
		view = (struct ki_error_view){
			.kind = ki_strv("ResourceExhausted"), .message = ki_strv("no memory")};
	}
	return view;
}

static void put_report(struct ki_buf *out, const struct ki_crash *crash, const char *pid) {
	struct ki_error_view view = view_error(crash->result);
	struct ki_buf traceback;
	ki_buf_printf(out, "CRASH %s %s\n  reason    ", crash->entry, pid);
	ki_report_text(out, view.message, "            ");
	if (view.kind.len > 0) {
		ki_buf_puts(out, " (");
		ki_report_text(out, view.kind, "");
		ki_buf_putc(out, ')');
	}
	ki_buf_printf(out, "\n  uptime    %.2fs, restarts %" PRIu64
		", notified %u link%s and %u monitor%s\n",
		(double)crash->uptime_ns / 1e9, crash->restarts, crash->nr_links,
		crash->nr_links == 1 ? "" : "s", crash->nr_monitors,
		crash->nr_monitors == 1 ? "" : "s");
	ki_buf_init(&traceback);
	put_traceback(&traceback, view.trace);
	if (traceback.len > 0) {
		ki_buf_puts(out, "  traceback ");
		ki_report_text(out, ki_buf_view(&traceback), "            ");
		ki_buf_putc(out, '\n');
	}
	ki_buf_fini(&traceback);
}

static void log_number(
	char text[24], struct ki_log_field *field, const char *key, uint64_t value) {
	snprintf(text, 24, "%" PRIu64, value);
	*field = (struct ki_log_field){.key = key, .value = text, .form = KI_LOG_JSON};
}

/* The report as a line of JSON. */
static void log_report(
	struct kith_runtime *runtime, const struct ki_crash *crash, const char *pid) {
	struct ki_error_view view = view_error(crash->result);
	struct ki_buf reason = {0}, kind = {0}, stack = {0}; /* with a NUL behind them */
	char numbers[3][24], uptime[40];
	ki_buf_putv(&reason, view.message);
	ki_buf_putv(&kind, view.kind);
	put_traceback(&stack, view.trace);
	snprintf(uptime, sizeof(uptime), "%.3f", (double)crash->uptime_ns / 1e9);
	struct ki_log_field fields[] = {
		{.key = "pid", .value = pid},
		{.key = "entry", .value = crash->entry},
		{.key = "reason", .value = ki_buf_cstr(&reason)},
		{.key = "kind", .value = ki_buf_cstr(&kind)},
		{.key = "traceback", .value = ki_buf_cstr(&stack)},
		{.key = "uptime", .value = uptime, .form = KI_LOG_JSON},
		{.key = NULL}, {.key = NULL}, {.key = NULL},
	};
	log_number(numbers[0], &fields[6], "restarts", crash->restarts);
	log_number(numbers[1], &fields[7], "links", crash->nr_links);
	log_number(numbers[2], &fields[8], "monitors", crash->nr_monitors);
	ki_log_write(&runtime->log, KI_LOG_ERROR, "kith.process", "CRASH", ki_countof(fields),
		fields);
	ki_buf_fini(&reason);
	ki_buf_fini(&kind);
	ki_buf_fini(&stack);
}

/* A text among the details of an error; empty: there is none. */
static struct ki_strv detail(const struct ki_payload *error, const char *key) {
	struct ki_error_view view;
	struct ki_value_reader reader;
	struct ki_value_token name, value;
	if (!error || ki_error_read(error, &view) || !view.has_details) {
		return ki_strv("");
	}
	ki_value_reader_payload(&reader, error);
	reader.pos = view.details_at;
	ki_value_next(&reader, &value); /* the table */
	for (uint32_t i = 0; i < value.table.narr; i++) {
		ki_value_skip(&reader);
	}
	while (!ki_value_next(&reader, &name)) {
		if (name.tag == KI_VALUE_STR && ki_strv_eqz(name.str, key)) {
			return !ki_value_next(&reader, &value) && value.tag == KI_VALUE_STR
				? value.str
				: ki_strv("");
		}
		ki_value_skip(&reader);
	}
	return ki_strv("");
}

/* Who never asks for events ends with its host as a matter of course, and there may be many. */
static enum ki_log_level level_of_end(const struct ki_crash *crash) {
	bool usual = crash->result->cause == KI_CAUSE_HOST_STOP && !crash->heard_cancel;
	return usual ? KI_LOG_INFO : KI_LOG_WARN;
}

/* Ends that somebody asked for, or that follow from another one: a line says enough. Of one that
 * follows, it says from which. */
static void log_end(struct kith_runtime *runtime, const struct ki_crash *crash, const char *pid) {
	if (!ki_log_enabled(&runtime->log, level_of_end(crash))) {
		return;
	}
	const struct ki_payload *error = crash->result->error;
	struct ki_buf message = {0}, peer = {0}, reason = {0}; /* with a NUL behind them */
	ki_buf_putv(&message, view_error(crash->result).message);
	struct ki_log_field fields[] = {
		{.key = "pid", .value = pid}, {.key = "entry", .value = crash->entry},
		{.key = "peer"}, {.key = "reason"}};
	size_t nr = 2;
	if (crash->result->cause == KI_CAUSE_LINK) {
		ki_buf_putv(&peer, detail(error, "pid"));
		ki_buf_putv(&reason, detail(error, "reason"));
		fields[2].value = ki_buf_cstr(&peer);
		fields[3].value = ki_buf_cstr(&reason);
		nr = ki_countof(fields);
	}
	ki_log_write(&runtime->log, level_of_end(crash), "kith.process", ki_buf_cstr(&message), nr,
		fields);
	ki_buf_fini(&message);
	ki_buf_fini(&peer);
	ki_buf_fini(&reason);
}

/* Without memory for more. */
static void report_shortly(
	struct kith_runtime *runtime, const struct ki_crash *crash, const char *pid) {
	char text[KI_PID_TEXT_MAX + 160];
	snprintf(text, sizeof(text), "CRASH %.100s %s\n  reason    no memory for a report\n",
		crash->entry, pid);
	sink(runtime, KI_LOG_ERROR, text, strlen(text));
}

static void crash(void *user, const struct ki_crash *crash) {
	struct kith_runtime *runtime = user;
	char pid[KI_PID_TEXT_MAX];
	ki_pid_format(&runtime->system, crash->pid, pid);
	switch (crash->result->cause) {
	case KI_CAUSE_LINK:
	case KI_CAUSE_TERMINATE:
	case KI_CAUSE_DEADLINE:
	case KI_CAUSE_HOST_STOP:
		log_end(runtime, crash, pid);
		return;
	default:
		break;
	}
	if (!ki_log_enabled(&runtime->log, KI_LOG_ERROR)) {
		return;
	}
	if (runtime->log.json) {
		log_report(runtime, crash, pid);
		return;
	}
	struct ki_buf report;
	ki_buf_init(&report);
	put_report(&report, crash, pid);
	if (report.failed) {
		report_shortly(runtime, crash, pid);
	} else {
		sink(runtime, KI_LOG_ERROR, report.ptr, report.len);
	}
	ki_buf_fini(&report);
}

const struct ki_system_hooks ki_report_hooks = {
	.output = output, .error_output = error_output, .crash = crash};

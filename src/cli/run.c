/*
 * run.c: kith run (SPEC 20).
 *
 * Owns: struct run. Threads: main.
 * Not here: signals (signals.c).
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

enum { WORKERS_MAX = 1024 };

struct run {
	const char *dir;
	const char *entry; /* of -x, or NULL */
	const char **args; /* room for all words, as in sets */
	size_t nr_args;
	const char **sets;
	int64_t until_ns;  /* KITH_NO_TIMEOUT: no bound */
	bool has_seed, has_until;
	struct kith_options options;
};

/* ---- Options ---- */

static bool read_level(const char *text, enum kith_log_level *out) {
	static const char *const names[] = {"debug", "info", "warn", "error", "off"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(text, names[i])) {
			*out = (enum kith_log_level)(KITH_LOG_DEBUG + i);
			return true;
		}
	}
	return false;
}

static int set_workers(struct run *run, const char *value) {
	uint64_t number;
	if (!ki_cli_read_number(value, WORKERS_MAX, &number) || number == 0) {
		return ki_cli_fail(EXIT_USAGE, "--workers: a number from 1 to %d, not \"%s\"",
			WORKERS_MAX, value);
	}
	run->options.workers = (int)number;
	return EXIT_OK;
}

static int set_seed(struct run *run, const char *value) {
	run->has_seed = true;
	return ki_cli_read_seed(value, &run->options.seed);
}

static int set_until(struct run *run, const char *value) {
	run->has_until = true;
	if (kith_duration_parse(value, &run->until_ns) || run->until_ns < 0) {
		return ki_cli_fail(
			EXIT_USAGE, "--until: a duration such as 1h30m, not \"%s\"", value);
	}
	return EXIT_OK;
}

static int set_level(struct run *run, const char *value) {
	if (!read_level(value, &run->options.log_level)) {
		return ki_cli_fail(EXIT_USAGE,
			"--log-level: debug, info, warn, error or off, not \"%s\"", value);
	}
	return EXIT_OK;
}

static int set_format(struct run *run, const char *value) {
	bool json = !strcmp(value, "json");
	if (!json && strcmp(value, "text") != 0) {
		return ki_cli_fail(EXIT_USAGE, "--log-format: text or json, not \"%s\"", value);
	}
	run->options.log_format = json ? KITH_LOG_JSON : KITH_LOG_TEXT;
	return EXIT_OK;
}

static int add_set(struct run *run, const char *value) {
	run->sets[run->options.nr_sets++] = value;
	return EXIT_OK;
}

static int set_timezone(struct run *run, const char *value) {
	run->options.timezone = value;
	return EXIT_OK;
}

static int set_entry(struct run *run, const char *value) {
	if (run->entry) {
		return ki_cli_fail(EXIT_USAGE, "one -x, not two");
	}
	run->entry = value;
	return EXIT_OK;
}

static const struct {
	const char *name;
	int (*set)(struct run *run, const char *value);
} valued[] = {
	{"-x", set_entry},
	{"--workers", set_workers},
	{"--seed", set_seed},
	{"--until", set_until},
	{"--log-level", set_level},
	{"--log-format", set_format},
	{"--set", add_set},
	{"--timezone", set_timezone},
};

/* The flag of that name, or NULL. */
static int *flag(struct run *run, const char *name) {
	if (!strcmp(name, "--sim")) {
		return &run->options.simulate;
	}
	return !strcmp(name, "--keep") ? &run->options.keep : NULL;
}

static int read_option(struct run *run, struct ki_cli_words *words) {
	int *on = flag(run, words->name);
	if (on) {
		*on = 1;
		return ki_cli_no_value(words) ? EXIT_OK : EXIT_USAGE;
	}
	for (size_t i = 0; i < sizeof(valued) / sizeof(valued[0]); i++) {
		if (!strcmp(words->name, valued[i].name)) {
			const char *value = ki_cli_value(words);
			return value ? valued[i].set(run, value) : EXIT_USAGE;
		}
	}
	return ki_cli_unknown(words, "run");
}

static int read_word(struct run *run, const char *word) {
	if (run->entry) {
		run->args[run->nr_args++] = word;
	} else if (run->dir) {
		return ki_cli_fail(EXIT_USAGE, "one folder, not \"%s\" too", word);
	} else {
		run->dir = word;
	}
	return EXIT_OK;
}

static int read_words(struct run *run, struct ki_cli_words *words) {
	const char *word;
	while (ki_cli_next(words, &word)) {
		words->numbers = run->entry || !strcmp(words->name, "-x");
		int status = word ? read_word(run, word) : read_option(run, words);
		if (status) {
			return status;
		}
	}
	if ((run->has_seed || run->has_until) && !run->options.simulate) {
		return ki_cli_fail(
			EXIT_USAGE, "%s is for --sim", run->has_seed ? "--seed" : "--until");
	}
	run->options.default_log_level = run->entry ? KITH_LOG_WARN : KITH_LOG_INFO;
	return EXIT_OK;
}

/* ---- The run ---- */

static int start(struct run *run, struct kith_runtime *runtime) {
	return run->entry
		? kith_start_entry(runtime, run->entry, run->nr_args, run->args)
		: kith_start(runtime);
}

static int print_outcome(struct kith_runtime *runtime) {
	struct kith_outcome outcome = {.size = sizeof(outcome)};
	if (kith_outcome_get(runtime, &outcome)) {
		return EXIT_FAILED;
	}
	if (outcome.error) {
		ki_cli_err(outcome.error, outcome.error_len);
	}
	if (outcome.output && !ki_cli_out(outcome.output, outcome.output_len)) {
		return EXIT_FAILED;
	}
	return outcome.exit_status;
}

static int run_loaded(struct run *run, struct kith_runtime *runtime) {
	int status = start(run, runtime);
	if (status) {
		return ki_cli_fail(EXIT_FAILED, "%s", kith_status_text(status));
	}
	if (!ki_cli_watch_signals(runtime)) {
		return ki_cli_fail(EXIT_FAILED, "no thread for signals");
	}
	status = kith_run(runtime, run->until_ns);
	ki_cli_unwatch_signals();
	if (status == KITH_ETIMEOUT && run->until_ns != KITH_NO_TIMEOUT) { /* cut */
		return EXIT_OK;
	}
	if (status == KITH_ETIMEOUT) { /* it has stopped, but for threads inside C code */
		_exit(print_outcome(runtime)); /* nothing is torn down under them */
	}
	if (status) {
		return ki_cli_fail(EXIT_FAILED, "%s", kith_status_text(status));
	}
	return print_outcome(runtime);
}

static int load_and_run(struct run *run, struct kith_runtime *runtime) {
	int status = kith_load(runtime, run->dir ? run->dir : ".");
	if (run->entry && (status == KITH_OK || status == KITH_EINVAL)) {
		int found = kith_require_entry(runtime, run->entry);
		status = status ? status : found;
	}
	if (kith_diag_count(runtime) > 0) {
		return ki_cli_problems(runtime);
	}
	if (status) {
		return ki_cli_fail(EXIT_FAILED, "%s", kith_status_text(status));
	}
	return run_loaded(run, runtime);
}

static int open_and_run(struct run *run) {
	bool coloured = isatty(STDERR_FILENO) && !getenv("NO_COLOR");
	run->options.log = ki_cli_log;
	run->options.lookup_env = ki_cli_lookup_env;
	run->options.sets = run->sets;
	run->options.user = &coloured;
	run->options.default_timezone = getenv("TZ");
	ki_cli_block_signals();
	struct kith_runtime *runtime = NULL;
	int status = kith_open(&run->options, &runtime);
	if (status == KITH_ENOTFOUND) {
		return ki_cli_fail(EXIT_USAGE, "--timezone: the name of a time zone, not \"%s\"",
			run->options.timezone);
	}
	if (status) {
		return ki_cli_fail(EXIT_FAILED, "%s", kith_status_text(status));
	}
	int result = load_and_run(run, runtime);
	kith_close(&runtime);
	return result;
}

int ki_cli_run(int nr, char **list) {
	struct ki_cli_words words = {.words = list, .nr = nr};
	for (int i = 0; i < nr && strcmp(list[i], "--") != 0; i++) {
		if (!strcmp(list[i], "--help")) {
			return ki_cli_print_help("run");
		}
	}
	struct run run = {.options = kith_options(), .until_ns = KITH_NO_TIMEOUT};
	run.options.seed = 1;
	/* Nobody else's here, and ignored where it is not handled. */
	run.options.preempt_signal = SIGURG;
	run.args = calloc((size_t)nr + 1, sizeof(*run.args));
	run.sets = calloc((size_t)nr + 1, sizeof(*run.sets));
	int status = run.args && run.sets
		? read_words(&run, &words)
		: ki_cli_fail(EXIT_FAILED, "%s", kith_status_text(KITH_EEXHAUSTED));
	if (!status) {
		status = open_and_run(&run);
	}
	free(run.args);
	free(run.sets);
	return status;
}

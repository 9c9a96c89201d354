/*
 * test.c: kith test (SPEC 22.2).
 *
 * Each run of a test has a runtime of its own, which reads the project anew: nothing that one
 * leaves behind can help or hurt the next. What it says is shown when it has failed. What a passing
 * one prints is shown, too, but not over many seeds, where it would be said many times; what it
 * logs is not: tests make things fail.
 *
 * Owns: struct session. Threads: main.
 * Not here: which entries are tests, and when one passes (the library).
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

struct session {
	const char *dir;  /* NULL: not given */
	const char *only; /* or NULL */
	bool only_is_id;  /* of a test */
	bool real;
	uint64_t seed, nr_seeds;
	int no_input; /* a descriptor that gives none */
	struct ki_cli_held held;
	size_t nr_passed, nr_failed;
};

/* ---- Options ---- */

static int read_seeds(struct session *session, const char *value) {
	if (ki_cli_read_number(value, UINT64_MAX, &session->nr_seeds) && session->nr_seeds > 0) {
		return EXIT_OK;
	}
	return ki_cli_fail(EXIT_USAGE, "--seeds: a number from 1 on, not \"%s\"", value);
}

static int read_option(struct session *session, struct ki_cli_words *words) {
	if (!strcmp(words->name, "--real")) {
		session->real = true;
		return ki_cli_no_value(words) ? EXIT_OK : EXIT_USAGE;
	}
	bool only = !strcmp(words->name, "--only"), seed = !strcmp(words->name, "--seed");
	if (!only && !seed && strcmp(words->name, "--seeds") != 0) {
		return ki_cli_unknown(words, "test");
	}
	const char *value = ki_cli_value(words);
	if (!value) {
		return EXIT_USAGE;
	}
	if (only) {
		session->only = value;
		return EXIT_OK;
	}
	return seed ? ki_cli_read_seed(value, &session->seed) : read_seeds(session, value);
}

static int read_words(struct session *session, struct ki_cli_words *words) {
	const char *word;
	while (ki_cli_next(words, &word)) {
		int status = EXIT_OK;
		if (!word) {
			status = read_option(session, words);
		} else if (session->dir) {
			status = ki_cli_fail(EXIT_USAGE, "one folder, not \"%s\" too", word);
		} else {
			session->dir = word;
		}
		if (status) {
			return status;
		}
	}
	if (session->nr_seeds - 1 > UINT64_MAX - session->seed) {
		return ki_cli_fail(EXIT_USAGE, "--seeds: there are not so many behind %" PRIu64,
			session->seed);
	}
	return EXIT_OK;
}

/* ---- What is printed ---- */

static bool is_plain(const char *word) {
	return *word && strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789_-./:,+@%") == strlen(word);
}

/* A word as a shell reads it. */
static void print_word(FILE *to, const char *word) {
	if (is_plain(word)) {
		fprintf(to, " %s", word);
		return;
	}
	fputs(" '", to);
	for (; *word; word++) {
		if (*word == '\'') {
			fputs("'\\''", to);
		} else {
			fputc(*word, to);
		}
	}
	fputc('\'', to);
}

/* A unit of text for standard output, made in memory; false: it cannot be written. */
static bool print_failure(const struct session *session, const struct kith_test *test,
	uint64_t seed, const char *fault, size_t fault_len) {
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);
	if (!to) {
		return false;
	}
	fprintf(to, "FAIL %s seed %" PRIu64 ": ", test->id, seed);
	fwrite(fault, 1, fault_len, to);
	fputs("\n  kith test --only", to);
	print_word(to, test->id);
	fprintf(to, " --seed %" PRIu64 "%s", seed, session->real ? " --real" : "");
	if (session->dir) {
		fputs(session->dir[0] == '-' ? " --" : "", to);
		print_word(to, session->dir);
	}
	fputc('\n', to);
	bool written = !fclose(to) && ki_cli_out(text, len);
	free(text);
	return written;
}

static bool print_line(const char *format, const char *id) {
	char line[1024]; /* an ID is far shorter */
	int len = snprintf(line, sizeof(line), format, id);
	return ki_cli_out(line, (size_t)len < sizeof(line) ? (size_t)len : sizeof(line) - 1);
}

/* ---- One run ---- */

static int open_runtime(struct session *session, uint64_t seed, struct kith_runtime **out) {
	struct kith_options options = kith_options();
	options.user = &session->held;
	options.output = ki_cli_held_output;
	options.error_output = ki_cli_held_error_output;
	options.log = ki_cli_held_log;
	options.log_level = KITH_LOG_WARN;
	options.lookup_env = ki_cli_lookup_env;
	options.default_timezone = getenv("TZ");
	options.simulate = !session->real;
	options.seed = seed;
	options.preempt_signal = session->real ? SIGURG : 0;
	options.input_fd = session->no_input;
	int status = kith_open(&options, out);
	return status ? ki_cli_fail(EXIT_FAILED, "%s", kith_status_text(status)) : EXIT_OK;
}

static int load(struct session *session, struct kith_runtime *runtime, size_t *out_nr) {
	int status = kith_load(runtime, session->dir ? session->dir : ".");
	if (status == KITH_OK || status == KITH_EINVAL) {
		int found = kith_test_list(runtime, out_nr);
		status = status ? status : found;
	}
	if (kith_diag_count(runtime) > 0) {
		return ki_cli_problems(runtime);
	}
	return status ? ki_cli_fail(EXIT_FAILED, "%s", kith_status_text(status)) : EXIT_OK;
}

/* What it has not done in time. */
static size_t put_late(const struct session *session, const struct kith_test *test,
	const struct kith_outcome *outcome, char *text, size_t size) {
	return (size_t)snprintf(text, size, "timeout: %s after %gs%s",
		outcome->entry_ns < 0 ? "the services have not started" : "has not ended",
		(double)test->timeout_ns / 1e9, session->real ? "" : " (virtual)");
}

/* Says that the run failed, and what it has said. */
static int tell(struct session *session, const struct kith_test *test, uint64_t seed,
	const struct kith_outcome *outcome, bool cut) {
	char late[80];
	const char *fault = outcome->fault;
	size_t len = outcome->fault_len;
	if (cut && !outcome->entry_ended) {
		len = put_late(session, test, outcome, late, sizeof(late));
		fault = late;
	}
	bool shown = ki_cli_held_show(&session->held, true) &&
		print_failure(session, test, seed, fault, len);
	return shown ? EXIT_OK : EXIT_FAILED;
}

/* So much time for the services, and as much again for the test itself. */
static int run_for(
	struct kith_runtime *runtime, int64_t timeout_ns, struct kith_outcome *outcome) {
	int64_t left_ns = timeout_ns;
	int ran;
	do {
		ran = kith_run(runtime, left_ns);
		int status = ran && ran != KITH_ETIMEOUT ? ran : kith_outcome_get(runtime, outcome);
		if (status) {
			return status;
		}
		left_ns = timeout_ns - outcome->entry_ns;
	} while (ran == KITH_ETIMEOUT && outcome->entry_ns >= 0 && left_ns > 0);
	return ran;
}

static int run_loaded(struct session *session, const struct kith_test *test, uint64_t seed,
	struct kith_runtime *runtime, bool *passed) {
	struct kith_outcome outcome = {.size = sizeof(outcome)};
	int status = kith_test_start(runtime, test->id);
	status = status ? status : run_for(runtime, test->timeout_ns, &outcome);
	if (status && status != KITH_ETIMEOUT) {
		return ki_cli_fail(EXIT_FAILED, "%s: %s", test->id, kith_status_text(status));
	}
	*passed = !outcome.fault;
	if (*passed && session->nr_seeds == 1) {
		return ki_cli_held_show(&session->held, false) ? EXIT_OK : EXIT_FAILED;
	}
	if (*passed) {
		ki_cli_held_drop(&session->held);
		return EXIT_OK;
	}
	return tell(session, test, seed, &outcome, status == KITH_ETIMEOUT);
}

/* Gives EXIT_OK also when the test fails: false in *passed. */
static int run_once(
	struct session *session, const struct kith_test *test, uint64_t seed, bool *passed) {
	struct kith_runtime *runtime = NULL;
	size_t nr;
	int status = open_runtime(session, seed, &runtime);
	if (!status) {
		status = load(session, runtime, &nr); /* a file may have changed meanwhile */
		ki_cli_held_drop(&session->held); /* warnings, seen when the tests were listed */
	}
	if (!status) {
		status = run_loaded(session, test, seed, runtime, passed);
	}
	kith_close(&runtime);
	return status;
}

/* ---- All of them ---- */

/* Up to the first seed that fails. */
static int run_test(struct session *session, const struct kith_test *test) {
	bool passed = true;
	for (uint64_t i = 0; i < session->nr_seeds && passed; i++) {
		int status = run_once(session, test, session->seed + i, &passed);
		if (status) {
			return status;
		}
	}
	session->nr_passed += passed;
	session->nr_failed += !passed;
	return passed && !print_line("ok %s\n", test->id) ? EXIT_FAILED : EXIT_OK;
}

static bool is_wanted(const struct session *session, const char *id) {
	const char *only = session->only;
	if (!only || !strcmp(only, id)) {
		return true;
	}
	if (session->only_is_id) {
		return false;
	}
	return only[strcspn(only, "*?[")] ? !fnmatch(only, id, 0) : strstr(id, only) != NULL;
}

static bool has_test(const struct kith_runtime *list, size_t nr, const char *id) {
	struct kith_test test = {.size = sizeof(test)};
	for (size_t i = 0; id && i < nr && !kith_test_get(list, i, &test); i++) {
		if (!strcmp(id, test.id)) {
			return true;
		}
	}
	return false;
}

static int run_tests(struct session *session, const struct kith_runtime *list, size_t nr) {
	struct kith_test test = {.size = sizeof(test)};
	session->only_is_id = has_test(list, nr, session->only);
	for (size_t i = 0; i < nr && !kith_test_get(list, i, &test); i++) {
		int status = is_wanted(session, test.id) ? run_test(session, &test) : EXIT_OK;
		if (status) {
			return status;
		}
	}
	if (session->only && session->nr_passed + session->nr_failed == 0) {
		return ki_cli_fail(EXIT_USAGE, "--only: no test matches \"%s\"", session->only);
	}
	char line[80];
	int len = snprintf(line, sizeof(line), "%zu passed, %zu failed\n", session->nr_passed,
		session->nr_failed);
	return ki_cli_out(line, (size_t)len) && !session->nr_failed ? EXIT_OK : EXIT_FAILED;
}

/* The runtime that lists the tests runs none. */
static int list_and_run(struct session *session) {
	struct kith_runtime *list = NULL;
	size_t nr = 0;
	int status = open_runtime(session, session->seed, &list);
	if (!status) {
		status = load(session, list, &nr);
		ki_cli_held_show(&session->held, true);
	}
	if (!status) {
		status = run_tests(session, list, nr);
	}
	kith_close(&list);
	return status;
}

int ki_cli_test(int nr, char **list) {
	struct ki_cli_words words = {.words = list, .nr = nr};
	for (int i = 0; i < nr && strcmp(list[i], "--") != 0; i++) {
		if (!strcmp(list[i], "--help")) {
			return ki_cli_print_help("test");
		}
	}
	struct session session = {.seed = 1, .nr_seeds = 1};
	int status = read_words(&session, &words);
	if (status) {
		return status;
	}
	session.no_input = open("/dev/null", O_RDONLY);
	if (session.no_input < 0) {
		return ki_cli_fail(EXIT_FAILED, "/dev/null: %s", strerror(errno));
	}
	signal(SIGPIPE, SIG_IGN);
	ki_cli_held_init(&session.held);
	status = list_and_run(&session);
	ki_cli_held_fini(&session.held);
	close(session.no_input);
	return status;
}

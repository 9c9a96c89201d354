/*
 * check.c: kith check (SPEC 20).
 *
 * Owns: nothing. Threads: main.
 * Not here: the form of a problem (problems.c).
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static int check(struct kith_runtime *runtime, const char *dir) {
	int status = kith_load(runtime, dir);
	if (kith_diag_count(runtime) > 0) {
		return ki_cli_problems(runtime);
	}
	if (status) {
		return ki_cli_fail(EXIT_FAILED, "%s", kith_status_text(status));
	}
	char line[64];
	int len = snprintf(line, sizeof(line), "ok: %zu entries\n", kith_entry_count(runtime));
	return ki_cli_out(line, (size_t)len) ? EXIT_OK : EXIT_FAILED;
}

int ki_cli_check(int nr, char **list) {
	struct ki_cli_words words = {.words = list, .nr = nr};
	const char *word, *dir = NULL;
	while (ki_cli_next(&words, &word)) {
		if (word && !dir) {
			dir = word;
		} else if (word) {
			return ki_cli_fail(EXIT_USAGE, "one folder, not \"%s\" too", word);
		} else if (!strcmp(words.name, "--help")) {
			return ki_cli_print_help("check");
		} else {
			return ki_cli_unknown(&words, "check");
		}
	}
	bool coloured = false;
	struct kith_options options = kith_options();
	options.log = ki_cli_log;
	options.lookup_env = ki_cli_lookup_env;
	options.user = &coloured;
	options.log_level = KITH_LOG_WARN;
	struct kith_runtime *runtime = NULL;
	int status = kith_open(&options, &runtime);
	if (status) {
		return ki_cli_fail(EXIT_FAILED, "%s", kith_status_text(status));
	}
	int result = check(runtime, dir ? dir : ".");
	kith_close(&runtime);
	return result;
}

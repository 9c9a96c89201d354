/*
 * problems.c: the problems of a project in the form of SPEC 16.7.
 *
 * Owns: nothing. Threads: main.
 * Not here: finding them (the library).
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"

static void print_one(const struct kith_diag *diag) {
	size_t len = kith_diag_format(diag, NULL, 0);
	char *line = malloc(len + 2);
	if (!line) {
		ki_cli_fail(EXIT_FAILED, "%s", kith_status_text(KITH_EEXHAUSTED));
		return;
	}
	kith_diag_format(diag, line, len + 1);
	line[len] = '\n';
	ki_cli_err(line, len + 1);
	free(line);
}

int ki_cli_problems(const struct kith_runtime *runtime) {
	size_t nr = kith_diag_count(runtime);
	struct kith_diag diag;
	for (size_t i = 0; i < nr && !kith_diag_get(runtime, i, &diag); i++) {
		print_one(&diag);
	}
	char last[64];
	int len = snprintf(last, sizeof(last), "%zu problems, nothing started\n", nr);
	ki_cli_err(last, (size_t)len);
	return EXIT_FAILED;
}

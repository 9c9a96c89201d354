/*
 * main.c: which command is meant.
 *
 * Owns: the list of commands. Threads: main.
 * Not here: what they do.
 */
#include <string.h>

#include "cli/cli.h"

static const struct {
	const char *name;
	int (*run)(int nr, char **words); /* NULL: of a kith to come */
} commands[] = {
	{"run", ki_cli_run},
	{"check", ki_cli_check},
	{"init", ki_cli_init},
	{"test", ki_cli_test},
	{"bench", ki_cli_bench},
	{"version", ki_cli_version},
	{"help", ki_cli_help},
	{"pack", NULL},
	{"ps", NULL},
	{"top", NULL},
	{"tree", NULL},
	{"kill", NULL},
};

int main(int argc, char **argv) {
	if (argc < 2) {
		return ki_cli_fail(EXIT_USAGE, "no command given; see \"kith help\"");
	}
	if (!strcmp(argv[1], "--help")) {
		return ki_cli_print_help(NULL);
	}
	if (!strcmp(argv[1], "--version")) {
		return ki_cli_version(argc - 2, argv + 2);
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name) != 0) {
			continue;
		}
		if (!commands[i].run) {
			return ki_cli_fail(
				EXIT_USAGE, "command \"%s\" is not supported yet", argv[1]);
		}
		return commands[i].run(argc - 2, argv + 2);
	}
	return ki_cli_fail(EXIT_USAGE, "unknown command \"%s\"; see \"kith help\"", argv[1]);
}

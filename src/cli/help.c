/*
 * help.c: kith help and kith version.
 *
 * Owns: the texts. Threads: main.
 * Not here: the options themselves (run.c, test.c).
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static const char overview[] =
	"kith runs isolated Lua processes that watch, link and cancel each other.\n"
	"\n"
	"  kith run [DIR] [OPTION..]    check the project in DIR (.) and run it until stopped\n"
	"  kith check [DIR]             only check it\n"
	"  kith init [DIR]              write a supervised pool as a new project\n"
	"  kith test [DIR] [OPTION..]   run its tests, each in a simulation of its own\n"
	"  kith bench [NAME..]          judge this machine by the built-in workloads\n"
	"  kith version [--short]       print the version\n"
	"  kith help [COMMAND]          print this, or more about one command\n";

static const char help_run[] =
	"kith run [DIR] [-x ENTRY [ARGS..]] [OPTION..]\n"
	"\n"
	"Checks the project in DIR (the current folder), starts its services in the order of\n"
	"their requirements, and runs until SIGINT or SIGTERM; a second signal ends it at once.\n"
	"SIGUSR1 has it tell on standard error what it is doing, in lines of JSON.\n"
	"\n"
	"  -x ENTRY [ARGS..]  run ENTRY, a process or function, once the services have\n"
	"                     started; its end stops all, its result is the exit status.\n"
	"                     What follows a -- is no option\n"
	"  --workers N        threads of every host\n"
	"  --set PATH=VALUE   goes before kith.yaml: host.workers=2, say; may be given again\n"
	"  --log-level L      debug, info, warn (with -x), error or off; without -x: info\n"
	"  --log-format F     text or json\n"
	"  --timezone ZONE    the zone of local times, such as Europe/Berlin\n"
	"  --keep             stay when nothing is left to run\n"
	"  --sim              simulate: one thread, virtual time from 2020-01-01\n"
	"  --seed N           with --sim: the order of events is a function of N (1)\n"
	"  --until D          with --sim: cut the run after the duration D, such as 1h30m\n";

static const char help_check[] =
	"kith check [DIR]\n"
	"\n"
	"Checks the project in DIR (the current folder) and runs none of it. Prints\n"
	"\"ok: N entries\", or every problem with its place, and exits with 1.\n";

static const char help_init[] =
	"kith init [DIR]\n"
	"\n"
	"Writes a supervised pool of workers and a test of it as a project into DIR (the current\n"
	"folder), which is made if it does not exist. When there is anything in it, hidden files\n"
	"apart, nothing is written and the exit status is 1.\n";

static const char help_test[] =
	"kith test [DIR] [OPTION..]\n"
	"\n"
	"Runs the tests of the project in DIR (the current folder): the processes and functions\n"
	"with \"type: test\" in their meta, by meta.suite, meta.order and ID. Each gets a runtime\n"
	"of its own, simulated in virtual time, in which all services have started. It passes\n"
	"when it does not fail, returns no second value and not false, and ends within\n"
	"meta.timeout (60s). With a failed test the exit status is 1.\n"
	"\n"
	"  --only PATTERN     the tests whose ID contains PATTERN; with * ? or [ in it, those\n"
	"                     whose whole ID it matches; the ID of a test stands for it alone\n"
	"  --seed N           the order of events is a function of N (1)\n"
	"  --seeds COUNT      run each test over COUNT seeds from that one, up to the first with\n"
	"                     which it fails; what was printed is shown of that run alone\n"
	"  --real             use threads and real time\n";

static const char help_bench[] =
	"kith bench [NAME..]\n"
	"\n"
	"Runs the workloads of these names, or all of them, three times each, and prints the\n"
	"medians: with one worker, and with as many as the machine has processors.\n"
	"\n"
	"  --list             only print their names\n";

static const char help_version[] =
	"kith version [--short]\n"
	"\n"
	"Prints the version; --short: the number alone.\n";

static const char help_help[] =
	"kith help [COMMAND]\n"
	"\n"
	"Prints what there is, or more about one command.\n";

static const struct {
	const char *command, *text;
} helps[] = {
	{"run", help_run},
	{"check", help_check},
	{"init", help_init},
	{"test", help_test},
	{"bench", help_bench},
	{"version", help_version},
	{"help", help_help},
};

int ki_cli_print_help(const char *command) {
	const char *text = command ? NULL : overview;
	for (size_t i = 0; command && i < sizeof(helps) / sizeof(helps[0]); i++) {
		if (!strcmp(command, helps[i].command)) {
			text = helps[i].text;
		}
	}
	if (!text) {
		return ki_cli_fail(EXIT_USAGE, "no command \"%s\"; see \"kith help\"", command);
	}
	return ki_cli_out(text, strlen(text)) ? EXIT_OK : EXIT_FAILED;
}

int ki_cli_help(int nr, char **list) {
	struct ki_cli_words words = {.words = list, .nr = nr};
	const char *word, *command = NULL;
	while (ki_cli_next(&words, &word)) {
		if (!word && !strcmp(words.name, "--help")) {
			command = "help";
		} else if (!word) {
			return ki_cli_unknown(&words, "help");
		} else if (command) {
			return ki_cli_fail(EXIT_USAGE, "one command, not \"%s\" too", word);
		} else {
			command = word;
		}
	}
	return ki_cli_print_help(command);
}

int ki_cli_version(int nr, char **list) {
	struct ki_cli_words words = {.words = list, .nr = nr};
	const char *word;
	bool brief = false;
	while (ki_cli_next(&words, &word)) {
		if (word) {
			return ki_cli_fail(EXIT_USAGE, "unexpected \"%s\"", word);
		}
		if (!strcmp(words.name, "--help")) {
			return ki_cli_print_help("version");
		}
		if (strcmp(words.name, "--short") != 0) {
			return ki_cli_unknown(&words, "version");
		}
		if (!ki_cli_no_value(&words)) {
			return EXIT_USAGE;
		}
		brief = true;
	}
	char line[64];
	int len = snprintf(line, sizeof(line), "%s%s\n", brief ? "" : "kith ", kith_version());
	return ki_cli_out(line, (size_t)len) ? EXIT_OK : EXIT_FAILED;
}

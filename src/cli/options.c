/*
 * options.c: the words of a command line: --name, --name=value, --name value.
 *
 * Owns: nothing. Threads: main.
 * Not here: which options there are (run.c, test.c).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

/* A number may be negative among arguments; "-" alone is a word. */
static bool is_option(const struct ki_cli_words *words, const char *text) {
	if (words->plain || text[0] != '-' || text[1] == '\0') {
		return false;
	}
	return !words->numbers || text[1] < '0' || text[1] > '9';
}

bool ki_cli_next(struct ki_cli_words *words, const char **word) {
	words->value = NULL;
	words->name[0] = '\0';
	*word = NULL;
	if (words->at >= words->nr) {
		return false;
	}
	const char *text = words->words[words->at++];
	if (!words->plain && !strcmp(text, "--")) {
		words->plain = true;
		return ki_cli_next(words, word);
	}
	if (!is_option(words, text)) {
		*word = text;
		return true;
	}
	const char *equals = strchr(text, '=');
	size_t len = equals ? (size_t)(equals - text) : strlen(text);
	if (len >= sizeof(words->name)) {
		len = sizeof(words->name) - 1; /* longer than any that exists */
	}
	memcpy(words->name, text, len);
	words->name[len] = '\0';
	words->value = equals ? equals + 1 : NULL;
	return true;
}

const char *ki_cli_value(struct ki_cli_words *words) {
	if (words->value) {
		return words->value;
	}
	if (words->at < words->nr) {
		return words->words[words->at++];
	}
	ki_cli_fail(EXIT_USAGE, "option \"%s\" needs a value", words->name);
	return NULL;
}

bool ki_cli_no_value(struct ki_cli_words *words) {
	if (words->value) {
		ki_cli_fail(EXIT_USAGE, "option \"%s\" has no value", words->name);
		return false;
	}
	return true;
}

int ki_cli_unknown(const struct ki_cli_words *words, const char *command) {
	return ki_cli_fail(EXIT_USAGE, "unknown option \"%s\"; see \"kith help %s\"", words->name,
		command);
}

bool ki_cli_read_number(const char *text, uint64_t max, uint64_t *out) {
	if (*text < '0' || *text > '9') {
		return false;
	}
	char *end;
	errno = 0;
	unsigned long long number = strtoull(text, &end, 10);
	if (errno || *end != '\0' || number > max) {
		return false;
	}
	*out = number;
	return true;
}

int ki_cli_read_seed(const char *text, uint64_t *out) {
	return ki_cli_read_number(text, UINT64_MAX, out)
		? EXIT_OK
		: ki_cli_fail(EXIT_USAGE, "--seed: a number from 0 to 2^64 - 1, not \"%s\"", text);
}

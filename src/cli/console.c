/*
 * console.c: units of text to standard output and standard error, and the environment.
 *
 * Owns: err_mutex. Threads: any.
 * Not here: what is said.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"

/* Log lines come from several threads; what the system takes in parts must not mix. */
static pthread_mutex_t err_mutex = PTHREAD_MUTEX_INITIALIZER;

static bool write_all(int fd, const char *text, size_t len) {
	while (len > 0) {
		ssize_t written = write(fd, text, len);
		if (written >= 0) {
			text += written;
			len -= (size_t)written;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			struct pollfd room = {.fd = fd, .events = POLLOUT};
			poll(&room, 1, -1);
		} else if (errno != EINTR) {
			return false;
		}
	}
	return true;
}

bool ki_cli_out(const char *text, size_t len) {
	return write_all(STDOUT_FILENO, text, len);
}

void ki_cli_err(const char *text, size_t len) {
	pthread_mutex_lock(&err_mutex);
	write_all(STDERR_FILENO, text, len);
	pthread_mutex_unlock(&err_mutex);
}

int ki_cli_fail(int status, const char *format, ...) {
	char text[1024];
	va_list args;
	va_start(args, format);
	int len = vsnprintf(text, sizeof(text) - 1, format, args);
	va_end(args);
	if (len < 0) {
		len = 0;
	} else if ((size_t)len > sizeof(text) - 2) {
		len = (int)sizeof(text) - 2;
	}
	text[len++] = '\n';
	pthread_mutex_lock(&err_mutex);
	write_all(STDERR_FILENO, "kith: ", 6);
	write_all(STDERR_FILENO, text, (size_t)len);
	pthread_mutex_unlock(&err_mutex);
	return status;
}

const char *ki_cli_lookup_env(void *user, const char *name) {
	(void)user;
	return getenv(name);
}

static const char *colour_of(enum kith_log_level level) {
	if (level == KITH_LOG_ERROR) {
		return "\033[31m";
	}
	return level == KITH_LOG_WARN ? "\033[33m" : NULL;
}

void ki_cli_log(void *user, enum kith_log_level level, const char *text, size_t len) {
	const bool *coloured = user;
	const char *colour = *coloured ? colour_of(level) : NULL;
	pthread_mutex_lock(&err_mutex);
	if (colour) {
		write_all(STDERR_FILENO, colour, 5);
	}
	write_all(STDERR_FILENO, text, len);
	if (colour) {
		write_all(STDERR_FILENO, "\033[0m", 4);
	}
	pthread_mutex_unlock(&err_mutex);
}

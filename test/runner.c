/*
 * Runs the unit tests where Criterion does not: under ThreadSanitizer, where version 2.4.1 does not
 * start, and for another machine, for which it is not there. Each case has a process of its own,
 * ended by alarm() at its limit.
 *
 * usage: PROGRAM [PART]...	runs the cases whose "suite.claim" contains one of the parts, or all
 */
#include "kith_test.h"

#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static struct test_case *first, **last = &first;

void test_add(struct test_case *c)
{
	*last = c;
	last = &c->next;
}

static bool chosen(const struct test_case *c, char **parts)
{
	char name[512];
	snprintf(name, sizeof name, "%s.%s", c->suite, c->claim);
	bool any = *parts == NULL;
	for (; *parts != NULL && !any; parts++) {
		any = strstr(name, *parts) != NULL;
	}
	return any;
}

static bool passes(const struct test_case *c)
{
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		alarm((unsigned)c->limit_s);
		c->run();
		exit(0); /* not _exit: the sanitizer reports at exit */
	}
	int status = 0;
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		perror("tsan_runner");
		exit(2);
	}
	if (c->aborts) {
		return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
	}
	if (WIFSIGNALED(status)) {
		fprintf(stderr, "%s.%s: %s\n", c->suite, c->claim,
			WTERMSIG(status) == SIGALRM ? "timed out" : strsignal(WTERMSIG(status)));
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int main(int argc, char **argv)
{
	int passed = 0, failed = 0;
	(void)argc;
	for (struct test_case *c = first; c != NULL; c = c->next) {
		if (!chosen(c, argv + 1)) {
			continue;
		}
		if (passes(c)) {
			passed++;
		} else {
			failed++;
			fprintf(stderr, "FAILED %s.%s\n", c->suite, c->claim);
		}
	}
	printf("%d passed, %d failed\n", passed, failed);
	return failed != 0;
}

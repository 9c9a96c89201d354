/*
 * check.c: see check.h. Owns: nothing. Threads: any.
 */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

void ki_check_failed(const char *file, int line, const char *cond) {
	fprintf(stderr, "%s:%d: bug: %s\n", file, line, cond);
	fflush(stderr);
	abort();
}

/*
 * Leaks on purpose. `make check-asan` runs it and fails when it passes: then the sanitizer's report
 * would be lost in the other tests too.
 */
#include "kith_test.h"

TEST(leak, is_reported_when_the_case_exits)
{
	void *volatile lost = malloc(64);
	NOT_NULL(lost);
	lost = NULL;
}

/* Reading a descriptor, and ending a read that waits. */
#define _POSIX_C_SOURCE 200809L
#include <kith_types.h>
#include <unistd.h>

#include "kith_test.h"
#include "sys/source.h"
#include "sys/thread.h"

TEST(source, gives_what_is_there_and_then_the_end) {
	int ends[2];
	struct ki_source source;
	char bytes[16];
	size_t got;
	EQ_INT(pipe(ends), 0);
	OK(ki_source_init(&source, ends[0]));
	EQ_INT(write(ends[1], "hello", 5), 5);
	OK(ki_source_read(&source, bytes, 3, &got));
	EQ_UINT(got, 3);
	OK(ki_source_read(&source, bytes, sizeof bytes, &got));
	EQ_UINT(got, 2);
	EQ_MEM(bytes, "lo", 2);
	close(ends[1]);
	OK(ki_source_read(&source, bytes, sizeof bytes, &got));
	EQ_UINT(got, 0);
	close(ends[0]);
	OK(ki_source_read(&source, bytes, sizeof bytes, &got));
	EQ_UINT(got, 0);
	ki_source_fini(&source);
}

static void interrupt(void *source) {
	ki_source_interrupt(source);
}

TEST(source, a_read_that_waits_can_be_ended) {
	int ends[2];
	struct ki_source source;
	struct ki_thread thread;
	char bytes[16];
	size_t got;
	EQ_INT(pipe(ends), 0);
	OK(ki_source_init(&source, ends[0]));
	OK(ki_thread_start(&thread, interrupt, &source, 0));
	STATUS(ki_source_read(&source, bytes, sizeof bytes, &got), KITH_ECANCELED);
	STATUS(ki_source_read(&source, bytes, sizeof bytes, &got), KITH_ECANCELED);
	ki_thread_join(&thread);
	ki_source_fini(&source);
	close(ends[0]);
	close(ends[1]);
}

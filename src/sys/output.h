/*
 * output.h: writing a unit of text to a file descriptor.
 *
 * Owns: nothing; the descriptor is the caller's.
 * Threads: any; units of several threads may mix where the system takes only part of one at a
 *	time, so whoever shares a descriptor locks.
 * Not here: reading files (sys/file.h).
 */
#ifndef KI_SYS_OUTPUT_H
#define KI_SYS_OUTPUT_H

#include <stddef.h>

/*
 * Writes all of it; waits where the descriptor does not block and is full. Blocks the thread.
 * Errors: KITH_ECLOSED (nobody reads any more), KITH_EIO.
 */
int ki_output_write(int fd, const char *text, size_t len);

#endif

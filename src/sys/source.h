/*
 * source.h: reading a file descriptor that may have nothing to read for long.
 *
 * Owns: the pipe by which a waiting read is ended; the descriptor is the caller's.
 * Threads: read one; interrupt any.
 * Not here: whole files (sys/file.h).
 */
#ifndef KI_SYS_SOURCE_H
#define KI_SYS_SOURCE_H

#include <stddef.h>

struct ki_source {
	int fd;
	int wake[2];
};

/* Errors: KITH_EEXHAUSTED (no descriptors). */
int ki_source_init(struct ki_source *source, int fd);
void ki_source_fini(struct ki_source *source);

/* Reads up to `size` bytes, after waiting for some; *got 0: the end, or an error that will not go
 * away. Blocks the thread. Errors: KITH_ECANCELED (interrupted, for good). */
int ki_source_read(struct ki_source *source, char *bytes, size_t size, size_t *got);
/* Ends the read that waits, and all later ones. */
void ki_source_interrupt(struct ki_source *source);

#endif

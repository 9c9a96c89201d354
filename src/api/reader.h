/*
 * api/reader.h: standard input for the processes of a runtime (SPEC 12.11).
 *
 * Questions are answered in the order in which they came, by a thread that is started by the first
 * one; in a simulation, which has one thread and takes input as it comes, right away.
 *
 * Owns: struct ki_reader.
 * Threads: init and fini while nothing runs; ask any.
 * Not here: the questions (process/input.h).
 */
#ifndef KI_API_READER_H
#define KI_API_READER_H

#include <stdbool.h>

#include "base/buf.h"
#include "process/input.h"
#include "sys/source.h"
#include "sys/thread.h"

struct ki_reader {
	/* set once */
	struct ki_system *system;
	int fd;
	bool simulated;
	/* mutex */
	struct ki_mutex mutex;
	struct ki_cond cond;
	struct ki_list questions;
	struct ki_thread thread;
	bool started, stopping;
	/* whoever answers */
	struct ki_source source;
	bool has_source;
	struct ki_buf rest; /* read, and nobody's yet */
	size_t rest_at;     /* what of it has been given out */
	bool ended;
};

void ki_reader_init(struct ki_reader *reader, struct ki_system *system, int fd, bool simulated);
/* Every process has ended; questions of theirs are dropped. */
void ki_reader_fini(struct ki_reader *reader);

/* Takes a question. */
void ki_reader_ask(struct ki_reader *reader, struct ki_input *input);

#endif

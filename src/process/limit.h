/*
 * process/limit.h: what one process may use (SPEC 15.6).
 *
 * A spawn, its program and its host each say some of it; the first of them that does decides.
 *
 * Owns: struct ki_limits.
 * Threads: any; immutable once a process has it.
 * Not here: keeping to max_mailbox (mailbox.c) and to max_memory (the body).
 */
#ifndef KI_PROCESS_LIMIT_H
#define KI_PROCESS_LIMIT_H

#include <stdint.h>

/* Bits of `given`. */
enum { KI_LIMIT_MAILBOX = 1, KI_LIMIT_MEMORY = 2 };

struct ki_limits {
	unsigned given;       /* which of those below are said; the others are 0 */
	uint32_t max_mailbox; /* messages not yet received; 0: no limit */
	uint64_t max_memory;  /* bytes of the body's heap; 0: no limit */
};

/* What `first` says, and of the rest what `next` says. */
static inline struct ki_limits ki_limits_over(
	const struct ki_limits *first, const struct ki_limits *next) {
	unsigned given = first->given;
	return (struct ki_limits){
		.given = given | next->given,
		.max_mailbox = (given & KI_LIMIT_MAILBOX ? first : next)->max_mailbox,
		.max_memory = (given & KI_LIMIT_MEMORY ? first : next)->max_memory,
	};
}

static inline void ki_limits_set_mailbox(struct ki_limits *limits, int64_t messages) {
	limits->given |= KI_LIMIT_MAILBOX;
	limits->max_mailbox = messages < UINT32_MAX ? (uint32_t)messages : UINT32_MAX;
}

static inline void ki_limits_set_memory(struct ki_limits *limits, int64_t bytes) {
	limits->given |= KI_LIMIT_MEMORY;
	limits->max_memory = (uint64_t)bytes;
}

#endif

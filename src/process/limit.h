/*
 * process/limit.h: what one process may use (SPEC 15.6).
 *
 * A spawn, its program and its host each say some of it; the first of them that does decides.
 *
 * Owns: struct ki_limits.
 * Threads: any; immutable once a process has it.
 * Not here: keeping to the mailbox's (mailbox.c), to max_turn (sched/task.h), and to those of
 *	memory and messages sent (the body).
 */
#ifndef KI_PROCESS_LIMIT_H
#define KI_PROCESS_LIMIT_H

#include <stdint.h>

/*
 * Row: name, field. 0: no limit.
 *	max_mailbox		messages not yet received
 *	max_mailbox_bytes	their encoded size (ki_message_measure)
 *	max_memory		bytes of the body's heap
 *	max_message		bytes of one payload that it sends
 *	max_turn_ns		processor time between two waits
 */
#define KI_LIMIT_MAP(X)                                                                            \
	X(MAILBOX, max_mailbox)                                                                    \
	X(MAILBOX_BYTES, max_mailbox_bytes)                                                        \
	X(MEMORY, max_memory)                                                                      \
	X(MESSAGE, max_message)                                                                    \
	X(TURN, max_turn_ns)

enum ki_limit {
#define KI_LIMIT_ENUM(name, field) KI_LIMIT_##name,
	KI_LIMIT_MAP(KI_LIMIT_ENUM)
#undef KI_LIMIT_ENUM
	KI_NR_LIMITS
};

/* Where nobody says anything: so many messages, so many bytes of a mailbox or a message. */
#define KI_MAX_MAILBOX_DEFAULT 1000000
#define KI_MAX_BYTES_DEFAULT (INT64_C(64) << 20)

struct ki_limits {
	unsigned given; /* a bit for each of those below that is said; the others are 0 */
#define KI_LIMIT_FIELD(name, field) uint64_t field;
	KI_LIMIT_MAP(KI_LIMIT_FIELD)
#undef KI_LIMIT_FIELD
};

static inline void ki_limits_set(struct ki_limits *limits, enum ki_limit which, int64_t value) {
	limits->given |= 1U << which;
	switch (which) {
#define KI_LIMIT_SET(name, field)                                                                  \
	case KI_LIMIT_##name:                                                                      \
		limits->field = (uint64_t)value;                                                   \
		break;
		KI_LIMIT_MAP(KI_LIMIT_SET)
#undef KI_LIMIT_SET
	case KI_NR_LIMITS:
		break;
	}
}

/* What `first` says, and of the rest what `next` says. */
static inline struct ki_limits ki_limits_over(
	const struct ki_limits *first, const struct ki_limits *next) {
	struct ki_limits both = {.given = first->given | next->given};
#define KI_LIMIT_OVER(name, field)                                                                 \
	both.field = (first->given & 1U << KI_LIMIT_##name ? first : next)->field;
	KI_LIMIT_MAP(KI_LIMIT_OVER)
#undef KI_LIMIT_OVER
	return both;
}

/* The defaults, all given. */
static inline struct ki_limits ki_limits_default(void) {
	return (struct ki_limits){
		.given = (1U << KI_NR_LIMITS) - 1,
		.max_mailbox = KI_MAX_MAILBOX_DEFAULT,
		.max_mailbox_bytes = KI_MAX_BYTES_DEFAULT,
		.max_message = KI_MAX_BYTES_DEFAULT,
	};
}

#endif

/*
 * process/signals.h: what one process sends another.
 *
 * Every influence of one process on another but force is a signal in the target's mailbox; so
 * what A does to B takes effect in the order A did it (SPEC 8.5).
 *
 * Owns: the layout and the life of signals and of results.
 * Threads: a signal belongs to one thread at a time: the sender until it is pushed, then the
 *	owner of the mailbox. A result is immutable once shared and counted atomically.
 * Not here: the mailbox and what each kind does on arrival (mailbox.c).
 */
#ifndef KI_PROCESS_SIGNAL_H
#define KI_PROCESS_SIGNAL_H

#include <stdbool.h>
#include <kith_types.h>

#include "base/atomic.h"
#include "base/strv.h"
#include "mem/payload.h"
#include "sync/mpsc.h"

enum ki_signal_kind {
	/* Seen by bodies, in order of arrival (ki_proc_take). */
	KI_SIGNAL_MESSAGE,   /* struct ki_message */
	KI_SIGNAL_EXIT,      /* struct ki_relation: a monitored process ended, with its result */
	KI_SIGNAL_LINK_DOWN, /* struct ki_relation: a linked process failed, with its result */
	KI_SIGNAL_CANCEL,    /* struct ki_cancel */
	KI_SIGNAL_RESULT,    /* struct ki_relation: the end of a process that was called */
	KI_SIGNAL_INPUT,     /* struct ki_input: what it asked of standard input (input.h) */
	/* Dealt with by the process layer. */
	KI_SIGNAL_MONITOR,    /* struct ki_relation */
	KI_SIGNAL_DEMONITOR,  /* struct ki_relation */
	KI_SIGNAL_LINK,       /* struct ki_relation */
	KI_SIGNAL_UNLINK,     /* struct ki_relation, id */
	KI_SIGNAL_UNLINK_ACK, /* struct ki_relation, id */
	KI_SIGNAL_LINK_GONE,  /* struct ki_relation: a linked process ended normally */
	KI_SIGNAL_TIMER       /* struct ki_proc_timer, its own */
};

struct ki_signal {
	struct ki_mpsc_node node; /* in the mailbox, then in the body's queue */
	kith_pid from;            /* 0: nobody inside */
	int64_t at_ns;            /* Unix time at which it was sent (events: SPEC 8.7) */
	uint8_t kind;
};

struct ki_message {
	struct ki_signal signal;
	uint32_t topic_len;
	uint32_t nr_payloads;
	uint64_t bytes;                /* encoded: topic and payloads (ki_message_measure) */
	const char *topic;             /* inside this block */
	struct ki_payload *payloads[]; /* one reference each; NULL is a nil payload */
};

struct ki_cancel {
	struct ki_signal signal;
	int64_t deadline_wall_ns;     /* Unix time, or 0 for none */
	struct ki_deadline *deadline; /* armed by the canceller; one reference, or NULL */
	uint32_t reason_len;
	char reason[];
};

/* Why a process ended; the order is that of SPEC 4.5. */
enum ki_cause {
	KI_CAUSE_NONE,   /* has not ended */
	KI_CAUSE_RETURN, /* normally */
	KI_CAUSE_ERROR,  /* returned or threw an error */
	KI_CAUSE_LINK,   /* a linked process failed */
	KI_CAUSE_TERMINATE,
	KI_CAUSE_DEADLINE,  /* of a cancel */
	KI_CAUSE_HOST_STOP, /* alive when its host's stop time ran out */
	KI_CAUSE_DEADLOCK,
	KI_CAUSE_MEMORY,
	KI_CAUSE_TURN,  /* its processor time between two waits was used up */
	KI_CAUSE_SEALED /* only in the force word: the end has begun, force comes too late */
};

/* How a process ended: one block for all its watchers. */
struct ki_result {
	_Atomic(uint32_t) xrefs;
	uint8_t cause;            /* enum ki_cause */
	bool has_second;          /* it returned a second value, which is no error: ignored */
	struct ki_payload *value; /* NULL: absent */
	struct ki_payload
		*error; /* KI_FORMAT_ERROR; NULL in a failed result: no memory for its text */
};

static inline bool ki_result_failed(const struct ki_result *result) {
	return result->cause > KI_CAUSE_RETURN;
}

struct ki_result *ki_result_ref(struct ki_result *result);
void ki_result_unref(struct ki_result *result); /* NULL is accepted */

/*
 * One side's record of a link or monitor, and the signal that makes, ends or reports it. A record
 * that was made by a request is the request's own block, and the EXIT or LINK_DOWN that it ends
 * with is that block again: so a process can always tell its watchers, memory or not.
 */
struct ki_relation {
	struct ki_signal signal;
	kith_pid peer;
	uint64_t id;              /* of an UNLINK and its answer */
	bool unlinking;           /* an UNLINK with `id` is out; the link is not active */
	struct ki_result *result; /* of EXIT, LINK_DOWN and RESULT */
	struct ki_relation *next; /* chain in its set */
};

/*
 * Gives a message block with room for `nr_payloads` and a copy of the topic; the payload pointers
 * are NULL. NULL: no memory. Owner: the caller, until ki_send takes it.
 */
struct ki_message *ki_message_new(struct ki_strv topic, uint32_t nr_payloads);

/* Sets message->bytes, once the payloads are there and before it is sent. */
void ki_message_measure(struct ki_message *message);

/* What it takes of memory, its payloads included though others may share them. Measured before. */
static inline uint64_t ki_message_memory(const struct ki_message *message) {
	return message->bytes + sizeof(*message) +
		message->nr_payloads * sizeof(struct ki_payload *);
}

/* Gives another of the same topic and payloads, or NULL: no memory. */
struct ki_message *ki_message_copy(const struct ki_message *message);

/* Gives a relation block of `kind` from `from` about `peer`, or NULL: no memory. */
struct ki_relation *ki_relation_new(enum ki_signal_kind kind, kith_pid from, kith_pid peer);

/* Frees a signal of any kind but TIMER with all that it holds. NULL is accepted. */
void ki_signal_free(struct ki_signal *signal);

static inline struct ki_message *ki_signal_message(struct ki_signal *signal) {
	return (struct ki_message *)(void *)signal;
}

static inline struct ki_relation *ki_signal_relation(struct ki_signal *signal) {
	return (struct ki_relation *)(void *)signal;
}

static inline struct ki_cancel *ki_signal_cancel(struct ki_signal *signal) {
	return (struct ki_cancel *)(void *)signal;
}

#endif

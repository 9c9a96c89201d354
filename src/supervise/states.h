/*
 * supervise/states.h: what services are doing, for anybody who asks (SPEC 12.10, 18.3, 21.4).
 *
 * Each service has a record that its application process overwrites as a whole; readers copy it
 * out. So a reader sees one moment of one service, never half of two.
 *
 * Owns: struct ki_states.
 * Threads: init, fini: while nothing runs; set: the application process; read: any.
 * Not here: what the states mean (service.h).
 */
#ifndef KI_SUPERVISE_STATES_H
#define KI_SUPERVISE_STATES_H

#include <kith_types.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/strv.h"
#include "mem/payload.h"
#include "sys/thread.h"

/* Longest text of `details`; longer ones are cut. */
enum { KI_STATE_DETAILS_MAX = 200 };

struct ki_state {
	/* set once */
	const char *id, *host;
	const char *process;           /* that it runs; NULL: it is a host */
	/* by the application process */
	const char *status, *desired;  /* of static life */
	uint32_t retry_count;          /* restarts of the present row */
	uint64_t restarts;             /* in all */
	kith_pid pid;                  /* of its process, or 0 */
	int64_t last_update_ns;        /* Unix time */
	int64_t started_ns;            /* Unix time of the present or last run, or 0 */
	char details[KI_STATE_DETAILS_MAX + 1];
};

struct ki_states {
	struct ki_mutex mutex; /* of all records */
	struct ki_state *states; /* sorted by id */
	size_t nr;
};

/* Makes `nr` records, zeroed but for `status` and `desired`: the caller sets id, host and process
 * (borrowed until fini), and then sorts them. KITH_EEXHAUSTED. */
int ki_states_init(struct ki_states *states, size_t nr);
void ki_states_sort(struct ki_states *states);
/* Accepts a zeroed one. */
void ki_states_fini(struct ki_states *states);

/* Overwrites the record of that id, which exists, but for what is set once. */
void ki_states_set(struct ki_states *states, const struct ki_state *state);

/* Copies the record of an id. False: there is none. */
bool ki_states_get(struct ki_states *states, struct ki_strv id, struct ki_state *out);
/* Copies record `index` of states->nr. */
void ki_states_at(struct ki_states *states, size_t index, struct ki_state *out);

/*
 * The record of an id, or with a NULL pointer in it a list of all by id, as a value for programs:
 * {id, status, desired, retry_count, last_update, started_at, details}. KITH_ENOTFOUND,
 * KITH_EEXHAUSTED. Gives one reference.
 */
int ki_states_payload(struct ki_states *states, struct ki_strv id, struct ki_payload **out);

#endif

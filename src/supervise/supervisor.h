/*
 * supervise/supervisor.h: a process that keeps a list of children running (SPEC 19).
 *
 * A supervisor is a program like any other: its body is driven by steps and keeps no stack while
 * it waits, so a tree may have as many as it likes. It monitors and is linked with each child, so
 * that it hears of every end, and its own forced end is its children's.
 *
 * Owns: the specs below; a running supervisor is supervisor_body.h's.
 * Threads: specs are immutable while anything runs; the functions say.
 * Not here: services, which may be supervisors (service.h).
 */
#ifndef KI_SUPERVISE_SUPERVISOR_H
#define KI_SUPERVISE_SUPERVISOR_H

#include "process/proc.h"
#include "supervise/backoff.h"

enum ki_strategy { KI_ONE_FOR_ONE, KI_ONE_FOR_ALL, KI_REST_FOR_ONE };
enum ki_child_restart { KI_CHILD_PERMANENT, KI_CHILD_TRANSIENT, KI_CHILD_TEMPORARY };

/* Values of shutdown_ns. */
#define KI_SHUTDOWN_KILL INT64_C(-1)   /* terminated at once */
#define KI_SHUTDOWN_ENDLESS INT64_MAX  /* it may take as long as it likes */

#define KI_SHUTDOWN_DEFAULT_NS (5 * KI_NS_PER_SEC)
#define KI_MAX_RESTARTS_DEFAULT 3
#define KI_WITHIN_DEFAULT_NS (5 * KI_NS_PER_SEC)
#define KI_CHILD_BACKOFF_DEFAULT                                                                   \
	((struct ki_backoff){.max_ns = 90 * KI_NS_PER_SEC, .factor = 2.0, .jitter = 0.1})
#define KI_CHILD_INDEX_TEXT "$index" /* an input that becomes the number of the copy */

struct ki_child_spec {
	const char *name;
	const struct ki_program *program;
	struct ki_proc_host *host;  /* NULL: the supervisor's */
	struct ki_payload **input;  /* one reference each; NULL is nil */
	size_t nr_input;
	uint32_t count;             /* at least 1; copies of more are called NAME/1 .. NAME/count */
	enum ki_child_restart restart;
	int64_t shutdown_ns;
	struct ki_backoff backoff;
};

struct ki_supervisor_spec {
	enum ki_strategy strategy;
	uint64_t max_restarts;
	int64_t within_ns;
	struct ki_child_spec *children;
	size_t nr_children;
};

/*
 * The body of a supervisor. ki_program.data is its struct ki_supervisor_spec; NULL: the one
 * argument of the spawn is the spec as a value (SPEC 19.5), and the supervisor ends with the
 * process that spawned it.
 */
extern const struct ki_body_ops ki_supervisor_ops;

/* One of a spec as a value. No entry has its ID. */
extern const struct ki_program ki_supervisor_program;

/* Whether a child of this program is a supervisor itself. */
bool ki_supervisor_is(const struct ki_program *program);

/* 0 when a live process is a supervisor; KITH_EINVAL: it is not; KITH_ENOTFOUND: nobody lives
 * there. Any thread. */
int ki_supervisor_check(struct ki_system *system, kith_pid pid);

/* ---- Specs as values (supervisor_spec.c) ---- */

/*
 * Reads a spec (SPEC 19.5) or that of one child. KITH_EINVAL with an Error that names the field in
 * *error (given); KITH_EEXHAUSTED. What it gives, ..._free frees, NULL accepted.
 */
int ki_supervisor_spec_read(struct ki_system *system, const struct ki_payload *value,
	struct ki_supervisor_spec **out, struct ki_payload **error);
void ki_supervisor_spec_free(struct ki_supervisor_spec *spec);
int ki_child_spec_read(struct ki_system *system, const struct ki_payload *value,
	struct ki_child_spec **out, struct ki_payload **error);
void ki_child_spec_free(struct ki_child_spec *spec);

/* ---- Requests (request.c, supervisor_answer.c) ---- */

/*
 * A request is a message of this topic, which no program can send (SPEC 8.4), with two payloads:
 * what is asked, as a string, and its argument. It is answered by a message of the same topic:
 * a value, and an Error or nil.
 */
#define KI_TOPIC_SUPERVISOR "@supervisor"
#define KI_REQUEST_CHILDREN "children"
#define KI_REQUEST_COUNT "count"
#define KI_REQUEST_START "start_child"
#define KI_REQUEST_TERMINATE "terminate_child"
#define KI_REQUEST_RESTART "restart_child"

/*
 * A process that makes one request and ends with the answer, for whoever can wait for the end of
 * one. Arguments: the supervisor's PID as an integer, what is asked, its argument.
 */
extern const struct ki_program ki_request_program;

#endif

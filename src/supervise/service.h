/*
 * supervise/service.h: one service: a host that runs, or a process that is kept running (SPEC 18).
 *
 *	           +--------- the wait is over --------+
 *	           v                                   |
 *	UNKNOWN -> STARTING --it cannot start------> FAILED --stop--> STOPPED
 *	   |          |  |                             ^
 *	   |          |  +--it runs--> RUNNING --ended and may be restarted
 *	   |          |                 |   |
 *	   |          |                 |   +--stop--> STOPPING --it ended--> STOPPED
 *	   v          v                 v
 *	EXITED <----(normally, or with `failed` for good)
 *
 * Each transition goes through ki_service_set, which also tells whoever asks (states.h).
 *
 * The process of a service is spawned by its *keeper*, a native process on the workers of the
 * service's own host, so that a chunk which never returns holds up nobody but its own start.
 *
 * Owns: struct ki_service_spec, struct ki_service.
 * Threads: a spec is immutable; of a service, see the groups of its fields.
 * Invariants:
 *	S1 `report` is written by the keeper alone, before the message or the end that announces
 *	   it, and read by the application process after that.
 *	   (The application process writes it where it has become the keeper itself.)
 *	S2 keeper is not 0 exactly from its spawn until its EXIT was handled; it is the process
 *	   itself once the application process keeps that.
 * Not here: which service starts when (startup.h, shutdown.h).
 */
#ifndef KI_SUPERVISE_SERVICE_H
#define KI_SUPERVISE_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process/native.h"
#include "process/proc.h"
#include "supervise/backoff.h"

struct ki_application;

struct ki_service_spec {
	const char *id;
	bool is_host;
	bool auto_start;
	bool required; /* its absence blocks who requires it */
	int64_t start_timeout_ns, stop_timeout_ns;
	bool restarts;               /* after a failure (SPEC 18.4), as follows */
	struct ki_backoff backoff;
	uint64_t max_attempts;       /* restarts of a row; 0: no limit */
	int64_t stable_threshold_ns; /* a run this long begins a new row */
	const char *const *requires; /* IDs; of those that are no service nothing is asked */
	size_t nr_requires;
	struct ki_proc_host *host;         /* itself, or the one that its process runs on */
	const struct ki_program *program;  /* of a process */
	struct ki_payload *const *args;
	size_t nr_args;
};

enum ki_service_state {
	KI_SERVICE_UNKNOWN,
	KI_SERVICE_STARTING,
	KI_SERVICE_RUNNING,
	KI_SERVICE_STOPPING,
	KI_SERVICE_STOPPED,
	KI_SERVICE_EXITED,
	KI_SERVICE_FAILED /* waits for a restart */
};

struct ki_service {
	/* set once */
	const struct ki_service_spec *spec;
	struct ki_application *app;
	struct ki_service **needs, **users; /* it requires; they require it */
	size_t nr_needs, nr_users;
	struct ki_native keeper_native;
	struct ki_program keeper_program;
	/* keeper [S1] */
	struct {
		kith_pid process;
		struct ki_result *result;       /* how the process ended */
		struct ki_payload *spawn_error; /* why there is none */
		bool spawn_failed;
	} report;
	/* application process */
	enum ki_service_state state; /* ki_service_set */
	uint64_t attempts;    /* restarts of the present row */
	uint64_t restarts;    /* in all */
	bool ran;             /* at least once */
	int64_t run_ns;       /* when the present run began; monotonic, Unix */
	int64_t run_wall_ns;
	bool failed;          /* EXITED for good by a failure */
	bool timed_out;       /* its start took too long */
	bool host_runs;       /* its workers were started */
	kith_pid keeper;
	kith_pid process;     /* that runs, or 0 */
	int64_t deadline_ns;  /* of the states STARTING, FAILED and STOPPING; else INT64_MAX */
	uint32_t nr_watched;  /* of a host that stops: its processes whose EXIT will come */
	bool unwatched;       /* it has others: no memory to watch them */
};

/* True while it uses, or may soon use, what it requires. */
static inline bool ki_service_up(const struct ki_service *service) {
	return service->state == KI_SERVICE_STARTING || service->state == KI_SERVICE_RUNNING ||
		service->state == KI_SERVICE_STOPPING || service->state == KI_SERVICE_FAILED;
}

/* Changes its state; `details` says why, or "". The application process. */
void ki_service_set(
	struct ki_service *service, enum ki_service_state state, const char *details);

/* `span_ns` after now; INT64_MAX when that is too far. */
static inline int64_t ki_time_after(int64_t now_ns, int64_t span_ns) {
	return span_ns < INT64_MAX - now_ns ? now_ns + span_ns : INT64_MAX;
}

/* Lets go of what a keeper has reported. */
void ki_service_drop_report(struct ki_service *service);

/* The body of a keeper; its argument is the service. */
int ki_keeper_run(struct ki_proc *proc, void *service);

#endif

/*
 * supervise/application.h: the process that starts and stops an application.
 *
 * The *application process* is a native process on the system host, so it runs in the thread inside
 * ki_sched_run. It starts services in the order of their requirements, hears of their ends, and
 * stops everything when told; then it halts the scheduler. All its waits are timers of the
 * scheduler, so it works in virtual time as in real time.
 *
 * Owns: struct ki_application.
 * Threads: new, free and the results: the thread that calls ki_sched_run, outside of it; stop: any.
 * Invariants:
 *	A1 the application process has ended before ki_sched_run gives KI_RUN_HALTED, and every
 *	   keeper before that.
 *	A2 workers of a host are stopped when no process of any host is left.
 * Not here: what an entry's result means for a command (api/).
 */
#ifndef KI_SUPERVISE_APPLICATION_H
#define KI_SUPERVISE_APPLICATION_H

#include "base/buf.h"
#include "supervise/graph.h"
#include "supervise/roll.h"
#include "supervise/service.h"
#include "supervise/states.h"

/* A keeper to the application process: its service's process runs. */
#define KI_TOPIC_RUNNING "running"
/* From KI_PID_SYSTEM to the application process: stop; the payload is the timeout in ns. */
#define KI_TOPIC_STOP "stop"
/* From KI_PID_SYSTEM to the application process: nothing can ever run again. */
#define KI_TOPIC_IDLE "idle"

struct ki_application {
	/* set once */
	struct ki_system *system;
	struct ki_graph graph;
	struct ki_states states;  /* of the services, for any thread */
	struct ki_roll roll;      /* of the supervisors, likewise */
	struct ki_service entry;  /* of -x; its spec is NULL when there is none */
	struct ki_native native;
	struct ki_program program;
	kith_pid pid;
	/* The entry is a test: it begins with all required services or not at all, and its end
	 * halts the run, in which the others go on. */
	bool brief;
	bool watches_idle; /* it finds out itself that nothing is left to run (SPEC 20.4) */
	/* application process */
	struct ki_proc *proc;
	bool started;     /* every service has started or will not, and the entry was begun */
	bool stopping;
	bool forcing;     /* the time to stop has run out */
	bool ended;
	bool failed;      /* a required service failed for good */
	bool entry_ended; /* by itself, not because of a stop */
	int64_t entry_ns; /* when it was begun; -1: not yet */
	int64_t force_ns; /* when what still runs is ended by force */
	int64_t tick_ns;  /* the next line about a stop that waits */
	int64_t leave_ns; /* the next look for processes that have ended and are not gone */
	int64_t stuck_ns; /* the next look whether it waits in vain */
	uint64_t left;    /* what was to end, and had been forced, at the last; or UINT64_MAX */
	/* It waits in vain: what is left was forced, and sits in C code. It has halted the
	 * scheduler, once, and waits on when that runs again. */
	bool stuck;
	bool idled;       /* it stops because nothing was left to run */
	int64_t look_ns;  /* the next look for that */
};

/*
 * Gives an application of `nr` services; `entry` may be NULL: a process that is run once all have
 * started, and whose end stops all. Specs are borrowed until free. KITH_EEXHAUSTED.
 */
int ki_application_new(struct ki_system *system, const struct ki_service_spec *specs, size_t nr,
	const struct ki_service_spec *entry, struct ki_application **out);
/* Nothing of it runs any more. Accepts NULL. */
void ki_application_free(struct ki_application *app);

/* Nothing more is to be run: it has stopped, or its entry has ended and that was all. */
bool ki_application_done(const struct ki_application *app);

/* Spawns the application process; it goes on inside ki_sched_run. KITH_EEXHAUSTED. */
int ki_application_start(struct ki_application *app);

/* Any thread: stops everything, by force what lives after timeout_ns. 0 also when it has ended.
 * KITH_EEXHAUSTED. */
int ki_application_stop(struct ki_application *app, int64_t timeout_ns);

/* Any thread: tells it that nothing is left to run. KITH_EEXHAUSTED. */
int ki_application_tell_idle(struct ki_application *app);

/* ---- For the files of this module ---- */

/* Looks whether something is left to run; true when nothing ever will be. idle.c */
bool ki_application_idle(struct ki_application *app, int64_t now_ns);

/* Logs about one service; `key` may be NULL. */
void ki_application_log(struct ki_application *app, enum ki_log_level level, const char *message,
	const struct ki_service *service, const char *key, const char *value);

/* Starts what can start; when nothing more can, the entry. startup.c */
void ki_application_start_more(struct ki_application *app);
/* A keeper says that its process runs. */
void ki_service_runs(struct ki_service *service);
/* Notes the end of a service that was starting or running, says so in the log, and decides about a
 * restart. */
void ki_service_exits(struct ki_service *service);
/* The text of why it failed. */
void ki_service_error(const struct ki_service *service, struct ki_buf *text);
/* The wait of one that failed is over. */
void ki_service_restart(struct ki_service *service);
/* Ends a start that takes too long; what it says when its keeper has ended. */
void ki_service_start_late(struct ki_service *service);

/* Tells the process of a service to end (SPEC 18.5), at once when it need not be waited for.
 * shutdown.c */
void ki_service_cancel(struct ki_service *service, kith_pid process);
/* Stops what can stop now. shutdown.c */
void ki_application_stop_more(struct ki_application *app);
/* True when nothing is left to stop. */
bool ki_application_down(const struct ki_application *app);
/* Looks for processes whose spawn met the stop of their host, and those that have ended and are not
 * gone yet; true when there are some. */
bool ki_application_late_ones(struct ki_application *app);
/* Ends the workers of all hosts. */
void ki_application_stop_workers(struct ki_application *app);
/* Applies force to all that is left, and to what is stopped later. */
void ki_application_force(struct ki_application *app);
/* A host's stop time has run out. */
void ki_host_service_force(struct ki_service *service);
/* One of the processes that a stopping host waits for has ended. */
void ki_host_service_exit(struct ki_service *service);
/* Looks for processes that could not be watched. */
void ki_host_service_look(struct ki_service *service);
/* Says what still runs and how long it may. */
void ki_application_say_waits(struct ki_application *app, int64_t now_ns);
/* True when nothing has ended between this look and the last one, though all was forced. */
bool ki_application_is_stuck(struct ki_application *app, int64_t now_ns);
/* Says that the stop waits no longer, and for whom. */
void ki_application_say_stuck(struct ki_application *app);

#endif

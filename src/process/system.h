/*
 * process/system.h: everything the processes of one runtime share.
 *
 * Owns: struct ki_system: the table of processes, the hosts, the programs and functions, the
 *	counters and the ways out for logs and crash reports. There is no lock here: hosts,
 *	programs and entries are set up before the first process runs, the table is lock-free.
 * Threads: init and fini while nothing runs; the rest any thread.
 * Not here: one process (proc.h); threads and time (sched/).
 */
#ifndef KI_PROCESS_SYSTEM_H
#define KI_PROCESS_SYSTEM_H

#include <stdbool.h>

#include "base/atomic.h"
#include "base/strv.h"
#include "mem/budget.h"
#include "observe/counter.h"
#include "mem/region.h"
#include "observe/log.h"
#include "process/body.h"
#include "process/limit.h"
#include "process/pid.h"
#include "process/table.h"
#include "sched/sched.h"
#include "sync/namemap.h"

struct ki_result;
struct ki_roll;

/* A host as processes see it: SPEC 15, 17, 18.6. */
enum ki_proc_host_state { KI_PROC_HOST_STOPPED, KI_PROC_HOST_RUNNING, KI_PROC_HOST_STOPPING };

/* Banks for threads that are no workers of the host: these share one as rarely as that. */
enum { KI_PROC_HOST_LANES = 8 };

struct ki_proc_host {
	/* set once */
	struct ki_host *host;
	struct ki_system *system;
	const char *id;
	uint32_t index;
	struct ki_limits limits; /* of each process on it, where nobody else says one; all given */
	uint64_t max_processes;  /* live ones; 0: no limit */
	struct ki_budget *memory; /* where its processes' messages count; or NULL */
	bool internal;        /* kith:*; no program may spawn there */
	/* any thread */
	_Atomic(uint32_t) xstate; /* enum ki_proc_host_state */
	_Atomic(uint64_t) xtaken; /* of max_processes: live, or being made */
	struct ki_counters lanes[KI_PROC_HOST_LANES]; /* account.h */
};

/* What is known of a failure when it is reported (SPEC 21.2). */
struct ki_crash {
	kith_pid pid;
	const char *entry;
	const struct ki_result *result;
	int64_t uptime_ns;
	uint32_t nr_links, nr_monitors; /* that are told */
	uint64_t restarts;              /* so far, of what it is a run of */
	bool heard_cancel;              /* it could: what ended it by force had asked it before */
};

struct ki_input;

/* Each may be NULL. */
struct ki_system_hooks {
	void *user;
	/* What print writes; one call is one unit (SPEC 13.4). Any thread. */
	void (*output)(void *user, const char *text, size_t len);
	/* The same to standard error. */
	void (*error_output)(void *user, const char *text, size_t len);
	/* Takes a question for standard input (input.h). Never waits, but in a simulation. Any
	 * thread. */
	void (*input)(void *user, struct ki_input *input);
	/* Stops the runtime in order, with that exit status (SPEC 12.10). Any thread. */
	void (*exit)(void *user, int status);
	/* A process failed. In its worker, before its watchers are told. */
	void (*crash)(void *user, const struct ki_crash *crash);
};

/* What can be called (SPEC 12.6). */
struct ki_function {
	const struct ki_program *program;
	struct ki_proc_host *host; /* where it runs; NULL: where its caller does */
};

/* How programs see an entry of the application (SPEC 12.8). */
struct ki_entry_view {
	const char *id, *ns, *name, *kind;
	struct ki_payload *meta, *data; /* tables */
};

/* How programs see the services of the application, if there is one. */
struct ki_services_view {
	void *user;
	/*
	 * The state of a service (SPEC 12.10), or of all when the pointer in `id` is NULL, as one
	 * value. KITH_ENOTFOUND, KITH_EEXHAUSTED. Gives one reference. Any thread.
	 */
	int (*read)(void *user, struct ki_strv id, struct ki_payload **out);
};

/* What programs may know of the process of the operating system (SPEC 12.10). */
struct ki_system_facts {
	unsigned nr_cpus;
	int64_t pid;
	const char *hostname, *cwd;
};

struct ki_system {
	/* set once before the first process */
	struct ki_sched *sched;
	struct ki_log *log;
	struct ki_system_hooks hooks;
	struct ki_proc_host
		*hosts[KI_PID_MAX_HOSTS]; /* by index; [0] unused, [1] kith:system, [2] external */
	uint32_t nr_hosts;                /* the highest index in use + 1 */
	const struct ki_program **programs; /* sorted by id */
	size_t nr_programs;
	const struct ki_function *functions; /* sorted by the id of their programs */
	size_t nr_functions;
	const struct ki_entry_view *entries; /* sorted by id; for who lists the module `registry` */
	size_t nr_entries;
	struct ki_proc_host *only_host; /* the only process.host, or NULL (SPEC 4.2 step 1) */
	struct ki_region *region;       /* of processes' heaps, in a simulation; or NULL */
	uint64_t lua_seed;              /* of string hashes; fixed for a run */
	const void *lua_shared;         /* the layer above's; api sets it (lua/shared.h) */
	struct ki_services_view services;
	/* Of supervise/supervisor.h, for who starts or asks a supervisor; or NULL. */
	const struct ki_program *supervisor, *supervisor_request;
	struct ki_roll *roll; /* of supervise/roll.h; or NULL */
	struct ki_payload *const *command_args; /* of the command line (SPEC 12.11); borrowed */
	size_t nr_command_args;
	struct ki_system_facts facts;   /* texts borrowed; zeroed: unknown */
	int64_t started_ns;             /* monotonic */
	struct ki_budget *memory;       /* of the runtime (SPEC 15.6): the scheduler's; or NULL */
	/* any thread */
	struct ki_table table;
	struct ki_namemap names;
	_Atomic(uint32_t) xnr_inputs; /* questions to standard input without an answer */
	/* The command's entry has ended, or nothing is left: who cannot hear CANCEL ends at once,
	 * not at a deadline (SPEC 20.3). */
	_Atomic(bool) xdeaf_die;
};

/* Prepares a system on a scheduler (borrowed, as are log and hooks' user). Errors: KITH_EEXHAUSTED.
 */
int ki_system_init(struct ki_system *system, struct ki_sched *sched, struct ki_log *log,
	const struct ki_system_hooks *hooks);

/* Frees all. Every process has ended. */
void ki_system_fini(struct ki_system *system);

/* Adds a host over `host`; it is stopped until ki_proc_host_set_state. Before the first process.
 * Errors: KITH_EEXHAUSTED (no memory, or too many hosts). */
int ki_system_add_host(struct ki_system *system, struct ki_host *host, struct ki_proc_host **out);

/* Sets the programs that can be spawned by id: `programs` (borrowed until fini) is sorted in place.
 */
void ki_system_set_programs(
	struct ki_system *system, const struct ki_program **programs, size_t nr);

/* The same for those that can be called. */
void ki_system_set_functions(
	struct ki_system *system, struct ki_function *functions, size_t nr);

/* The host that a PID names; NULL: none such, as in what follows. */
struct ki_proc_host *ki_system_host_of(struct ki_system *system, kith_pid pid);
struct ki_proc_host *ki_system_find_host(struct ki_system *system, struct ki_strv id);
const struct ki_program *ki_system_find_program(struct ki_system *system, struct ki_strv id);
const struct ki_function *ki_system_find_function(struct ki_system *system, struct ki_strv id);
const struct ki_entry_view *ki_system_find_entry(struct ki_system *system, struct ki_strv id);

enum ki_proc_host_state ki_proc_host_state(struct ki_proc_host *host);
/* "running" and so on. */
const char *ki_proc_host_state_name(enum ki_proc_host_state state);
void ki_proc_host_set_state(struct ki_proc_host *host, enum ki_proc_host_state state);

/* Live processes of a host; while it runs, never less than have been live all the time. */
uint64_t ki_proc_host_live(struct ki_proc_host *host);

#endif

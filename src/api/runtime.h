/*
 * api/runtime.h: the runtime as the files of this module share it.
 *
 *	OPEN --kith_load--> LOADED --kith_start--> STARTED --kith_run gives 0--> STOPPED
 *
 * Owns: struct kith_runtime, and through it everything.
 * Threads: plain fields belong to the embedder's one thread (kith.h: "one") and do not change
 *	while a worker runs, but for the groups that say otherwise.
 * Tags: [AP1] xstate: STARTED publishes the application to kith_stop.
 * Not here: what the parts do.
 */
#ifndef KI_API_RUNTIME_H
#define KI_API_RUNTIME_H

#include <kith.h>
#include <stdbool.h>

#include "api/reader.h"
#include "base/buf.h"
#include "config/project.h"
#include "lua/program.h"
#include "lua/shared.h"
#include "mem/budget.h"
#include "mem/value.h"
#include "observe/log.h"
#include "process/system.h"
#include "supervise/application.h"
#include "supervise/supervisor.h"
#include "sys/thread.h"
#include "time/wheel.h"

enum { KI_RT_OPEN, KI_RT_LOADED, KI_RT_STARTED, KI_RT_STOPPED };

/* What was made of a project's entries, in their order; freed as a whole. */
struct ki_boot {
	struct ki_lua_program *lua;         /* of the entry at the same place, if it is Lua */
	struct ki_lua_cache *caches;        /* the same */
	size_t nr_lua;                      /* with those that are not Lua */
	struct ki_lua_import *imports;      /* of all of them */
	size_t nr_imports;
	struct ki_proc_host *terminal;      /* the last terminal.host */
	size_t nr_terminals;
	struct ki_proc_host **hiding;       /* with hide_logs */
	size_t nr_hiding;
	struct ki_program *programs;        /* of the entry at the same place, if it runs */
	const struct ki_program **by_id;    /* for the system */
	size_t nr_programs;
	struct ki_function *functions;      /* for the system */
	size_t nr_functions;
	struct ki_entry_view *entries;      /* the same; NULL: nobody reads them */
	size_t nr_entries;
	struct ki_supervisor_spec *supervisors; /* of each process.supervisor */
	struct ki_child_spec *children;
	size_t nr_children;
	struct ki_service_spec *specs;
	size_t nr_specs;
	struct ki_payload **args;           /* of all services */
	size_t nr_args;
	struct ki_service_spec entry;       /* of -x */
	struct ki_payload **entry_args;
	size_t nr_entry_args;
};

struct kith_runtime {
	struct kith_options options;
	struct ki_log log;
	struct ki_budget memory;     /* SPEC 15.6; its limit is known when the project is */
	struct ki_sched *sched;
	struct ki_project project;
	bool has_project;
	struct kith_test *tests;     /* in the project's memory; NULL: not listed */
	size_t nr_tests;
	struct ki_zones zones;
	struct ki_lua_shared lua_shared;
	struct ki_system system;
	bool has_system;
	struct ki_reader reader;
	char hostname[256];
	struct ki_buf cwd;
	struct ki_boot boot;
	struct ki_application *app;
	bool running;                /* inside kith_run */
	struct ki_timer timeout;     /* of kith_run on threads */
	struct ki_buf output, error, fault; /* of the outcome */
	bool has_outcome, has_output, has_error, has_fault;
	int entry_status;
	/* any thread */
	_Atomic(uint32_t) xstate;    /* KI_RT_ */
	_Atomic(bool) xmuted;        /* closing: nothing is printed or logged any more */
	_Atomic(bool) xoutput_lost;  /* the output callback gave up */
	_Atomic(int) xexit;          /* what system.exit gave; -1: it was not called */
	struct ki_mutex output_mutex; /* one unit of output at a time */
	struct ki_mutex stop_mutex;
	struct ki_cond stop_cond;
	unsigned nr_stops;           /* stop_mutex: calls of kith_stop */
};

/* ---- runtime.c ---- */

/* hooks.exit of the system; user is the runtime. The first call decides. */
void ki_runtime_exit(void *user, int status);

/* ---- report.c ---- */

extern const struct ki_system_hooks ki_report_hooks; /* user is set by who uses them */
void ki_report_init(struct kith_runtime *runtime);
/* The project was read: what it says of the log counts where no option does. */
void ki_report_load(struct kith_runtime *runtime);
/*
 * Appends message and traceback of an error payload, indented by `indent` from the second
 * line on.
 */
void ki_report_text(struct ki_buf *out, struct ki_strv text, const char *indent);

/* ---- boot.c ---- */

/* Hosts, programs and services of the project; entry NULL: none. KITH_EEXHAUSTED. */
int ki_boot_make(struct kith_runtime *runtime, const struct ki_entry *entry, size_t nr_args,
	const char *const *args);
/* Nothing runs any more. */
void ki_boot_drop(struct kith_runtime *runtime);

/* ---- supervisors.c ---- */

/* How many inputs the children of an entry have; 0 when it is no supervisor. */
size_t ki_supervisors_inputs(const struct ki_entry *entry);
/* Makes room for the specs of all supervisors, in the order of their entries. KITH_EEXHAUSTED. */
int ki_supervisors_room(struct ki_boot *boot, const struct ki_project *project);
/* Fills them in, once the programs are known. KITH_EEXHAUSTED. */
int ki_supervisors_fill(struct kith_runtime *runtime);
struct ki_backoff ki_supervisors_backoff(const struct ki_backoff_fields *fields);

/* ---- entries.c ---- */

/* The entries for those who may read them, if anybody does. KITH_EEXHAUSTED. */
int ki_entries_make(struct kith_runtime *runtime);
void ki_entries_drop(struct ki_boot *boot);

/* ---- timezone.c ---- */

/* The zones and the local one, as far as the options say it. KITH_ENOTFOUND, KITH_EEXHAUSTED. */
int ki_timezone_open(struct kith_runtime *runtime);
/* The local zone that the loaded project asks for, or one more problem. KITH_EEXHAUSTED. */
int ki_timezone_load(struct kith_runtime *runtime);

/* ---- input.c ---- */

/* The value of a YAML node as a payload; NULL in *out for null. KITH_EEXHAUSTED. */
int ki_input_payload(const struct ki_node *node, struct ki_payload **out);

/* ---- outcome.c ---- */

/* Reads what the entry's end means for a command (SPEC 20.3). */
void ki_outcome_read(struct kith_runtime *runtime);

#endif

/*
 * kith.h: isolated Lua processes that watch, link, cancel and end each other, as a library.
 *
 *	struct kith_options options = kith_options();
 *	struct kith_runtime *runtime;
 *	if (kith_open(&options, &runtime) == KITH_OK) {
 *		if (kith_load(runtime, "app") == KITH_OK && kith_start(runtime) == KITH_OK) {
 *			kith_run(runtime, KITH_NO_TIMEOUT);
 *		}
 *		kith_close(&runtime);
 *	}
 *
 * Owns: the functions of a runtime. Everything hangs on struct kith_runtime: a program may have
 *	several. The library keeps no global, reads no environment, never exits, installs no
 *	signal handler but that of preempt_signal, and prints nothing but what `print` writes, and
 *	that only when no output callback is given.
 * Threads: "any" means any thread at any time between open and close; "one" means one thread at a
 *	time.
 * Invariants: a function given NULL for the runtime (kith_close leaves NULL behind) gives
 *	KITH_ECLOSED, or what it says for "none"; no argument makes one crash but a dangling
 *	pointer.
 * Not here: the status codes (kith_types.h).
 */
#ifndef KITH_H
#define KITH_H

#include <kith_types.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KITH_VERSION "0.1.0"

/* For a time in ns: none. */
#define KITH_NO_TIMEOUT INT64_MAX

/* For the time that a stop may take: what the project says (shutdown.timeout). */
#define KITH_PROJECT_TIMEOUT INT64_MIN

struct kith_runtime;

enum kith_log_level {
	KITH_LOG_DEFAULT,
	KITH_LOG_DEBUG,
	KITH_LOG_INFO,
	KITH_LOG_WARN,
	KITH_LOG_ERROR,
	KITH_LOG_OFF
};

enum kith_log_format {
	KITH_LOG_FORMAT_DEFAULT,
	KITH_LOG_TEXT,
	KITH_LOG_JSON /* an object a line, crash reports too */
};

/*
 * Zero in any field is its default. Fields are only ever added, at the end; `size` says which
 * there are.
 */
struct kith_options {
	size_t size; /* sizeof(struct kith_options) where it was filled in: see kith_options() */
	void *user;  /* given to the callbacks */
	/*
	 * Takes a log line or a crash report: `len` bytes of whole lines, valid during the call.
	 * Called by several threads at once. Must not call kith_run or kith_close. Default:
	 * nothing is logged.
	 */
	void (*log)(void *user, enum kith_log_level level, const char *text, size_t len);
	/*
	 * Takes one unit of what `print` writes; calls do not overlap. Gives 0, or another number
	 * when it can no longer: the run then ends with exit status 1. Default: writes to file
	 * descriptor 1.
	 */
	int (*output)(void *user, const char *text, size_t len);
	/* Lines below it are not made. Default: what the project says, else default_log_level. */
	enum kith_log_level log_level;
	int workers;      /* of each process.host, instead of the project's number; 0: as it says */
	int64_t slice_ns; /* a time slice of every host, up to 1 s; 0: as the project says */
	int simulate;     /* not 0: one thread, virtual time, an order that `seed` decides */
	uint64_t seed;    /* of a simulation */
	int keep;         /* not 0: a run in which nothing more can happen waits for kith_stop */
	/*
	 * The zone of local times: a name (Europe/Berlin), the path of a TZif file or a POSIX rule
	 * (CET-1CEST,M3.5.0,M10.5.0/3); "" is UTC. NULL: what the project says; where it says
	 * nothing, default_timezone, if there is such a zone; else /etc/localtime, else UTC. That
	 * of a simulation is UTC all the same.
	 */
	const char *timezone;
	const char *default_timezone; /* a command gives what TZ is in its environment */
	/*
	 * A signal (SIGURG, say) for kith alone, from kith_open to kith_close: with it a process
	 * that outlasts its time slice is interrupted, and Lua runs at its full speed. 0, or one
	 * that cannot be handled or that another runtime has: slices are kept by a count hook, the
	 * same but slower. A simulation needs none.
	 */
	int preempt_signal;
	/*
	 * Takes one unit of what `io.eprint` writes; calls do not overlap with each other nor with
	 * those of `output`. Default: writes to file descriptor 2.
	 */
	void (*error_output)(void *user, const char *text, size_t len);
	/*
	 * What `io.read` reads: a file descriptor, which stays the caller's, and which nothing else
	 * reads meanwhile. It is read from the first `io.read` on, by a thread of the runtime's
	 * own; in a simulation by kith_run itself. Default: 0, standard input.
	 */
	int input_fd;
	enum kith_log_level default_log_level; /* where the project says nothing; default: info */
	enum kith_log_format log_format;       /* default: what the project says, else text */
	/*
	 * nr_sets texts "path=value" that go before what kith.yaml says, as in "host.workers=2";
	 * borrowed until kith_load has returned.
	 */
	const char *const *sets;
	size_t nr_sets;
	/*
	 * The value of a variable that a project names by ${env:NAME}, good until kith_load has
	 * returned; NULL: not set. Called in kith_load. Default: none is set.
	 */
	const char *(*lookup_env)(void *user, const char *name);
	/*
	 * Bytes that heaps, messages not yet received and stacks may come to; 0: as the project
	 * says. Beyond it sends and spawns fail, and a process whose heap grows ends.
	 */
	int64_t memory_bytes;
};

/* Gives options with every default. Thread: any. Blocks: never. Since: 0.1. */
static inline struct kith_options kith_options(void) {
	struct kith_options options;
	memset(&options, 0, sizeof(options));
	options.size = sizeof(options);
	return options;
}

/* ---- Open, close ---- */

/*
 * Opens a runtime.
 * options: NULL for all defaults; borrowed. out: gets the runtime.
 * Errors: KITH_EINVAL (out is NULL, or an option is out of range), KITH_ENOTFOUND (there is no
 * zone `timezone`), KITH_EEXHAUSTED (no memory).
 * Owner: the caller, until kith_close.
 * Thread: any. Blocks: the thread, while it reads a time zone. Since: 0.1.
 */
int kith_open(const struct kith_options *options, struct kith_runtime **out);

/*
 * Closes a runtime and sets *runtime to NULL. What still runs is ended by force; nothing is
 * printed or logged any more. A pointer to NULL is accepted.
 * Errors: KITH_EINVAL (runtime is NULL), KITH_ECONFLICT (kith_run has not returned).
 * Thread: one, while no other uses the runtime. Blocks: the thread, until every process has ended.
 * Since: 0.1.
 */
int kith_close(struct kith_runtime **runtime);

/* ---- Load ---- */

/* One problem of a project. The texts are valid until kith_close. */
struct kith_diag {
	const char *file;  /* relative to the project's folder */
	int line, column;  /* from 1; 1 where unknown */
	const char *found, *expected;
	const char *suggestion; /* a known word that is near, or NULL */
};

/*
 * Reads and checks the project in the folder `dir`, Lua syntax included; runs nothing. Once for a
 * runtime.
 * Errors: KITH_EINVAL (there are problems: kith_diag_count and kith_diag_get have them; or dir is
 * NULL), KITH_ECONFLICT (a project was loaded before), KITH_EEXHAUSTED, KITH_ECLOSED.
 * Thread: one. Blocks: the thread, while it reads. Since: 0.1.
 */
int kith_load(struct kith_runtime *runtime, const char *dir);

/* A file of a project that is in memory. */
struct kith_file {
	const char *path; /* as it would be below the project's source folder, as in "lib/a.lua" */
	const char *text;
	size_t len;       /* bytes of text */
};

/*
 * The same of a project that stands in no folder: `files` are all that there is, and file:// names
 * one of them by its path. A kith.yaml among them has the project's settings. One YAML text with
 * its Lua in it is a project, too. What is not there is never looked for in the file system.
 * files: borrowed during the call.
 * Errors: as kith_load; KITH_EINVAL also when files, a path or a text is NULL.
 * Thread: one. Blocks: never. Since: 0.1.
 */
int kith_load_files(struct kith_runtime *runtime, const struct kith_file *files, size_t nr_files);

/*
 * Adds a problem when `entry` is no entry that kith_start_entry could run.
 * Errors: KITH_ENOTFOUND (a problem was added), KITH_ECONFLICT (nothing is loaded), KITH_EINVAL
 * (entry is NULL), KITH_EEXHAUSTED, KITH_ECLOSED.
 * Thread: one. Blocks: never. Since: 0.1.
 */
int kith_require_entry(struct kith_runtime *runtime, const char *entry);

/* The number of entries loaded; 0 with none. Thread: one. Blocks: never. Since: 0.1. */
size_t kith_entry_count(const struct kith_runtime *runtime);

/* The number of problems; 0 with none. Thread: one. Blocks: never. Since: 0.1. */
size_t kith_diag_count(const struct kith_runtime *runtime);

/*
 * Gives problem `index` (from 0, sorted by file and position).
 * Errors: KITH_ENOTFOUND (there is no such problem), KITH_EINVAL (out is NULL), KITH_ECLOSED.
 * Owner: the texts stay the runtime's. Thread: one. Blocks: never. Since: 0.1.
 */
int kith_diag_get(const struct kith_runtime *runtime, size_t index, struct kith_diag *out);

/*
 * Writes "FILE:LINE:COL: FOUND; expected WHAT[; did you mean "X"?]" with a final NUL, cut to
 * `size` bytes, and gives the length of the whole, as snprintf does; 0 for NULL and without memory.
 * text: `size` bytes, or NULL with size 0.
 * Thread: any. Blocks: never. Since: 0.1.
 */
size_t kith_diag_format(const struct kith_diag *diag, char *text, size_t size);

/* ---- Tests ---- */

/* An entry that tests others: a process or function with meta.type: test. */
struct kith_test {
	size_t size;        /* sizeof(struct kith_test), set by the caller */
	const char *id;     /* valid until kith_close, as the suite */
	const char *suite;  /* meta.suite; "" where there is none */
	int64_t timeout_ns; /* meta.timeout, else a minute: for kith_run */
};

/*
 * Finds the tests of what was loaded, sorted by meta.suite, meta.order and ID, and gives their
 * number. Each is run in a runtime of its own, by kith_test_start.
 * Errors: KITH_EINVAL (a problem was added, since a meta.order or meta.timeout is none; or out_nr
 * is NULL), KITH_ECONFLICT (nothing is loaded, or it was called before), KITH_EEXHAUSTED,
 * KITH_ECLOSED.
 * Thread: one. Blocks: never. Since: 0.1.
 */
int kith_test_list(struct kith_runtime *runtime, size_t *out_nr);

/*
 * Gives test `index`, from 0.
 * Errors: KITH_ENOTFOUND (there is no such test), KITH_EINVAL (out is NULL), KITH_ECLOSED.
 * Owner: the texts stay the runtime's. Thread: one. Blocks: never. Since: 0.1.
 */
int kith_test_get(const struct kith_runtime *runtime, size_t index, struct kith_test *out);

/*
 * kith_start, and then, when every service has started, runs the process or function `entry`; when
 * a required one cannot start, that is its failure. At its end kith_run returns, while services
 * run on: kith_close ends them. kith_outcome_get tells whether it passed.
 * Errors: as kith_start_entry. Thread: one. Blocks: never. Since: 0.1.
 */
int kith_test_start(struct kith_runtime *runtime, const char *entry);

/* ---- Run ---- */

/*
 * Makes hosts and services of the loaded project ready; they start inside kith_run. Once for a
 * runtime.
 * Errors: KITH_ECONFLICT (nothing is loaded, there are problems, or it was started before),
 * KITH_EEXHAUSTED, KITH_ECLOSED.
 * Thread: one. Blocks: never. Since: 0.1.
 */
int kith_start(struct kith_runtime *runtime);

/*
 * kith_start, and then, when every service has started or failed to, runs `entry`, a process or
 * a function, with `nr_args` strings; at its end the runtime stops. kith_outcome_get tells how it
 * ended.
 * args: nr_args strings, borrowed; NULL when there are none.
 * Errors: those of kith_start; KITH_ENOTFOUND (as kith_require_entry), KITH_EINVAL (entry is NULL).
 * Thread: one. Blocks: never. Since: 0.1.
 */
int kith_start_entry(struct kith_runtime *runtime, const char *entry, size_t nr_args,
	const char *const *args);

/*
 * Runs what was started until it has stopped: after kith_stop, at the end of the entry, or, when
 * opened without `keep`, when nothing can ever happen again. May be called again after
 * a timeout.
 * timeout_ns: in ns of the runtime's time (a simulation's is virtual), or KITH_NO_TIMEOUT. In a
 * simulation what is due at the timeout still happens.
 * Errors: KITH_ETIMEOUT (it runs on, or stands still in a simulation; also when it is stopped, all
 * that is left was ended by force, and that does not return from C code, such as a write that
 * nobody reads: another call waits on), KITH_ECONFLICT (not started, or it runs already),
 * KITH_EINVAL (a negative timeout), KITH_ECLOSED.
 * Thread: one. Blocks: the thread. Since: 0.1.
 */
int kith_run(struct kith_runtime *runtime, int64_t timeout_ns);

/*
 * Asks a runtime to stop: services in reverse order of dependency, then what is left on each
 * host. What has not ended after timeout_ns (KITH_PROJECT_TIMEOUT: the project's) is ended by
 * force; 0: at once. Of several timeouts the earliest counts. Gives KITH_OK also when it has
 * stopped already.
 * Errors: KITH_ECONFLICT (not started), KITH_EINVAL (another negative timeout), KITH_EEXHAUSTED,
 *	KITH_ECLOSED.
 * Thread: any. Blocks: never. Since: 0.1.
 */
int kith_stop(struct kith_runtime *runtime, int64_t timeout_ns);

/* How a run ended. Texts are valid until kith_close; they are not NUL-terminated. */
struct kith_outcome {
	size_t size;      /* sizeof(struct kith_outcome), set by the caller */
	int exit_status;  /* for a command: 0, 1 for a failure, or what the entry's result says */
	const char *output; /* what the entry's result puts to standard output; or NULL */
	size_t output_len;
	const char *error; /* message and traceback of the entry's failure; or NULL */
	size_t error_len;
	int entry_ended;   /* not 0: the entry has ended, and not because of a stop */
	int64_t entry_ns;  /* since it began, in the runtime's time; -1: it has not begun */
	/*
	 * Why the entry has not passed as a test: it failed, returned false or a second value, or
	 * has not ended. Of one line as a rule; NULL: it has passed.
	 */
	const char *fault;
	size_t fault_len;
};

/*
 * Gives the outcome of the run so far.
 * Errors: KITH_EINVAL (out is NULL), KITH_ECONFLICT (not started), KITH_ECLOSED.
 * Thread: one, not inside kith_run. Blocks: never. Since: 0.1.
 */
int kith_outcome_get(struct kith_runtime *runtime, struct kith_outcome *out);

/*
 * Writes a line to the runtime's log.
 * logger: a short name for who speaks. Errors: KITH_EINVAL (a text is NULL, or the level is none),
 * KITH_ECLOSED. Thread: any. Blocks: as the log callback does. Since: 0.1.
 */
int kith_log(struct kith_runtime *runtime, enum kith_log_level level, const char *logger,
	const char *message);

/* ---- Observe ---- */

/*
 * Tells what the runtime is doing, while it runs on: calls `take` with one JSON object after the
 * other, each a line of `len` bytes with its newline, valid during the call. First one whose
 * "record" is "runtime", with the counters of all hosts in sum; then each "host" with its own, each
 * "service", each "supervisor" with its children, and each "process". Times are Unix time in ns.
 * doc/reference.md lists the fields.
 * take: calls nothing of the runtime.
 * Errors: KITH_ECONFLICT (not started), KITH_EINVAL (take is NULL), KITH_EEXHAUSTED (records are
 * missing), KITH_ECLOSED. Thread: any. Blocks: as `take` does. Since: 0.1.
 */
int kith_snapshot(struct kith_runtime *runtime,
	void (*take)(void *user, const char *line, size_t len), void *user);

/* ---- Words ---- */

/*
 * Reads a duration such as "1h30m" or "1.5s" into ns.
 * Errors: KITH_EINVAL (no duration, or out is NULL). Thread: any. Blocks: never. Since: 0.1.
 */
int kith_duration_parse(const char *text, int64_t *out_ns);

/*
 * "ENOTFOUND"; "EUNKNOWN" for a number that is no status. Thread: any. Blocks: never. Since:
 * 0.1.
 */
const char *kith_status_name(int status);
/* One sentence without a full stop. Thread: any. Blocks: never. Since: 0.1. */
const char *kith_status_text(int status);
/*
 * The kind of Error that a Lua program sees for it; "" for none. Thread: any. Blocks: never.
 * Since: 0.1.
 */
const char *kith_status_kind(int status);
/*
 * The version of the library: KITH_VERSION where it was built. Thread: any. Blocks: never.
 * Since: 0.1.
 */
const char *kith_version(void);

#ifdef __cplusplus
}
#endif

#endif

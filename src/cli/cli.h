/*
 * cli/cli.h: the command kith, as its files share it. It uses what <kith.h> offers, as any
 * program may.
 *
 * Owns: exit statuses, and what goes to standard output and standard error.
 * Threads: main's, but for the console, which any may use.
 * Not here: what the commands do (run.c, check.c, test.c, init.c, bench.c, help.c).
 */
#ifndef KI_CLI_CLI_H
#define KI_CLI_CLI_H

#include <kith.h>
#include <pthread.h>
#include <stdbool.h>

/* SPEC 20.1 */
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* ---- console.c ---- */

/* Writes a unit of text as a whole. False: it cannot be written. */
bool ki_cli_out(const char *text, size_t len);
void ki_cli_err(const char *text, size_t len);
/* "kith: TEXT" on standard error; gives `status`. */
int ki_cli_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The variables that a project may name. */
const char *ki_cli_lookup_env(void *user, const char *name);
/* The log callback of a runtime. */
void ki_cli_log(void *user, enum kith_log_level level, const char *text, size_t len);

/* ---- options.c ---- */

/* Goes through the words of a command. Zero is its start. */
struct ki_cli_words {
	char **words;
	int nr, at;
	const char *value; /* behind the = of the present word */
	char name[32];     /* the present option without its value */
	bool plain;        /* "--" was seen: what follows are no options */
	bool numbers;      /* "-1" is no option either */
};

/*
 * The next word: an option ("--name" in `name`, its value by ki_cli_value), or another word,
 * which *word gets. False at the end.
 */
bool ki_cli_next(struct ki_cli_words *words, const char **word);
/*
 * The value of the present option, behind its = or in the next word; NULL: there is none (it
 * was said).
 */
const char *ki_cli_value(struct ki_cli_words *words);
/* False when the present option was given a value (it was said). */
bool ki_cli_no_value(struct ki_cli_words *words);
/* Says that the present option is unknown; gives EXIT_USAGE. */
int ki_cli_unknown(const struct ki_cli_words *words, const char *command);
/* Reads decimal digits. False: it is no number up to `max`. */
bool ki_cli_read_number(const char *text, uint64_t max, uint64_t *out);
/* The value of --seed; gives EXIT_OK, or EXIT_USAGE (it was said). */
int ki_cli_read_seed(const char *text, uint64_t *out);

/* ---- The commands: each gets the words behind its name and gives the exit status ---- */

int ki_cli_run(int nr, char **words);
int ki_cli_check(int nr, char **words);
int ki_cli_init(int nr, char **words);
int ki_cli_test(int nr, char **words);
int ki_cli_bench(int nr, char **words);
int ki_cli_version(int nr, char **words);
int ki_cli_help(int nr, char **words);
/* The help of one command, or of all for NULL, on standard output. */
int ki_cli_print_help(const char *command);

/* ---- problems.c ---- */

/* Prints the problems of a project and their number; gives EXIT_FAILED. */
int ki_cli_problems(const struct kith_runtime *runtime);

/* ---- held.c ---- */

/* What a run says, in order, until it is known whether anybody wants to see it. */
struct ki_cli_held {
	pthread_mutex_t mutex; /* of all of it */
	char *text;
	size_t len, room;
	bool full; /* what came later was not kept */
	struct ki_cli_piece {
		size_t len;
		/* KITH_LOG_DEFAULT: no log line but of print; KITH_LOG_OFF: of io.eprint */
		enum kith_log_level level;
	} *pieces;
	size_t nr_pieces, room_pieces;
};

void ki_cli_held_init(struct ki_cli_held *held);
void ki_cli_held_fini(struct ki_cli_held *held);
/* The callbacks of a runtime whose user it is. */
int ki_cli_held_output(void *user, const char *text, size_t len);
void ki_cli_held_error_output(void *user, const char *text, size_t len);
void ki_cli_held_log(void *user, enum kith_log_level level, const char *text, size_t len);
/*
 * Shows what was held, where it would have gone: all of it, or what was printed alone. It is held
 * no longer then. False: it cannot be written.
 */
bool ki_cli_held_show(struct ki_cli_held *held, bool all);
void ki_cli_held_drop(struct ki_cli_held *held);

/* ---- Files that are made into C ---- */

struct ki_cli_file {
	const char *path, *text;
};
/* What kith init writes: doc/examples/pool. */
extern const struct ki_cli_file ki_cli_init_files[];
extern const size_t ki_cli_nr_init_files;
/* What kith bench runs: bench/lua. */
extern const struct ki_cli_file ki_cli_bench_files[];
extern const size_t ki_cli_nr_bench_files;

/* A row of bench/workloads.tsv. */
struct ki_cli_workload {
	const char *name, *args, *metric, *unit;
	const char *workers; /* "1", "all", "both", "hosts" */
};
extern const struct ki_cli_workload ki_cli_workloads[];
extern const size_t ki_cli_nr_workloads;

/* ---- signals.c ---- */

/* Blocks SIGINT, SIGTERM and SIGUSR1 in this thread and those that it starts; ignores SIGPIPE. */
void ki_cli_block_signals(void);
/* From now on a first SIGINT or SIGTERM stops the runtime, a second one ends the program, and
 * SIGUSR1 writes what the runtime is doing to standard error. */
bool ki_cli_watch_signals(struct kith_runtime *runtime);
void ki_cli_unwatch_signals(void);

#endif

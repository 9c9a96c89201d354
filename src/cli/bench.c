/*
 * bench.c: kith bench (SPEC 20): the workloads of bench/lua, so that a machine can be judged with
 * this one file.
 *
 * Each run is a process of the system's of its own: what one leaves in memory does not help or hurt
 * the next, and its peak is its own. A workload checks that it did what it should, and prints lines
 * "RESULT metric value".
 *
 * Owns: struct run. Threads: main.
 * Not here: the workloads (bench/lua, bench/workloads.tsv), other runtimes beside (bench/drive.py).
 */
#define _XOPEN_SOURCE 700 /* getrusage */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"

enum { NR_ROUNDS = 3, ARGS_MAX = 8, TEXT_MAX = 4096, FEW = 100 };

/* One run, in the process that makes it. */
struct run {
	int to; /* the end of a pipe: what the workload prints */
};

/* ---- In a process of its own ---- */

static int take_output(void *user, const char *text, size_t len) {
	const struct run *run = user;
	return write(run->to, text, len) == (ssize_t)len ? 0 : -1;
}

/* Splits the words of a workload; gives their number. */
static size_t split(char *words, const char *args[ARGS_MAX]) {
	size_t nr = 0;
	char *rest = NULL;
	for (char *word = strtok_r(words, " ", &rest); word && nr < ARGS_MAX;
		word = strtok_r(NULL, " ", &rest)) {
		args[nr++] = word;
	}
	return nr;
}

static int load(struct kith_runtime *runtime) {
	struct kith_file *files = malloc(ki_cli_nr_bench_files * sizeof(*files));
	if (!files) {
		return KITH_EEXHAUSTED;
	}
	for (size_t i = 0; i < ki_cli_nr_bench_files; i++) {
		files[i] = (struct kith_file){ki_cli_bench_files[i].path,
			ki_cli_bench_files[i].text, strlen(ki_cli_bench_files[i].text)};
	}
	int status = kith_load_files(runtime, files, ki_cli_nr_bench_files);
	free(files);
	return status;
}

/* "pingpong same 1000" runs bench:pingpong. */
static int start(struct kith_runtime *runtime, char *words) {
	const char *args[ARGS_MAX];
	size_t nr = split(words, args);
	char entry[64];
	snprintf(entry, sizeof(entry), "bench:%s", args[0]);
	int status = load(runtime);
	return status ? status : kith_start_entry(runtime, entry, nr - 1, args + 1);
}

static int run_here(struct run *run, char *words, int workers) {
	struct kith_options options = kith_options();
	options.user = run;
	options.output = take_output;
	options.workers = workers;
	options.preempt_signal = SIGURG;
	struct kith_runtime *runtime;
	int status = kith_open(&options, &runtime);
	if (!status) {
		status = start(runtime, words);
	}
	if (!status) {
		status = kith_run(runtime, KITH_NO_TIMEOUT);
	}
	struct kith_outcome outcome = {.size = sizeof(outcome)};
	if (!status) {
		status = kith_outcome_get(runtime, &outcome);
	}
	if (!status && outcome.exit_status) {
		ki_cli_err(outcome.error, outcome.error_len);
		return EXIT_FAILED;
	}
	if (status) {
		return ki_cli_fail(EXIT_FAILED, "bench: %s", kith_status_text(status));
	}
	struct rusage used;
	getrusage(RUSAGE_SELF, &used);
	char line[64];
	int len = snprintf(line, sizeof(line), "RESULT peak_kib %ld\n", used.ru_maxrss);
	return take_output(run, line, (size_t)len) ? EXIT_FAILED : EXIT_OK;
}

/* ---- From outside ---- */

static bool read_all(int from, char text[TEXT_MAX]) {
	size_t len = 0;
	ssize_t got;
	while ((got = read(from, text + len, TEXT_MAX - 1 - len)) != 0) {
		if (got > 0) {
			len += (size_t)got;
		} else if (errno != EINTR) {
			return false;
		}
	}
	text[len] = '\0';
	return true;
}

/* Runs the words in a process of their own. False: it failed, which it has said. */
static bool run_apart(const char *words, int workers, char text[TEXT_MAX]) {
	int ends[2];
	if (pipe(ends)) {
		ki_cli_fail(EXIT_FAILED, "bench: %s", strerror(errno));
		return false;
	}
	pid_t child = fork();
	if (child == 0) {
		close(ends[0]);
		char copy[256];
		snprintf(copy, sizeof(copy), "%s", words);
		struct run run = {.to = ends[1]};
		_exit(run_here(&run, copy, workers));
	}
	close(ends[1]);
	bool read = child > 0 && read_all(ends[0], text);
	close(ends[0]);
	int status = 0;
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
	}
	if (child < 0 || !read || (WIFSIGNALED(status) && WTERMSIG(status) != SIGINT)) {
		ki_cli_fail(EXIT_FAILED, "bench: \"%s\" could not be run", words);
	}
	return child > 0 && read && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_OK;
}

static bool find_metric(const char *text, const char *metric, double *out) {
	char start[64];
	int len = snprintf(start, sizeof(start), "RESULT %s ", metric);
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, start, (size_t)len)) {
			*out = strtod(line + len, NULL);
			return true;
		}
	}
	return false;
}

/* What one of many processes costs: the peak with many of them less the peak with few. */
static bool bytes_each(const char *text, int workers, double *out) {
	char few[TEXT_MAX], words[32];
	double many_kib, few_kib, nr;
	snprintf(words, sizeof(words), "idle %d", FEW);
	if (!run_apart(words, workers, few) || !find_metric(few, "peak_kib", &few_kib) ||
		!find_metric(text, "peak_kib", &many_kib) || !find_metric(text, "processes", &nr)) {
		return false;
	}
	*out = (many_kib - few_kib) * 1024 / (nr - FEW);
	return true;
}

static bool measure_once(const struct ki_cli_workload *workload, int workers, double *out) {
	char text[TEXT_MAX];
	if (!run_apart(workload->args, workers, text)) {
		return false;
	}
	if (!strcmp(workload->metric, "bytes_each")) {
		return bytes_each(text, workers, out);
	}
	return find_metric(text, workload->metric, out);
}

static int by_size(const void *a, const void *b) {
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static bool measure(const struct ki_cli_workload *workload, int workers, double *median) {
	double values[NR_ROUNDS];
	for (int i = 0; i < NR_ROUNDS; i++) {
		if (!measure_once(workload, workers, &values[i])) {
			return false;
		}
	}
	qsort(values, NR_ROUNDS, sizeof(values[0]), by_size);
	*median = values[NR_ROUNDS / 2];
	return true;
}

/* ---- The table ---- */

static bool print_head(int nr_cpus) {
	char all[32] = "", line[128];
	if (nr_cpus > 1) {
		snprintf(all, sizeof(all), "%d workers", nr_cpus);
	}
	int len = snprintf(
		line, sizeof(line), "%-16s%-18s%12s%13s\n", "workload", "median", "1 worker", all);
	return ki_cli_out(line, (size_t)len);
}

/* One row; a count that means nothing for the workload, or is the other one, leaves its place
 * empty. Gives an exit status. */
static int print_row(const struct ki_cli_workload *workload, int nr_cpus) {
	const char *workers = workload->workers;
	bool one = !strcmp(workers, "1") || !strcmp(workers, "both") || nr_cpus == 1;
	bool all = strcmp(workers, "1") != 0 && nr_cpus > 1;
	char with_one[32] = "", with_all[32] = "", line[160];
	double value;
	if (one) {
		if (!measure(workload, 1, &value)) {
			return EXIT_FAILED;
		}
		snprintf(with_one, sizeof(with_one), "%.*f", value < 100, value);
	}
	if (all) {
		if (!measure(workload, !strcmp(workers, "hosts") ? 1 : nr_cpus, &value)) {
			return EXIT_FAILED;
		}
		snprintf(with_all, sizeof(with_all), "%.*f", value < 100, value);
	}
	int len = snprintf(line, sizeof(line), "%-16s%-18s%12s%13s\n", workload->name,
		workload->unit, with_one, with_all);
	return ki_cli_out(line, (size_t)len) ? EXIT_OK : EXIT_FAILED;
}

static bool is_named(const struct ki_cli_workload *workload, int nr, const char *const *names) {
	bool named = nr == 0;
	for (int i = 0; i < nr; i++) {
		named = named || !strcmp(workload->name, names[i]);
	}
	return named;
}

static bool exists(const char *name) {
	for (size_t i = 0; i < ki_cli_nr_workloads; i++) {
		if (!strcmp(ki_cli_workloads[i].name, name)) {
			return true;
		}
	}
	return false;
}

static int print_names(void) {
	for (size_t i = 0; i < ki_cli_nr_workloads; i++) {
		char line[64];
		int len = snprintf(line, sizeof(line), "%s\n", ki_cli_workloads[i].name);
		if (!ki_cli_out(line, (size_t)len)) {
			return EXIT_FAILED;
		}
	}
	return EXIT_OK;
}

static int print_table(int nr, const char *const *names) {
	long nr_online = sysconf(_SC_NPROCESSORS_ONLN);
	int nr_cpus = nr_online > 0 ? (int)nr_online : 1;
	int status = print_head(nr_cpus) ? EXIT_OK : EXIT_FAILED;
	for (size_t i = 0; i < ki_cli_nr_workloads && status == EXIT_OK; i++) {
		if (is_named(&ki_cli_workloads[i], nr, names)) {
			status = print_row(&ki_cli_workloads[i], nr_cpus);
		}
	}
	return status;
}

int ki_cli_bench(int nr, char **list) {
	struct ki_cli_words words = {.words = list, .nr = nr};
	const char *word, **names = calloc((size_t)nr + 1, sizeof(*names));
	int nr_names = 0, status = EXIT_OK;
	bool help = false, only_names = false;
	if (!names) {
		return ki_cli_fail(EXIT_FAILED, "out of memory");
	}
	while (status == EXIT_OK && !help && ki_cli_next(&words, &word)) {
		if (word && exists(word)) {
			names[nr_names++] = word;
		} else if (word) {
			status = ki_cli_fail(EXIT_USAGE,
				"no workload \"%s\"; kith bench --list has their names", word);
		} else if (!strcmp(words.name, "--help")) {
			help = true;
		} else if (!strcmp(words.name, "--list")) {
			only_names = true;
			status = ki_cli_no_value(&words) ? EXIT_OK : EXIT_USAGE;
		} else {
			status = ki_cli_unknown(&words, "bench");
		}
	}
	if (status == EXIT_OK) {
		status = help      ? ki_cli_print_help("bench")
			: only_names ? print_names()
				     : print_table(nr_names, names);
	}
	free(names);
	return status;
}

/* Runs the acceptance cases of cases.c against a kith command, from outside.
 *
 *	run KITH [--threads N] [--seeds N] [--seed FIRST] [--scale F] [--jobs N] [--only TEXT]
 *		[--in DIR]
 *
 * Owns: the child processes it starts and their captured output.
 * Threads: one that polls its children, and a witness of the machine.
 * Invariants: a case counts once for each mode: after its first failure there it is not run again.
 *	Bounds of real time say something of kith only while the machine runs what is ready: so one
 *	case at a time is on threads, and the witness, a thread that does nothing but take naps of a
 *	millisecond, sees whether the machine stood still meanwhile. A late run in whose time it did
 *	says nothing: it is void, reported as such and made up for. Late without that is a failure.
 * Not here: the cases (cases.c). */

#define _DEFAULT_SOURCE /* wait4: the peak memory of one child */

#include "scene.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_JOBS = 16, MAX_WORDS = 48, LIMIT_MS = 30000, SLACK_MS = 50, MODES = 3 };

/* A nap of the witness that took longer than this: the machine stood still. So many void runs for
 * each wanted one are made up for; beyond, this is no machine to measure on, and that is told. */
enum { STILL_MS = 5, VOID_RUNS = 3 };

struct settings {
	const char *kith, *only, *dir;
	int threads, seeds, seed, scale, jobs;
};

/* What all runs of a scene in one mode came to. */
struct tally {
	int started, finished, wanted, voided;
	bool failed;
	uint64_t *prints; /* with `twice`: a hash of each run's stdout */
	int threads;      /* counted at the signal */
	long peak_kib;
};

struct job {
	const struct scene *scene;
	struct tally *tally;
	enum scene_mode mode;
	int index; /* of the run within its tally */
	pid_t pid; /* 0: the slot is free */
	int out, err;
	int64_t begun_ms, signalled_ms;
	unsigned signals;
	bool timed_out;
	char *words[MAX_WORDS];
	char text[1024]; /* the words' bytes */
};

static struct settings set = {.threads = 20,
	.seeds = 200,
	.seed = 1,
	.scale = 1,
	.jobs = 2,
	.dir = "test/scenarios/projects"};
static struct tally *tallies;
static int nr_passed, nr_failed;
static int on_threads; /* jobs in that mode: one at most */

static int64_t now_ms(void) {
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- The command line of a run ---- */

static const char *mode_name(enum scene_mode mode) {
	return mode == ON_SIM ? "simulated" : mode == ON_THREADS ? "on threads" : "plain";
}

static int seed_of(const struct job *job) {
	return set.seed + (job->scene->twice ? job->index / 2 : job->index);
}

/* Writes the whole command into job->text and cuts it into words; no word holds a blank. */
static void make_words(struct job *job) {
	const struct scene *s = job->scene;
	char slack[16] = "0", sim[64] = "";
	if (job->mode == ON_SIM) {
		snprintf(sim, sizeof sim, "--sim --seed %d", seed_of(job));
	} else {
		snprintf(slack, sizeof slack, "%d", SLACK_MS * set.scale);
	}
	snprintf(job->text, sizeof job->text, "%s %s %s%s%s %s %s %s %s %s %s", set.kith,
		s->verb ? s->verb : "run", s->project ? set.dir : "", s->project ? "/" : "",
		s->project ? s->project : "", sim, s->options ? s->options : "",
		s->entry ? "-x" : "", s->entry ? s->entry : "", s->entry ? slack : "",
		s->args ? s->args : "");
	size_t n = 0;
	for (char *w = strtok(job->text, " "); w && n < MAX_WORDS - 1; w = strtok(NULL, " ")) {
		job->words[n++] = w;
	}
	job->words[n] = NULL;
}

/* ---- Starting and capturing ---- */

/* A file without a name. */
static int open_capture(void) {
	FILE *file = tmpfile();
	int fd = file ? dup(fileno(file)) : -1;
	if (fd < 0) {
		perror("tmpfile");
		exit(2);
	}
	fclose(file);
	return fd;
}

/* The write end; the other end stays open, too. */
static int full_pipe(void) {
	static const char fill[4096];
	int ends[2];
	if (pipe(ends)) {
		perror("pipe");
		_exit(126);
	}
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	while (write(ends[1], fill, sizeof fill) > 0) {
	}
	fcntl(ends[1], F_SETFL, 0);
	return ends[1];
}

static void start(struct job *job) {
	make_words(job);
	job->out = open_capture();
	job->err = open_capture();
	job->begun_ms = now_ms();
	job->signalled_ms = 0;
	job->signals = 0;
	job->timed_out = false;
	fflush(NULL);
	job->pid = fork();
	if (job->pid < 0) {
		perror("fork");
		exit(2);
	}
	if (job->pid == 0) {
		int in = open("/dev/null", O_RDONLY);
		dup2(in, 0);
		dup2(job->out, 1);
		dup2(job->scene->unread ? full_pipe() : job->err, 2);
		execv(set.kith, job->words);
		perror(set.kith);
		_exit(126);
	}
}

/* Gives the whole of a captured file, NUL-terminated; the caller frees it. */
static char *captured(int fd) {
	off_t size = lseek(fd, 0, SEEK_END);
	char *text = malloc((size_t)size + 1);
	ssize_t n = text ? pread(fd, text, (size_t)size, 0) : -1;
	if (n < 0) {
		perror("capture");
		exit(2);
	}
	text[n] = 0;
	return text;
}

/* The threads of a process, where /proc tells them; else 0. */
static int count_threads(pid_t pid) {
	char path[64];
	snprintf(path, sizeof path, "/proc/%ld/task", (long)pid);
	DIR *dir = opendir(path);
	int n = 0;
	for (struct dirent *e; dir && (e = readdir(dir));) {
		n += e->d_name[0] != '.';
	}
	if (dir) {
		closedir(dir);
	}
	return n;
}

/* Sends the scene's signals: the first when its text is out, each other 100 ms after the last. */
static void interrupt(struct job *job) {
	const struct scene *s = job->scene;
	if (!s->interrupt || job->signals == (s->signals ? s->signals : 1)) {
		return;
	}
	if (job->signals > 0) {
		if (now_ms() < job->signalled_ms + 100) {
			return;
		}
	} else {
		char *text = captured(job->out);
		bool out = strstr(text, s->interrupt);
		free(text);
		if (!out) {
			return;
		}
		job->tally->threads = count_threads(job->pid);
	}
	int last = s->sigterm ? SIGTERM : SIGINT;
	kill(job->pid, s->asks && job->signals == 0 ? SIGUSR1 : last);
	job->signalled_ms = now_ms();
	job->signals++;
}

/* ---- Judging ---- */

/* The length of the PID text at `at`, or 0. */
static size_t pid_length(const char *at) {
	size_t n = strcspn(at, "|}\n");
	if (at[0] != '{' || strncmp(at + n, "|0x", 3) != 0) {
		return 0;
	}
	size_t digits = strspn(at + n + 3, "0123456789abcdef");
	return digits >= 5 && at[n + 3 + digits] == '}' ? n + digits + 4 : 0;
}

struct captures {
	char pid[26][96];
};

/* Does this letter stand for this PID? The first to ask decides. */
static bool same_pid(struct captures *caps, int letter, const char *pid, size_t len) {
	char *mine = caps->pid[letter];
	if (mine[0]) {
		return strlen(mine) == len && strncmp(mine, pid, len) == 0;
	}
	for (int i = 0; i < 26; i++) {
		if (strlen(caps->pid[i]) == len && strncmp(caps->pid[i], pid, len) == 0) {
			return false;
		}
	}
	if (len >= sizeof caps->pid[0]) {
		return false;
	}
	memcpy(mine, pid, len);
	mine[len] = 0;
	return true;
}

static bool line_matches(const char *want, const char *want_end, const char *got,
	const char *got_end, struct captures *caps) {
	struct captures trial = *caps;
	while (want < want_end) {
		size_t skip = 1;
		if (want[0] == '{' && want[2] == '}' && want[1] >= 'A' && want[1] <= 'Z') {
			skip = pid_length(got);
			if (skip == 0 || !same_pid(&trial, want[1] - 'A', got, skip)) {
				return false;
			}
			want += 3;
		} else if (strncmp(want, "{#}", 3) == 0) {
			skip = strspn(got, "0123456789");
			if (skip == 0) {
				return false;
			}
			want += 3;
		} else if (got >= got_end || *want++ != *got) {
			return false;
		}
		got += skip;
	}
	if (got != got_end) {
		return false;
	}
	*caps = trial;
	return true;
}

/* One stream of expected lines and how far it was seen. */
struct stream {
	const char *at;
	long seen; /* times the line at `at` has come */
};

/* The expected line at `at`: its end without the repeat, the repeat (-1: any), the next line. */
static const char *expected(const char *at, const char **end, long *times) {
	const char *stop = at + strcspn(at, "\n");
	*end = stop;
	*times = 1;
	const char *brace = stop;
	while (brace > at && *brace != '{') {
		brace--;
	}
	if (stop > at && stop[-1] == '}' &&
		(brace[1] == '*' || (brace[1] >= '0' && brace[1] <= '9'))) {
		*end = brace;
		*times = brace[1] == '*' ? -1 : strtol(brace + 1, NULL, 10);
	}
	return *stop ? stop + 1 : stop;
}

static bool stream_takes(
	struct stream *st, const char *got, const char *got_end, struct captures *caps) {
	struct stream trial = *st;
	while (trial.at && *trial.at) {
		const char *end;
		long times;
		const char *next = expected(trial.at, &end, &times);
		if (line_matches(trial.at, end, got, got_end, caps)) {
			if (++trial.seen == times) {
				trial = (struct stream){.at = next};
			}
			*st = trial;
			return true;
		}
		if (times != -1) {
			return false;
		}
		trial = (struct stream){
			.at = next}; /* any number of times: also none, or no more */
	}
	return false;
}

static bool judge_out(const struct scene *s, const char *got, char *why, size_t size) {
	enum { STREAMS = sizeof s->out / sizeof s->out[0] };
	struct stream streams[STREAMS] = {{0}};
	static struct captures caps;
	memset(&caps, 0, sizeof caps);
	for (int i = 0; i < STREAMS; i++) {
		streams[i].at = s->out[i];
	}
	for (int line = 1; *got; line++) {
		const char *end = got + strcspn(got, "\n");
		int i = 0;
		while (i < STREAMS && !stream_takes(&streams[i], got, end, &caps)) {
			i++;
		}
		if (i == STREAMS || *end == 0) {
			snprintf(why, size, "stdout line %d: unexpected%s \"%.*s\"", line,
				*end ? "" : " or unfinished", (int)(end - got), got);
			return false;
		}
		got = end + 1;
	}
	for (int i = 0; i < STREAMS; i++) {
		while (streams[i].at && *streams[i].at) {
			const char *end;
			long times;
			const char *next = expected(streams[i].at, &end, &times);
			if (times != -1) {
				snprintf(why, size,
					"stdout: missing \"%.*s\" (came %ld of %ld times)",
					(int)(end - streams[i].at), streams[i].at, streams[i].seen,
					times);
				return false;
			}
			streams[i].at = next;
		}
	}
	return true;
}

static bool judge_err(const struct scene *s, const char *got, char *why, size_t size) {
	for (size_t i = 0; i < sizeof s->err / sizeof s->err[0] && s->err[i]; i++) {
		const char *found = strstr(got, s->err[i]);
		if (!found) {
			snprintf(why, size, "stderr: missing \"%s\"", s->err[i]);
			return false;
		}
		got = found + strlen(s->err[i]);
	}
	return true;
}

static bool judge_end(const struct job *job, int status, char *why, size_t size) {
	const struct scene *s = job->scene;
	int64_t took = now_ms() - (job->signals ? job->signalled_ms : job->begun_ms);
	if (job->timed_out) {
		snprintf(why, size, "did not end within %d ms", LIMIT_MS * set.scale);
	} else if (WIFSIGNALED(status)) {
		snprintf(why, size, "ended by signal %d", WTERMSIG(status));
	} else if (WEXITSTATUS(status) != s->status) {
		snprintf(why, size, "exit status %d, wanted %d", WEXITSTATUS(status), s->status);
	} else if (s->interrupt && job->signals == 0) {
		snprintf(why, size, "ended before \"%s\" was printed", s->interrupt);
	} else if (s->ends_until_ms &&
		(took < s->ends_from_ms || took > (int64_t)s->ends_until_ms * set.scale)) {
		snprintf(why, size, "ended after %lld ms, wanted %d to %d", (long long)took,
			s->ends_from_ms, s->ends_until_ms * set.scale);
	} else {
		return true;
	}
	return false;
}

static uint64_t hash(const char *text) {
	uint64_t h = 14695981039346656037u;
	for (; *text; text++) {
		h = (h ^ (unsigned char)*text) * 1099511628211u;
	}
	return h ? h : 1;
}

/* Two runs of one seed: whichever ends last compares. */
static bool judge_twin(struct job *job, const char *out, char *why, size_t size) {
	struct tally *t = job->tally;
	if (!t->prints) {
		return true;
	}
	t->prints[job->index] = hash(out);
	uint64_t other = t->prints[job->index ^ 1];
	if (other && other != t->prints[job->index]) {
		snprintf(why, size, "two runs of seed %d printed different things", seed_of(job));
		return false;
	}
	return true;
}

static void report(const struct job *job, const char *why, const char *out, const char *err) {
	printf("FAIL %s (%s): %s\n\tagain:", job->scene->name, mode_name(job->mode), why);
	for (size_t i = 0; job->words[i]; i++) {
		printf(" %s", job->words[i]);
	}
	printf("\n");
	if (*out && strstr(why, "stdout")) {
		printf("--- stdout\n%.1500s", out);
	}
	if (*err) {
		size_t len = strlen(err);
		printf("--- stderr\n%s---\n", len > 1500 ? err + len - 1500 : err);
	}
	fflush(stdout);
}

static _Atomic(int64_t) still_ms; /* when the witness last saw the machine stand still */

static void *witness(void *arg) {
	(void)arg;
	for (;;) {
		int64_t before = now_ms();
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
		int64_t after = now_ms();
		if (after - before > STILL_MS) {
			atomic_store(&still_ms, after);
		}
	}
	return NULL;
}

/* Late on threads, and nothing else, while the machine stood still: says nothing of kith. */
static bool is_void(struct job *job, const char *why, const char *err) {
	struct tally *t = job->tally;
	bool late = strstr(err, "T = ") || strstr(why, "ended after") ||
		strstr(err, " turns in a second");
	if (job->mode != ON_THREADS || job->timed_out || !late ||
		atomic_load(&still_ms) < job->begun_ms || t->voided >= VOID_RUNS * t->wanted) {
		return false;
	}
	printf("void: %s: late while the machine stood still\n", job->scene->name);
	t->voided++;
	t->started--;
	return true;
}

static void finish(struct job *job, int status, const struct rusage *usage) {
	char why[512] = "";
	char *out = captured(job->out), *err = captured(job->err);
	struct tally *t = job->tally;
	bool good = judge_end(job, status, why, sizeof why) &&
		(job->scene->twice || judge_out(job->scene, out, why, sizeof why)) &&
		judge_err(job->scene, err, why, sizeof why) &&
		judge_twin(job, out, why, sizeof why);
	bool counts = good || t->failed || !is_void(job, why, err);
	if (counts && !good && !t->failed) {
		report(job, why, out, err);
		t->failed = true;
	}
	t->peak_kib = usage->ru_maxrss;
	on_threads -= job->mode == ON_THREADS;
	free(out);
	free(err);
	close(job->out);
	close(job->err);
	job->pid = 0;
	t->finished += counts;
}

/* ---- Running them all ---- */

static int runs_wanted(const struct scene *s, enum scene_mode mode) {
	if (!((s->on ? s->on : ON_BOTH) & mode) || (set.only && !strstr(s->name, set.only)) ||
		(s->plain_only && set.scale > 1)) {
		return 0;
	}
	int n = mode == ON_SIM ? set.seeds : mode == ON_THREADS ? set.threads : 1;
	n = s->once ? (n > 0) : s->share && n > 0 ? (n + (int)s->share - 1) / (int)s->share : n;
	return s->twice ? 2 * n : n;
}

/* The next run in the order of the table, or false. */
static bool next_run(struct job *job) {
	static const enum scene_mode modes[MODES] = {ON_PLAIN, ON_SIM, ON_THREADS};
	for (size_t at = 0; at < nr_scenes * MODES; at++) {
		struct tally *t = &tallies[at];
		bool free = modes[at % MODES] != ON_THREADS || on_threads == 0;
		if (free && t->started < t->wanted && !t->failed) {
			job->scene = &scenes[at / MODES];
			job->mode = modes[at % MODES];
			job->tally = t;
			job->index = t->started++;
			on_threads += job->mode == ON_THREADS;
			return true;
		}
	}
	return false;
}

static void plan(void) {
	static const enum scene_mode modes[MODES] = {ON_PLAIN, ON_SIM, ON_THREADS};
	tallies = calloc(nr_scenes * MODES, sizeof *tallies);
	for (size_t i = 0; tallies && i < nr_scenes * MODES; i++) {
		const struct scene *s = &scenes[i / MODES];
		struct tally *t = &tallies[i];
		t->wanted = runs_wanted(s, modes[i % MODES]);
		if (s->twice && t->wanted) {
			t->prints = calloc((size_t)t->wanted, sizeof *t->prints);
		}
	}
}

static void watch(struct job *job) {
	interrupt(job);
	if (now_ms() > job->begun_ms + (int64_t)LIMIT_MS * set.scale && !job->timed_out) {
		job->timed_out = true;
		kill(job->pid, SIGKILL);
	}
	int status;
	struct rusage usage;
	if (wait4(job->pid, &status, WNOHANG, &usage) == job->pid) {
		finish(job, status, &usage);
	}
}

static void run_all(void) {
	static struct job jobs[MAX_JOBS];
	for (int active = 1; active > 0;) {
		active = 0;
		for (int i = 0; i < set.jobs; i++) {
			if (!jobs[i].pid && next_run(&jobs[i])) {
				start(&jobs[i]);
			}
			if (jobs[i].pid) {
				watch(&jobs[i]);
				active++;
			}
		}
		/* The end of a child cuts the nap short (SIGCHLD). */
		nanosleep(&(struct timespec){.tv_nsec = active ? 2000000 : 0}, NULL);
	}
}

/* ---- What compares several cases ---- */

static void verdict(bool good, const char *name, const char *mode, const char *why) {
	if (why && !good) {
		printf("FAIL %s (%s): %s\n", name, mode, why);
	}
	nr_passed += good;
	nr_failed += !good;
}

/* Exactly N worker threads: the counts of two runs differ as their workers do. */
static void compare_threads(void) {
	int base = 0, base_workers = 0;
	for (size_t i = 0; i < nr_scenes; i++) {
		int workers = scenes[i].threads;
		int threads = tallies[i * MODES + 2].threads;
		if (workers < 0) {
			workers = (int)sysconf(_SC_NPROCESSORS_ONLN);
		}
		if (workers == 0 || threads == 0) {
			continue;
		}
		if (base == 0) {
			base = threads;
			base_workers = workers;
			continue;
		}
		char why[128];
		snprintf(why, sizeof why, "%d threads with %d workers, but %d with %d", threads,
			workers, base, base_workers);
		verdict(threads - base == workers - base_workers, scenes[i].name, "thread count",
			why);
	}
}

/* A run a hundred times as long takes no more memory: each such scene against the one before. */
static void compare_memory(void) {
	long before = 0;
	for (size_t i = 0; i < nr_scenes; i++) {
		long peak = tallies[i * MODES + 1].peak_kib;
		if (!scenes[i].plain_only || peak == 0) {
			continue;
		}
		if (before) {
			char why[128];
			snprintf(
				why, sizeof why, "peak grew from %ld KiB to %ld KiB", before, peak);
			verdict(peak < before + 2048, scenes[i].name, "memory", why);
		}
		before = peak;
	}
}

static void on_child(int signal) {
	(void)signal;
}

static int usage(void) {
	fprintf(stderr,
		"usage: run KITH [--threads N] [--seeds N] [--seed FIRST] [--scale F] "
		"[--jobs N] [--only TEXT] [--in DIR]\n");
	return 2;
}

static bool parse(int argc, char **argv) {
	for (int i = 2; i + 1 < argc; i += 2) {
		const char *key = argv[i], *value = argv[i + 1];
		int n = atoi(value);
		if (strcmp(key, "--threads") == 0) {
			set.threads = n;
		} else if (strcmp(key, "--seeds") == 0) {
			set.seeds = n;
		} else if (strcmp(key, "--seed") == 0) {
			set.seed = n;
		} else if (strcmp(key, "--scale") == 0 && n > 0) {
			set.scale = n;
		} else if (strcmp(key, "--jobs") == 0 && n > 0 && n <= MAX_JOBS) {
			set.jobs = n;
		} else if (strcmp(key, "--only") == 0) {
			set.only = value;
		} else if (strcmp(key, "--in") == 0) {
			set.dir = value;
		} else {
			return false;
		}
	}
	set.kith = argc > 1 ? argv[1] : NULL;
	return set.kith && argc % 2 == 0 && access(set.kith, X_OK) == 0;
}

int main(int argc, char **argv) {
	if (!parse(argc, argv)) {
		return usage();
	}
	struct sigaction child = {.sa_handler = on_child};
	sigaction(SIGCHLD, &child, NULL);
	pthread_t observer;
	if (pthread_create(&observer, NULL, witness, NULL) != 0) {
		perror("witness");
		return 1;
	}
	plan();
	if (!tallies) {
		return usage();
	}
	run_all();
	for (size_t i = 0; i < nr_scenes * MODES; i++) {
		if (tallies[i].wanted) {
			verdict(!tallies[i].failed, NULL, NULL, NULL);
		}
	}
	compare_threads();
	compare_memory();
	printf("scenarios: %d passed, %d failed\n", nr_passed, nr_failed);
	return nr_failed > 0;
}

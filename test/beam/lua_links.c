/*
 * Writes random programs of links, monitors, traps and kills (links.h), and plays them on kith.
 *
 *	lua_links write SEED COUNT		the programs, to stdout
 *	lua_links play FILE sim|threads SEED	what they came to, to stdout
 *
 * A line of an outcome is `PROGRAM.SETTLE ACTOR WORDS`: what actor.lua prints, and for each actor
 * that ended since the last settle `ended normal|failed|linked|killed`, or `ended early` if it was
 * born since then too. Between two settles lines are sorted by actor, word and peer; so among those
 * that stay together the order is that in which they came. What an actor heard before it ended is
 * left out: it may have heard less. links.escript writes the same of the BEAM.
 *
 * Owns: struct play. Threads: the main one; actors print and end in workers.
 */
#include "links.h"

#include "kith_stress.h"

#include "../unit/lua_stage.h"

#include "base/alloc.h"
#include "sys/thread.h"

enum { PLAY_LINES = 1000, PLAY_ENDS = 100 };

struct line {
	int actor, peer, nr;
	char what[16], rest[64];
};

/* What was printed, and who failed. */
struct record {
	struct ki_mutex mutex;
	struct line lines[PLAY_LINES];
	int nr_lines;
	struct {
		kith_pid pid;
		enum ki_cause cause;
	} ends[PLAY_ENDS];
	int nr_ends;
};

struct play {
	struct stage stage;
	struct record *record;
	bool threads;
	int program, settle;
	kith_pid pids[LINKS_ACTORS + 1]; /* 0: not born, or gone */
	char scripts[LINKS_ACTORS + 1][LINKS_TEXT];
};

static void play_output(void *user, const char *text, size_t len) {
	struct record *record = ((struct play *)user)->record;
	ki_mutex_lock(&record->mutex);
	struct line *line = &record->lines[record->nr_lines];
	LT_INT(record->nr_lines, PLAY_LINES);
	LT_UINT(len, 100);
	*line = (struct line){.nr = record->nr_lines++};
	if (sscanf(text, "%d\t%15s\t%d\t%63[^\n]", &line->actor, line->what, &line->peer,
		    line->rest) != 4) {
		FAIL("an actor says %s", text);
	}
	ki_mutex_unlock(&record->mutex);
}

static void play_crash(void *user, const struct ki_crash *crash) {
	struct record *record = ((struct play *)user)->record;
	ki_mutex_lock(&record->mutex);
	LT_INT(record->nr_ends, PLAY_ENDS);
	record->ends[record->nr_ends].pid = crash->pid;
	record->ends[record->nr_ends++].cause = (enum ki_cause)crash->result->cause;
	ki_mutex_unlock(&record->mutex);
}

static const char *fate(const struct record *record, kith_pid pid) {
	for (int i = 0; i < record->nr_ends; i++) {
		if (record->ends[i].pid == pid) {
			switch (record->ends[i].cause) {
			case KI_CAUSE_ERROR:
				return "failed";
			case KI_CAUSE_LINK:
				return "linked";
			case KI_CAUSE_TERMINATE:
				return "killed";
			default:
				FAIL("an actor ended by cause %d", record->ends[i].cause);
			}
		}
	}
	return "normal";
}

/* Until nothing moves any more. */
static void settle(struct play *play) {
	uint64_t woken;
	if (!play->threads) {
		stage_run(&play->stage, -1);
	}
	while (!ki_sched_at_rest(play->stage.sched, &woken)) {
		ki_thread_yield();
	}
}

static void spawn(struct play *play, int actor) {
	struct ki_payload *number = ki_value_payload_int(actor);
	NE_INT(play->pids[actor] = stage_start(&play->stage, &number, 1), 0);
	ki_payload_unref(number);
}

static void tell(struct play *play, int actor, const char *topic, const char *text) {
	if (play->pids[actor]) {
		struct ki_message *message = ki_message_new(ki_strv(topic), 1);
		message->payloads[0] = ki_value_payload_str(ki_strv(text));
		OK(ki_send(&play->stage.system, 0, play->pids[actor], message));
	}
}

/* Tells everybody first whom there is, then what to do. */
static void perform(struct play *play) {
	struct ki_buf known = {0};
	for (int i = 1; i <= LINKS_ACTORS; i++) {
		char pid[KI_PID_TEXT_MAX];
		if (play->pids[i]) {
			ki_pid_format(&play->stage.system, play->pids[i], pid);
			ki_buf_printf(&known, "%d=%s ", i, pid);
		}
	}
	for (int i = 1; i <= LINKS_ACTORS; i++) {
		tell(play, i, "know", ki_buf_cstr(&known));
	}
	settle(play);
	for (int i = 1; i <= LINKS_ACTORS; i++) {
		if (play->scripts[i][0]) {
			tell(play, i, "perform", play->scripts[i]);
			play->scripts[i][0] = '\0';
		}
	}
	ki_buf_fini(&known);
	settle(play);
}

static int compare_lines(const void *a, const void *b) {
	const struct line *x = a, *y = b;
	int what = strcmp(x->what, y->what);
	return x->actor != y->actor ? x->actor - y->actor
		: what != 0         ? what
		: x->peer != y->peer ? x->peer - y->peer
				     : x->nr - y->nr;
}

static bool heard(const struct line *line) {
	return strcmp(line->what, "exit") == 0 || strcmp(line->what, "down") == 0 ||
		strcmp(line->what, "got") == 0;
}

/* What has come since the last settle. */
static void tell_outcome(struct play *play) {
	struct record *record = play->record;
	const char *ended[LINKS_ACTORS + 1] = {NULL};
	bool born[LINKS_ACTORS + 1] = {false};
	for (int i = 0; i < record->nr_lines; i++) {
		struct line *line = &record->lines[i];
		if (strcmp(line->what, "born") == 0) {
			EQ_INT(ki_pid_parse(&play->stage.system, ki_strv(line->rest),
				       &play->pids[line->peer]),
				KI_PID_OK);
			born[line->peer] = true;
			strcpy(line->rest, "ok");
		}
	}
	for (int i = 1; i <= LINKS_ACTORS; i++) {
		if (play->pids[i] && !ki_pid_alive(&play->stage.system, play->pids[i])) {
			ended[i] = born[i] ? "early" : fate(record, play->pids[i]);
		}
	}
	qsort(record->lines, (size_t)record->nr_lines, sizeof record->lines[0], compare_lines);
	for (int i = 0; i < record->nr_lines; i++) {
		const struct line *line = &record->lines[i];
		if (!ended[line->actor] || !heard(line)) {
			printf("%d.%d %d %s %d %s\n", play->program, play->settle, line->actor,
				line->what, line->peer, line->rest);
		}
	}
	for (int i = 1; i <= LINKS_ACTORS; i++) {
		if (ended[i]) {
			printf("%d.%d %d ended %s\n", play->program, play->settle, i, ended[i]);
			play->pids[i] = 0;
		}
	}
	record->nr_lines = record->nr_ends = 0;
}

static void begin(struct play *play, const char *source, int nr_actors, uint64_t seed) {
	struct entry entry = {"app:actor", source};
	/* A long slice: on a machine that stands still nobody dies at the end of one. */
	struct stage_options options = {
		.threads = play->threads, .nr_workers = 3, .slice_ns = INT64_C(1000000000)};
	stage_open_with(&play->stage, &entry, 1, seed, &options);
	play->stage.system.hooks = (struct ki_system_hooks){
		.user = play, .output = play_output, .crash = play_crash};
	memset(play->pids, 0, sizeof play->pids);
	play->settle = 1;
	for (int i = 1; i <= nr_actors; i++) {
		spawn(play, i);
	}
	settle(play);
}

static void finish(struct play *play) {
	struct ki_counts counts;
	ki_procs_each(&play->stage.system, play->stage.host, stage_kill, &play->stage.system);
	settle(play);
	do {
		ki_thread_yield();
		ki_host_counts(play->stage.host->host, &counts);
	} while (counts.workers_busy > 0 || counts.queue_depth > 0);
	play->record->nr_lines = play->record->nr_ends = 0; /* they saw each other go */
	stage_leave(&play->stage);
}

static void play_programs(FILE *programs, const char *source, bool threads, uint64_t seed) {
	struct play play = {.threads = threads, .record = ki_zalloc(sizeof *play.record)};
	char text[LINKS_TEXT];
	bool begun = false;
	NOT_NULL(play.record);
	ki_mutex_init(&play.record->mutex);
	while (fgets(text, sizeof text, programs)) {
		int actor, nr_actors;
		text[strcspn(text, "\n")] = '\0';
		if (sscanf(text, "program %d %d", &play.program, &nr_actors) == 2) {
			if (begun) {
				finish(&play);
			}
			begun = true;
			begin(&play, source, nr_actors, seed);
		} else if (strcmp(text, "settle") == 0) {
			perform(&play);
			tell_outcome(&play);
			play.settle++;
		} else if (sscanf(text, "%d", &actor) == 1) {
			strcpy(play.scripts[actor], text + strcspn(text, " "));
		}
	}
	if (begun) {
		finish(&play);
	}
	ki_mutex_fini(&play.record->mutex);
	ki_free(play.record);
}

/* The text of a file, NUL-terminated. */
static const char *contents(const char *path) {
	static char text[16384];
	FILE *file = fopen(path, "r");
	NOT_NULL(file);
	size_t len = fread(text, 1, sizeof text - 1, file);
	text[len] = '\0';
	TRUE(feof(file));
	fclose(file);
	return text;
}

int main(int argc, char **argv) {
	uint64_t last = argc > 1 ? strtoull(argv[argc - 1], NULL, 10) : 0;
	if (argc == 4 && strcmp(argv[1], "write") == 0) {
		struct ki_buf out = {0};
		for (int i = 1; i <= (int)last; i++) {
			links_write(&out, strtoull(argv[2], NULL, 10), i);
		}
		fputs(ki_buf_cstr(&out), stdout);
		ki_buf_fini(&out);
		return 0;
	}
	FILE *programs = argc == 5 && strcmp(argv[1], "play") == 0 ? fopen(argv[2], "r") : NULL;
	if (!programs) {
		fprintf(stderr, "usage: lua_links write SEED COUNT | play FILE sim|threads SEED\n");
		return 2;
	}
	bool threads = strcmp(argv[3], "threads") == 0;
	play_programs(programs, contents("test/beam/actor.lua"), threads, last);
	fclose(programs);
	return 0;
}

/*
 * A stage of puppets for the tests of process: processes whose bodies do what the case says.
 *
 * The scheduler simulates, so between two runs of it nothing moves, and a case may play the owner
 * of any puppet itself: it calls ki_proc_link(a->proc, b->pid) and the like, and so decides what
 * each mailbox holds before anybody looks. A woken puppet looks into its mailbox (unless blind),
 * notes what it takes out, and then meets its fate, if it has one.
 */
#ifndef PROCESS_FIXTURE_H
#define PROCESS_FIXTURE_H

#include "kith_laws.h"

#include "mem/value.h"
#include "process/native.h"
#include "process/proc.h"

enum { MS = 1000000 };

enum fate { LIVES, RETURNS, FAILS };

/* One signal as a puppet saw it. */
struct seen {
	enum ki_signal_kind kind;
	kith_pid from;
	enum ki_cause cause;
	const struct ki_result *result;
	int64_t now_ns, deadline_wall_ns, value;
	char text[48]; /* topic, reason, or the text of the error */
};

struct stage;

struct puppet {
	struct ki_program program;
	struct puppet *next; /* of the stage */
	struct stage *stage;
	kith_pid pid;
	struct ki_proc *proc; /* NULL before its start and after its end */
	int (*load)(struct puppet *p, struct ki_payload **error);
	enum ki_step (*run)(struct puppet *p); /* instead of looking and its fate */
	bool blind; /* it does not look */
	bool idle_hands; /* it looks, and takes nothing */
	enum fate fate;
	int64_t value;
	const char *error;
	/* what happened */
	struct seen seen[24];
	int nr_seen, nr_steps, nr_destroyed;
	bool doomed; /* a look said that it must die */
	void *extra;
};

struct stage {
	struct ki_sched *sched;
	struct ki_log log;
	struct ki_system system;
	struct ki_proc_host *host;
	struct puppet *puppets;
	/* the last crash reported */
	int nr_crashes;
	struct ki_crash crash;
	enum ki_cause crash_cause;
	void (*on_crash)(struct stage *stage, const struct ki_crash *crash);
	/* the error of the last spawn */
	char kind[32], text[64];
};

/* ---- Payloads ---- */

static inline void error_text(const struct ki_payload *error, char *kind, char *text, size_t size) {
	struct ki_error_view view;
	NOT_NULL(error);
	OK(ki_error_read(error, &view));
	if (kind) {
		snprintf(kind, size, KI_STRV_FMT, KI_STRV_ARG(view.kind));
	}
	snprintf(text, size, KI_STRV_FMT, KI_STRV_ARG(view.message));
}

static inline int64_t payload_int(const struct ki_payload *payload) {
	struct ki_value_reader reader;
	struct ki_value_token token;
	ki_value_reader_payload(&reader, payload);
	OK(ki_value_next(&reader, &token));
	EQ_INT(token.tag, KI_VALUE_INT);
	return token.i;
}

/* ---- Puppets ---- */

static inline void note(struct puppet *p, struct ki_signal *signal) {
	LT_INT(p->nr_seen, (int)ki_countof(p->seen));
	struct seen *seen = &p->seen[p->nr_seen++];
	*seen = (struct seen){.kind = (enum ki_signal_kind)signal->kind,
		.from = signal->from,
		.now_ns = ki_sched_now(p->stage->sched)};
	if (signal->kind == KI_SIGNAL_MESSAGE) {
		struct ki_message *message = ki_signal_message(signal);
		snprintf(seen->text, sizeof seen->text, "%s", message->topic);
		ki_proc_received(p->proc, message);
	} else if (signal->kind == KI_SIGNAL_CANCEL) {
		struct ki_cancel *cancel = ki_signal_cancel(signal);
		seen->deadline_wall_ns = cancel->deadline_wall_ns;
		snprintf(seen->text, sizeof seen->text, "%s", cancel->reason);
	} else {
		const struct ki_result *result = ki_signal_relation(signal)->result;
		NOT_NULL(result);
		seen->result = result;
		seen->cause = (enum ki_cause)result->cause;
		seen->value = result->value ? payload_int(result->value) : 0;
		if (result->error) {
			error_text(result->error, NULL, seen->text, sizeof seen->text);
		}
	}
}

static inline bool puppet_look(struct puppet *p) {
	p->doomed = !ki_proc_look(p->proc);
	struct ki_signal *signal;
	while (!p->idle_hands && (signal = ki_proc_take(p->proc))) {
		note(p, signal);
		ki_signal_free(signal);
	}
	return !p->doomed;
}

static inline enum ki_step puppet_meet(struct puppet *p, enum fate fate) {
	if (fate == RETURNS) {
		ki_proc_end_return(p->proc, p->value ? ki_value_payload_int(p->value) : NULL);
	} else if (fate == FAILS) {
		struct ki_strv text = ki_strv(p->error ? p->error : "failed");
		ki_proc_end_error(p->proc, ki_error_payload_status(KITH_EINTERNAL, text));
	}
	return fate == LIVES ? KI_STEP_WAIT : KI_STEP_DONE;
}

static inline enum ki_step puppet_step(struct ki_proc *proc) {
	struct puppet *p = proc->body;
	p->nr_steps++;
	EQ_INT(p->nr_destroyed, 0);
	FALSE(p->doomed); /* nobody goes on after a look that said no */
	if (p->run) {
		return p->run(p);
	}
	if (!p->blind && !puppet_look(p)) {
		return KI_STEP_DONE;
	}
	return puppet_meet(p, p->fate);
}

static inline int puppet_start(struct ki_proc *proc, const struct ki_program *program,
	struct ki_payload *const *args, size_t nr_args, struct ki_payload **error) {
	struct puppet *p = (struct puppet *)(uintptr_t)program->data;
	(void)args;
	(void)nr_args;
	p->proc = proc;
	p->pid = proc->pid;
	proc->body = p;
	return p->load ? p->load(p, error) : KITH_OK;
}

static inline void puppet_destroy(struct ki_proc *proc) {
	struct puppet *p = proc->body;
	p->nr_destroyed++;
	p->proc = NULL;
	proc->body = NULL;
}

static const struct ki_body_ops puppet_ops = {
	.name = "puppet", .start = puppet_start, .step = puppet_step, .destroy = puppet_destroy};

static inline void puppet_wake(struct puppet *p) {
	NOT_NULL(p->proc);
	ki_task_wake(&p->proc->task);
}

/* Makes a puppet whose process is not spawned yet. */
static inline struct puppet *puppet_new(struct stage *stage) {
	struct puppet *p = calloc(1, sizeof *p);
	NOT_NULL(p);
	p->stage = stage;
	p->program = (struct ki_program){.id = "test:puppet", .ops = &puppet_ops, .data = p};
	p->next = stage->puppets;
	stage->puppets = p;
	return p;
}

/* The owner of `parent`, which may be NULL. */
static inline int puppet_spawn(struct puppet *p, struct puppet *parent, unsigned relations) {
	struct stage *stage = p->stage;
	struct ki_spawn spawn = {.program = &p->program,
		.host = stage->host,
		.parent = parent ? parent->proc : NULL,
		.relations = relations};
	struct ki_payload *error = NULL;
	kith_pid pid = 0;
	int status = ki_proc_spawn(&stage->system, &spawn, &pid, &error);
	if (error) {
		error_text(error, stage->kind, stage->text, sizeof stage->kind);
		ki_payload_unref(error);
	}
	EQ_UINT(pid, status ? 0 : p->pid);
	return status;
}

/* A puppet that lives, or will at the next run of the stage. */
static inline struct puppet *puppet_cast(struct stage *stage) {
	struct puppet *p = puppet_new(stage);
	OK(puppet_spawn(p, NULL, 0));
	return p;
}

/* ---- The stage ---- */

static inline void stage_crash(void *user, const struct ki_crash *crash) {
	struct stage *stage = user;
	stage->nr_crashes++;
	stage->crash = *crash;
	stage->crash_cause = (enum ki_cause)crash->result->cause;
	if (stage->on_crash) {
		stage->on_crash(stage, crash);
	}
}

static inline void stage_open(struct stage *stage) {
	struct ki_sched_options options = {.simulate = true, .seed = 1};
	struct ki_system_hooks hooks = {.user = stage, .crash = stage_crash};
	struct ki_host *host;
	*stage = (struct stage){.sched = ki_sched_new(&options)};
	NOT_NULL(stage->sched);
	ki_log_init(&stage->log, KI_LOG_OFF, NULL, NULL, NULL, NULL);
	OK(ki_system_init(&stage->system, stage->sched, &stage->log, &hooks));
	NOT_NULL(host = ki_host_new(stage->sched, "app:processes", 2, 0));
	OK(ki_system_add_host(&stage->system, host, &stage->host));
	OK(ki_host_start(host));
	ki_proc_host_set_state(stage->host, KI_PROC_HOST_RUNNING);
}

/* Runs until nothing moves any more. */
static inline void stage_run(struct stage *stage) {
	EQ_INT(ki_sched_run(stage->sched, -1), KI_RUN_IDLE);
}

static inline int64_t stage_now(struct stage *stage) {
	return ki_sched_now(stage->sched);
}

static inline uint64_t stage_timers(struct stage *stage) {
	struct ki_counts stats;
	ki_host_counts(stage->host->host, &stats);
	return stats.timers;
}

static inline uint64_t stage_count(struct stage *stage, enum ki_counter which) {
	struct ki_counts counts;
	ki_proc_host_counts(stage->host, &counts);
	return ki_counts_get(&counts, which);
}

static inline void stage_kill(void *arg, kith_pid pid) {
	ki_force(arg, pid, KI_CAUSE_HOST_STOP);
}

/* Ends all, and holds the stage to the laws of its counters. The sanitizers say what was lost. */
static inline void stage_close(struct stage *stage) {
	stage->on_crash = NULL;
	ki_procs_each(&stage->system, stage->host, stage_kill, &stage->system);
	ki_procs_each(&stage->system, stage->system.hosts[KI_HOST_INDEX_SYSTEM], stage_kill,
		&stage->system);
	stage_run(stage);
	for (struct puppet *p; (p = stage->puppets);) {
		EQ_INT(p->nr_destroyed, p->pid != 0);
		stage->puppets = p->next;
		free(p);
	}
	ki_host_stop(stage->host->host);
	laws_hold_at_end(&stage->system);
	ki_system_fini(&stage->system);
	ki_sched_free(stage->sched);
}

/* ---- What puppets do and see ---- */

static inline int send_topic(struct puppet *from, kith_pid to, const char *topic) {
	struct ki_message *message = ki_message_new(ki_strv(topic), 1);
	NOT_NULL(message);
	message->payloads[0] = ki_value_payload_int(1);
	return ki_send(&from->stage->system, from->pid, to, message);
}

static inline int terminate(struct puppet *p) {
	return ki_force(&p->stage->system, p->pid, KI_CAUSE_TERMINATE);
}

/* It meets its fate when it is next run; it looks first unless blind. */
static inline void doom(struct puppet *p, enum fate fate) {
	p->fate = fate;
	puppet_wake(p);
}

/* The same, and everything that follows. */
static inline void end(struct puppet *p, enum fate fate) {
	doom(p, fate);
	stage_run(p->stage);
	IS_NULL(p->proc);
}

/* The next thing seen is `kind` from `from`, and the last so far. */
static inline void saw_only(struct puppet *p, enum ki_signal_kind kind, kith_pid from) {
	EQ_INT(p->nr_seen, 1);
	EQ_INT(p->seen[0].kind, kind);
	EQ_UINT(p->seen[0].from, from);
}

static inline void saw_nothing(struct puppet *p) {
	EQ_INT(p->nr_seen, 0);
}

/* What the puppet saw, a letter each: message, EXIT, LINK_DOWN, CANCEL. */
static inline const char *saw(const struct puppet *p, char letters[32]) {
	for (int i = 0; i < p->nr_seen; i++) {
		letters[i] = "mxlc"[p->seen[i].kind];
	}
	letters[p->nr_seen] = '\0';
	return letters;
}

#endif

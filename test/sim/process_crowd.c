/*
 * Crowds: 100,000 bodies linked to one, 100,000 linked in a row, a million messages in one mailbox.
 * Laws: exact counts of ends and messages, in each of three rounds; no round after the first makes
 * the program larger, for all that a round took is given back.
 */
#include "kith_stress.h"
#include "kith_laws.h"

#include "mem/value.h"
#include "process/proc.h"

enum { CROWD = 100000, MESSAGES = 1000000, ROUNDS = 3 };

struct crowd {
	struct ki_sched *sched;
	struct ki_log log;
	struct ki_system system;
	struct ki_proc_host *host;
	struct ki_program hub, link, sink;
	kith_pid first; /* to be ended by force */
	uint32_t alive, received;
};

static struct crowd *crowd_of(const struct ki_program *program) {
	return (struct crowd *)(uintptr_t)program->data;
}

static int body_start(struct ki_proc *proc, const struct ki_program *program,
	struct ki_payload *const *args, size_t nr_args, struct ki_payload **error) {
	(void)args, (void)nr_args, (void)error;
	crowd_of(program)->alive++;
	proc->body = NULL; /* has not spawned yet */
	return KITH_OK;
}

static void body_destroy(struct ki_proc *proc) {
	crowd_of(proc->program)->alive--;
}

static void spawn(struct crowd *crowd, struct ki_proc *parent, const struct ki_program *program,
	kith_pid *pid) {
	struct ki_spawn spawn = {.program = program,
		.host = crowd->host,
		.parent = parent,
		.relations = parent ? KI_SPAWN_LINK : 0};
	struct ki_payload *error;
	OK(ki_proc_spawn(&crowd->system, &spawn, pid, &error));
}

/* The first of a star has all the others as children, each body of a chain has the next. */
static enum ki_step linked_step(struct ki_proc *proc) {
	struct crowd *crowd = crowd_of(proc->program);
	bool star = proc->program == &crowd->hub;
	if (!ki_proc_look(proc)) {
		return KI_STEP_DONE;
	}
	if (!proc->body && (proc->pid == crowd->first || !star)) {
		proc->body = crowd;
		for (uint32_t wanted = star ? CROWD : 1; wanted > 0 && crowd->alive <= CROWD;
			wanted--) {
			kith_pid child;
			spawn(crowd, proc, proc->program, &child);
		}
	}
	return KI_STEP_WAIT;
}

static enum ki_step sink_step(struct ki_proc *proc) {
	struct crowd *crowd = crowd_of(proc->program);
	struct ki_signal *signal;
	if (!ki_proc_look(proc)) {
		return KI_STEP_DONE;
	}
	while ((signal = ki_proc_take(proc))) {
		crowd->received++;
		ki_proc_received(proc, ki_signal_message(signal));
		ki_signal_free(signal);
	}
	return KI_STEP_WAIT;
}

static const struct ki_body_ops linked_ops = {
	.name = "linked", .start = body_start, .step = linked_step, .destroy = body_destroy};
static const struct ki_body_ops sink_ops = {
	.name = "sink", .start = body_start, .step = sink_step, .destroy = body_destroy};

static void crowd_open(struct crowd *crowd, uint64_t seed) {
	struct ki_sched_options options = {
		.simulate = true, .seed = seed, .roam = seed % 2 == 1};
	struct ki_system_hooks hooks = {0};
	struct ki_host *host;
	NOT_NULL(crowd->sched = ki_sched_new(&options));
	ki_log_init(&crowd->log, KI_LOG_OFF, NULL, NULL, NULL, NULL);
	OK(ki_system_init(&crowd->system, crowd->sched, &crowd->log, &hooks));
	NOT_NULL(host = ki_host_new(crowd->sched, "crowd:host", 1, 0));
	OK(ki_system_add_host(&crowd->system, host, &crowd->host));
	crowd->hub = (struct ki_program){.id = "crowd:hub", .ops = &linked_ops, .data = crowd};
	crowd->link = (struct ki_program){.id = "crowd:link", .ops = &linked_ops, .data = crowd};
	crowd->sink = (struct ki_program){.id = "crowd:sink", .ops = &sink_ops, .data = crowd};
	OK(ki_host_start(host));
	ki_proc_host_set_state(crowd->host, KI_PROC_HOST_RUNNING);
}

static void run_on(struct crowd *crowd) {
	EQ_INT(ki_sched_run(crowd->sched, -1), KI_RUN_IDLE);
}

/* All of it lives, and falls with the first. */
static void linked_round(struct crowd *crowd, const struct ki_program *program) {
	spawn(crowd, NULL, program, &crowd->first);
	run_on(crowd);
	EQ_UINT(crowd->alive, CROWD + 1);
	EQ_UINT(ki_proc_host_live(crowd->host), CROWD + 1);
	OK(ki_force(&crowd->system, crowd->first, KI_CAUSE_TERMINATE));
	run_on(crowd);
	EQ_UINT(crowd->alive, 0);
	EQ_UINT(ki_proc_host_live(crowd->host), 0);
}

/* A mailbox takes as many as it may hold, refuses one more, and gives them all. */
static void mailbox_round(struct crowd *crowd) {
	kith_pid sink;
	crowd->received = 0;
	spawn(crowd, NULL, &crowd->sink, &sink);
	for (uint32_t i = 0; i <= MESSAGES; i++) {
		struct ki_message *message = ki_message_new(ki_strv("m"), 1);
		message->payloads[0] = ki_value_payload_int((int64_t)i);
		STATUS(ki_send(&crowd->system, 0, sink, message),
			i < MESSAGES ? KITH_OK : KITH_ERATELIMITED);
	}
	run_on(crowd);
	EQ_UINT(crowd->received, MESSAGES);
	OK(ki_force(&crowd->system, sink, KI_CAUSE_TERMINATE));
	run_on(crowd);
}

/* Resident pages, where the system tells; else 0. */
static long resident(void) {
	long size, pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");
	if (file) {
		if (fscanf(file, "%ld %ld", &size, &pages) != 2) {
			pages = 0;
		}
		fclose(file);
	}
	return pages;
}

static void run(uint64_t seed) {
	static struct crowd crowd;
	long after_first = 0;
	if (seed % 100 != 1) {
		return; /* seconds a seed, and the seed moves little here: each hundredth */
	}
	memset(&crowd, 0, sizeof(crowd));
	crowd_open(&crowd, seed);
	for (int round = 0; round < ROUNDS; round++) {
		linked_round(&crowd, &crowd.hub);
		linked_round(&crowd, &crowd.link);
		mailbox_round(&crowd);
		after_first = round == 0 ? resident() : after_first;
	}
	LE_INT(resident(), after_first + after_first / 10);
	struct ki_counts sum;
	ki_proc_host_counts(crowd.host, &sum);
	EQ_UINT(sum.spawned, ROUNDS * (2 * (CROWD + 1) + 1));
	EQ_UINT(sum.ended_forced, sum.spawned);
	EQ_UINT(sum.messages_sent, (uint64_t)ROUNDS * MESSAGES);
	EQ_UINT(sum.messages_received, sum.messages_sent);
	EQ_UINT(sum.messages_refused, ROUNDS);
	ki_host_stop(crowd.host->host);
	laws_hold_at_end(&crowd.system);
	ki_system_fini(&crowd.system);
	ki_sched_free(crowd.sched);
}

SIM_MAIN("crowds end whole, mailboxes keep all, memory comes back", run)

/*
 * A storm of C bodies that link, unlink, monitor, send to, cancel and kill each other at random,
 * with laws as the oracle. Shared by the simulated (test/sim) and the threaded (test/stress) run.
 *
 * Laws, while it blows:
 *	every monitor that was granted fires exactly once unless it was taken back, and then never;
 *	an untrapped body is never stepped after it looked at a LINK_DOWN.
 * Laws at rest:
 *	links are mutual, nobody alive is linked to or watches the dead, who was forced is dead;
 *	spawned = ended + alive; sent = received + dropped + waiting.
 * And once all are dead: nothing is left (the sanitizers say what leaked).
 */
#ifndef PROCESS_STORM_H
#define PROCESS_STORM_H

#include "kith_stress.h"
#include "kith_laws.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "mem/value.h"
#include "process/proc.h"

struct storm {
	struct ki_sched *sched;
	struct ki_log log;
	struct ki_system system;
	struct ki_proc_host *host;
	uint32_t nr_bodies, nr_acts;
	uint64_t seed;
	_Atomic(kith_pid) *xpids;   /* of the body at that place */
	_Atomic(uint32_t) *xforced; /* 1: terminate was granted on it */
	_Atomic(uint32_t) xat_rest; /* bodies that are through with their acts, or dead */
	_Atomic(uint32_t) xborn;
};

struct body {
	struct storm *storm;
	struct ki_rng rng;
	uint32_t place, acts;
	bool through, doomed;
	uint8_t *watch; /* by place: 1 while an EXIT is owed to us */
};

static void count_at_rest(struct body *body) {
	if (!body->through) {
		body->through = true;
		ki_add_rlx(&body->storm->xat_rest, 1); /* a counter */
	}
}

static int body_start(struct ki_proc *proc, const struct ki_program *program,
	struct ki_payload *const *args, size_t nr_args, struct ki_payload **error) {
	struct storm *storm = (struct storm *)(uintptr_t)program->data;
	(void)args;
	(void)nr_args;
	(void)error;
	struct body *body = ki_zalloc(sizeof(*body));
	body->storm = storm;
	body->place = ki_add_rlx(&storm->xborn, 1); /* a counter */
	body->watch = ki_zalloc(storm->nr_bodies);
	ki_rng_seed(&body->rng, storm->seed * 7919 + body->place);
	proc->trap_links = ki_rng_below(&body->rng, 16) != 0; /* else all would fall at once */
	proc->body = body;
	ki_store_rel(&storm->xpids[body->place], proc->pid); /* rel: with the acq in peer. [ST1] */
	return 0;
}

static void body_destroy(struct ki_proc *proc) {
	struct body *body = proc->body;
	count_at_rest(body);
	ki_free(body->watch);
	ki_free(body);
	proc->body = NULL;
}

static uint32_t place_of(struct storm *storm, kith_pid pid) {
	for (uint32_t i = 0; i < storm->nr_bodies; i++) {
		if (ki_load_acq(&storm->xpids[i]) == pid) { /* [ST1] */
			return i;
		}
	}
	FAIL("an event from nobody");
}

static void take_all(struct ki_proc *proc, struct body *body) {
	struct ki_signal *signal;
	while ((signal = ki_proc_take(proc))) {
		if (signal->kind == KI_SIGNAL_MESSAGE) {
			ki_proc_received(proc, ki_signal_message(signal));
		} else if (signal->kind == KI_SIGNAL_EXIT) {
			uint32_t from = place_of(body->storm, signal->from);
			NOT_NULL(ki_signal_relation(signal)->result);
			EQ_INT(body->watch[from], 1);
			body->watch[from] = 0;
		} else if (signal->kind == KI_SIGNAL_LINK_DOWN) {
			TRUE(proc->trap_links);
			TRUE(ki_result_failed(ki_signal_relation(signal)->result));
		}
		ki_signal_free(signal);
	}
}

/* A status that only the end of the target explains, or success. */
static bool granted(int status) {
	if (status != KITH_OK) {
		EQ_INT(status, KITH_ENOTFOUND);
	}
	return status == KITH_OK;
}

static void act(struct ki_proc *proc, struct body *body) {
	struct storm *storm = body->storm;
	uint32_t place = (uint32_t)ki_rng_below(&body->rng, storm->nr_bodies);
	kith_pid peer = ki_load_acq(&storm->xpids[place]); /* [ST1] */
	if (!peer || peer == proc->pid) {
		return;
	}
	switch (ki_rng_below(&body->rng, 16)) {
	case 0:
	case 1:
	case 2: {
		int status = ki_proc_monitor(proc, peer);
		if (status != KITH_EEXIST && granted(status)) {
			EQ_INT(body->watch[place], 0);
			body->watch[place] = 1;
		}
		break;
	}
	case 3:
	case 4:
		body->doomed = !ki_proc_look(proc);
		take_all(proc, body); /* what has arrived is still delivered (SPEC 6.3) */
		if (!body->doomed) {
			OK(ki_proc_unmonitor(proc, peer));
			body->watch[place] = 0;
		}
		break;
	case 5:
	case 6:
	case 7:
		granted(ki_proc_link(proc, peer));
		break;
	case 8:
	case 9:
	case 10:
		OK(ki_proc_unlink(proc, peer));
		break;
	case 11:
		granted(ki_cancel(&storm->system, proc->pid, peer,
			ki_rng_below(&body->rng, 32) ? 0 : 1000000, ki_strv("storm")));
		break;
	case 12:
		if (ki_rng_below(&body->rng, 64) == 0 &&
			granted(ki_force(&storm->system, peer, KI_CAUSE_TERMINATE))) {
			ki_store_rlx(&storm->xforced[place], 1); /* read at rest */
		}
		break;
	default: {
		struct ki_message *message = ki_message_new(ki_strv("wind"), 1);
		message->payloads[0] = ki_value_payload_int((int64_t)body->acts);
		granted(ki_send(&storm->system, proc->pid, peer, message));
	}
	}
}

static enum ki_step body_step(struct ki_proc *proc) {
	struct body *body = proc->body;
	FALSE(body->doomed);
	body->doomed = !ki_proc_look(proc);
	take_all(proc, body);
	for (uint32_t i = 0; i < 4 && !body->doomed && body->acts < body->storm->nr_acts; i++) {
		body->acts++;
		act(proc, body);
	}
	if (body->doomed) {
		return KI_STEP_DONE;
	}
	if (body->acts < body->storm->nr_acts) {
		uint64_t fate = ki_rng_below(&body->rng, 1000);
		if (fate == 0) {
			ki_proc_end_return(proc, ki_value_payload_int(1));
			return KI_STEP_DONE;
		}
		if (fate == 1) {
			ki_proc_end_error(
				proc, ki_error_payload_status(KITH_EINTERNAL, ki_strv("gust")));
			return KI_STEP_DONE;
		}
		return KI_STEP_AGAIN;
	}
	count_at_rest(body);
	return KI_STEP_WAIT;
}

static const struct ki_body_ops storm_ops = {
	.name = "storm", .start = body_start, .step = body_step, .destroy = body_destroy};

/* ---- The run ---- */

static void storm_open(struct storm *storm, bool simulate, int workers) {
	struct ki_sched_options options = {
		.simulate = simulate, .seed = storm->seed, .roam = storm->seed % 2 == 1};
	struct ki_system_hooks hooks = {0};
	struct ki_host *host;
	storm->sched = ki_sched_new(&options);
	NOT_NULL(storm->sched);
	ki_log_init(&storm->log, KI_LOG_OFF, NULL, NULL, NULL, NULL);
	OK(ki_system_init(&storm->system, storm->sched, &storm->log, &hooks));
	NOT_NULL(host = ki_host_new(storm->sched, "storm:host", workers, 0));
	OK(ki_system_add_host(&storm->system, host, &storm->host));
	storm->xpids = ki_zalloc(storm->nr_bodies * sizeof(*storm->xpids));
	storm->xforced = ki_zalloc(storm->nr_bodies * sizeof(*storm->xforced));
	OK(ki_host_start(host));
	ki_proc_host_set_state(storm->host, KI_PROC_HOST_RUNNING);
}

static void storm_spawn(struct storm *storm) {
	static const char id[] = "storm:body";
	struct ki_program program = {.id = id, .ops = &storm_ops, .data = storm};
	static struct ki_program programs[1]; /* outlives the processes */
	programs[0] = program;
	struct ki_spawn spawn = {.program = &programs[0], .host = storm->host};
	for (uint32_t i = 0; i < storm->nr_bodies; i++) {
		kith_pid pid;
		struct ki_payload *error;
		OK(ki_proc_spawn(&storm->system, &spawn, &pid, &error));
	}
}

static void check_mutual(
	struct storm *storm, struct ki_proc *proc, const struct ki_relation *relation, bool link) {
	struct ki_proc *peer = ki_table_pin(&storm->system.table, relation->peer);
	NOT_NULL(peer);
	struct ki_relation *back = ki_relset_find(link ? &peer->links : &peer->watchers, proc->pid);
	NOT_NULL(back);
	FALSE(back->unlinking);
	ki_table_unpin(&storm->system.table, relation->peer);
}

static void check_set(struct storm *storm, struct ki_proc *proc, struct ki_relset *set, bool link) {
	uint32_t seen = 0;
	for (uint32_t i = 0; i <= set->mask; i++) {
		struct ki_relation *at = set->mask ? set->chains[i] : set->first;
		for (; at; at = at->next, seen++) {
			FALSE(at->unlinking);
			check_mutual(storm, proc, at, link);
		}
	}
	EQ_UINT(seen, set->count);
}

/* Nothing runs and nothing is under way. */
static void storm_check_at_rest(struct storm *storm) {
	struct ki_counts sum;
	uint32_t alive = 0;
	for (uint32_t i = 0; i < storm->nr_bodies; i++) {
		kith_pid pid = ki_load_acq(&storm->xpids[i]); /* [ST1] */
		struct ki_proc *proc = ki_table_pin(&storm->system.table, pid);
		if (!proc) {
			continue;
		}
		alive++;
		EQ_UINT(ki_load_rlx(&storm->xforced[i]), 0); /* nothing runs */
		EQ_UINT(proc->nr_unlinking, 0);
		check_set(storm, proc, &proc->links, true);
		check_set(storm, proc, &proc->watching, false);
		struct body *body = proc->body;
		for (uint32_t place = 0; place < storm->nr_bodies; place++) {
			kith_pid peer = ki_load_acq(&storm->xpids[place]); /* [ST1] */
			EQ_INT(body->watch[place],
				ki_relset_find(&proc->watching, peer) != NULL ? 1 : 0);
		}
		ki_table_unpin(&storm->system.table, pid);
	}
	laws_hold(&storm->system);
	ki_proc_host_counts(storm->host, &sum);
	EQ_UINT(sum.processes, alive);
}

static void storm_kill_all(struct storm *storm) {
	for (uint32_t i = 0; i < storm->nr_bodies; i++) {
		ki_force(&storm->system, ki_load_acq(&storm->xpids[i]),
			KI_CAUSE_TERMINATE); /* [ST1] */
	}
}

static void storm_close(struct storm *storm) {
	ki_host_stop(storm->host->host);
	laws_hold_at_end(&storm->system);
	ki_system_fini(&storm->system);
	ki_sched_free(storm->sched);
	ki_free(storm->xpids);
	ki_free(storm->xforced);
}

#endif

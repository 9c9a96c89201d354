/*
 * Threads spawn as fast as they can while another stops the host, as a service stop does: it sets
 * the state, and then cancels or kills whom it finds in the table. A body ends at its CANCEL and
 * by nothing else.
 *
 * Law: all end: a spawn that the stop did not find has found the stop (spawn.c, SP3); each body is
 * destroyed once; spawned = ended.
 */
#include "kith_stress.h"
#include "kith_laws.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "process/proc.h"
#include "sys/thread.h"

enum { NR_SPAWNERS = 3, NR_WORKERS = 2, NR_LIVE_MAX = 500 };

struct stage {
	struct ki_sched *sched;
	struct ki_log log;
	struct ki_system system;
	struct ki_proc_host *host;
	struct ki_program program;
	struct ki_rng rng; /* of the stopper */
	_Atomic(uint64_t) xstarted, xdestroyed;
	_Atomic(bool) xover;
};

struct spawner {
	struct stage *stage;
	struct ki_thread thread;
	uint64_t nr_spawned, nr_refused;
};

static int body_start(struct ki_proc *proc, const struct ki_program *program,
	struct ki_payload *const *args, size_t nr_args, struct ki_payload **error) {
	struct stage *stage = (struct stage *)(uintptr_t)program->data;
	(void)args, (void)nr_args, (void)error;
	proc->body = stage;
	ki_add_rlx(&stage->xstarted, 1); /* a counter */
	return KITH_OK;
}

static enum ki_step body_step(struct ki_proc *proc) {
	struct ki_signal *signal;
	if (!ki_proc_look(proc)) {
		return KI_STEP_WAIT; /* force; the process layer ends it */
	}
	while ((signal = ki_proc_take(proc))) {
		EQ_INT(signal->kind, KI_SIGNAL_CANCEL);
		ki_signal_free(signal);
		ki_proc_end_return(proc, NULL);
	}
	return KI_STEP_WAIT;
}

static void body_destroy(struct ki_proc *proc) {
	struct stage *stage = proc->body;
	NOT_NULL(stage);
	proc->body = NULL;
	ki_add_rlx(&stage->xdestroyed, 1); /* a counter */
}

static const struct ki_body_ops ops = {
	.name = "stop", .start = body_start, .step = body_step, .destroy = body_destroy};

static void spawn_until_over(void *arg) {
	struct spawner *s = arg;
	struct stage *stage = s->stage;
	while (!ki_load_rlx(&stage->xover)) { /* polled */
		struct ki_spawn spawn = {.program = &stage->program, .host = stage->host};
		if (ki_proc_host_live(stage->host) > NR_LIVE_MAX) {
			ki_thread_yield();
			continue;
		}
		kith_pid pid;
		struct ki_payload *error;
		int status = ki_proc_spawn(&stage->system, &spawn, &pid, &error);
		if (status == KITH_OK) {
			s->nr_spawned++;
			continue;
		}
		EQ_INT(status, KITH_EUNAVAILABLE);
		ki_payload_unref(error);
		s->nr_refused++;
		ki_thread_yield();
	}
}

static void stop_one(void *arg, kith_pid pid) {
	struct stage *stage = arg;
	if (ki_rng_below(&stage->rng, 2)) {
		ki_force(&stage->system, pid, KI_CAUSE_HOST_STOP);
	} else {
		ki_cancel(&stage->system, KI_PID_SYSTEM, pid, 0, ki_strv("scheduler shutdown"));
	}
}

/* One life of the host. What is spawned before the stop is all gone after it. */
static void live_and_stop(struct stage *stage) {
	ki_proc_host_set_state(stage->host, KI_PROC_HOST_RUNNING);
	bool harass = ki_rng_below(&stage->rng, 2); /* those just published, not started yet */
	for (uint64_t n = ki_rng_below(&stage->rng, 40); n > 0; n--) {
		if (harass) {
			ki_procs_each(&stage->system, stage->host, stop_one, stage);
		} else {
			ki_thread_yield();
		}
	}
	ki_proc_host_set_state(stage->host, KI_PROC_HOST_STOPPING);
	ki_procs_each(&stage->system, stage->host, stop_one, stage);
	int64_t patience_ns = stress_now_ns() + INT64_C(30) * 1000000000;
	while (ki_proc_host_live(stage->host) > 0) {
		LT_INT(stress_now_ns(), patience_ns); /* somebody was not told */
		ki_thread_yield();
	}
}

static void stage_open(struct stage *stage, uint64_t seed) {
	struct ki_sched_options options = {.seed = seed};
	struct ki_system_hooks hooks = {0};
	struct ki_host *host;
	ki_rng_seed(&stage->rng, seed);
	NOT_NULL(stage->sched = ki_sched_new(&options));
	ki_log_init(&stage->log, KI_LOG_OFF, NULL, NULL, NULL, NULL);
	OK(ki_system_init(&stage->system, stage->sched, &stage->log, &hooks));
	NOT_NULL(host = ki_host_new(stage->sched, "stress:host", NR_WORKERS, 0));
	OK(ki_system_add_host(&stage->system, host, &stage->host));
	stage->program = (struct ki_program){.id = "stress:stop", .ops = &ops, .data = stage};
	OK(ki_host_start(host));
}

static void run(uint64_t seed, int64_t bound_ns) {
	static struct stage stage;
	static struct spawner spawners[NR_SPAWNERS];
	int64_t until_ns = stress_now_ns() + bound_ns;
	uint64_t spawned = 0;
	stage_open(&stage, seed);
	for (int i = 0; i < NR_SPAWNERS; i++) {
		spawners[i].stage = &stage;
		OK(ki_thread_start(&spawners[i].thread, spawn_until_over, &spawners[i], 0));
	}
	do {
		live_and_stop(&stage);
	} while (stress_now_ns() < until_ns);
	ki_store_rlx(&stage.xover, true); /* polled */
	for (int i = 0; i < NR_SPAWNERS; i++) {
		ki_thread_join(&spawners[i].thread);
		spawned += spawners[i].nr_spawned;
	}
	while (ki_proc_host_live(stage.host) > 0) {
		ki_thread_yield();
	}
	ki_host_stop(stage.host->host); /* joins */
	EQ_UINT(ki_load_rlx(&stage.xdestroyed), ki_load_rlx(&stage.xstarted));
	EQ_UINT(ki_load_rlx(&stage.xstarted), spawned);
	struct ki_counts counts;
	ki_proc_host_counts(stage.host, &counts);
	EQ_UINT(counts.spawned, spawned);
	laws_hold_at_end(&stage.system);
	ki_system_fini(&stage.system);
	ki_sched_free(stage.sched);
}

STRESS_MAIN("a spawn meets a stop: all end, each once", run)

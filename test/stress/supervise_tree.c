/*
 * A tree of supervisors on real threads, while its processes are killed and cancelled at random and
 * asked for changes. Laws: whatever happened, once the root has ended nobody of the tree lives; a
 * tree that was left alone runs completely.
 */
#include "kith_stress.h"
#include "kith_laws.h"

#include "base/compiler.h"
#include "base/rng.h"
#include "mem/value.h"
#include "process/proc.h"
#include "supervise/supervisor.h"

enum { WORKERS = 4, BRANCHES = 3, LEAVES = 5, PIDS = 1000, ROUND_MS = 60 };

static struct ki_sched *sched;
static struct ki_system sys;
static struct ki_proc_host *place;

/* ---- Leaves: they end when they are told, or fail at a message ---- */

static int leaf_start(struct ki_proc *proc, const struct ki_program *program,
	struct ki_payload *const *args, size_t nr_args, struct ki_payload **error) {
	(void)proc, (void)program, (void)args, (void)nr_args, (void)error;
	return KITH_OK;
}

static enum ki_step leaf_step(struct ki_proc *proc) {
	while (ki_proc_look(proc)) {
		struct ki_signal *signal = ki_proc_take(proc);
		if (!signal) {
			return KI_STEP_WAIT;
		}
		if (signal->kind == KI_SIGNAL_MESSAGE) {
			ki_proc_received(proc, ki_signal_message(signal));
			ki_proc_end_error(proc, NULL);
		} else if (signal->kind == KI_SIGNAL_CANCEL) {
			ki_proc_end_return(proc, NULL);
		}
		ki_signal_free(signal);
	}
	return KI_STEP_DONE;
}

static void leaf_destroy(struct ki_proc *proc) {
	(void)proc;
}

static const struct ki_body_ops leaf_ops = {
	.name = "leaf", .start = leaf_start, .step = leaf_step, .destroy = leaf_destroy};
static const struct ki_program leaf_program = {.id = "app:leaf", .ops = &leaf_ops};

/* ---- The tree ---- */

static struct ki_child_spec child_of(
	const char *name, const struct ki_program *program, uint32_t count) {
	return (struct ki_child_spec){
		.name = name,
		.program = program,
		.count = count,
		.shutdown_ns = KI_SHUTDOWN_ENDLESS,
		.backoff = {.initial_ns = 1000, .max_ns = 1000000, .factor = 2, .jitter = 1},
	};
}

static struct ki_supervisor_spec spec_of(
	enum ki_strategy strategy, struct ki_child_spec *children, size_t nr) {
	return (struct ki_supervisor_spec){
		.strategy = strategy,
		.max_restarts = 5,
		.within_ns = 2000000,
		.children = children,
		.nr_children = nr,
	};
}

struct branch {
	struct ki_child_spec leaves;
	struct ki_supervisor_spec spec;
	struct ki_program program;
};

struct root {
	struct branch branches[BRANCHES];
	struct ki_child_spec children[BRANCHES];
	struct ki_supervisor_spec spec;
	struct ki_program program;
};

static void grow(struct root *root) {
	static const char *const names[BRANCHES] = {"x", "y", "z"};
	for (int i = 0; i < BRANCHES; i++) {
		struct branch *branch = &root->branches[i];
		branch->leaves = child_of("leaf", &leaf_program, LEAVES);
		branch->spec = spec_of((enum ki_strategy)i, &branch->leaves, 1);
		branch->program = (struct ki_program){
			.id = "app:branch", .ops = &ki_supervisor_ops, .data = &branch->spec};
		root->children[i] = child_of(names[i], &branch->program, 1);
	}
	root->spec = spec_of(KI_REST_FOR_ONE, root->children, BRANCHES);
	root->spec.max_restarts = 1000000;
	root->program = (struct ki_program){
		.id = "app:root", .ops = &ki_supervisor_ops, .data = &root->spec};
}

/* ---- The storm ---- */

struct pids {
	kith_pid list[PIDS];
	unsigned nr;
};

static void note(void *arg, kith_pid pid) {
	struct pids *pids = arg;
	if (pids->nr < PIDS) {
		pids->list[pids->nr++] = pid;
	}
}

static kith_pid any_pid(struct ki_rng *rng) {
	struct pids pids = {.nr = 0};
	ki_procs_each(&sys, place, note, &pids);
	return pids.nr ? pids.list[ki_rng_below(rng, pids.nr)] : 0;
}

static void ask(kith_pid pid, const char *what, struct ki_payload *argument) {
	struct ki_payload *args[] = {ki_value_payload_int((int64_t)pid),
		ki_value_payload_str(ki_strv(what)), argument};
	struct ki_spawn spawn = {
		.program = &ki_request_program,
		.host = place,
		.internal = true,
		.args = args,
		.nr_args = 3,
	};
	struct ki_payload *error = NULL;
	kith_pid asker;
	OK(ki_proc_spawn(&sys, &spawn, &asker, &error));
	for (int i = 0; i < 3; i++) {
		ki_payload_unref(args[i]);
	}
}

static void act(struct ki_rng *rng, kith_pid root) {
	static const char *const changes[] = {KI_REQUEST_TERMINATE, KI_REQUEST_RESTART};
	kith_pid pid = any_pid(rng);
	char name[16];
	snprintf(name, sizeof(name), "leaf/%d", (int)(1 + ki_rng_below(rng, LEAVES)));
	switch (ki_rng_below(rng, 8)) {
	case 0:
		ki_force(&sys, pid != root ? pid : 0, KI_CAUSE_TERMINATE);
		break;
	case 1:
		if (pid != root) {
			ki_cancel(&sys, KI_PID_SYSTEM, pid, 0, ki_strv(""));
		}
		break;
	case 2:
		ask(pid, changes[ki_rng_below(rng, 2)], ki_value_payload_str(ki_strv(name)));
		break;
	case 3:
		ask(pid, KI_REQUEST_CHILDREN, NULL);
		break;
	default:
		ki_send(&sys, KI_PID_SYSTEM, pid, ki_message_new(ki_strv("fail"), 0));
	}
}

static void nap(int64_t ns) {
	struct timespec t = {.tv_nsec = (long)ns};
	nanosleep(&t, NULL);
}

static void wait_for(uint64_t nr) {
	int64_t until_ns = stress_now_ns() + INT64_C(20000000000);
	while (ki_proc_host_live(place) != nr) {
		LT_INT(stress_now_ns(), until_ns);
		nap(200000);
	}
}

static void one_round(struct ki_rng *rng, struct root *root) {
	struct ki_payload *error = NULL;
	kith_pid pid;
	struct ki_spawn spawn = {.program = &root->program, .host = place};
	OK(ki_proc_spawn(&sys, &spawn, &pid, &error));
	wait_for(1 + BRANCHES * (1 + LEAVES));
	int64_t until_ns = stress_now_ns() + ROUND_MS * INT64_C(1000000);
	while (stress_now_ns() < until_ns) {
		act(rng, pid);
		nap((int64_t)ki_rng_below(rng, 100000));
	}
	if (ki_rng_below(rng, 2)) {
		OK(ki_cancel(&sys, KI_PID_SYSTEM, pid, 0, ki_strv("enough")));
	} else {
		OK(ki_force(&sys, pid, KI_CAUSE_TERMINATE));
	}
	wait_for(0); /* none survives */
}

static void serve(void *arg) {
	ki_sched_run(arg, -1);
}

static void run(uint64_t seed, int64_t bound_ns) {
	struct ki_rng rng;
	struct ki_log log;
	struct root root;
	int64_t end_ns = stress_now_ns() + bound_ns;
	ki_rng_seed(&rng, seed);
	sched = ki_sched_new(&(struct ki_sched_options){.seed = seed});
	NOT_NULL(sched);
	ki_log_init(&log, KI_LOG_OFF, NULL, NULL, NULL, NULL);
	OK(ki_system_init(&sys, sched, &log, &(struct ki_system_hooks){0}));
	struct ki_host *host = ki_host_new(sched, "app:host", WORKERS, 0);
	OK(ki_system_add_host(&sys, host, &place));
	OK(ki_host_start(host));
	ki_proc_host_set_state(place, KI_PROC_HOST_RUNNING);
	struct ki_thread thread;
	OK(ki_thread_start(&thread, serve, sched, 0));
	grow(&root);
	do {
		one_round(&rng, &root);
	} while (stress_now_ns() < end_ns);
	nap(20000000); /* the askers, which are in no count, hear that nobody is left */
	ki_host_stop(host);
	ki_sched_halt(sched);
	ki_thread_join(&thread);
	laws_hold_at_end(&sys);
	ki_system_fini(&sys);
	ki_sched_free(sched);
}

STRESS_MAIN("nobody survives a supervision tree, and all of it runs when left alone", run)

/*
 * Random trees of supervisors, in which processes are killed and cancelled at random, compared
 * with a model (SPEC 19.2 to 19.4): who lives and how often each was started, after every event.
 * Then many are killed at once, in whatever order that comes about, and laws are checked: what
 * should run runs, and when the root ends nobody is left.
 *
 * The model is the text of SPEC 19 as plainly as it goes: no processes, no messages, no order in
 * time but that of the events.
 */
#include "kith_stress.h"
#include "kith_laws.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "process/proc.h"
#include "supervise/supervisor.h"

enum { NODES = 40, EVENTS = 60, TIMES = 128 };

struct node {
	/* what it is */
	struct tree *tree;
	struct node *parent;
	struct node *children[NODES];
	unsigned nr_children, place;
	bool is_supervisor;
	enum ki_child_restart restart;
	struct ki_supervisor_spec spec;
	struct ki_child_spec child_specs[NODES];
	struct ki_body_ops ops;
	struct ki_program program;
	char id[16];
	/* what it does */
	kith_pid pid;
	unsigned starts;
	/* the model */
	bool lives, gone;
	unsigned model_starts;
	int64_t times[TIMES]; /* of restarts that it made */
	unsigned nr_times;
};

struct tree {
	struct ki_rng rng;
	struct ki_sched *sched;
	struct ki_log log;
	struct ki_system system;
	struct ki_proc_host *host;
	struct node nodes[NODES];
	unsigned nr;
	int64_t now_ns;
};

static uint64_t below(struct tree *t, uint64_t n) {
	return ki_rng_below(&t->rng, n);
}

/* ---- The model ---- */

static void model_start(struct node *node) {
	node->lives = true;
	node->model_starts++;
	node->nr_times = 0;
	for (unsigned i = 0; i < node->nr_children; i++) {
		node->children[i]->gone = false;
		model_start(node->children[i]);
	}
}

static void model_dies(struct node *node) {
	node->lives = false;
	for (unsigned i = 0; i < node->nr_children; i++) {
		model_dies(node->children[i]);
	}
}

static void model_ended(struct node *node, bool failed);

static bool model_too_many(struct node *sup, int64_t now_ns) {
	unsigned lately = 0;
	for (unsigned i = 0; i < sup->nr_times; i++) {
		lately += now_ns - sup->times[i] <= sup->spec.within_ns;
	}
	return lately >= sup->spec.max_restarts;
}

static void model_restart(struct node *sup, struct node *child) {
	int64_t now_ns = sup->tree->now_ns;
	if (model_too_many(sup, now_ns)) {
		model_dies(sup);
		model_ended(sup, true);
		return;
	}
	LT_UINT(sup->nr_times, TIMES);
	sup->times[sup->nr_times++] = now_ns;
	enum ki_strategy strategy = sup->spec.strategy;
	unsigned first = strategy == KI_ONE_FOR_ALL ? 0 : child->place;
	unsigned last = strategy == KI_ONE_FOR_ONE ? child->place : sup->nr_children - 1;
	for (unsigned i = first; i <= last; i++) {
		struct node *one = sup->children[i];
		if (one != child && one->lives && one->restart == KI_CHILD_TEMPORARY) {
			one->gone = true;
		}
		model_dies(one);
	}
	for (unsigned i = first; i <= last; i++) {
		if (!sup->children[i]->gone) {
			model_start(sup->children[i]);
		}
	}
}

static void model_ended(struct node *node, bool failed) {
	if (!node->parent) {
		return;
	}
	if (node->restart == KI_CHILD_TEMPORARY) {
		node->gone = true;
	} else if (node->restart == KI_CHILD_PERMANENT || failed) {
		model_restart(node->parent, node);
	}
}

/* ---- The processes ---- */

static struct node *node_of(const struct ki_program *program) {
	return ki_container_of((struct ki_program *)(uintptr_t)program, struct node, program);
}

static int leaf_start(struct ki_proc *proc, const struct ki_program *program,
	struct ki_payload *const *args, size_t nr_args, struct ki_payload **error) {
	(void)args, (void)nr_args, (void)error;
	node_of(program)->pid = proc->pid;
	node_of(program)->starts++;
	return KITH_OK;
}

static enum ki_step leaf_step(struct ki_proc *proc) {
	while (ki_proc_look(proc)) {
		struct ki_signal *signal = ki_proc_take(proc);
		if (!signal) {
			return KI_STEP_WAIT;
		}
		bool cancelled = signal->kind == KI_SIGNAL_CANCEL;
		ki_signal_free(signal);
		if (cancelled) {
			ki_proc_end_return(proc, NULL);
		}
	}
	return KI_STEP_DONE;
}

static void leaf_destroy(struct ki_proc *proc) {
	(void)proc;
}

static int supervisor_start(struct ki_proc *proc, const struct ki_program *program,
	struct ki_payload *const *args, size_t nr_args, struct ki_payload **error) {
	struct node *node = node_of(program);
	node->pid = proc->pid;
	node->starts++;
	return ki_supervisor_ops.start(proc, program, args, nr_args, error);
}

/* ---- A tree ---- */

static struct node *add_node(struct tree *t, struct node *parent) {
	struct node *node = &t->nodes[t->nr];
	node->tree = t;
	node->parent = parent;
	snprintf(node->id, sizeof(node->id), "app:n%u", t->nr++);
	node->is_supervisor = !parent || (below(t, 3) == 0);
	node->restart = below(t, 2) ? KI_CHILD_PERMANENT : (enum ki_child_restart)below(t, 3);
	node->ops = node->is_supervisor
		? ki_supervisor_ops
		: (struct ki_body_ops){.name = "leaf", .step = leaf_step, .destroy = leaf_destroy};
	node->ops.start = node->is_supervisor ? supervisor_start : leaf_start;
	node->program = (struct ki_program){.id = node->id, .ops = &node->ops};
	if (node->is_supervisor) {
		node->program.data = &node->spec;
		node->spec = (struct ki_supervisor_spec){
			.strategy = (enum ki_strategy)below(t, 3),
			.max_restarts = below(t, 4),
			.within_ns = (int64_t)below(t, 4) * KI_NS_PER_SEC,
			.children = node->child_specs,
		};
	}
	if (parent) {
		unsigned place = node->place = parent->nr_children++;
		parent->children[place] = node;
		parent->spec.nr_children = parent->nr_children;
		parent->child_specs[place] = (struct ki_child_spec){
			.name = node->id,
			.program = &node->program,
			.count = 1,
			.restart = node->restart,
			.shutdown_ns = below(t, 5) == 0 ? KI_SHUTDOWN_KILL : KI_SHUTDOWN_ENDLESS,
			.backoff = KI_CHILD_BACKOFF_DEFAULT,
		};
	}
	return node;
}

static void grow(struct tree *t) {
	unsigned wanted = (unsigned)(2 + below(t, NODES - 2));
	add_node(t, NULL);
	while (t->nr < wanted) {
		struct node *parent = &t->nodes[below(t, t->nr)];
		if (parent->is_supervisor) {
			add_node(t, parent);
		}
	}
}

static void nothing(struct ki_timer *timer) {
	(void)timer;
}

/* Lets so much time pass. */
static void pass(struct tree *t, int64_t span_ns) {
	struct ki_timer timer = {.fire = nothing};
	t->now_ns += span_ns;
	OK(ki_host_arm(t->host->host, &timer, t->now_ns));
	ki_sched_run(t->sched, t->now_ns);
	EQ_INT(ki_sched_now(t->sched), t->now_ns);
}

static void open(struct tree *t, uint64_t seed) {
	ki_rng_seed(&t->rng, seed);
	t->sched = ki_sched_new(&(struct ki_sched_options){.simulate = true, .seed = seed});
	NOT_NULL(t->sched);
	ki_log_init(&t->log, KI_LOG_OFF, NULL, NULL, NULL, NULL);
	OK(ki_system_init(&t->system, t->sched, &t->log, &(struct ki_system_hooks){0}));
	struct ki_host *host = ki_host_new(t->sched, "app:host", 3, 0);
	OK(ki_system_add_host(&t->system, host, &t->host));
	OK(ki_host_start(host));
	ki_proc_host_set_state(t->host, KI_PROC_HOST_RUNNING);
	t->now_ns = ki_sched_now(t->sched);
	grow(t);
	struct ki_spawn spawn = {.program = &t->nodes[0].program, .host = t->host};
	struct ki_payload *error;
	kith_pid pid;
	OK(ki_proc_spawn(&t->system, &spawn, &pid, &error));
	model_start(&t->nodes[0]);
	pass(t, 0);
}

static void close(struct tree *t) {
	ki_cancel(&t->system, KI_PID_SYSTEM, t->nodes[0].pid, 0, ki_strv("enough"));
	ki_sched_run(t->sched, -1);
	EQ_UINT(ki_proc_host_live(t->host), 0); /* no process survives its tree */
	ki_host_stop(t->host->host);
	laws_hold_at_end(&t->system);
	ki_system_fini(&t->system);
	ki_sched_free(t->sched);
}

/* ---- Events ---- */

static bool is_alive(struct node *node) {
	return node->pid != 0 && ki_pid_alive(&node->tree->system, node->pid);
}

static void compare(struct tree *t) {
	for (unsigned i = 0; i < t->nr; i++) {
		struct node *node = &t->nodes[i];
		EQ_INT(is_alive(node), node->lives);
		EQ_UINT(node->starts, node->model_starts);
	}
}

/* Ends one by force or by CANCEL, as chance has it. */
static void end(struct node *node, bool force) {
	struct ki_system *system = &node->tree->system;
	if (force) {
		OK(ki_force(system, node->pid, KI_CAUSE_TERMINATE));
	} else {
		OK(ki_cancel(system, KI_PID_SYSTEM, node->pid, 0, ki_strv("")));
	}
}

static void one_event(struct tree *t) {
	struct node *node = &t->nodes[below(t, t->nr)];
	bool force = below(t, 3) != 0;
	if (!node->lives) {
		return;
	}
	end(node, force);
	pass(t, 0);
	model_dies(node);
	model_ended(node, force);
	compare(t);
	pass(t, (int64_t)below(t, 3) * (KI_NS_PER_SEC / 2));
}

/* A supervisor that lives at rest has all its permanent children running, and under no other. */
static void check_laws(struct tree *t) {
	for (unsigned i = 0; i < t->nr; i++) {
		struct node *node = &t->nodes[i];
		if (!node->parent) {
			continue;
		}
		if (!is_alive(node->parent)) {
			FALSE(is_alive(node));
		} else if (node->restart == KI_CHILD_PERMANENT) {
			TRUE(is_alive(node));
		}
	}
	unsigned alive = 0;
	for (unsigned i = 0; i < t->nr; i++) {
		alive += is_alive(&t->nodes[i]);
	}
	EQ_UINT(ki_proc_host_live(t->host), alive); /* none runs twice */
}

static void many_events(struct tree *t) {
	for (unsigned i = 0; i < t->nr; i++) {
		if (below(t, 3) == 0 && is_alive(&t->nodes[i])) {
			end(&t->nodes[i], below(t, 2));
		}
	}
	pass(t, 0);
	check_laws(t);
	pass(t, (int64_t)below(t, 3) * KI_NS_PER_SEC);
}

static void run(uint64_t seed) {
	struct tree *t = ki_zalloc(sizeof(*t));
	open(t, seed);
	compare(t);
	for (int i = 0; i < EVENTS && t->nodes[0].lives; i++) {
		one_event(t);
	}
	for (int i = 0; i < 5; i++) {
		many_events(t);
	}
	close(t);
	ki_free(t);
}

SIM_MAIN("supervision trees are what a model says; nobody survives", run)

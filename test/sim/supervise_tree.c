/*
 * Random trees of supervisors: strategies, copies, restart types, shutdowns, intensities, deaf
 * leaves. Their processes are killed, cancelled, made to fail, kept from starting, and terminated
 * and restarted by requests at random, one at a time, and after each event the tree is compared
 * with a model of SPEC 19 (supervise_model.h): who lives, and how often each was started. Then many
 * are ended at once, in whatever order that comes about, and laws are checked: what should run
 * runs, and nothing else. At last the root ends, in each of the ways there are, and no process
 * survives it.
 */
#include "supervise_model.h"

#include "kith_laws.h"
#include "base/alloc.h"
#include "base/rng.h"
#include "mem/value.h"
#include "supervise/application.h"
#include "time/duration.h"

enum { EVENTS = 60, STARTS = 4096 };

/* Longer than every stop of a tree takes. */
static const int64_t REST_NS = 1000 * KI_NS_PER_SEC;

/* What has started the root. */
enum above { NOBODY, A_PROCESS, A_SERVICE };

struct tree {
	struct ki_rng rng;
	struct ki_sched *sched;
	struct ki_log log;
	struct ki_system system;
	struct ki_proc_host *host;
	struct ki_application *app;
	struct ki_service_spec services[2];
	enum above above;
	struct ki_program parent_program; /* A_PROCESS: which is linked with the root */
	kith_pid parent;
	bool has_deaf; /* else stops take no time, and starts may fail */
	bool in_order; /* the root's service stops, and no supervisor is forced */
	struct spec specs[NODES];
	unsigned nr_specs;
	struct node nodes[NODES];
	unsigned nr;
	struct {
		kith_pid pid;
		struct node *node;
	} starts[STARTS]; /* of supervisors, the latest ones */
	size_t nr_starts;
	int64_t now_ns;
};

static struct tree *the_tree; /* for the bodies */

static uint64_t below(struct tree *t, uint64_t n) {
	return ki_rng_below(&t->rng, n);
}

static bool chance(struct tree *t, uint64_t in) {
	return below(t, in) == 0;
}

/* ---- The processes ---- */

static struct spec *spec_of(const struct ki_program *program) {
	return ki_container_of((struct ki_program *)(uintptr_t)program, struct spec, program);
}

static unsigned copy_of(struct ki_payload *const *args, size_t nr_args) {
	struct ki_value_reader reader;
	struct ki_value_token token;
	if (nr_args == 0) {
		return 1; /* the root */
	}
	ki_value_reader_payload(&reader, args[0]);
	OK(ki_value_next(&reader, &token));
	EQ_INT(token.tag, KI_VALUE_INT);
	return (unsigned)token.i;
}

/* Of the supervisor that has this PID, or had it not long ago. */
static struct node *supervisor_of(struct tree *t, kith_pid pid) {
	for (unsigned i = 0; i < t->nr; i++) {
		if (t->nodes[i].pid == pid) {
			return &t->nodes[i];
		}
	}
	for (size_t i = t->nr_starts; i-- > 0 && i + STARTS >= t->nr_starts;) {
		if (t->starts[i % STARTS].pid == pid) {
			return t->starts[i % STARTS].node;
		}
	}
	FAIL("a child of nobody");
	return NULL;
}

static struct node *node_of(const struct spec *spec, kith_pid parent, unsigned copy) {
	if (!spec->parent) {
		return &spec->tree->nodes[0];
	}
	struct node *sup = supervisor_of(spec->tree, parent);
	for (unsigned i = 0; i < sup->nr_children; i++) {
		if (sup->children[i]->spec == spec && sup->children[i]->copy == copy) {
			return sup->children[i];
		}
	}
	FAIL("%s: no copy %u", spec->id, copy);
	return NULL;
}

/*
 * A supervisor that has not yet heard that the one above it is dead may still start children, when
 * another has taken its place: what they were started for is that one's by now.
 */
static bool is_late(const struct node *node, kith_pid parent) {
	return node->parent && node->parent->pid != parent;
}

static int start(struct ki_proc *proc, const struct ki_program *program,
	struct ki_payload *const *args, size_t nr_args, struct ki_payload **error) {
	struct spec *spec = spec_of(program);
	struct node *node = node_of(spec, proc->parent, copy_of(args, nr_args));
	if (node->bad_starts > 0) {
		node->bad_starts--;
		*error = ki_error_payload_status(KITH_EINTERNAL, ki_strv("not now"));
		return KITH_EINTERNAL;
	}
	if (spec->is_supervisor) {
		size_t at = spec->tree->nr_starts++ % STARTS;
		spec->tree->starts[at].pid = proc->pid;
		spec->tree->starts[at].node = node;
	}
	if (!is_late(node, proc->parent)) {
		node->pid = proc->pid;
	}
	node->starts++;
	proc->body = NULL;
	return spec->is_supervisor ? ki_supervisor_ops.start(proc, program, args, 0, error)
				   : KITH_OK;
}

/* A service ends with all of its tree before its host stops: nobody is left to hear of that,
 * unless a supervisor was forced, whose grandchildren are then orphans that stop in order. */
static void hear_cancel(struct ki_signal *signal) {
	const struct ki_cancel *cancel = ki_signal_cancel(signal);
	struct ki_strv reason = ki_strv_n(cancel->reason, cancel->reason_len);
	FALSE(the_tree->in_order && ki_strv_eqz(reason, "scheduler shutdown"));
}

static void hear(struct ki_proc *proc, struct ki_signal *signal) {
	if (signal->kind == KI_SIGNAL_MESSAGE) {
		ki_proc_received(proc, ki_signal_message(signal));
		if (ki_signal_message(signal)->topic[0] == 'f') {
			ki_proc_end_error(proc, NULL);
		} else {
			ki_proc_end_return(proc, NULL);
		}
	} else if (signal->kind == KI_SIGNAL_CANCEL) {
		hear_cancel(signal);
		if (!spec_of(proc->program)->is_deaf) {
			ki_proc_end_return(proc, NULL);
		}
	}
	ki_signal_free(signal);
}

static enum ki_step leaf_step(struct ki_proc *proc) {
	while (ki_proc_look(proc)) {
		struct ki_signal *signal = ki_proc_take(proc);
		if (!signal) {
			return KI_STEP_WAIT;
		}
		hear(proc, signal);
	}
	return KI_STEP_DONE;
}

static void leaf_destroy(struct ki_proc *proc) {
	(void)proc;
}

/* The process that is linked with the root: starts it, and hears of nothing else. */
static enum ki_step parent_step(struct ki_proc *proc) {
	if (the_tree->nodes[0].starts == 0) {
		struct ki_spawn spawn = {.program = &the_tree->specs[0].program,
			.host = proc->host,
			.parent = proc,
			.relations = KI_SPAWN_LINK};
		struct ki_payload *error;
		kith_pid pid;
		OK(ki_proc_spawn(proc->system, &spawn, &pid, &error));
	}
	while (ki_proc_look(proc)) {
		struct ki_signal *signal = ki_proc_take(proc);
		if (!signal) {
			return KI_STEP_WAIT;
		}
		ki_signal_free(signal);
	}
	return KI_STEP_DONE;
}

static int parent_start(struct ki_proc *proc, const struct ki_program *program,
	struct ki_payload *const *args, size_t nr_args, struct ki_payload **error) {
	(void)proc, (void)program, (void)args, (void)nr_args, (void)error;
	return KITH_OK;
}

static const struct ki_body_ops parent_ops = {
	.name = "parent", .start = parent_start, .step = parent_step, .destroy = leaf_destroy};

/* ---- A tree ---- */

/* Multiples of 100 ms and a little, so that no two times are the same by chance. */
static int64_t some_time(struct tree *t) {
	return (int64_t)(1 + below(t, 20)) * 100 * KI_NS_PER_MS + (int64_t)below(t, KI_NS_PER_MS);
}

static int64_t some_shutdown(struct tree *t, const struct spec *spec) {
	if (chance(t, 5)) {
		return KI_SHUTDOWN_KILL;
	}
	bool endless = !spec->is_deaf && (!t->has_deaf || below(t, 3));
	return endless ? KI_SHUTDOWN_ENDLESS : some_time(t);
}

static struct ki_backoff some_backoff(struct tree *t) {
	if (below(t, 3)) {
		return KI_CHILD_BACKOFF_DEFAULT; /* no wait */
	}
	return (struct ki_backoff){
		.initial_ns = some_time(t), .max_ns = some_time(t), .factor = 2.0};
}

static struct ki_supervisor_spec some_supervisor(struct tree *t, struct spec *spec) {
	return (struct ki_supervisor_spec){
		.strategy = (enum ki_strategy)below(t, 3),
		.max_restarts = spec->parent ? below(t, 4) : 10 + below(t, 50),
		.within_ns = (int64_t)below(t, 4) * KI_NS_PER_SEC,
		.children = spec->children,
	};
}

static struct spec *add_spec(struct tree *t, struct spec *parent, unsigned count) {
	struct spec *spec = &t->specs[t->nr_specs];
	snprintf(spec->id, sizeof(spec->id), "app:s%u", t->nr_specs++);
	spec->tree = t;
	spec->parent = parent;
	spec->is_supervisor = !parent || chance(t, 3);
	spec->is_deaf = !spec->is_supervisor && t->has_deaf && chance(t, 4);
	spec->ops = spec->is_supervisor
		? ki_supervisor_ops
		: (struct ki_body_ops){.name = "leaf", .step = leaf_step, .destroy = leaf_destroy};
	spec->ops.start = start;
	spec->program = (struct ki_program){.id = spec->id, .ops = &spec->ops};
	if (spec->is_supervisor) {
		spec->program.data = &spec->supervisor;
		spec->supervisor = some_supervisor(t, spec);
	}
	spec->input = ki_value_payload_str(ki_strv(KI_CHILD_INDEX_TEXT));
	spec->child = (struct ki_child_spec){
		.name = spec->id,
		.program = &spec->program,
		.input = &spec->input,
		.nr_input = 1,
		.count = count,
		.restart = below(t, 2) ? KI_CHILD_PERMANENT : (enum ki_child_restart)below(t, 3),
		.shutdown_ns = some_shutdown(t, spec),
		.backoff = some_backoff(t),
	};
	if (parent) {
		parent->children[parent->supervisor.nr_children++] = spec->child;
	}
	return spec;
}

static unsigned copies_in_tree(const struct spec *spec) {
	return spec ? spec->child.count * copies_in_tree(spec->parent) : 1;
}

static void add_nodes(struct tree *t, struct node *parent, struct spec *spec) {
	for (unsigned copy = 1; copy <= spec->child.count; copy++) {
		struct node *node = &t->nodes[t->nr++];
		node->spec = spec;
		node->copy = copy;
		node->parent = parent;
		if (parent) {
			node->place = parent->nr_children++;
			parent->children[node->place] = node;
		}
		for (unsigned i = 0; i < t->nr_specs; i++) {
			if (t->specs[i].parent == spec) {
				add_nodes(t, node, &t->specs[i]);
			}
		}
	}
}

static void grow(struct tree *t) {
	unsigned wanted = (unsigned)(2 + below(t, 30)), nr = 1;
	add_spec(t, NULL, 1);
	for (int tries = 0; nr < wanted && tries < 1000; tries++) {
		struct spec *parent = &t->specs[below(t, t->nr_specs)];
		unsigned count = chance(t, 3) ? (unsigned)(2 + below(t, 2)) : 1;
		unsigned more = count * copies_in_tree(parent);
		if (parent->is_supervisor && nr + more <= NODES) {
			add_spec(t, parent, count);
			nr += more;
		}
	}
	add_nodes(t, NULL, &t->specs[0]);
	EQ_UINT(t->nr, nr);
}

/* ---- Time ---- */

static void nothing(struct ki_timer *timer) {
	(void)timer;
}

static void pass_until(struct tree *t, int64_t until_ns) {
	struct ki_timer timer = {.fire = nothing};
	t->now_ns = until_ns;
	ki_host_arm(t->host->host, &timer, until_ns);
	ki_sched_run(t->sched, until_ns);
	EQ_INT(ki_sched_now(t->sched), until_ns);
}

static void pass(struct tree *t, int64_t span_ns) {
	pass_until(t, t->now_ns + span_ns);
}

/* ---- It and the model ---- */

static bool is_alive(struct tree *t, const struct node *node) {
	return node->pid != 0 && ki_pid_alive(&t->system, node->pid);
}

/*
 * A start that fails again and again makes others start and stop at the same moment. How far a
 * supervisor among them came each time is up to chance, so the number of starts is noted then.
 */
static void compare(struct tree *t, bool starts_failed) {
	for (unsigned i = 0; i < t->nr; i++) {
		struct node *node = &t->nodes[i];
		if (node->lives || t->now_ns >= node->end_ns) {
			EQ_INT(is_alive(t, node), node->lives);
		}
		EQ_UINT(node->bad_starts, node->model_bad);
		if (!starts_failed) {
			EQ_UINT(node->starts, node->model_starts);
		}
		node->model_starts = node->starts;
	}
}

/* ---- The start ---- */

static void open_system(struct tree *t, uint64_t seed) {
	struct ki_sched_options options = {
		.simulate = true, .seed = seed, .roam = seed % 2 == 1};
	t->sched = ki_sched_new(&options);
	NOT_NULL(t->sched);
	ki_log_init(&t->log, KI_LOG_OFF, NULL, NULL, NULL, NULL);
	OK(ki_system_init(&t->system, t->sched, &t->log, &(struct ki_system_hooks){0}));
	struct ki_host *host = ki_host_new(t->sched, "app:host", 3, 0);
	OK(ki_system_add_host(&t->system, host, &t->host));
}

static void start_application(struct tree *t) {
	static const char *const host[] = {"app:host"};
	t->services[0] = (struct ki_service_spec){.id = "app:host",
		.is_host = true,
		.auto_start = true,
		.stop_timeout_ns = 3 * KI_NS_PER_SEC,
		.host = t->host};
	t->services[1] = (struct ki_service_spec){.id = t->specs[0].id,
		.auto_start = t->above == A_SERVICE,
		.start_timeout_ns = KI_NS_PER_SEC,
		.stop_timeout_ns = REST_NS,
		.requires = host,
		.nr_requires = 1,
		.host = t->host,
		.program = &t->specs[0].program};
	OK(ki_application_new(&t->system, t->services, 2, NULL, &t->app));
	OK(ki_application_start(t->app));
}

static void start_root(struct tree *t) {
	t->parent_program = (struct ki_program){.id = "app:parent", .ops = &parent_ops};
	struct ki_spawn spawn = {.host = t->host,
		.program = t->above == A_PROCESS ? &t->parent_program : &t->specs[0].program};
	struct ki_payload *error;
	kith_pid pid;
	OK(ki_proc_spawn(&t->system, &spawn, &pid, &error));
	t->parent = t->above == A_PROCESS ? pid : 0;
}

static void prevent_start(struct tree *t) {
	struct node *node = &t->nodes[below(t, t->nr)];
	if (!model_is_supervisor(node) && !t->has_deaf) {
		node->bad_starts = node->model_bad = (unsigned)(1 + below(t, 4));
	}
}

static bool starts_may_fail(const struct tree *t) {
	for (unsigned i = 0; i < t->nr; i++) {
		if (t->nodes[i].bad_starts > 0) {
			return true;
		}
	}
	return false;
}

static int64_t model_start_root(struct tree *t) {
	struct node *root = &t->nodes[0];
	model_start(root, t->now_ns);
	if (root->start_failed) {
		root->lives = false;
		return root->end_ns;
	}
	return model_start_failures(root, t->now_ns);
}

static void open(struct tree *t, uint64_t seed) {
	ki_rng_seed(&t->rng, seed);
	t->has_deaf = below(t, 2);
	t->above = (enum above)below(t, 3);
	open_system(t, seed);
	grow(t);
	if (chance(t, 6)) {
		prevent_start(t);
	}
	bool may_fail = starts_may_fail(t);
	start_application(t);
	t->now_ns = ki_sched_now(t->sched);
	pass(t, 0);
	if (t->above != A_SERVICE) {
		start_root(t);
	}
	pass_until(t, model_start_root(t));
	compare(t, may_fail);
}

/* ---- One event after the other ---- */

static void send(struct tree *t, const struct node *node, const char *topic) {
	struct ki_message *message = ki_message_new(ki_strv(topic), 0);
	OK(ki_send(&t->system, KI_PID_SYSTEM, node->pid, message));
}

static void cancel(struct tree *t, const struct node *node, int64_t deadline_ns) {
	OK(ki_cancel(&t->system, KI_PID_SYSTEM, node->pid, deadline_ns, ki_strv("")));
}

static int64_t event_force(struct tree *t, struct node *node) {
	OK(ki_force(&t->system, node->pid, KI_CAUSE_TERMINATE));
	model_kill(node, t->now_ns);
	return model_ended(node, true, t->now_ns);
}

static int64_t event_message(struct tree *t, struct node *node, bool fail) {
	if (model_is_supervisor(node)) {
		send(t, node, "who are you"); /* it has no inbox, and goes on */
		return t->now_ns;
	}
	send(t, node, fail ? "fail" : "return");
	model_kill(node, t->now_ns);
	return model_ended(node, fail, t->now_ns);
}

/* deadline_ns 0: none. */
static int64_t event_cancel(struct tree *t, struct node *node, int64_t deadline_ns) {
	cancel(t, node, deadline_ns);
	if (node->spec->is_deaf && deadline_ns == 0) {
		return t->now_ns;
	}
	int64_t limit_ns = deadline_ns ? t->now_ns + deadline_ns : INT64_MAX;
	int64_t end_ns = model_stop(node, t->now_ns, limit_ns);
	return model_ended(node, end_ns == limit_ns, end_ns);
}

static struct ki_payload *text(const char *text) {
	struct ki_payload *payload = ki_value_payload_str(ki_strv(text));
	NOT_NULL(payload);
	return payload;
}

/* Asks its supervisor to terminate or restart it; nobody waits for the answer. */
static int64_t event_request(struct tree *t, struct node *child, bool terminate) {
	char name[32];
	bool alone = child->spec->child.count == 1;
	snprintf(name, sizeof(name), alone ? "%s" : "%s/%u", child->spec->id, child->copy);
	struct ki_message *message = ki_message_new(ki_strv(KI_TOPIC_SUPERVISOR), 2);
	message->payloads[0] = text(terminate ? KI_REQUEST_TERMINATE : KI_REQUEST_RESTART);
	message->payloads[1] = text(name);
	OK(ki_send(&t->system, KI_PID_SYSTEM, child->parent->pid, message));
	return terminate ? model_terminate_child(child, t->now_ns)
			 : model_restart_child(child, t->now_ns);
}

static int64_t event_of(struct tree *t, struct node *node) {
	switch (below(t, 6)) {
	case 0:
		return event_cancel(t, node, 0);
	case 1:
		return event_cancel(t, node, some_time(t));
	case 2:
		return event_message(t, node, false);
	case 3:
		return event_message(t, node, true);
	default:
		return event_force(t, node);
	}
}

static void one_event(struct tree *t) {
	/* the root is spared as a rule: a tree that ends at once shows little */
	bool spared = t->nr > 1 && !chance(t, 100);
	struct node *node = &t->nodes[spared ? 1 + below(t, t->nr - 1) : 0];
	bool request = spared && node->parent->lives && chance(t, 4);
	if (!node->lives && !request) {
		return;
	}
	if (chance(t, 10) && !starts_may_fail(t)) {
		prevent_start(t);
	}
	bool may_fail = starts_may_fail(t);
	pass_until(t, request ? event_request(t, node, below(t, 2)) : event_of(t, node));
	compare(t, may_fail);
	pass(t, (int64_t)below(t, 3) * (KI_NS_PER_SEC / 2));
}

/* ---- Many at once ---- */

/* A supervisor that lives at rest has all its permanent children running, and under no other. */
static void check_laws(struct tree *t) {
	unsigned alive = 0;
	for (unsigned i = 0; i < t->nr; i++) {
		struct node *node = &t->nodes[i];
		alive += is_alive(t, node);
		if (!node->parent) {
			continue;
		}
		if (!is_alive(t, node->parent)) {
			FALSE(is_alive(t, node));
		} else if (node->spec->child.restart == KI_CHILD_PERMANENT && !node->held) {
			TRUE(is_alive(t, node));
		}
	}
	alive += t->parent && ki_pid_alive(&t->system, t->parent);
	EQ_UINT(ki_proc_host_live(t->host), alive); /* none runs twice */
}

static void many_events(struct tree *t) {
	for (unsigned i = 1; i < t->nr; i++) {
		struct node *node = &t->nodes[i];
		if (below(t, 3) || !is_alive(t, node)) {
			continue;
		}
		if (below(t, 2)) {
			OK(ki_force(&t->system, node->pid, KI_CAUSE_TERMINATE));
		} else {
			cancel(t, node, below(t, 2) ? some_time(t) : 0);
		}
	}
}

static void storm(struct tree *t) {
	for (int i = 0; i < 5; i++) {
		many_events(t);
		pass(t, below(t, 2) ? 0 : some_time(t)); /* others come while these are not over */
		many_events(t);
		pass(t, REST_NS);
		check_laws(t);
	}
}

/* ---- The end ---- */

/* Kills its children until the root gives up, unless all of them are temporary. */
static void exceed_intensity(struct tree *t) {
	struct node *root = &t->nodes[0];
	for (int i = 0; i < 50 && is_alive(t, root); i++) {
		for (unsigned k = 0; k < root->nr_children; k++) {
			ki_force(&t->system, root->children[k]->pid, KI_CAUSE_TERMINATE);
		}
		pass(t, 0);
	}
}

/* No leaf can start any more: whoever restarts one gives up, up to the root. */
static void refuse_starts(struct tree *t) {
	for (unsigned i = 0; i < t->nr; i++) {
		t->nodes[i].bad_starts = model_is_supervisor(&t->nodes[i]) ? 0 : UINT32_MAX;
	}
	many_events(t);
	pass(t, 0);
}

static bool forces_supervisors(const struct tree *t) {
	for (unsigned i = 1; i < t->nr_specs; i++) {
		if (t->specs[i].is_supervisor &&
			t->specs[i].child.shutdown_ns != KI_SHUTDOWN_ENDLESS) {
			return true;
		}
	}
	return false;
}

static void end_root(struct tree *t, bool rests) {
	struct node *root = &t->nodes[0];
	switch (below(t, 6)) {
	case 0:
		exceed_intensity(t);
		break;
	case 1:
		refuse_starts(t);
		break;
	case 2:
		if (t->parent) {
			ki_force(&t->system, t->parent, KI_CAUSE_TERMINATE);
			break;
		}
		/* fall through */
	case 3:
		ki_force(&t->system, root->pid, KI_CAUSE_TERMINATE);
		break;
	case 4:
		ki_cancel(&t->system, KI_PID_SYSTEM, root->pid, 0, ki_strv("enough"));
		break;
	default: /* its service, or its host, stops: below */
		t->in_order = rests && t->above == A_SERVICE && !forces_supervisors(t);
		return;
	}
	pass(t, REST_NS);
	if (!is_alive(t, root)) {
		bool parent = t->parent && ki_pid_alive(&t->system, t->parent);
		EQ_UINT(ki_proc_host_live(t->host), parent); /* no process survives its tree */
	}
}

static void close(struct tree *t) {
	OK(ki_application_stop(t->app, INT64_MAX));
	EQ_INT(ki_sched_run(t->sched, -1), KI_RUN_HALTED);
	EQ_UINT(ki_proc_host_live(t->host), 0);
	ki_application_free(t->app);
	laws_hold_at_end(&t->system);
	ki_system_fini(&t->system);
	ki_sched_free(t->sched);
	for (unsigned i = 0; i < t->nr_specs; i++) {
		ki_payload_unref(t->specs[i].input);
	}
}

static void run(uint64_t seed) {
	struct tree *t = the_tree = ki_zalloc(sizeof(*t));
	open(t, seed);
	for (int i = 0; i < EVENTS && t->nodes[0].lives; i++) {
		one_event(t);
	}
	storm(t);
	bool rests = below(t, 2);
	if (!rests) {
		many_events(t);
		pass(t, below(t, 2) ? 0 : some_time(t));
	}
	end_root(t, rests);
	close(t);
	ki_free(t);
}

SIM_MAIN("supervision trees are what a model says; nobody survives", run)

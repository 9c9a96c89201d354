/*
 * Supervisors over the actors of supervise_fixture.h, without an application; virtual time.
 *
 * Owns: struct tree. Threads: one.
 */
#ifndef TEST_SUPERVISE_TREE_H
#define TEST_SUPERVISE_TREE_H

#include "supervise_fixture.h"

#include "supervise/supervisor.h"

enum { TREE_SUPERVISORS = 4, TREE_CHILDREN = 8 };

struct supervised {
	struct ki_supervisor_spec spec;
	struct ki_child_spec children[TREE_CHILDREN];
	struct ki_program program;
};

struct tree {
	struct fixture f;
	struct supervised sups[TREE_SUPERVISORS];
	size_t nr_sups;
	kith_pid root;
	int64_t base_ns;
};

static inline void tree_init(struct tree *t)
{
	memset(t, 0, sizeof(*t));
	fixture_init(&t->f);
	OK(ki_host_start(t->f.host->host));
	ki_proc_host_set_state(t->f.host, KI_PROC_HOST_RUNNING);
	t->base_ns = ki_sched_now(t->f.sched);
}

static inline struct supervised *tree_supervisor(
	struct tree *t, const char *id, enum ki_strategy strategy)
{
	struct supervised *sup = &t->sups[t->nr_sups++];
	sup->spec = (struct ki_supervisor_spec){
		.strategy = strategy,
		.max_restarts = KI_MAX_RESTARTS_DEFAULT,
		.within_ns = KI_WITHIN_DEFAULT_NS,
		.children = sup->children,
	};
	sup->program =
		(struct ki_program){.id = id, .ops = &ki_supervisor_ops, .data = &sup->spec};
	return sup;
}

static inline struct ki_child_spec *tree_child(
	struct supervised *sup, const char *name, const struct ki_program *program)
{
	struct ki_child_spec *child = &sup->children[sup->spec.nr_children++];
	*child = (struct ki_child_spec){
		.name = name,
		.program = program,
		.count = 1,
		.shutdown_ns = ki_supervisor_is(program) ? KI_SHUTDOWN_ENDLESS
							 : KI_SHUTDOWN_DEFAULT_NS,
		.backoff = KI_CHILD_BACKOFF_DEFAULT,
	};
	return child;
}

/* A child that is an actor of the name. */
static inline struct actor *tree_actor(struct tree *t, struct supervised *sup, const char *name)
{
	struct actor *actor = fixture_actor(&t->f, name);
	tree_child(sup, name, &actor->program);
	return actor;
}

static inline kith_pid tree_spawn(struct tree *t, const struct ki_program *program)
{
	struct ki_spawn spawn = {.program = program, .host = t->f.host};
	struct ki_payload *error = NULL;
	kith_pid pid;
	OK(ki_proc_spawn(&t->f.system, &spawn, &pid, &error));
	return pid;
}

static inline void tree_nothing(struct ki_timer *timer)
{
	(void)timer;
}

/* Runs until that time, from the start of the tree; the clock then stands there. */
static inline void tree_run(struct tree *t, int64_t until_ns)
{
	struct ki_timer timer = {.fire = tree_nothing};
	ki_host_arm(t->f.host->host, &timer, t->base_ns + until_ns);
	ki_sched_run(t->f.sched, t->base_ns + until_ns);
	GE_INT(ki_sched_now(t->f.sched), t->base_ns + until_ns);
}

static inline void tree_start(struct tree *t)
{
	t->root = tree_spawn(t, &t->sups[0].program);
	tree_run(t, 0);
}

struct tree_find {
	struct ki_system *system;
	const char *id;
	unsigned skip;
	kith_pid pid;
};

static inline void tree_find_one(void *arg, kith_pid pid)
{
	struct tree_find *find = arg;
	const char *id = ki_pid_entry(find->system, pid);
	if (id && !strcmp(id, find->id) && find->skip-- == 0) {
		find->pid = pid;
	}
}

/* The nth live process of an entry, or 0. */
static inline kith_pid tree_pid(struct tree *t, const char *id, unsigned nth)
{
	struct tree_find find = {&t->f.system, id, nth, 0};
	ki_procs_each(&t->f.system, t->f.host, tree_find_one, &find);
	return find.pid;
}

static inline void tree_kill(struct tree *t, const char *id)
{
	OK(ki_force(&t->f.system, tree_pid(t, id, 0), KI_CAUSE_TERMINATE));
}

/* What was said since the last time, as a whole. */
static inline void tree_says(struct tree *t, const char *what)
{
	EQ_STR(ki_buf_cstr(&t->f.said), what);
	ki_buf_reset(&t->f.said);
}

static inline uint64_t tree_live(struct tree *t)
{
	return ki_proc_host_live(t->f.host);
}

/* Cancels the root, lets it end and frees all. */
static inline void tree_fini(struct tree *t)
{
	ki_cancel(&t->f.system, KI_PID_SYSTEM, t->root, 0, ki_strv("enough"));
	ki_sched_run(t->f.sched, -1);
	EQ_UINT(tree_live(t), 0);
	ki_host_stop(t->f.host->host);
	fixture_fini(&t->f);
}

#endif

/*
 * A simulated system with one host and native programs, for the tests of supervise.
 *
 * Owns: struct fixture. Threads: one.
 */
#ifndef TEST_SUPERVISE_FIXTURE_H
#define TEST_SUPERVISE_FIXTURE_H

#include "base/buf.h"
#include "kith_laws.h"
#include "mem/value.h"
#include "process/native.h"
#include "supervise/application.h"
#include "time/duration.h"

enum { FIXTURE_MAX = 8 };

/* A native program: says "start NAME", and "stop NAME" when it is cancelled. */
struct actor {
	struct fixture *fixture;
	const char *name;
	bool deaf;           /* never looks at an event */
	bool short_lived;    /* ends after lives_ns */
	int64_t lives_ns;
	int status;          /* with this */
	unsigned bad_starts; /* so many spawns fail first, with start_status */
	int start_status;
	unsigned nr_starts;
	bool endless_start;
	bool trapping;
	unsigned spawns;     /* so many copies of `child` first */
	struct actor *child;
	struct ki_native native;
	struct ki_body_ops ops;
	struct ki_program program;
};

struct fixture {
	struct ki_sched *sched;
	struct ki_log log;
	struct ki_system system;
	struct ki_proc_host *host;
	struct ki_application *app;
	struct ki_buf said;   /* what actors say, "start a,stop a," */
	struct ki_buf logged;
	int64_t started_ns;
	struct ki_service_spec specs[FIXTURE_MAX];
	size_t nr_specs;
	struct actor actors[FIXTURE_MAX];
	size_t nr_actors;
};

static inline void fixture_log(void *user, enum ki_log_level level, const char *line, size_t len)
{
	(void)level;
	ki_buf_put(&((struct fixture *)user)->logged, line, len);
}

static inline int64_t fixture_clock(void *user)
{
	return ki_sched_wall(((struct fixture *)user)->sched);
}

static inline void fixture_init(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	struct ki_sched_options options = {.simulate = true, .seed = 7};
	f->sched = ki_sched_new(&options);
	NOT_NULL(f->sched);
	ki_log_init(&f->log, KI_LOG_DEBUG, fixture_log, f, fixture_clock, f);
	struct ki_system_hooks hooks = {0};
	OK(ki_system_init(&f->system, f->sched, &f->log, &hooks));
	struct ki_host *host = ki_host_new(f->sched, "app:host", 2, 0);
	NOT_NULL(host);
	OK(ki_system_add_host(&f->system, host, &f->host));
}

static inline int actor_run(struct ki_proc *proc, void *arg)
{
	struct actor *actor = arg;
	for (unsigned i = 0; i < actor->spawns; i++) {
		struct ki_spawn spawn = {
			.program = &actor->child->program, .host = proc->host, .parent = proc};
		kith_pid pid;
		struct ki_payload *error;
		OK(ki_proc_spawn(proc->system, &spawn, &pid, &error));
	}
	if (actor->short_lived) {
		int status = actor->lives_ns ? ki_native_sleep(proc, actor->lives_ns) : KITH_OK;
		return status ? status : actor->status;
	}
	ki_store_rlx(&proc->xhears_cancel, !actor->deaf);
	proc->trap_links = actor->trapping;
	for (;;) {
		struct ki_signal *signal = NULL;
		int status = ki_native_receive(proc, INT64_MAX, &signal);
		if (status == KITH_EKILLED) { /* by force, or with a link */
			ki_buf_printf(&actor->fixture->said, "killed %s,", actor->name);
			return KITH_OK;
		}
		bool cancelled = signal->kind == KI_SIGNAL_CANCEL;
		ki_signal_free(signal);
		if (cancelled && !actor->deaf) {
			ki_buf_printf(&actor->fixture->said, "stop %s,", actor->name);
			return KITH_OK;
		}
	}
}

static inline int actor_start(struct ki_proc *proc, const struct ki_program *program,
	struct ki_payload *const *args, size_t nr_args, struct ki_payload **error)
{
	struct actor *actor = ki_container_of(program, struct actor, program);
	struct ki_value_reader r;
	struct ki_value_token t;
	if (nr_args == 1 && args[0]) {
		ki_value_reader_payload(&r, args[0]);
		OK(ki_value_next(&r, &t));
		ki_buf_printf(&actor->fixture->said, "(%d)", (int)t.i);
	}
	if (actor->endless_start) {
		while (!ki_proc_forced(ki_proc_self())) {
			ki_task_yield(true);
		}
		ki_task_abandon();
	}
	if (actor->nr_starts++ < actor->bad_starts) {
		*error = ki_error_payload_status(actor->start_status, ki_strv("no start"));
		return actor->start_status;
	}
	ki_buf_printf(&actor->fixture->said, "start %s,", actor->name);
	return ki_native_ops.start(proc, program, args, nr_args, error);
}

static inline struct actor *fixture_actor(struct fixture *f, const char *name)
{
	struct actor *actor = &f->actors[f->nr_actors++];
	*actor = (struct actor){.fixture = f, .name = name};
	actor->native = (struct ki_native){.run = actor_run, .arg = actor};
	actor->ops = ki_native_ops;
	actor->ops.start = actor_start;
	actor->program =
		(struct ki_program){.id = name, .ops = &actor->ops, .data = &actor->native};
	return actor;
}

/* Ten seconds to start and to stop; `requires` is one ID or NULL. */
static inline struct ki_service_spec *fixture_service(
	struct fixture *f, struct actor *actor, const char *const *requires)
{
	struct ki_service_spec *spec = &f->specs[f->nr_specs++];
	*spec = (struct ki_service_spec){
		.id = actor ? actor->name : "app:host",
		.is_host = actor == NULL,
		.auto_start = true,
		.required = true,
		.start_timeout_ns = 10 * KI_NS_PER_SEC,
		.stop_timeout_ns = 10 * KI_NS_PER_SEC,
		.requires = requires,
		.nr_requires = requires ? 1 : 0,
		.host = f->host,
		.program = actor ? &actor->program : NULL,
	};
	return spec;
}

static inline void fixture_start(struct fixture *f, const struct ki_service_spec *entry)
{
	OK(ki_application_new(&f->system, f->specs, f->nr_specs, entry, &f->app));
	f->started_ns = ki_sched_now(f->sched);
	OK(ki_application_start(f->app));
}

static inline int64_t fixture_elapsed(struct fixture *f)
{
	return ki_sched_now(f->sched) - f->started_ns;
}

/* Runs until nothing happens, then stops with a timeout and runs to the end. */
static inline void fixture_stop(struct fixture *f, int64_t timeout_ns)
{
	EQ_INT(ki_sched_run(f->sched, -1), KI_RUN_IDLE);
	OK(ki_application_stop(f->app, timeout_ns));
	f->started_ns = ki_sched_now(f->sched);
	EQ_INT(ki_sched_run(f->sched, -1), KI_RUN_HALTED);
	TRUE(f->app->ended);
}

static inline void fixture_fini(struct fixture *f)
{
	EQ_UINT(ki_proc_host_live(f->host), 0);
	ki_application_free(f->app);
	laws_hold_at_end(&f->system);
	ki_system_fini(&f->system);
	ki_sched_free(f->sched);
	ki_buf_fini(&f->said);
	ki_buf_fini(&f->logged);
}

#endif

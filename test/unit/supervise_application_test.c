/* Services start and stop in the order of their requirements; all in virtual time. */
#include "supervise_fixture.h"

static const char *const needs_a[] = {"app:a"};
static const char *const needs_b[] = {"app:b"};
static const char *const needs_host[] = {"app:host"};

/* c needs b, b needs a. */
static void three_in_a_row(struct fixture *f)
{
	fixture_service(f, fixture_actor(f, "app:c"), needs_b);
	fixture_service(f, fixture_actor(f, "app:b"), needs_a);
	fixture_service(f, fixture_actor(f, "app:a"), NULL);
	fixture_service(f, NULL, NULL);
}

TEST(application, starts_what_is_required_first_and_stops_it_last)
{
	struct fixture f;
	fixture_init(&f);
	three_in_a_row(&f);
	fixture_start(&f, NULL);
	fixture_stop(&f, INT64_MAX);
	EQ_STR(ki_buf_cstr(&f.said), "start app:a,start app:b,start app:c,"
		"stop app:c,stop app:b,stop app:a,");
	EQ_INT(fixture_elapsed(&f), 0);
	FALSE(f.app->failed);
	fixture_fini(&f);
}

TEST(application, kills_a_deaf_service_at_its_stop_timeout)
{
	struct fixture f;
	fixture_init(&f);
	fixture_actor(&f, "app:a")->deaf = true;
	fixture_service(&f, &f.actors[0], NULL);
	fixture_service(&f, NULL, NULL);
	fixture_start(&f, NULL);
	fixture_stop(&f, INT64_MAX);
	EQ_INT(fixture_elapsed(&f), 10 * KI_NS_PER_SEC);
	EQ_STR(ki_buf_cstr(&f.said), "start app:a,killed app:a,");
	HAS_STR(ki_buf_cstr(&f.logged), "stop timeout after 10s  service=app:a");
	HAS_STR(ki_buf_cstr(&f.logged), "waiting for the stop  running=app:a left=9s");
	FALSE(f.app->failed);
	fixture_fini(&f);
}

TEST(application, ends_by_force_what_outlives_the_timeout_of_the_stop)
{
	struct fixture f;
	fixture_init(&f);
	fixture_actor(&f, "app:a")->deaf = true;
	fixture_service(&f, &f.actors[0], NULL);
	fixture_service(&f, NULL, NULL);
	fixture_start(&f, NULL);
	fixture_stop(&f, 3 * KI_NS_PER_SEC);
	EQ_INT(fixture_elapsed(&f), 3 * KI_NS_PER_SEC);
	EQ_INT(f.app->graph.services[0].report.result->cause, KI_CAUSE_HOST_STOP);
	fixture_fini(&f);
}

TEST(application, a_stop_at_once_waits_for_nobody)
{
	struct fixture f;
	fixture_init(&f);
	three_in_a_row(&f);
	f.actors[0].deaf = f.actors[2].deaf = true;
	fixture_start(&f, NULL);
	fixture_stop(&f, 0);
	EQ_INT(fixture_elapsed(&f), 0);
	fixture_fini(&f);
}

TEST(application, a_host_cancels_what_is_left_and_ends_it_at_its_stop_timeout)
{
	struct fixture f;
	fixture_init(&f);
	struct actor *polite = fixture_actor(&f, "app:polite");
	struct actor *deaf = fixture_actor(&f, "app:deaf");
	struct actor *parent = fixture_actor(&f, "app:parent");
	polite->spawns = 1;
	polite->child = deaf;
	deaf->deaf = true;
	parent->spawns = 3;
	parent->child = polite;
	fixture_service(&f, NULL, NULL)->stop_timeout_ns = 4 * KI_NS_PER_SEC;
	fixture_service(&f, parent, NULL);
	fixture_start(&f, NULL);
	fixture_stop(&f, INT64_MAX);
	EQ_INT(fixture_elapsed(&f), 4 * KI_NS_PER_SEC);
	HAS_STR(ki_buf_cstr(&f.said), "stop app:parent,stop app:polite,");
	HAS_STR(ki_buf_cstr(&f.said), "killed app:deaf,killed app:deaf,killed app:deaf,");
	HAS_STR(ki_buf_cstr(&f.logged), "running=app:deaf left=3s");
	fixture_fini(&f);
}

TEST(application, says_which_requirement_blocks_a_start)
{
	struct fixture f;
	fixture_init(&f);
	fixture_actor(&f, "app:a")->short_lived = true;
	f.actors[0].status = KITH_EIO;
	fixture_service(&f, &f.actors[0], NULL);
	fixture_service(&f, fixture_actor(&f, "app:b"), needs_a);
	fixture_service(&f, fixture_actor(&f, "app:c"), needs_b);
	fixture_service(&f, NULL, NULL);
	/* b starts before a has failed or is blocked; c needs one that does not start by itself */
	f.specs[1].auto_start = false;
	fixture_start(&f, NULL);
	fixture_stop(&f, INT64_MAX);
	EQ_STR(ki_buf_cstr(&f.said), "start app:a,");
	HAS_STR(ki_buf_cstr(&f.logged),
		"service startup blocked by missing dependencies: app:c requires app:b");
	HAS_STR(ki_buf_cstr(&f.logged), "service failed  service=app:a");
	TRUE(f.app->failed);
	fixture_fini(&f);
}

TEST(application, what_is_optional_blocks_nobody_but_its_host_does)
{
	struct fixture f;
	fixture_init(&f);
	fixture_service(&f, fixture_actor(&f, "app:a"), NULL)->required = false;
	fixture_service(&f, fixture_actor(&f, "app:b"), needs_a);
	fixture_service(&f, NULL, NULL);
	f.specs[0].auto_start = false;
	fixture_start(&f, NULL);
	fixture_stop(&f, INT64_MAX);
	EQ_STR(ki_buf_cstr(&f.said), "start app:b,stop app:b,");
	fixture_fini(&f);

	fixture_init(&f);
	fixture_service(&f, fixture_actor(&f, "app:a"), needs_host);
	fixture_service(&f, NULL, NULL);
	f.specs[1].auto_start = f.specs[1].required = false;
	fixture_start(&f, NULL);
	fixture_stop(&f, INT64_MAX);
	EQ_STR(ki_buf_cstr(&f.said), "");
	HAS_STR(ki_buf_cstr(&f.logged), "app:a requires app:host");
	fixture_fini(&f);
}

/* ---- A start that never ends ---- */

static int endless_start(struct ki_proc *proc, const struct ki_program *program,
	struct ki_payload *const *args, size_t nr_args, struct ki_payload **error)
{
	(void)proc, (void)program, (void)args, (void)nr_args, (void)error;
	while (!ki_proc_forced(ki_proc_self())) {
		ki_task_yield(true);
	}
	ki_task_abandon();
}

static enum ki_step endless_step(struct ki_proc *proc)
{
	(void)proc;
	FAIL("it has never started");
}

static void endless_destroy(struct ki_proc *proc)
{
	(void)proc;
}

static const struct ki_body_ops endless_ops = {
	.name = "endless",
	.start = endless_start,
	.step = endless_step,
	.destroy = endless_destroy,
};

TEST(application, a_start_that_never_ends_is_given_up_at_its_timeout)
{
	struct fixture f;
	fixture_init(&f);
	struct actor *actor = fixture_actor(&f, "app:endless");
	actor->program.ops = &endless_ops;
	fixture_service(&f, actor, NULL)->start_timeout_ns = 50 * KI_NS_PER_MS;
	fixture_service(&f, fixture_actor(&f, "app:other"), NULL);
	fixture_service(&f, NULL, NULL);
	fixture_start(&f, NULL);
	fixture_stop(&f, INT64_MAX);
	EQ_STR(ki_buf_cstr(&f.said), "start app:other,stop app:other,");
	HAS_STR(ki_buf_cstr(&f.logged),
		"service start timed out  service=app:endless details=\"start timeout\"");
	TRUE(f.app->failed);
	fixture_fini(&f);
}

/* ---- The entry ---- */

TEST(application, the_end_of_the_entry_stops_all_without_waiting_for_the_deaf)
{
	struct fixture f;
	fixture_init(&f);
	fixture_service(&f, fixture_actor(&f, "app:a"), NULL);
	fixture_service(&f, fixture_actor(&f, "app:deaf"), NULL);
	f.actors[1].deaf = true;
	fixture_service(&f, NULL, NULL);
	fixture_actor(&f, "app:main")->short_lived = true;
	struct ki_service_spec entry = *fixture_service(&f, &f.actors[2], NULL);
	f.nr_specs--;
	fixture_start(&f, &entry);
	EQ_INT(ki_sched_run(f.sched, -1), KI_RUN_HALTED);
	EQ_INT(fixture_elapsed(&f), 0);
	TRUE(f.app->entry_ended);
	HAS_STR(ki_buf_cstr(&f.said), "start app:main,");
	HAS_STR(ki_buf_cstr(&f.said), "stop app:a,");
	HAS_STR(ki_buf_cstr(&f.said), "killed app:deaf,");
	EQ_INT(f.app->entry.report.result->cause, KI_CAUSE_RETURN);
	fixture_fini(&f);
}

TEST(application, an_entry_on_a_host_that_does_not_run_fails)
{
	struct fixture f;
	fixture_init(&f);
	fixture_service(&f, NULL, NULL)->auto_start = false;
	struct ki_service_spec entry = *fixture_service(&f, fixture_actor(&f, "app:main"), NULL);
	f.nr_specs--;
	fixture_start(&f, &entry);
	EQ_INT(ki_sched_run(f.sched, -1), KI_RUN_HALTED);
	TRUE(f.app->entry_ended && f.app->entry.failed);
	struct ki_buf text = {0};
	ki_service_error(&f.app->entry, &text);
	EQ_STR(ki_buf_cstr(&text), "host is not running");
	ki_buf_fini(&text);
	fixture_fini(&f);
}

/* ---- A program that guesses the runtime's PIDs ---- */

static int intruder_run(struct ki_proc *proc, void *arg)
{
	struct fixture *f = arg;
	kith_pid pid = f->app->pid;
	STATUS(ki_force(proc->system, pid, KI_CAUSE_TERMINATE), KITH_ENOTFOUND);
	OK(ki_cancel(proc->system, proc->pid, pid, 1, ki_strv("now")));
	OK(ki_proc_link(proc, pid));
	OK(ki_send(proc->system, proc->pid, pid, ki_message_new(ki_strv(KI_TOPIC_STOP), 0)));
	ki_native_sleep(proc, KI_NS_PER_SEC);
	return KITH_EIO; /* its links hear of it */
}

TEST(application, no_program_can_end_it)
{
	struct fixture f;
	fixture_init(&f);
	struct actor *actor = fixture_actor(&f, "app:intruder");
	actor->native = (struct ki_native){.run = intruder_run, .arg = &f};
	fixture_service(&f, actor, NULL);
	fixture_service(&f, fixture_actor(&f, "app:z"), NULL);
	fixture_service(&f, NULL, NULL);
	fixture_start(&f, NULL);
	EQ_INT(ki_sched_run(f.sched, f.started_ns + 5 * KI_NS_PER_SEC), KI_RUN_IDLE);
	FALSE(f.app->ended || f.app->stopping);
	fixture_stop(&f, INT64_MAX);
	HAS_STR(ki_buf_cstr(&f.said), "stop app:z,");
	fixture_fini(&f);
}

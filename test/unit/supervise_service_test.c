/* Restarts of services (SPEC 18.3, 18.4) and what they show of themselves (12.10); all in virtual
 * time. */
#include "supervise_fixture.h"

#include "supervise/backoff.h"

/* As YAML has it when nothing is said (SPEC 18.1), but without jitter. */
static struct ki_service_spec *restarted(struct fixture *f, struct actor *actor)
{
	struct ki_service_spec *spec = fixture_service(f, actor, NULL);
	spec->restarts = true;
	spec->backoff = (struct ki_backoff){
		.initial_ns = KI_NS_PER_SEC, .max_ns = 90 * KI_NS_PER_SEC, .factor = 2.0};
	spec->stable_threshold_ns = 5 * KI_NS_PER_SEC;
	return spec;
}

static struct actor *failing(struct fixture *f, const char *name)
{
	struct actor *actor = fixture_actor(f, name);
	actor->short_lived = true;
	actor->status = KITH_EIO;
	return actor;
}

static struct ki_state state_of(struct fixture *f, const char *id)
{
	struct ki_state state;
	TRUE(ki_states_get(&f->app->states, ki_strv(id), &state));
	return state;
}

static void run_for(struct fixture *f, int64_t seconds)
{
	ki_sched_run(f->sched, f->started_ns + seconds * KI_NS_PER_SEC);
}

static unsigned count(const char *text, const char *word)
{
	unsigned nr = 0;
	while ((text = strstr(text, word))) {
		nr++;
		text += strlen(word);
	}
	return nr;
}

static unsigned nr_starts(struct fixture *f, const char *said)
{
	return count(ki_buf_cstr(&f->said), said);
}

/* ---- The waits ---- */

TEST(backoff, spec_18_4_waits_grow_by_the_factor_up_to_the_longest)
{
	struct ki_backoff b = {.initial_ns = 100, .max_ns = 1000, .factor = 2.0};
	EQ_INT(ki_backoff_ns(&b, 1, 0), 100);
	EQ_INT(ki_backoff_ns(&b, 2, 0), 200);
	EQ_INT(ki_backoff_ns(&b, 4, 0), 800);
	EQ_INT(ki_backoff_ns(&b, 5, 0), 1000);
	EQ_INT(ki_backoff_ns(&b, UINT64_MAX, 0), 1000);
	b.factor = 1.0;
	EQ_INT(ki_backoff_ns(&b, UINT64_MAX, 0), 100);
	b.factor = 1.5;
	EQ_INT(ki_backoff_ns(&b, 3, 0), 225);
	b.initial_ns = 5000;
	EQ_INT(ki_backoff_ns(&b, 1, 0), 1000);
	b.initial_ns = 0;
	EQ_INT(ki_backoff_ns(&b, 7, 0), 0);
	b.initial_ns = 2000076473;
	b.max_ns = 1000299362;
	EQ_INT(ki_backoff_ns(&b, 1, 0), 1000299362); /* not one less */
	b = (struct ki_backoff){
		.initial_ns = INT64_MAX, .max_ns = INT64_MAX, .factor = 9, .jitter = 1};
	EQ_INT(ki_backoff_ns(&b, 3, UINT64_MAX), INT64_MAX);
}

TEST(backoff, spec_18_4_jitter_varies_a_wait_by_its_part_at_most)
{
	struct ki_backoff b = {
		.initial_ns = 1000000, .max_ns = 1000000, .factor = 1, .jitter = 0.1};
	EQ_INT(ki_backoff_ns(&b, 1, 0), 900000);
	GT_INT(ki_backoff_ns(&b, 1, UINT64_MAX), 1099990);
	LE_INT(ki_backoff_ns(&b, 1, UINT64_MAX), 1100000);
	EQ_INT(ki_backoff_ns(&b, 1, UINT64_MAX / 2 + 1), 1000000);
}

/* ---- Restarts ---- */

TEST(service, spec_18_4_is_restarted_after_growing_waits)
{
	struct fixture f;
	fixture_init(&f);
	restarted(&f, failing(&f, "app:a"));
	fixture_service(&f, NULL, NULL);
	fixture_start(&f, NULL);
	run_for(&f, 0);
	EQ_UINT(nr_starts(&f, "start app:a"), 1);
	EQ_STR(state_of(&f, "app:a").status, "failed");
	EQ_STR(state_of(&f, "app:a").desired, "running");
	EQ_UINT(state_of(&f, "app:a").retry_count, 1);
	EQ_STR(state_of(&f, "app:a").details, "the system refused an input or output operation");
	run_for(&f, 1); /* at 1, 3, 7, 15 s */
	EQ_UINT(nr_starts(&f, "start app:a"), 2);
	run_for(&f, 6);
	EQ_UINT(nr_starts(&f, "start app:a"), 3);
	run_for(&f, 7);
	EQ_UINT(nr_starts(&f, "start app:a"), 4);
	run_for(&f, 15);
	EQ_UINT(nr_starts(&f, "start app:a"), 5);
	run_for(&f, 1000); /* 31, 63, 127, then every 90 s */
	EQ_UINT(nr_starts(&f, "start app:a"), 8 + (1000 - 127) / 90);
	FALSE(f.app->failed);
	OK(ki_application_stop(f.app, INT64_MAX));
	EQ_INT(ki_sched_run(f.sched, -1), KI_RUN_HALTED);
	EQ_STR(state_of(&f, "app:a").status, "stopped");
	EQ_STR(state_of(&f, "app:a").desired, "stopped");
	fixture_fini(&f);
}

TEST(service, spec_18_4_after_max_attempts_restarts_the_next_failure_is_final)
{
	struct fixture f;
	fixture_init(&f);
	restarted(&f, failing(&f, "app:a"))->max_attempts = 3;
	restarted(&f, fixture_actor(&f, "app:b"));
	fixture_service(&f, NULL, NULL);
	fixture_start(&f, NULL);
	fixture_stop(&f, INT64_MAX);
	EQ_UINT(nr_starts(&f, "start app:a"), 4);
	EQ_UINT(nr_starts(&f, "stop app:b"), 1); /* the application went on */
	EQ_STR(state_of(&f, "app:a").status, "exited");
	EQ_UINT(state_of(&f, "app:a").retry_count, 3);
	HAS_STR(ki_buf_cstr(&f.logged), "ERROR kith.service  service failed  service=app:a");
	TRUE(f.app->failed);
	fixture_fini(&f);
}

TEST(service, spec_18_1_a_long_run_begins_a_new_row)
{
	struct fixture f;
	fixture_init(&f);
	struct actor *actor = failing(&f, "app:a");
	actor->lives_ns = 5 * KI_NS_PER_SEC;
	restarted(&f, actor)->max_attempts = 1;
	fixture_service(&f, NULL, NULL);
	fixture_start(&f, NULL);
	run_for(&f, 60); /* every 6 s: never the second of a row */
	EQ_UINT(nr_starts(&f, "start app:a"), 11);
	EQ_UINT(state_of(&f, "app:a").retry_count, 1);
	EQ_UINT(state_of(&f, "app:a").restarts, 10);
	actor->lives_ns--;
	run_for(&f, 1000); /* the run under way, then one that is too short */
	EQ_UINT(nr_starts(&f, "start app:a"), 12);
	EQ_STR(state_of(&f, "app:a").status, "exited");
	OK(ki_application_stop(f.app, INT64_MAX));
	EQ_INT(ki_sched_run(f.sched, -1), KI_RUN_HALTED);
	fixture_fini(&f);
}

TEST(service, spec_18_4_a_normal_end_is_never_restarted)
{
	struct fixture f;
	fixture_init(&f);
	struct actor *actor = failing(&f, "app:a");
	actor->status = KITH_OK;
	restarted(&f, actor);
	fixture_service(&f, NULL, NULL);
	fixture_start(&f, NULL);
	run_for(&f, 100);
	EQ_UINT(nr_starts(&f, "start app:a"), 1);
	EQ_STR(state_of(&f, "app:a").status, "exited");
	EQ_STR(state_of(&f, "app:a").details, "");
	fixture_stop(&f, INT64_MAX);
	FALSE(f.app->failed);
	fixture_fini(&f);
}

TEST(service, spec_18_4_what_is_exactly_not_retryable_is_final)
{
	struct fixture f;
	fixture_init(&f);
	struct actor *actor = failing(&f, "app:a");
	actor->status = KITH_EINVAL; /* an Error whose retryable is false */
	restarted(&f, actor);
	fixture_service(&f, NULL, NULL);
	fixture_start(&f, NULL);
	fixture_stop(&f, INT64_MAX);
	EQ_UINT(nr_starts(&f, "start app:a"), 1);
	EQ_STR(state_of(&f, "app:a").status, "exited");
	TRUE(f.app->failed);
	fixture_fini(&f);
}

TEST(service, spec_18_4_terminate_is_a_failure_like_any_other)
{
	struct fixture f;
	fixture_init(&f);
	restarted(&f, fixture_actor(&f, "app:a"));
	fixture_service(&f, NULL, NULL);
	fixture_start(&f, NULL);
	run_for(&f, 10);
	kith_pid first = state_of(&f, "app:a").pid;
	OK(ki_force(&f.system, first, KI_CAUSE_TERMINATE));
	run_for(&f, 12);
	EQ_STR(state_of(&f, "app:a").status, "running");
	NE_UINT(state_of(&f, "app:a").pid, first);
	fixture_stop(&f, INT64_MAX);
	HAS_STR(ki_buf_cstr(&f.said), "start app:a,killed app:a,start app:a,stop app:a,");
	fixture_fini(&f);
}

TEST(service, spec_18_4_a_spawn_error_is_final_unless_it_may_pass)
{
	static const struct {
		int status;
		unsigned nr_starts;
	} cases[] = {{KITH_EUNAVAILABLE, 3}, {KITH_ERATELIMITED, 3}, {KITH_EEXHAUSTED, 3},
		{KITH_ETIMEOUT, 3}, {KITH_EINTERNAL, 1}, {KITH_ENOTFOUND, 1}, {KITH_EINVAL, 1}};
	for (size_t i = 0; i < ki_countof(cases); i++) {
		struct fixture f;
		fixture_init(&f);
		struct actor *actor = fixture_actor(&f, "app:a");
		actor->bad_starts = 2;
		actor->start_status = cases[i].status;
		restarted(&f, actor);
		fixture_service(&f, NULL, NULL);
		fixture_start(&f, NULL);
		run_for(&f, 10);
		EQ_UINT(actor->nr_starts, cases[i].nr_starts);
		EQ_STR(state_of(&f, "app:a").status,
			cases[i].nr_starts == 3 ? "running" : "exited");
		fixture_stop(&f, INT64_MAX);
		fixture_fini(&f);
	}
}

TEST(service, spec_18_2_a_start_that_timed_out_is_tried_again)
{
	struct fixture f;
	fixture_init(&f);
	struct actor *actor = fixture_actor(&f, "app:a");
	actor->endless_start = true;
	struct ki_service_spec *spec = restarted(&f, actor);
	spec->start_timeout_ns = 50 * KI_NS_PER_MS;
	fixture_service(&f, NULL, NULL);
	fixture_start(&f, NULL);
	run_for(&f, 1);
	EQ_STR(state_of(&f, "app:a").status, "failed");
	EQ_STR(state_of(&f, "app:a").details, "start timeout");
	HAS_STR(ki_buf_cstr(&f.logged), "WARN  kith.service  service start timed out  "
		"service=app:a details=\"start timeout\"");
	actor->endless_start = false;
	run_for(&f, 2);
	EQ_STR(state_of(&f, "app:a").status, "running");
	fixture_stop(&f, INT64_MAX);
	EQ_STR(ki_buf_cstr(&f.said), "start app:a,stop app:a,");
	fixture_fini(&f);
}

static const char *const needs_a[] = {"app:a"};

TEST(service, spec_18_2_who_requires_one_that_waits_for_a_restart_waits_too)
{
	struct fixture f;
	fixture_init(&f);
	struct actor *actor = fixture_actor(&f, "app:a");
	actor->bad_starts = 1;
	actor->start_status = KITH_EUNAVAILABLE;
	restarted(&f, actor);
	fixture_service(&f, fixture_actor(&f, "app:b"), needs_a);
	fixture_service(&f, NULL, NULL);
	fixture_start(&f, NULL);
	run_for(&f, 0);
	EQ_STR(ki_buf_cstr(&f.said), "");
	EQ_STR(state_of(&f, "app:b").status, "unknown");
	run_for(&f, 1);
	EQ_STR(ki_buf_cstr(&f.said), "start app:a,start app:b,");
	fixture_stop(&f, INT64_MAX);
	fixture_fini(&f);

	fixture_init(&f); /* but nobody waits for what is optional */
	actor = fixture_actor(&f, "app:a");
	actor->bad_starts = 1;
	actor->start_status = KITH_EUNAVAILABLE;
	restarted(&f, actor)->required = false;
	fixture_service(&f, fixture_actor(&f, "app:b"), needs_a);
	fixture_service(&f, NULL, NULL);
	fixture_start(&f, NULL);
	run_for(&f, 0);
	EQ_STR(ki_buf_cstr(&f.said), "start app:b,");
	fixture_stop(&f, INT64_MAX);
	HAS_STR(ki_buf_cstr(&f.said), "start app:b,start app:a,");
	fixture_fini(&f);
}

TEST(service, spec_18_4_no_restart_comes_once_everything_stops)
{
	struct fixture f;
	fixture_init(&f);
	restarted(&f, failing(&f, "app:a"))->backoff.initial_ns = 3600 * KI_NS_PER_SEC;
	fixture_service(&f, NULL, NULL);
	fixture_start(&f, NULL);
	run_for(&f, 1);
	OK(ki_application_stop(f.app, INT64_MAX));
	EQ_INT(ki_sched_run(f.sched, -1), KI_RUN_HALTED);
	EQ_INT(fixture_elapsed(&f), KI_NS_PER_SEC);
	EQ_UINT(nr_starts(&f, "start app:a"), 1);
	FALSE(f.app->failed); /* not for good */
	fixture_fini(&f);
}

TEST(service, spec_12_10_states_are_one_value_for_programs)
{
	struct fixture f;
	fixture_init(&f);
	restarted(&f, fixture_actor(&f, "app:a"));
	fixture_service(&f, NULL, NULL);
	fixture_start(&f, NULL);
	run_for(&f, 1);
	struct ki_payload *payload;
	STATUS(f.system.services.read(f.app, ki_strv("app:none"), &payload), KITH_ENOTFOUND);
	STATUS(f.system.services.read(f.app, ki_strv("app"), &payload), KITH_ENOTFOUND);
	OK(f.system.services.read(f.app, ki_strv("app:a"), &payload));
	struct ki_value_reader r;
	struct ki_value_token t;
	ki_value_reader_payload(&r, payload);
	OK(ki_value_next(&r, &t));
	EQ_UINT(t.table.nrec, 7);
	ki_payload_unref(payload);
	OK(f.system.services.read(f.app, ki_strv_n(NULL, 0), &payload));
	ki_value_reader_payload(&r, payload);
	OK(ki_value_next(&r, &t));
	EQ_UINT(t.table.narr, 2);
	ki_payload_unref(payload);
	EQ_STR(state_of(&f, "app:host").status, "running");
	EQ_INT(state_of(&f, "app:a").started_ns,
		ki_sched_wall(f.sched) - (ki_sched_now(f.sched) - f.started_ns));
	fixture_stop(&f, INT64_MAX);
	EQ_STR(state_of(&f, "app:a").status, "stopped");
	EQ_STR(state_of(&f, "app:host").status, "stopped");
	fixture_fini(&f);
}

TEST(service, spec_18_5_the_details_of_a_stop_that_ran_out_of_time)
{
	struct fixture f;
	fixture_init(&f);
	struct actor *actor = fixture_actor(&f, "app:a");
	actor->deaf = true;
	restarted(&f, actor);
	fixture_service(&f, NULL, NULL);
	fixture_start(&f, NULL);
	fixture_stop(&f, INT64_MAX);
	EQ_STR(state_of(&f, "app:a").details, "stop timeout after 10s");
	EQ_UINT(nr_starts(&f, "start app:a"), 1);
	fixture_fini(&f);
}

static void note_pid(void *arg, kith_pid pid)
{
	*(kith_pid *)arg = pid;
}

/* A process that has ended, and been told of, may still be busy dropping its messages. */
TEST(service, a_stop_waits_until_what_has_ended_is_gone)
{
	struct fixture f;
	fixture_init(&f);
	fixture_service(&f, NULL, NULL);
	struct actor *sleeper = fixture_actor(&f, "app:sleeper");
	sleeper->short_lived = true;
	sleeper->lives_ns = 10 * KI_NS_PER_SEC;
	fixture_service(&f, sleeper, (const char *const[]){"app:host"});
	fixture_start(&f, NULL);
	EQ_INT(ki_sched_run(f.sched, KI_NS_PER_SEC), KI_RUN_UNTIL);
	kith_pid pid = 0;
	ki_procs_each(&f.system, f.host, note_pid, &pid);
	for (int i = 0; i < 250000; i++) { /* more than a slice of dropping */
		struct ki_message *message = ki_message_new(ki_strv("t"), 0);
		NOT_NULL(message);
		OK(ki_send(&f.system, 0, pid, message));
	}
	OK(ki_application_stop(f.app, 0));
	EQ_INT(ki_sched_run(f.sched, -1), KI_RUN_HALTED);
	TRUE(f.app->ended);
	pid = 0;
	ki_procs_each(&f.system, f.host, note_pid, &pid);
	EQ_UINT(pid, 0);
	fixture_fini(&f);
}

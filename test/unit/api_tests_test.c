/* The tests of a project: which there are, and when one passes (SPEC 22.2). */
#define _XOPEN_SOURCE 700 /* nftw */
#include "api_fixture.h"

static const int64_t SECOND = INT64_C(1000000000);

static struct kith_test test_at(const struct app *app, size_t index)
{
	struct kith_test test = {.size = sizeof(test)};
	OK(kith_test_get(app->runtime, index, &test));
	return test;
}

TEST(tests, spec_22_2_come_by_suite_then_order_then_id)
{
	struct app app;
	size_t nr = 0;
	app_init(&app);
	app_process(&app, "a", "return print", "    meta: {type: test, suite: two, order: 1}\n");
	app_process(&app, "b", "return print", "    meta: {type: test, suite: one, order: 10}\n");
	app_process(&app, "c", "return print", "    meta: {type: test, suite: one, order: 9.5}\n");
	app_process(&app, "d", "return print", "    meta: {type: test, timeout: 1m30s}\n");
	app_process(&app, "e", "return print", "    meta: {type: test, suite: two}\n");
	app_process(&app, "f", "return print", "    meta: {type: test, suite: two}\n");
	app_process(&app, "g", "return print", "    meta: {type: tests}\n");
	app_process(&app, "h", "return print", "");
	folder_write(&app.folder, "src/data.yaml",
		"namespace: data\nentries:\n"
		"  - {name: x, kind: registry.entry, meta: {type: test}}\n"
		"  - {name: y, kind: library.lua, source: return 1, meta: {type: test}}\n");
	app_load(&app);
	OK(kith_test_list(app.runtime, &nr));
	static const char *const ids[] = {"app:d", "app:c", "app:b", "app:e", "app:f", "app:a"};
	EQ_UINT(nr, 6);
	for (size_t i = 0; i < nr; i++) {
		EQ_STR(test_at(&app, i).id, ids[i]);
	}
	EQ_STR(test_at(&app, 0).suite, "");
	EQ_STR(test_at(&app, 1).suite, "one");
	EQ_INT(test_at(&app, 0).timeout_ns, 90 * SECOND);
	EQ_INT(test_at(&app, 1).timeout_ns, 60 * SECOND);
	struct kith_test test = {.size = sizeof(test)};
	EQ_INT(kith_test_get(app.runtime, nr, &test), KITH_ENOTFOUND);
	EQ_INT(kith_test_get(app.runtime, 0, NULL), KITH_EINVAL);
	EQ_INT(kith_test_list(app.runtime, &nr), KITH_ECONFLICT);
	app_fini(&app);
}

TEST(tests, spec_22_2_with_meta_that_is_no_use_are_problems)
{
	static const char *const metas[] = {"order: first", "order: [1]", "order: .nan",
		"timeout: 30", "timeout: 0s", "timeout: -1s", "timeout: soon", "timeout: {a: 1}"};
	for (size_t i = 0; i < sizeof(metas) / sizeof(metas[0]); i++) {
		struct app app;
		size_t nr = 77;
		char meta[100];
		struct kith_diag diag;
		app_init(&app);
		snprintf(meta, sizeof(meta), "    meta: {type: test, %s}\n", metas[i]);
		app_process(&app, "main", "return print", meta);
		app_load(&app);
		EQ_INT(kith_test_list(app.runtime, &nr), KITH_EINVAL);
		EQ_UINT(nr, 77);
		EQ_UINT(kith_diag_count(app.runtime), 1);
		OK(kith_diag_get(app.runtime, 0, &diag));
		EQ_STR(diag.file, "src/main.yaml");
		EQ_INT(diag.line, 7);
		HAS_STR(diag.found, i < 3 ? "meta.order is " : "meta.timeout is ");
		HAS_STR(diag.found, " in process.lua \"app:main\"");
		app_fini(&app);
	}
}

TEST(tests, spec_22_2_need_a_project)
{
	struct app app;
	size_t nr;
	app_init(&app);
	OK(kith_open(&app.options, &app.runtime));
	EQ_INT(kith_test_list(app.runtime, &nr), KITH_ECONFLICT);
	EQ_INT(kith_test_list(app.runtime, NULL), KITH_EINVAL);
	EQ_INT(kith_test_list(NULL, &nr), KITH_ECLOSED);
	EQ_INT(kith_test_get(NULL, 0, NULL), KITH_ECLOSED);
	app_fini(&app);
}

TEST(verdict, spec_22_2_follows_from_what_the_test_returns)
{
	static const struct {
		const char *body, *fault;
	} cases[] = {
		{"return", NULL},
		{"return nil", NULL},
		{"return true", NULL},
		{"return 7", NULL},
		{"return 'text'", NULL},
		{"return {false}", NULL},
		{"return true, nil", NULL},
		{"return nil, nil, 5", NULL},
		{"return false", "returned false"},
		{"return true, 5", "returned a second value"},
		{"return true, {}", "returned a second value"},
		{"return true, false", "returned a second value"},
		{"return nil, 'why'", "why"},
		{"return 1, errors.new('an error')", "an error"},
		{"error('thrown', 0)", "thrown"},
		{"error('two\\nlines', 0)", "two\n  lines"},
		{"error('\\27[1m', 0)", "\\x1b[1m"},
		{"return print", "cannot send a function"},
		{"process.terminate(process.pid())", "process terminated"},
		{"process.events():receive()",
			"can never go on: everything waits, and nothing will happen"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct app app;
		app_init(&app);
		char source[512];
		snprintf(source, sizeof(source), "return function()\n%s\nend\n", cases[i].body);
		app_process(&app, "main", source, "");
		struct kith_outcome outcome = app_run(&app, 0, NULL);
		test_eq_str(__FILE__, __LINE__, cases[i].body, outcome.fault, cases[i].fault);
		EQ_INT(outcome.entry_ended, i + 1 < sizeof(cases) / sizeof(cases[0]));
		app_fini(&app);
	}
}

/* Beside a service that does not hear of a stop until it is forced. */
static void run_beside_deaf(struct app *app, int simulate)
{
	struct kith_outcome outcome = {.size = sizeof(outcome)};
	app_init(app);
	app->options.simulate = simulate;
	app_process(app, "main",
		"return function() while not process.send('deaf', 'hi') do time.sleep('1ms') end\n"
		"time.sleep('200ms') end", "");
	app_process(app, "deaf",
		"return function() process.registry.register('deaf') process.events()\n"
		"while true do time.sleep('10ms') end end",
		"    lifecycle: {auto_start: true}\n");
	app_load(app);
	OK(kith_test_start(app->runtime, "app:main"));
	EQ_INT(kith_run(app->runtime, SECOND / 10), KITH_ETIMEOUT);
	OK(kith_outcome_get(app->runtime, &outcome));
	EQ_INT(outcome.entry_ended, 0);
	EQ_STR(outcome.fault, "has not ended");
	OK(kith_run(app->runtime, 5 * SECOND));
	OK(kith_outcome_get(app->runtime, &outcome));
	EQ_INT(outcome.entry_ended, 1);
	IS_NULL(outcome.fault);
	OK(kith_run(app->runtime, KITH_NO_TIMEOUT)); /* that was all */
}

TEST(test_start, spec_22_2_runs_a_test_and_does_not_wait_for_services)
{
	struct app app;
	run_beside_deaf(&app, 1);
	app_fini(&app);
	run_beside_deaf(&app, 0);
	app_fini(&app);
}

TEST(test_start, spec_22_2_lets_a_stop_go_on_in_order)
{
	struct app app;
	run_beside_deaf(&app, 1);
	OK(kith_stop(app.runtime, KITH_PROJECT_TIMEOUT));
	app_fini(&app);
}

TEST(test_start, spec_22_2_fails_without_a_service_that_is_required)
{
	static const char *const startups[] = {"required", "optional"};
	for (size_t i = 0; i < 2; i++) {
		struct app app;
		struct kith_outcome outcome = {.size = sizeof(outcome)};
		char lifecycle[100];
		app_init(&app);
		app_process(&app, "main", "return print", "");
		snprintf(lifecycle, sizeof(lifecycle),
			"    lifecycle: {auto_start: true, startup: %s}\n", startups[i]);
		app_process(&app, "broken", "error('no')", lifecycle);
		app_load(&app);
		OK(kith_test_start(app.runtime, "app:main"));
		OK(kith_run(app.runtime, SECOND));
		OK(kith_outcome_get(app.runtime, &outcome));
		EQ_INT(outcome.entry_ended, 1);
		test_eq_str(__FILE__, __LINE__, startups[i], outcome.fault,
			i == 0 ? "required service app:broken has not started" : NULL);
		app_fini(&app);
	}
}

TEST(test_start, spec_22_2_wants_an_entry_that_can_be_run)
{
	struct app app;
	app_init(&app);
	app_load(&app);
	EQ_INT(kith_test_start(app.runtime, "app:host"), KITH_ENOTFOUND);
	EQ_INT(kith_test_start(app.runtime, NULL), KITH_EINVAL);
	EQ_INT(kith_test_start(NULL, "app:main"), KITH_ECLOSED);
	app_fini(&app);
}

TEST(verdict, spec_22_2_of_a_test_that_a_stop_ends_is_that)
{
	struct app app;
	struct kith_outcome outcome = {.size = sizeof(outcome)};
	app_init(&app);
	app_process(&app, "main", "return function() time.sleep('1h') end", "");
	app_load(&app);
	OK(kith_start_entry(app.runtime, "app:main", 0, NULL));
	EQ_INT(kith_run(app.runtime, SECOND), KITH_ETIMEOUT);
	OK(kith_outcome_get(app.runtime, &outcome));
	EQ_INT(outcome.entry_ns, SECOND);
	OK(kith_stop(app.runtime, 0));
	OK(kith_run(app.runtime, SECOND));
	OK(kith_outcome_get(app.runtime, &outcome));
	EQ_INT(outcome.entry_ended, 0);
	EQ_STR(outcome.fault, "was stopped before its end");
	app_fini(&app);
}

TEST(verdict, spec_22_2_is_of_an_entry_alone)
{
	struct app app;
	struct kith_outcome outcome = {.size = sizeof(outcome)};
	app_init(&app);
	app_process(&app, "main", "return print", "    lifecycle: {auto_start: true}\n");
	app_load(&app);
	OK(kith_start(app.runtime));
	OK(kith_run(app.runtime, KITH_NO_TIMEOUT));
	OK(kith_outcome_get(app.runtime, &outcome));
	EQ_INT(outcome.entry_ended, 0);
	EQ_INT(outcome.entry_ns, -1);
	IS_NULL(outcome.fault);
	app_fini(&app);
}

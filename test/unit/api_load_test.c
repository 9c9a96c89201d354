/* Loading: problems as records, and what each call gives in the wrong state. */
#define _XOPEN_SOURCE 700 /* nftw */
#include "api_fixture.h"

static void expect_diag(struct app *app, size_t index, const char *want)
{
	struct kith_diag diag;
	OK(kith_diag_get(app->runtime, index, &diag));
	char line[512];
	size_t len = kith_diag_format(&diag, line, sizeof(line));
	EQ_UINT(len, strlen(line));
	EQ_STR(line, want);
}

TEST(load, gives_problems_of_yaml_and_lua_together)
{
	struct app app;
	app_init(&app);
	app_process(&app, "good", "return function() end\n", "");
	app_process(&app, "bad", "local x = 1\nlocal = 2\n", "");
	folder_write(&app.folder, "src/inline.yaml",
		"namespace: app\n"
		"entries:\n"
		"  - name: inline\n"
		"    kind: process.lua\n"
		"    wokers: 2\n"
		"    source: |\n"
		"      return function()\n"
		"        x = = 1\n"
		"      end\n"
		"  - {name: flow, kind: process.lua, source: \"return (\"}\n"
		"  - {name: quoted, kind: process.lua, source: \"x = = 1\\n\"}\n"
		"  - name: chomped\n"
		"    kind: process.lua\n"
		"    source: |-\n"
		"      y = = 1\n");
	OK(kith_open(&app.options, &app.runtime));
	STATUS(kith_load(app.runtime, app.folder.dir), KITH_EINVAL);
	EQ_UINT(kith_diag_count(app.runtime), 6);
	expect_diag(&app, 0, "src/bad.lua:2:1: <name> expected near '='; expected valid Lua");
	struct kith_diag diag;
	OK(kith_diag_get(app.runtime, 1, &diag));
	EQ_STR(diag.file, "src/inline.yaml");
	EQ_INT(diag.line, 5);
	HAS_STR(diag.found, "wokers");
	expect_diag(&app, 2, "src/inline.yaml:8:1: unexpected symbol near '='; expected valid Lua");
	OK(kith_diag_get(app.runtime, 3, &diag));
	EQ_INT(diag.line, 10);
	/* SPEC 16.4: a quoted text begins where it stands, a block in the line after */
	expect_diag(&app, 4,
		"src/inline.yaml:11:47: unexpected symbol near '='; expected valid Lua");
	expect_diag(&app, 5,
		"src/inline.yaml:15:1: unexpected symbol near '='; expected valid Lua");
	STATUS(kith_diag_get(app.runtime, 6, &diag), KITH_ENOTFOUND);
	STATUS(kith_start(app.runtime), KITH_ECONFLICT);
	app_fini(&app);
}

TEST(load, an_unknown_entry_to_run_is_a_problem_with_a_suggestion)
{
	struct app app;
	app_init(&app);
	app_process(&app, "worker", "return function() end\n", "");
	app_load(&app);
	EQ_UINT(kith_entry_count(app.runtime), 2);
	OK(kith_require_entry(app.runtime, "app:worker"));
	STATUS(kith_start_entry(app.runtime, "app:wroker", 0, NULL), KITH_ENOTFOUND);
	STATUS(kith_require_entry(app.runtime, "app:wroker"), KITH_ENOTFOUND);
	expect_diag(&app, 0, "-x:1:1: no entry \"app:wroker\"; "
		"expected the ID of a process or a function; did you mean \"app:worker\"?");
	STATUS(kith_require_entry(app.runtime, "app:host"), KITH_ENOTFOUND);
	EQ_UINT(kith_diag_count(app.runtime), 2);
	app_fini(&app);
}

TEST(load, a_folder_without_entries_is_a_problem)
{
	struct app app;
	app_init(&app);
	OK(kith_open(&app.options, &app.runtime));
	STATUS(kith_load(app.runtime, "/nonexistent/kith"), KITH_EINVAL);
	GT_UINT(kith_diag_count(app.runtime), 0);
	STATUS(kith_load(app.runtime, app.folder.dir), KITH_ECONFLICT);
	app_fini(&app);
}

TEST(load, format_cuts_as_snprintf_does)
{
	struct kith_diag diag = {
		.file = "a", .line = 1, .column = 2, .found = "x", .expected = "y"};
	const char whole[] = "a:1:2: x; expected y";
	char text[8];
	EQ_UINT(kith_diag_format(&diag, NULL, 0), strlen(whole));
	EQ_UINT(kith_diag_format(&diag, text, sizeof(text)), strlen(whole));
	EQ_STR(text, "a:1:2: ");
	EQ_UINT(kith_diag_format(NULL, text, sizeof(text)), 0);
}

TEST(runtime, a_closed_one_gives_a_status)
{
	struct kith_runtime *runtime = NULL;
	struct kith_diag diag;
	struct kith_outcome outcome = {.size = sizeof(outcome)};
	OK(kith_open(NULL, &runtime));
	OK(kith_close(&runtime));
	OK(kith_close(&runtime));
	STATUS(kith_close(NULL), KITH_EINVAL);
	STATUS(kith_open(NULL, NULL), KITH_EINVAL);
	STATUS(kith_load(runtime, "."), KITH_ECLOSED);
	STATUS(kith_require_entry(runtime, "a:b"), KITH_ECLOSED);
	EQ_UINT(kith_entry_count(runtime), 0);
	EQ_UINT(kith_diag_count(runtime), 0);
	STATUS(kith_diag_get(runtime, 0, &diag), KITH_ECLOSED);
	STATUS(kith_start(runtime), KITH_ECLOSED);
	STATUS(kith_start_entry(runtime, "a:b", 0, NULL), KITH_ECLOSED);
	STATUS(kith_run(runtime, 0), KITH_ECLOSED);
	STATUS(kith_stop(runtime, 0), KITH_ECLOSED);
	STATUS(kith_outcome_get(runtime, &outcome), KITH_ECLOSED);
	STATUS(kith_log(runtime, KITH_LOG_INFO, "a", "b"), KITH_ECLOSED);
}

TEST(runtime, refuses_what_its_state_or_an_argument_does_not_allow)
{
	struct app app;
	app_init(&app);
	app.options.workers = -1;
	STATUS(kith_open(&app.options, &app.runtime), KITH_EINVAL);
	app.options.workers = 0;
	OK(kith_open(&app.options, &app.runtime));
	struct kith_outcome outcome = {.size = sizeof(outcome)};
	STATUS(kith_start(app.runtime), KITH_ECONFLICT);
	STATUS(kith_run(app.runtime, 0), KITH_ECONFLICT);
	STATUS(kith_stop(app.runtime, 0), KITH_ECONFLICT);
	STATUS(kith_outcome_get(app.runtime, &outcome), KITH_ECONFLICT);
	STATUS(kith_require_entry(app.runtime, "app:a"), KITH_ECONFLICT);
	STATUS(kith_load(app.runtime, NULL), KITH_EINVAL);
	OK(kith_load(app.runtime, app.folder.dir));
	STATUS(kith_start_entry(app.runtime, NULL, 0, NULL), KITH_EINVAL);
	OK(kith_start(app.runtime));
	STATUS(kith_start(app.runtime), KITH_ECONFLICT);
	STATUS(kith_run(app.runtime, -1), KITH_EINVAL);
	STATUS(kith_stop(app.runtime, -1), KITH_EINVAL);
	STATUS(kith_outcome_get(app.runtime, NULL), KITH_EINVAL);
	app_fini(&app);
}

TEST(load, takes_files_in_memory)
{
	static const char yaml[] = "namespace: app\n"
				   "entries:\n"
				   "  - {name: host, kind: process.host, "
				   "lifecycle: {auto_start: true}}\n"
				   "  - {name: main, kind: process.lua, "
				   "source: file://lua/main.lua}\n";
	static const char lua[] = "return function() print('from memory') end";
	static const char settings[] = "host: {workers: 3}\n";
	const struct kith_file files[] = {
		{"all.yaml", yaml, strlen(yaml)},
		{"kith.yaml", settings, strlen(settings)},
		{"lua/main.lua", lua, strlen(lua)},
	};
	struct app app;
	app_init(&app);
	OK(kith_open(&app.options, &app.runtime));
	OK(kith_load_files(app.runtime, files, 3));
	EQ_UINT(kith_entry_count(app.runtime), 2);
	OK(kith_start_entry(app.runtime, "app:main", 0, NULL));
	OK(kith_run(app.runtime, KITH_NO_TIMEOUT));
	EQ_STR(ki_buf_cstr(&app.output), "from memory\n");
	STATUS(kith_load_files(app.runtime, files, 3), KITH_ECONFLICT);
	app_fini(&app);
}

/* One text with its Lua in it is a project, too; what file:// names is looked for nowhere else. */
TEST(load, tells_the_problems_of_files_in_memory)
{
	static const char yaml[] = "namespace: app\n"
				   "entries:\n"
				   "  - {name: host, kind: process.host}\n"
				   "  - {name: a, kind: process.lua, "
				   "source: \"return function(\"}\n"
				   "  - {name: b, kind: process.lua, source: file://pol.lua}\n"
				   "  - {name: c, kind: process.lua, source: file:///etc/passwd}\n"
				   "  - {name: d, kind: process.lua, source: file://../up.lua}\n";
	const struct kith_file files[] = {
		{"app.yaml", yaml, strlen(yaml)},
		{"pool.lua", "return 1", 8},
	};
	struct app app;
	app_init(&app);
	OK(kith_open(&app.options, &app.runtime));
	STATUS(kith_load_files(app.runtime, NULL, 0), KITH_EINVAL);
	STATUS(kith_load_files(app.runtime, &(struct kith_file){"x", NULL, 0}, 1), KITH_EINVAL);
	STATUS(kith_load_files(NULL, files, 2), KITH_ECLOSED);
	STATUS(kith_load_files(app.runtime, files, 2), KITH_EINVAL);
	EQ_UINT(kith_diag_count(app.runtime), 4);
	expect_diag(&app, 0,
		"app.yaml:4:42: <name> or '...' expected near <eof>; expected valid Lua");
	expect_diag(&app, 1,
		"app.yaml:5:42: no file \"pol.lua\"; expected a readable file in .; "
		"did you mean \"pool.lua\"?");
	expect_diag(&app, 2,
		"app.yaml:6:42: path traversal detected in file path: /etc/passwd; "
		"expected a file inside .");
	expect_diag(&app, 3,
		"app.yaml:7:42: path traversal detected in file path: ../up.lua; "
		"expected a file inside .");
	app_fini(&app);
}

TEST(load, without_files_in_memory_there_are_no_entries)
{
	struct app app;
	app_init(&app);
	OK(kith_open(&app.options, &app.runtime));
	struct kith_file none = {"", "", 0};
	STATUS(kith_load_files(app.runtime, &none, 0), KITH_EINVAL);
	expect_diag(&app, 0,
		".:1:1: no entries found in .; expected *.yaml or *.yml files with entries");
	app_fini(&app);
}

TEST(words, say_what_a_status_is)
{
	EQ_STR(kith_status_name(KITH_ENOTFOUND), "ENOTFOUND");
	EQ_STR(kith_status_kind(KITH_ENOTFOUND), "NotFound");
	EQ_STR(kith_status_text(KITH_OK), "success");
	EQ_STR(kith_version(), KITH_VERSION);
	int64_t ns = 0;
	OK(kith_duration_parse("1m30s", &ns));
	EQ_INT(ns, INT64_C(90000000000));
	STATUS(kith_duration_parse("soon", &ns), KITH_EINVAL);
	STATUS(kith_duration_parse(NULL, &ns), KITH_EINVAL);
}

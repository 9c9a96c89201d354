/* What kith.yaml, the options and the environment decide about a run (SPEC 16.8, 20, 21). */
#define _XOPEN_SOURCE 700 /* nftw */
#include "api_fixture.h"

static void logger(struct app *app, const char *yaml) {
	app_init(app);
	if (yaml) {
		folder_write(&app->folder, "kith.yaml", yaml);
	}
	folder_write(&app->folder, "src/main.yaml",
		"namespace: app\nentries:\n  - name: main\n    kind: process.lua\n"
		"    modules: [logger]\n    source: >\n"
		"      return function() logger:info('hello', {n = 4}) end\n");
}

/* Runs it, and wants the text in the log, or none of it. */
static void says(struct app *app, const char *text, bool wanted) {
	app_run(app, 0, NULL);
	bool found = strstr(ki_buf_cstr(&app->log), text) != NULL;
	if (found != wanted) {
		FAIL("\"%s\" is %s in \"%s\"", text, found ? "" : "not", ki_buf_cstr(&app->log));
	}
	app_fini(app);
}

TEST(api_settings, log_level_is_that_of_the_option_then_of_the_project_then_the_default) {
	struct app app;
	logger(&app, NULL);
	says(&app, "INFO  app:main  hello", true);
	logger(&app, NULL);
	app.options.default_log_level = KITH_LOG_WARN;
	says(&app, "hello", false);
	logger(&app, "log: {level: info}\n");
	app.options.default_log_level = KITH_LOG_WARN;
	says(&app, "hello", true);
	logger(&app, "log: {level: info}\n");
	app.options.log_level = KITH_LOG_ERROR;
	says(&app, "hello", false);
}

TEST(api_settings, log_format_is_that_of_the_option_then_of_the_project) {
	static const char line[] =
		"\"level\":\"info\",\"logger\":\"app:main\",\"msg\":\"hello\","
		"\"pid\":\"{app:host|0x00003}\",\"entry\":\"app:main\","
		"\"location\":\"app:main:1\",\"n\":4}\n";
	struct app app;
	logger(&app, "log: {format: json}\n");
	says(&app, line, true);
	logger(&app, NULL);
	app.options.log_format = KITH_LOG_JSON;
	says(&app, line, true);
	logger(&app, "log: {format: json}\n");
	app.options.log_format = KITH_LOG_TEXT;
	says(&app, "hello  pid=", true);
}

TEST(api_settings, crash_is_an_object_in_a_log_of_json) {
	struct app app;
	app_init(&app);
	app.options.log_format = KITH_LOG_JSON;
	app_process(&app, "main", "return function() error('boom \"x\"') end", "");
	EQ_INT(app_run(&app, 0, NULL).exit_status, 1);
	HAS_STR(ki_buf_cstr(&app.log),
		"\"msg\":\"CRASH\",\"pid\":\"{app:host|0x00003}\",\"entry\":\"app:main\","
		"\"reason\":\"app:main:1: boom \\\"x\\\"\",\"kind\":\"Internal\","
		"\"traceback\":\"app:main:1: in function <app:main:1>\",");
	HAS_STR(ki_buf_cstr(&app.log),
		"\"uptime\":0.000,\"restarts\":0,\"links\":0,\"monitors\":0}\n");
	app_fini(&app);
}

TEST(api_settings, sets_go_before_kith_yaml_and_are_checked_like_it) {
	static const char *const sets[] = {"log.level=info", "log.format=json"};
	struct app app;
	logger(&app, "log: {level: error}\n");
	app.options.sets = sets;
	app.options.nr_sets = 2;
	says(&app, "\"msg\":\"hello\"", true);

	static const char *const wrong[] = {"log.level=loud"};
	logger(&app, NULL);
	app.options.sets = wrong;
	app.options.nr_sets = 1;
	OK(kith_open(&app.options, &app.runtime));
	STATUS(kith_load(app.runtime, app.folder.dir), KITH_EINVAL);
	struct kith_diag diag;
	OK(kith_diag_get(app.runtime, 0, &diag));
	EQ_STR(diag.file, "--set");
	app_fini(&app);
}

static const char *lookup(void *user, const char *name) {
	NOT_NULL(user);
	return strcmp(name, "LEVEL") == 0 ? "error" : NULL;
}

TEST(api_settings, variables_come_from_the_embedder_alone) {
	struct app app;
	logger(&app, "log: {level: '${env:LEVEL:-info}'}\n");
	app.options.lookup_env = lookup;
	says(&app, "hello", false);
	logger(&app, "log: {level: '${env:LEVEL:-info}'}\n");
	says(&app, "hello", true);
}

TEST(api_settings, stop_takes_the_time_that_the_project_gives) {
	struct app app;
	app_init(&app);
	app.options.keep = 1;
	folder_write(&app.folder, "kith.yaml", "shutdown: {timeout: 2s}\n");
	app_process(&app, "deaf", "return function() time.sleep('1h') end",
		"    lifecycle: {auto_start: true, stop_timeout: 5m}\n");
	app_load(&app);
	OK(kith_start(app.runtime));
	STATUS(kith_run(app.runtime, 1), KITH_ETIMEOUT);
	OK(kith_stop(app.runtime, KITH_PROJECT_TIMEOUT));
	STATUS(kith_run(app.runtime, INT64_C(1900000000)), KITH_ETIMEOUT);
	OK(kith_run(app.runtime, INT64_C(200000000)));
	STATUS(kith_stop(app.runtime, -2), KITH_EINVAL);
	app_fini(&app);
}

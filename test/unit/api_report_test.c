/* What a runtime tells of ends (SPEC 21.1, 21.2). */
#define _XOPEN_SOURCE 700 /* nftw */
#include "api_fixture.h"

/* What was logged, a call of the callback each. */
struct units {
	struct app app;
	char text[32][512];
	int nr;
};

static void note_unit(void *user, enum kith_log_level level, const char *text, size_t len)
{
	struct units *units = user;
	(void)level;
	LT_INT(units->nr, 32);
	snprintf(units->text[units->nr++], sizeof(units->text[0]), "%.*s", (int)len, text);
}

/* Runs app:main, whose body is `body`, beside app:child. */
static void run(struct units *units, const char *body, const char *child, enum kith_log_level level,
	enum kith_log_format format)
{
	char text[2048];
	memset(units, 0, sizeof(*units));
	app_init(&units->app);
	units->app.options.log = note_unit;
	units->app.options.log_level = level;
	units->app.options.log_format = format;
	snprintf(text, sizeof(text), "return function()\n%s\nend\n", body);
	app_process(&units->app, "main", text, "");
	folder_write(&units->app.folder, "src/main.yaml",
		"namespace: app\nentries:\n  - name: main\n    kind: process.lua\n"
		"    source: file://main.lua\n    modules: [time, supervisor]\n");
	app_process(&units->app, "child", child, "");
	app_run(&units->app, 0, NULL);
}

static int nr_units_with(const struct units *units, const char *part)
{
	int nr = 0;
	for (int i = 0; i < units->nr; i++) {
		nr += strstr(units->text[i], part) != NULL;
	}
	return nr;
}

static const char watched[] =
	"process.set_options({trap_links = true})\n"
	"process.spawn_linked_monitored('app:child') time.sleep('1m')";

/* SPEC 21.2 */
TEST(report, of_a_crash_is_one_unit)
{
	struct units units;
	run(&units, watched,
		"return function()\n"
		"  time.sleep('12.4s')\n"
		"  error('boom')\n"
		"end\n", KITH_LOG_WARN, KITH_LOG_TEXT);
	EQ_INT(units.nr, 1);
	EQ_STR(units.text[0],
		"CRASH app:child {app:host|0x00004}\n"
		"  reason    app:child:3: boom (Internal)\n"
		"  uptime    12.40s, restarts 0, notified 1 link and 1 monitor\n"
		"  traceback app:child:3: in function <app:child:1>\n");
	app_fini(&units.app);
}

/* SPEC 21.2: the traceback is that of the coroutine which failed, its lines in one column. */
TEST(report, of_a_coroutine_shows_where_it_failed)
{
	struct units units;
	run(&units, "process.spawn('app:child') time.sleep('1s')",
		"local function deep(n)\n"
		"  if n == 0 then error('two\\nlines') end\n"
		"  deep(n - 1)\n"
		"end\n"
		"return function()\n"
		"  coroutine.spawn(function() deep(1) end)\n"
		"  time.sleep('1h')\n"
		"end\n", KITH_LOG_WARN, KITH_LOG_TEXT);
	EQ_INT(units.nr, 1);
	EQ_STR(units.text[0],
		"CRASH app:child {app:host|0x00004}\n"
		"  reason    app:child:2: two\n"
		"            lines (Internal)\n"
		"  uptime    0.00s, restarts 0, notified 0 links and 0 monitors\n"
		"  traceback app:child:2: in upvalue 'deep'\n"
		"            app:child:3: in upvalue 'deep'\n"
		"            app:child:6: in function <app:child:6>\n");
	app_fini(&units.app);
}

TEST(report, of_a_returned_error_has_no_traceback)
{
	struct units units;
	run(&units, watched, "return function() return nil, 'text' end\n", KITH_LOG_WARN,
		KITH_LOG_TEXT);
	EQ_INT(units.nr, 1);
	EQ_STR(units.text[0],
		"CRASH app:child {app:host|0x00004}\n"
		"  reason    text (Internal)\n"
		"  uptime    0.00s, restarts 0, notified 1 link and 1 monitor\n");
	app_fini(&units.app);
}

TEST(report, in_json_is_one_object)
{
	struct units units;
	run(&units, watched, "return function() error('boom') end\n", KITH_LOG_WARN,
		KITH_LOG_JSON);
	EQ_INT(units.nr, 1);
	EQ_STR(units.text[0],
		"{\"ts\":\"2020-01-01T00:00:00.000Z\",\"level\":\"error\","
		"\"logger\":\"kith.process\",\"msg\":\"CRASH\",\"pid\":\"{app:host|0x00004}\","
		"\"entry\":\"app:child\",\"reason\":\"app:child:1: boom\",\"kind\":\"Internal\","
		"\"traceback\":\"app:child:1: in function <app:child:1>\",\"uptime\":0.000,"
		"\"restarts\":0,\"links\":1,\"monitors\":1}\n");
	app_fini(&units.app);
}

/* SPEC 21.2: its supervisor is one link and one monitor. */
TEST(report, of_a_child_says_how_often_it_was_restarted)
{
	struct units units;
	run(&units,
		"supervisor.start{max_restarts = 2, within = '1h',\n"
		"  children = {{name = 'w', process = 'app:child'}}}\n"
		"time.sleep('1s')",
		"return function() time.sleep('10ms') error('boom', 0) end\n", KITH_LOG_WARN,
		KITH_LOG_TEXT);
	EQ_INT(nr_units_with(&units, "CRASH app:child"), 3);
	EQ_INT(nr_units_with(&units,
		"  reason    boom (Internal)\n"
		"  uptime    0.01s, restarts 0, notified 1 link and 1 monitor\n"), 1);
	EQ_INT(nr_units_with(&units, "  uptime    0.01s, restarts 1, notified 1 link"), 1);
	EQ_INT(nr_units_with(&units, "  uptime    0.01s, restarts 2, notified 1 link"), 1);
	app_fini(&units.app);
}

/* SPEC 21.2: terminate, the deadline of a cancel and the stop of a host are a line each. */
TEST(report, of_an_end_by_force_is_a_line)
{
	struct units units;
	run(&units,
		"process.spawn('app:child')\n"
		"process.terminate(process.spawn('app:child'))\n"
		"process.cancel(process.spawn('app:child'), '1ms')\n"
		"time.sleep('1s')",
		"return function() time.sleep('1m') end\n", KITH_LOG_INFO, KITH_LOG_TEXT);
	EQ_INT(nr_units_with(&units, "CRASH"), 0);
	EQ_INT(nr_units_with(&units, "Z WARN  kith.process  process terminated  pid={app:host|0x"),
		1);
	EQ_INT(nr_units_with(&units,
		"Z WARN  kith.process  cancel deadline exceeded  pid={app:host|0x"), 1);
	EQ_INT(nr_units_with(&units, " entry=app:child\n"), 3);
	EQ_INT(nr_units_with(&units, "Z INFO  kith.process  context canceled  pid={app:host|0x"),
		1); /* the first, by the end of its host: it could not be asked */
	app_fini(&units.app);
}

TEST(report, of_a_process_that_ignores_cancel_is_a_warning)
{
	struct units units;
	run(&units, "process.spawn('app:child') time.sleep('1s')",
		"return function() process.events() time.sleep('1m') end\n", KITH_LOG_WARN,
		KITH_LOG_TEXT);
	EQ_INT(units.nr, 1);
	EQ_INT(nr_units_with(&units, "Z WARN  kith.process  context canceled  pid={app:host|0x"),
		1);
	app_fini(&units.app);
}

TEST(report, of_a_cascade_names_its_source)
{
	struct units units;
	run(&units,
		"process.set_options({trap_links = true})\n"
		"process.spawn_linked('app:child', nil, true)\n"
		"time.sleep('1s')",
		"return function(outer)\n"
		"  if outer then process.spawn_linked('app:child') time.sleep('1m') end\n"
		"  error('inner')\n"
		"end\n", KITH_LOG_WARN, KITH_LOG_TEXT);
	EQ_INT(units.nr, 2);
	EQ_INT(nr_units_with(&units, "CRASH app:child {app:host|0x00005}\n"), 1);
	EQ_STR(units.text[1],
		"2020-01-01T00:00:00.000Z WARN  kith.process  linked process failed  "
		"pid={app:host|0x00004} entry=app:child peer={app:host|0x00005} "
		"reason=\"app:child:3: inner\"\n");
	app_fini(&units.app);
}

/* Though the stop looks at a host more than once. */
TEST(report, of_a_host_that_has_stopped_comes_once)
{
	struct units units;
	run(&units, "process.spawn('app:child') process.spawn('app:child')",
		"return function() process.spawn('app:child') time.sleep('1m') end\n",
		KITH_LOG_DEBUG, KITH_LOG_TEXT);
	EQ_INT(nr_units_with(&units, "host runs  service=app:host"), 1);
	EQ_INT(nr_units_with(&units, "host stopped  service=app:host"), 1);
	app_fini(&units.app);
}

/* Snapshots (SPEC 21.3, 21.4), as a program that embeds kith gets them. */
#define _XOPEN_SOURCE 700 /* nftw */
#include "api_fixture.h"
#include "base/atomic.h"

static void check_line(const char *line, size_t len)
{
	TRUE(len > 2 && line[0] == '{' && line[len - 2] == '}' && line[len - 1] == '\n');
}

static void take(void *user, const char *line, size_t len)
{
	check_line(line, len);
	ki_buf_put(user, line, len);
}

/* The records of app, where `what` is; the caller frees them. */
static struct ki_buf snapshot(struct app *app)
{
	struct ki_buf text;
	ki_buf_init(&text);
	OK(kith_snapshot(app->runtime, take, &text));
	return text;
}

/* Each of `parts` stands in one line of the text. */
static void has_line(const struct ki_buf *text, const char *const *parts)
{
	for (const char *line = text->ptr, *end; line < text->ptr + text->len; line = end + 1) {
		end = memchr(line, '\n', text->len);
		size_t found = 0;
		for (; parts[found]; found++) {
			const char *at = strstr(line, parts[found]);
			if (!at || at >= end) {
				break;
			}
		}
		if (!parts[found]) {
			return;
		}
	}
	FAIL("no line with %s ... in\n%s", parts[0], text->ptr);
}

#define HAS_LINE(text, ...) has_line(text, (const char *const[]){__VA_ARGS__, NULL})

static const char supervised[] =
	"  - name: crew\n    kind: process.supervisor\n    children:\n"
	"      - {name: w, process: app:worker, count: 2}\n"
	"    lifecycle: {auto_start: true}\n";

static void open_crew(struct app *app, bool simulate)
{
	char text[1024];
	app_init(app);
	app->options.simulate = simulate;
	app->options.keep = 1; /* nobody has anything to do */
	app_process(app, "worker",
		"return function()\n"
		"  process.registry.register('name of ' .. process.pid())\n"
		"  process.set_options({trap_links = true})\n"
		"  process.listen('x'):receive()\n"
		"end\n", "");
	snprintf(text, sizeof(text), "namespace: app\nentries:\n%s", supervised);
	folder_write(&app->folder, "src/crew.yaml", text);
	app_load(app);
	OK(kith_start(app->runtime));
}

/* SPEC 21.4 */
TEST(snapshot, tells_of_hosts_services_supervisors_and_processes)
{
	struct app app;
	open_crew(&app, true);
	STATUS(kith_run(app.runtime, INT64_C(1000000000)), KITH_ETIMEOUT);
	struct ki_buf text = snapshot(&app);
	ki_buf_putc(&text, '\0');
	text.len--;
	HAS_LINE(&text, "{\"record\":\"runtime\",\"uptime_ns\":0,\"spawned\":3,",
		"\"processes\":3,", "\"links\":4,", "\"names\":2,");
	HAS_LINE(&text, "{\"record\":\"host\",\"id\":\"app:host\",\"state\":\"running\",",
		"\"spawned\":3,", "\"spawn_refused\":0,", "\"ended_normal\":0,",
		"\"ended_failed\":0,", "\"ended_forced\":0,", "\"processes\":3,",
		"\"messages_sent\":0,", "\"messages_received\":0,", "\"messages_refused\":0,",
		"\"messages_dropped\":0,", "\"mailbox_depth\":0,", "\"mailbox_kept\":0,",
		"\"signals\":", "\"links\":4,", "\"monitors\":2,", "\"names\":2,",
		"\"timers\":0,", "\"executed\":", "\"stolen\":0,", "\"preempted\":0,",
		"\"stuck\":0,", "\"workers\":2,", "\"workers_busy\":0,", "\"queue_depth\":0,",
		"\"cpu_ns\":0,", "\"heap_bytes\":", "\"payload_bytes\":0}");
	HAS_LINE(&text, "{\"record\":\"service\",\"id\":\"app:crew\",\"process\":\"app:crew\","
		"\"host\":\"app:host\",\"pid\":\"{app:host|0x", "\"status\":\"running\","
		"\"desired\":\"running\",\"retry_count\":0,\"restarts\":0,\"started_at\":15778368",
		"\"last_update\":15778368", "\"details\":\"\"}");
	HAS_LINE(&text, "{\"record\":\"service\",\"id\":\"app:host\",\"process\":null,"
		"\"host\":\"app:host\",\"pid\":null,\"status\":\"running\"");
	HAS_LINE(&text, "{\"record\":\"supervisor\",\"pid\":\"{app:host|0x",
		"\"entry\":\"app:crew\",\"children\":[{\"name\":\"w/1\",\"pid\":\"{app:host|0x",
		"\"process\":\"app:worker\",\"restart\":\"permanent\",\"state\":\"running\","
		"\"restarts\":0,\"started_at\":15778368", "},{\"name\":\"w/2\",", "}]}");
	HAS_LINE(&text, "{\"record\":\"process\",\"pid\":\"{app:host|0x", "\"host\":\"app:host\","
		"\"entry\":\"app:worker\",\"parent\":\"{app:host|0x", "\"state\":\"idle\","
		"\"mailbox\":0,\"steps\":", "\"cpu_ns\":0,\"heap_bytes\":",
		"\"started_at\":15778368", "\"links\":1,\"monitors\":0,"
		"\"names\":[\"name of {app:host|0x", "\"trap_links\":true,"
		"\"waiting_in\":\"receive\"}");
	ki_buf_fini(&text);
	app_fini(&app);
}

TEST(snapshot, goes_on_telling_after_the_run)
{
	struct app app;
	open_crew(&app, true);
	OK(kith_stop(app.runtime, 0));
	OK(kith_run(app.runtime, KITH_NO_TIMEOUT));
	struct ki_buf text = snapshot(&app);
	ki_buf_putc(&text, '\0');
	text.len--;
	HAS_LINE(&text, "\"record\":\"host\"", "\"state\":\"stopped\"", "\"processes\":0,");
	HAS_LINE(&text, "\"record\":\"service\",\"id\":\"app:crew\"", "\"pid\":null,",
		"\"desired\":\"stopped\"");
	IS_NULL(strstr(text.ptr, "\"record\":\"process\""));
	IS_NULL(strstr(text.ptr, "\"record\":\"supervisor\""));
	ki_buf_fini(&text);
	app_fini(&app);
}

TEST(snapshot, needs_something_that_was_started)
{
	struct app app;
	struct kith_runtime *none = NULL;
	app_init(&app);
	app_load(&app);
	STATUS(kith_snapshot(none, take, NULL), KITH_ECLOSED);
	STATUS(kith_snapshot(app.runtime, NULL, NULL), KITH_EINVAL);
	STATUS(kith_snapshot(app.runtime, take, NULL), KITH_ECONFLICT);
	app_fini(&app);
}

/* ---- While everything runs ---- */

struct reader {
	struct app *app;
	struct ki_thread thread;
	_Atomic(bool) xover;
	int nr;
};

static void count_line(void *user, const char *line, size_t len)
{
	check_line(line, len);
	*(size_t *)user += len;
}

static void read_on(void *arg)
{
	struct reader *reader = arg;
	while (!ki_load_rlx(&reader->xover)) { /* polled */
		size_t bytes = 0;
		OK(kith_snapshot(reader->app->runtime, count_line, &bytes));
		GE_UINT(bytes, 100);
		reader->nr++;
	}
}

/* On threads, with children that come and go. TSan judges. */
TEST(snapshot, is_taken_while_supervisors_restart_and_processes_end)
{
	struct app app;
	struct reader reader = {.app = &app};
	app_init(&app);
	app.options.simulate = 0;
	app_process(&app, "worker", "return function() time.sleep('100us') end\n", "");
	app_process(&app, "main",
		"return function()\n"
		"  local supervisor = require('supervisor')\n"
		"  for i = 1, 20 do\n"
		"    local sup = supervisor.start{max_restarts = 1000000, children = {\n"
		"      {name = 'w', process = 'app:worker', count = 3}}}\n"
		"    time.sleep('5ms')\n"
		"    supervisor.start_child(sup, {name = 'x', process = 'app:worker',\n"
		"      restart = 'temporary'})\n"
		"    time.sleep('2ms')\n"
		"    process.terminate(sup)\n"
		"  end\n"
		"end\n", "");
	folder_write(&app.folder, "src/main.yaml",
		"namespace: app\nentries:\n  - name: main\n    kind: process.lua\n"
		"    source: file://main.lua\n    modules: [time, supervisor]\n");
	app_load(&app);
	OK(kith_start_entry(app.runtime, "app:main", 0, NULL));
	OK(ki_thread_start(&reader.thread, read_on, &reader, 0));
	OK(kith_run(app.runtime, KITH_NO_TIMEOUT));
	ki_store_rlx(&reader.xover, true); /* polled */
	ki_thread_join(&reader.thread);
	GE_INT(reader.nr, 1);
	app_fini(&app);
}

/* ---- Whoever takes may be slow ---- */

struct slow_reader {
	struct app *app;
	struct ki_thread reader, stopper;
	_Atomic(bool) xtakes, xover;
};

static void take_slowly(void *user, const char *line, size_t len)
{
	static const char start[] = "{\"record\":\"supervisor\"";
	struct slow_reader *slow = user;
	if (len > sizeof(start) && memcmp(line, start, sizeof(start) - 1) == 0) {
		ki_store_rlx(&slow->xtakes, true); /* polled, as the others */
		while (!ki_load_rlx(&slow->xover)) {
			ki_thread_yield();
		}
	}
}

static void read_until_over(void *arg)
{
	struct slow_reader *slow = arg;
	while (!ki_load_rlx(&slow->xtakes)) {
		OK(kith_snapshot(slow->app->runtime, take_slowly, slow));
	}
}

static void stop_then(void *arg)
{
	struct slow_reader *slow = arg;
	while (!ki_load_rlx(&slow->xtakes)) {
		ki_thread_yield();
	}
	OK(kith_stop(slow->app->runtime, INT64_C(1000000000)));
}

TEST(snapshot, nobody_waits_for_whoever_takes_it)
{
	struct app app;
	struct slow_reader slow = {.app = &app};
	open_crew(&app, false);
	OK(ki_thread_start(&slow.reader, read_until_over, &slow, 0));
	OK(ki_thread_start(&slow.stopper, stop_then, &slow, 0));
	OK(kith_run(app.runtime, KITH_NO_TIMEOUT));
	ki_store_rlx(&slow.xover, true);
	ki_thread_join(&slow.reader);
	ki_thread_join(&slow.stopper);
	app_fini(&app);
}

/* Runs: what an entry's end means, timeouts and stops, and several runtimes in one program. */
#define _XOPEN_SOURCE 700 /* nftw */
#include "api_fixture.h"
#include "base/atomic.h"
#include "base/compiler.h"

static const int64_t SECOND = INT64_C(1000000000);

/* ---- The outcome of an entry (SPEC 20.3) ---- */

TEST(outcome, follows_from_the_result_of_the_entry)
{
	static const struct {
		const char *body;
		int status;
		const char *output;
	} cases[] = {
		{"return", 0, NULL},
		{"return nil", 0, NULL},
		{"return true", 0, NULL},
		{"return false", 1, NULL},
		{"return 0", 0, NULL},
		{"return 7", 7, NULL},
		{"return 255", 255, NULL},
		{"return 256", 255, NULL},
		{"return -1", 255, NULL},
		{"return 1.5", 0, "1.5\n"},
		{"return 2.0", 0, "2.0\n"},
		{"return 'hello'", 0, "hello\n"},
		{"return {}", 0, "[]\n"},
		{"return {1, 'a', true, {2.5}}", 0, "[1,\"a\",true,[2.5]]\n"},
		{"return {b = 1, a = {c = 'x\\n\"'}, [10] = false}", 0,
			"{\"10\":false,\"a\":{\"c\":\"x\\n\\\"\"},\"b\":1}\n"},
		{"return {1, 2, x = 3}", 0, "{\"1\":1,\"2\":2,\"x\":3}\n"},
		{"local t = {1} return {t, t}", 0, "[[1],[1]]\n"},
		{"local t = {} t.t = t return {t}", 0, "[{\"t\":null}]\n"},
		{"return {1 / 0, time.parse_duration('1m30s')}", 0, "[null,\"1m30s\"]\n"},
		{"return payload.new({a = 1})", 0, "{\"a\":1}\n"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct app app;
		app_init(&app);
		char source[512];
		snprintf(source, sizeof(source), "return function()\n%s\nend\n", cases[i].body);
		app_process(&app, "main", source, "");
		struct kith_outcome outcome = app_run(&app, 0, NULL);
		if (outcome.exit_status != cases[i].status) {
			FAIL("%s: status %d, expected %d", cases[i].body, outcome.exit_status,
				cases[i].status);
		}
		test_eq_str(__FILE__, __LINE__, cases[i].body, outcome.output, cases[i].output);
		IS_NULL(outcome.error);
		app_fini(&app);
	}
}

TEST(outcome, of_a_failure_is_message_and_traceback)
{
	struct app app;
	app_init(&app);
	app_process(&app, "main", "return function()\n\terror(\"boom\")\nend\n", "");
	struct kith_outcome outcome = app_run(&app, 0, NULL);
	EQ_INT(outcome.exit_status, 1);
	IS_NULL(outcome.output);
	HAS_STR(outcome.error, "app:main:2: boom\n");
	HAS_STR(outcome.error, "stack traceback:");
	HAS_STR(ki_buf_cstr(&app.log), "CRASH app:main {app:host|0x");
	HAS_STR(ki_buf_cstr(&app.log), "  reason    app:main:2: boom (Internal)\n"
		"  uptime    0.00s, restarts 0, notified 0 links and 0 monitors\n"
		"  traceback ");
	app_fini(&app);
}

TEST(outcome, spec_2_4_of_a_deep_failure_has_both_ends_of_the_traceback)
{
	struct app app;
	app_init(&app);
	app_process(&app, "main",
		"local function last() error('boom', 0) end\n"
		"local function deep(n)\n"
		"\tif n == 0 then return last() end\n"
		"\tlocal r = deep(n - 1)\n"
		"\treturn r\n"
		"end\n"
		"return function() deep(30) end\n", "");
	struct kith_outcome outcome = app_run(&app, 0, NULL);
	HAS_STR(outcome.error, "boom\nstack traceback:\n\t[C]: in function 'error'\n"
		"\tapp:main:1: in function <app:main:1>\n\t(...tail calls...)\n"
		"\tapp:main:4: in upvalue 'deep'\n");
	HAS_STR(outcome.error, "deep'\n\t...\t(skipping 13 levels)\n\tapp:main:4: in ");
	HAS_STR(outcome.error, "in function <app:main:7>\n");
	app_fini(&app);
}

TEST(outcome, of_a_start_that_fails_is_its_error)
{
	struct app app;
	app_init(&app);
	app_process(&app, "main", "error('no', 0)\n", "");
	struct kith_outcome outcome = app_run(&app, 0, NULL);
	EQ_INT(outcome.exit_status, 1);
	HAS_STR(outcome.error, "failed to execute script: no");
	app_fini(&app);
}

TEST(outcome, is_1_when_a_required_service_failed_for_good)
{
	struct app app;
	app_init(&app);
	app_process(&app, "bad",
		"return function() error(errors.new{message='x', retryable=false}) end\n",
		"    lifecycle: {auto_start: true}\n");
	app_load(&app);
	OK(kith_start(app.runtime));
	OK(kith_run(app.runtime, KITH_NO_TIMEOUT));
	struct kith_outcome outcome = {.size = sizeof(outcome)};
	OK(kith_outcome_get(app.runtime, &outcome));
	EQ_INT(outcome.exit_status, 1);
	app_fini(&app);
}

/* ---- What a process is given, and what it writes ---- */

TEST(run, entries_get_their_arguments_as_strings)
{
	struct app app;
	app_init(&app);
	app_process(&app, "main", "return function(...) print(select('#', ...), ...) end\n", "");
	const char *args[] = {"7", "", "x y"};
	EQ_INT(app_run(&app, 3, args).exit_status, 0);
	EQ_STR(ki_buf_cstr(&app.output), "3\t7\t\tx y\n");
	app_fini(&app);
}

TEST(run, services_get_their_input)
{
	struct app app;
	app_init(&app);
	app_process(&app, "svc",
		"return function(a, b, c, d, e)\n"
		"\tprint(a, b, math.type(c), #d, d[2], e.k.n)\n"
		"end\n",
		"    input: [text, null, 2.5, [1, two], {k: {n: true}}]\n"
		"    lifecycle: {auto_start: true}\n");
	app_load(&app);
	OK(kith_start(app.runtime));
	OK(kith_run(app.runtime, KITH_NO_TIMEOUT));
	EQ_STR(ki_buf_cstr(&app.output), "text\tnil\tfloat\t2\ttwo\ttrue\n");
	HAS_STR(ki_buf_cstr(&app.log),
		"2020-01-01T00:00:00.000Z INFO  kith.service  service exited");
	HAS_STR(ki_buf_cstr(&app.log), "nothing left to run");
	app_fini(&app);
}

TEST(run, ends_when_its_output_is_refused)
{
	struct app app;
	app_init(&app);
	app.refuse_output = 1;
	app_process(&app, "main",
		"return function() while true do print('x') time.sleep('1s') end end\n", "");
	EQ_INT(app_run(&app, 0, NULL).exit_status, 1);
	EQ_STR(ki_buf_cstr(&app.output), "x\n");
	app_fini(&app);
}

/* ---- Time and stops ---- */

static const char ticker[] =
	"return function()\n"
	"\tlocal events = process.events()\n"
	"\tfor i = 1, 1000 do\n"
	"\t\tlocal r = channel.select({events:case_receive(), time.after('1s'):case_receive()})\n"
	"\t\tif r.channel == events then print(r.value.kind, r.value.reason) return end\n"
	"\t\tprint(i)\n"
	"\tend\n"
	"end\n";

TEST(run, is_cut_at_its_timeout_and_goes_on_after_it)
{
	struct app app;
	app_init(&app);
	app_process(&app, "svc", ticker, "    lifecycle: {auto_start: true}\n");
	app_load(&app);
	OK(kith_start(app.runtime));
	STATUS(kith_run(app.runtime, 2 * SECOND), KITH_ETIMEOUT);
	EQ_STR(ki_buf_cstr(&app.output), "1\n2\n");
	STATUS(kith_run(app.runtime, SECOND), KITH_ETIMEOUT);
	EQ_STR(ki_buf_cstr(&app.output), "1\n2\n3\n");
	OK(kith_stop(app.runtime, 10 * SECOND));
	OK(kith_run(app.runtime, KITH_NO_TIMEOUT));
	EQ_STR(ki_buf_cstr(&app.output), "1\n2\n3\npid.cancel\tservice stopping\n");
	STATUS(kith_run(app.runtime, 0), KITH_ECONFLICT);
	OK(kith_stop(app.runtime, 0));
	struct kith_outcome outcome = {.size = sizeof(outcome)};
	OK(kith_outcome_get(app.runtime, &outcome));
	EQ_INT(outcome.exit_status, 0);
	app_fini(&app);
}

TEST(run, closed_in_its_middle_prints_no_more)
{
	struct app app;
	app_init(&app);
	app_process(&app, "svc", ticker, "    lifecycle: {auto_start: true}\n");
	app_load(&app);
	OK(kith_start(app.runtime));
	STATUS(kith_run(app.runtime, 2 * SECOND), KITH_ETIMEOUT);
	size_t logged = app.log.len;
	app_close(&app);
	EQ_STR(ki_buf_cstr(&app.output), "1\n2\n");
	EQ_UINT(app.log.len, logged);
	app_fini(&app);
}

TEST(run, started_and_never_run_can_be_closed)
{
	struct app app;
	app_init(&app);
	app_process(&app, "svc", ticker, "    lifecycle: {auto_start: true}\n");
	app_load(&app);
	OK(kith_start(app.runtime));
	app_fini(&app);
}

TEST(run, an_entry_that_nothing_can_wake_ends_with_1)
{
	struct app app;
	app_init(&app);
	app_process(&app, "main", "return function() process.inbox():receive() end\n", "");
	EQ_INT(app_run(&app, 0, NULL).exit_status, 1);
	HAS_STR(ki_buf_cstr(&app.log), "nothing left to run");
	app_fini(&app);
}

TEST(run, ends_on_threads_too_when_nothing_is_left)
{
	struct app app;
	app_init(&app);
	app.options.simulate = 0;
	app_process(&app, "main",
		"return function()\n"
		"\ttime.sleep('150ms')\n"
		"\tprint('still here')\n"
		"\tprocess.inbox():receive()\n"
		"end\n",
		"");
	EQ_INT(app_run(&app, 0, NULL).exit_status, 1);
	EQ_STR(ki_buf_cstr(&app.output), "still here\n");
	HAS_STR(ki_buf_cstr(&app.log), "nothing left to run");
	app_fini(&app);

	app_init(&app);
	app.options.simulate = 0;
	app_process(&app, "svc", "return function() print('once') end\n",
		"    lifecycle: {auto_start: true}\n");
	app_load(&app);
	OK(kith_start(app.runtime));
	OK(kith_run(app.runtime, KITH_NO_TIMEOUT));
	EQ_STR(ki_buf_cstr(&app.output), "once\n");
	app_fini(&app);
}

TEST(run, a_service_that_waits_keeps_a_run_on_threads)
{
	struct app app;
	app_init(&app);
	app.options.simulate = 0;
	app_process(&app, "svc", "return function() process.events():receive() end\n",
		"    lifecycle: {auto_start: true}\n");
	app_load(&app);
	OK(kith_start(app.runtime));
	STATUS(kith_run(app.runtime, SECOND / 2), KITH_ETIMEOUT);
	app_fini(&app);
}

static void stop_soon(void *arg)
{
	struct app *app = arg;
	ki_thread_yield();
	OK(kith_stop(app->runtime, 10 * SECOND));
}

TEST(run, kept_waits_for_a_stop)
{
	struct app app;
	app_init(&app);
	app.options.keep = 1;
	app_load(&app);
	OK(kith_start(app.runtime));
	STATUS(kith_run(app.runtime, SECOND), KITH_ETIMEOUT);
	struct ki_thread thread;
	OK(ki_thread_start(&thread, stop_soon, &app, 0));
	OK(kith_run(app.runtime, KITH_NO_TIMEOUT));
	ki_thread_join(&thread);
	app_fini(&app);
}

static void run_seed(struct ki_buf *out, uint64_t seed)
{
	struct app app;
	app_init(&app);
	app.options.seed = seed;
	app_process(&app, "w",
		"return function(id)\n"
		"\tfor i = 1, 5 do print(id, i, math.random(1000)) time.sleep(0) end\n"
		"end\n",
		"");
	app_process(&app, "main",
		"return function()\n"
		"\tfor i = 1, 4 do process.spawn('app:w', 'app:host', i) end\n"
		"\ttime.sleep('1s')\n"
		"end\n",
		"");
	EQ_INT(app_run(&app, 0, NULL).exit_status, 0);
	ki_buf_putv(out, ki_buf_view(&app.output));
	app_fini(&app);
}

TEST(run, a_seed_decides_the_order_of_a_simulation)
{
	struct ki_buf first = {0}, again = {0}, other = {0};
	run_seed(&first, 3);
	run_seed(&again, 3);
	run_seed(&other, 4);
	EQ_STR(ki_buf_cstr(&again), ki_buf_cstr(&first));
	EQ_UINT(other.len > 0, 1);
	TRUE(strcmp(ki_buf_cstr(&other), ki_buf_cstr(&first)) != 0);
	ki_buf_fini(&first);
	ki_buf_fini(&again);
	ki_buf_fini(&other);
}

/* The sanitizers' builds take every block from malloc (mem/region.h). */
#if !KI_ASAN && !KI_TSAN

/* Shows addresses and the order of keys that are objects, with garbage in between. */
static void init_shower(struct app *app)
{
	app_init(app);
	app_process(app, "w",
		"return function(id)\n"
		"\tlocal number_of = {[print] = 0, [string.find] = -1}\n"
		"\tfor i = 1, 200 do number_of[{('x'):rep(i)}] = i end\n"
		"\tprint(id, number_of, print, string.find)\n"
		"\tfor object, i in pairs(number_of) do print(id, object, i) end\n"
		"end\n",
		"");
	app_process(app, "main",
		"return function()\n"
		"\tfor i = 1, 4 do process.spawn('app:w', 'app:host', i) end\n"
		"\ttime.sleep('1s')\n"
		"\tfor i = 5, 8 do process.spawn('app:w', 'app:host', i) end\n"
		"\ttime.sleep('1s')\n"
		"\tprint(channel.new(), process, {})\n"
		"end\n",
		"");
}

TEST(run, a_simulation_repeats_to_the_byte_what_shows_addresses)
{
	struct ki_buf first = {0};
	for (int i = 0; i < 3; i++) {
		void *elsewhere = malloc((size_t)i << 20);
		struct app app;
		init_shower(&app);
		EQ_INT(app_run(&app, 0, NULL).exit_status, 0);
		free(elsewhere);
		if (i == 0) {
			ki_buf_putv(&first, ki_buf_view(&app.output));
			TRUE(first.len > 20000);
		} else {
			EQ_STR(ki_buf_cstr(&app.output), ki_buf_cstr(&first));
		}
		app_fini(&app);
	}
	ki_buf_fini(&first);
}

/* The first one opened has the first range, the second the next. */
TEST(run, of_two_simulations_at_once_each_repeats)
{
	struct ki_buf before[2] = {{0}};
	for (int i = 0; i < 2; i++) {
		struct app apps[2];
		for (int n = 0; n < 2; n++) {
			init_shower(&apps[n]);
			EQ_INT(app_run(&apps[n], 0, NULL).exit_status, 0);
		}
		for (int n = 0; n < 2; n++) {
			if (i == 0) {
				ki_buf_putv(&before[n], ki_buf_view(&apps[n].output));
			} else {
				EQ_STR(ki_buf_cstr(&apps[n].output), ki_buf_cstr(&before[n]));
			}
			app_fini(&apps[n]);
		}
	}
	TRUE(strcmp(ki_buf_cstr(&before[0]), ki_buf_cstr(&before[1])) != 0);
	ki_buf_fini(&before[0]);
	ki_buf_fini(&before[1]);
}

#endif

/* ---- Threads ---- */

static void run_on_threads(void *arg)
{
	EQ_INT(app_run(arg, 0, NULL).exit_status, 3);
}

TEST(runtime, several_live_in_one_program)
{
	struct app apps[3];
	struct ki_thread threads[3];
	for (int i = 0; i < 3; i++) {
		app_init(&apps[i]);
		apps[i].options.simulate = i == 2;
		app_process(&apps[i], "child", "return function(n) return n + 1 end\n", "");
		app_process(&apps[i], "main",
			"return function()\n"
			"\tlocal events, sum = process.events(), 0\n"
			"\tfor i = 1, 100 do\n"
			"\t\tprocess.spawn_monitored('app:child', 'app:host', i)\n"
			"\tend\n"
			"\tfor i = 1, 100 do sum = sum + events:receive().result.value end\n"
			"\tprint(sum)\n"
			"\treturn 3\n"
			"end\n",
			"");
		OK(ki_thread_start(&threads[i], run_on_threads, &apps[i], 0));
	}
	for (int i = 0; i < 3; i++) {
		ki_thread_join(&threads[i]);
		EQ_STR(ki_buf_cstr(&apps[i].output), "5150\n");
		app_fini(&apps[i]);
	}
}

TEST(run, on_threads_is_cut_stopped_and_closed_alike)
{
	struct app app;
	app_init(&app);
	app.options.simulate = 0;
	app_process(&app, "svc", ticker, "    lifecycle: {auto_start: true}\n");
	app_load(&app);
	OK(kith_start(app.runtime));
	STATUS(kith_run(app.runtime, SECOND / 10), KITH_ETIMEOUT);
	STATUS(kith_run(app.runtime, SECOND / 10), KITH_ETIMEOUT);
	struct ki_thread thread;
	OK(ki_thread_start(&thread, stop_soon, &app, 0));
	OK(kith_run(app.runtime, KITH_NO_TIMEOUT));
	ki_thread_join(&thread);
	EQ_STR(ki_buf_cstr(&app.output), "pid.cancel\tservice stopping\n");
	app_fini(&app);

	app_init(&app);
	app.options.simulate = 0;
	app_process(&app, "svc", "return function() while true do end end\n",
		"    lifecycle: {auto_start: true}\n");
	app_load(&app);
	OK(kith_start(app.runtime));
	STATUS(kith_run(app.runtime, SECOND / 10), KITH_ETIMEOUT);
	app_fini(&app);
}

/* ---- A stop that force does not reach (SPEC 20.5) ---- */

struct gate {
	struct app app;
	_Atomic(bool) xentered, xopen;
};

/* As a write to a pipe that nobody reads. */
static int wait_at_gate(void *user, const char *text, size_t len)
{
	struct gate *gate = user;
	(void)text, (void)len;
	ki_store_rlx(&gate->xentered, true); /* polled, as below */
	while (!ki_load_rlx(&gate->xopen)) {
		ki_thread_yield();
	}
	return 0;
}

static void open_gate(void *arg)
{
	struct gate *gate = arg;
	while (!ki_load_rlx(&gate->xentered)) {
		ki_thread_yield();
	}
	OK(kith_stop(gate->app.runtime, SECOND / 10));
}

TEST(stop, spec_20_5_ends_a_run_though_a_process_is_inside_c_code)
{
	struct gate gate = {.app = {.refuse_output = 0}};
	struct ki_thread stopper;
	app_init(&gate.app);
	gate.app.options.simulate = 0;
	gate.app.options.output = wait_at_gate;
	app_process(&gate.app, "main", "return function() print('x') time.sleep('1h') end\n", "");
	app_process(&gate.app, "other", "return function() process.inbox():receive() end\n",
		"    lifecycle: {auto_start: true}\n");
	app_load(&gate.app);
	OK(kith_start_entry(gate.app.runtime, "app:main", 0, NULL));
	OK(ki_thread_start(&stopper, open_gate, &gate, 0));
	STATUS(kith_run(gate.app.runtime, KITH_NO_TIMEOUT), KITH_ETIMEOUT);
	ki_thread_join(&stopper);
	ki_mutex_lock(&gate.app.mutex); /* what is inside C code may end, and be told of, now */
	HAS_STR(ki_buf_cstr(&gate.app.log),
		"WARN  kith.service  stopped without what is inside C code  running=app:main\n");
	ki_mutex_unlock(&gate.app.mutex);
	struct kith_outcome outcome = {.size = sizeof(outcome)};
	OK(kith_outcome_get(gate.app.runtime, &outcome));
	EQ_INT(outcome.exit_status, 0);
	ki_store_rlx(&gate.xopen, true); /* polled */
	OK(kith_run(gate.app.runtime, KITH_NO_TIMEOUT)); /* waits on */
	app_fini(&gate.app);
}

/* The acceptance cases S1 to S14, then the contract paragraph by paragraph.
 *
 * Owns: the table of cases.
 * Threads: constant.
 * Not here: what a case does is in projects/, how it is run and judged in run.c. */

#include "scene.h"

#define SCENE(title, ...)                                                                          \
	{ .name = (title), .project = "scenes", __VA_ARGS__ }
#define CONTRACT(id, ...)                                                                          \
	{ .name = (id), .project = "contract", .entry = "app:" id, .share = 20, __VA_ARGS__ }
#define STATUS(id, code, ...)                                                                      \
	{                                                                                          \
		.name = "20.3 " id, .project = "status", .entry = "app:" id, .status = (code),     \
		.share = 10, __VA_ARGS__                                                           \
	}
#define TEN(x) x x x x x x x x x x
#define UNITS(n) n "\t" TEN("xxxxxx") "\t" n "\t" TEN("yyyyyy") "\t" n "{50}\n"
#define POOL_STARTS                                                                                \
	"Worker 1 started: {A}\nWorker 2 started: {B}\nWorker 3 started: {C}\n"                    \
	"Worker 4 started: {D}\nSupervisor started with 4 workers\n"
#define WORKER(n, rest) "Task worker " n " started\n" rest
#define WORKERS(r)                                                                                 \
	WORKER("1", "Worker 1 " r), WORKER("2", "Worker 2 " r), WORKER("3", "Worker 3 " r),        \
		WORKER("4", "Worker 4 " r)
#define NO_WORKER(n)                                                                               \
	"Failed to start worker " n ": failed to execute script: "                                 \
	"app.workers:task_worker:2: NO WORKER\n"
#define QUIET_WORKERS WORKER("1", ""), WORKER("2", ""), WORKER("3", ""), WORKER("4", "")

const struct scene scenes[] = {
	SCENE("S1 value", .entry = "app.main:s1", .args = "value",
		.out = {"Worker exited:\t{P}\nResult:\t42\n"}),
	SCENE("S1 boom", .entry = "app.main:s1", .args = "boom",
		.out = {"Worker exited:\t{P}\nResult:\tnil\nError:\tapp.workers:boom:3: BOOM\n"}),
	SCENE("S1 task_worker", .entry = "app.main:s1", .args = "task_worker",
		.out = {"Worker exited:\t{P}\nResult:\tnil\nError:\tapp.workers:task_worker:7: "
			"attempt to concatenate a nil value (local 'worker_id')\n"}),
	SCENE("S1 unknown host", .entry = "app.main:s1", .args = "value app:nowhere", .status = 1,
		.err = {"spawn failed: host not found"}),

	SCENE("S2 deaf", .entry = "app.main:s2", .args = "deaf",
		.out = {"Worker terminated:\t{P}\n"}),
	SCENE("S2 spin", .entry = "app.main:s2", .args = "spin",
		.out = {"Worker terminated:\t{P}\n"}),
	SCENE("S2 polite", .entry = "app.main:s2", .args = "polite",
		.out = {"Worker terminated:\t{P}\n"}),

	SCENE("S3 deaf", .entry = "app.main:s3", .args = "deaf"),
	SCENE("S3 polite", .entry = "app.main:s3", .args = "polite"),
	SCENE("S3 boom", .entry = "app.main:s3", .args = "boom", .status = 1,
		.err = {"should not receive event after unmonitor"}),

	SCENE("S4 target throws", .entry = "app.main:s4", .args = "throws 3s"),
	SCENE("S4 target returns nil, \"x\"", .entry = "app.main:s4", .args = "text 3s"),
	SCENE("S4 target terminated", .entry = "app.main:s4", .args = "terminated 3s"),
	SCENE("S4 target dies at a deadline", .entry = "app.main:s4", .args = "deadline 3s"),
	SCENE("S4 target returns normally", .on = ON_SIM, .entry = "app.main:s4",
		.args = "normal 3s"),
	SCENE("S4 target returns normally, shortened", .on = ON_THREADS, .once = true,
		.entry = "app.main:s4", .args = "normal 300ms"),
	SCENE("S4 target ended before", .entry = "app.main:s4", .args = "ended 3s"),

	SCENE("S5 late", .entry = "app.main:s5", .out = {"Child died:\t{P}\n"}),
	SCENE("S5 value", .entry = "app.main:s5_value", .args = "300ms"),
	SCENE("S5 value, nothing left", .share = 10,
		.entry = "app.main:s5_value", .status = 1, .err = {"nothing left to run"}),

	SCENE("S6", .entry = "app.main:s6", .args = "events", .out = {"trap_links:\tfalse\n"}),
	SCENE("S6 never asked for events", .entry = "app.main:s6", .args = "inbox",
		.out = {"trap_links:\tfalse\n"}),
	SCENE("S6 sleeps an hour", .entry = "app.main:s6", .args = "sleeps",
		.out = {"trap_links:\tfalse\n"}),
	SCENE("S6 waits inside pcall", .entry = "app.main:s6", .args = "pcall",
		.out = {"trap_links:\tfalse\n"}),
	SCENE("S6 waits for an answer", .entry = "app.main:s6", .args = "answer",
		.out = {"trap_links:\tfalse\n"}),
	SCENE("S6 has another coroutine", .entry = "app.main:s6", .args = "coroutine",
		.out = {"trap_links:\tfalse\n"}),
	SCENE("S6 never looks", .entry = "app.main:s6", .args = "never_looks",
		.out = {"trap_links:\tfalse\n"}),
	SCENE("S6 child ends normally", .entry = "app.main:s6", .args = "sleeps value",
		.out = {"trap_links:\tfalse\n"}),

	SCENE("S7", .entry = "app.main:s7", .args = "before",
		.out = {"Child failed, handling gracefully\n"}),
	SCENE("S7 set after the spawn", .entry = "app.main:s7", .args = "after",
		.out = {"Child failed, handling gracefully\n"}),

	SCENE("S8 polite", .entry = "app.main:s8", .args = "polite",
		.out = {"Worker cancelled:\t{P}\n"}),
	SCENE("S8 cleans up for 60 ms", .entry = "app.main:s8", .args = "tidy60",
		.out = {"Worker cancelled:\t{P}\n"}),
	SCENE("S8 needs 150 ms", .entry = "app.main:s8", .args = "tidy150",
		.out = {"Worker cancelled:\t{P}\n"}),
	SCENE("S8 deaf", .entry = "app.main:s8", .args = "deaf",
		.out = {"Worker cancelled:\t{P}\n"}),
	SCENE("S8 spin", .entry = "app.main:s8", .args = "spin",
		.out = {"Worker cancelled:\t{P}\n"}),
	SCENE("S8 ended before", .entry = "app.main:s8", .args = "value", .status = 1,
		.err = {"cancel failed: process not found"}),

	SCENE("S9", .entry = "app.main:s9"),
	SCENE("S9 ignores CANCEL", .entry = "app.main:s9_ignored", .share = 10),

	SCENE("S10", .entry = "app.main:s10", .args = "10"),
	SCENE("S10 children trap", .entry = "app.main:s10", .args = "10 trap"),
	SCENE("S10 with 1000 children", .entry = "app.main:s10", .args = "1000", .share = 20),
	SCENE("S10 with 1000 that trap", .entry = "app.main:s10", .args = "1000 trap", .share = 20),

	SCENE("S11", .entry = "app.main:s11"),
	SCENE("S11 a node traps", .entry = "app.main:s11_trapping"),

	/* The pool as S12 gives it, then with waits shortened for threads, then with a director. */
	{"S12 check", "pool", ON_PLAIN, .verb = "check", .out = {"ok: 3 entries\n"}},
	{"S12 starts", "pool", ON_SIM, .options = "--until 4s",
		.out = {POOL_STARTS, QUIET_WORKERS}},
	{"S12 nothing happens", "pool", ON_SIM, .options = "--until 124s", .share = 10,
		.out = {POOL_STARTS "Health check: 4 active workers{2}\n", WORKERS("idle{24}\n")}},
	{"S12 deaf pool at its stop_timeout", "pool_short", ON_THREADS, .once = true,
		.interrupt = "Health check", .ends_from_ms = 390, .ends_until_ms = 800,
		.err = {"received shutdown signal"},
		.out = {POOL_STARTS "Health check: 4 active workers\n", WORKERS("idle{*}\n")}},
	{"S12 deaf pool, a second signal", "pool", ON_THREADS, .once = true, .status = 1,
		.interrupt = "Supervisor started with 4 workers", .signals = 2,
		.ends_until_ms = 400, .err = {"received shutdown signal", "force exit"},
		.out = {POOL_STARTS, QUIET_WORKERS}},
	{"S12 pool that returns on CANCEL", "pool_polite", ON_THREADS,
		.interrupt = "Supervisor started with 4 workers", .ends_until_ms = 400,
		.err = {"received shutdown signal"}, .out = {POOL_STARTS, WORKERS("cancelled\n")}},
	{"S12 worker terminated", "pool_plan", ON_SIM, .entry = "app.supervisor:director",
		.args = "terminate 7s 60s 5s",
		.out = {POOL_STARTS "Worker 2 died after 7s, restarting\nWorker 2 started: {Q}\n",
			WORKER("1", "Worker 1 idle\n"),
			WORKER("2", "Worker 2 idle\nTask worker 2 started\n"),
			WORKER("3", "Worker 3 idle\n"), WORKER("4", "Worker 4 idle\n")}},
	{"S12 worker terminated, shortened", "pool_plan", ON_THREADS,
		.entry = "app.supervisor:director", .args = "terminate 300ms 60s 200ms",
		.out = {POOL_STARTS "Worker 2 died after {#}s, restarting\nWorker 2 started: {Q}\n",
			WORKER("1", "Worker 1 idle{*}\n"),
			WORKER("2", "Worker 2 idle{*}\nTask worker 2 started\nWorker 2 idle{*}\n"),
			WORKER("3", "Worker 3 idle{*}\n"), WORKER("4", "Worker 4 idle{*}\n")}},
	{"S12 two fail together", "pool_plan", ON_SIM, .entry = "app.supervisor:director",
		.args = "together 7s 60s 5s",
		.out = {POOL_STARTS, "Worker 1 died after 7s, restarting\nWorker 1 started: {Q}\n",
			"Worker 3 died after 7s, restarting\nWorker 3 started: {R}\n",
			WORKER("1", "Worker 1 idle\nTask worker 1 started\n"),
			WORKER("2", "Worker 2 idle\n"),
			WORKER("3", "Worker 3 idle\nTask worker 3 started\n"),
			WORKER("4", "Worker 4 idle\n")}},
	{"S12 two fail together, shortened", "pool_plan", ON_THREADS,
		.entry = "app.supervisor:director", .args = "together 100ms 60s 5s",
		.out = {POOL_STARTS,
			"Worker 1 died after {#}s, restarting\nWorker 1 started: {Q}\n",
			"Worker 3 died after {#}s, restarting\nWorker 3 started: {R}\n",
			WORKER("1", "Task worker 1 started\n"), WORKER("2", ""),
			WORKER("3", "Task worker 3 started\n"), WORKER("4", "")}},
	{"S12 worker cancelled", "pool_plan", ON_SIM, .entry = "app.supervisor:director",
		.args = "cancel 7s 60s 5s",
		.out = {POOL_STARTS "Health check: 4 active workers\n",
			WORKER("1", "Worker 1 idle{13}\n"),
			WORKER("2", "Worker 2 idle\nWorker 2 cancelled\n"),
			WORKER("3", "Worker 3 idle{13}\n"), WORKER("4", "Worker 4 idle{13}\n")}},
	{"S12 worker cancelled, shortened", "pool_plan", ON_THREADS, .once = true,
		.entry = "app.supervisor:director", .args = "cancel 100ms 500ms 5s",
		.out = {POOL_STARTS "Health check: 4 active workers\n", WORKER("1", ""),
			WORKER("2", "Worker 2 cancelled\n"), WORKER("3", ""), WORKER("4", "")}},
	{"S12 worker cannot start", "pool_alone", ON_SIM, .options = "--until 1s", .share = 10,
		.out = {NO_WORKER("1") NO_WORKER("2") NO_WORKER("3")
				NO_WORKER("4") "Supervisor started with 4 workers\n"}},

	SCENE("S13 work", .entry = "app.main:s13_work",
		.out = {"Task worker 1 started\nWorker 1 processing: a\nWorker 1 processing: b\n"}),
	SCENE("S13 another topic is a turn", .on = ON_SIM, .options = "--until 7999ms",
		.entry = "app.main:s13_other", .args = "3s 5s", .out = {"Task worker 1 started\n"}),
	SCENE("S13 idle after its last turn", .on = ON_SIM, .options = "--until 8s",
		.entry = "app.main:s13_other", .args = "3s 5s",
		.out = {"Task worker 1 started\nWorker 1 idle\n"}),
	SCENE("S13 idle, shortened", .on = ON_THREADS, .once = true, .entry = "app.main:s13_other",
		.args = "100ms 300ms", .interrupt = "Worker 1 idle",
		.out = {"Task worker 1 started\nWorker 1 idle\nWorker 1 cancelled\n"}),
	SCENE("S13 cancelled", .entry = "app.main:s13_cancelled",
		.out = {"Task worker 1 started\nWorker 1 cancelled\n"}),
	SCENE("S13 linked process fails", .entry = "app.main:s13_linked", .args = "task_worker",
		.out = {"Task worker 1 started\n"}),
	SCENE("S13 linked process fails, trapping", .entry = "app.main:s13_linked",
		.args = "task_worker_trapping",
		.out = {"Task worker 1 started\nWorker 1 linked process died\n"}),
	SCENE("S13 ten thousand turns", .on = ON_SIM, .once = true, .plain_only = true,
		.options = "--until 50000s", .entry = "app.main:s13_silent",
		.out = {"Task worker 1 started\nWorker 1 idle{10000}\n"}),
	SCENE("S13 a million turns", .on = ON_SIM, .once = true, .plain_only = true,
		.options = "--until 5000000s", .entry = "app.main:s13_silent",
		.out = {"Task worker 1 started\nWorker 1 idle{1000000}\n"}),

	{"S14 workers must be positive", "bad_workers", ON_PLAIN, .verb = "check", .status = 1,
		.err = {"src/_index.yaml:8:16: ", "workers must be greater than 0",
			"src/_index.yaml:12:16: ", "src/_index.yaml:16:16: ",
			"src/_index.yaml:20:16: ", "problems, nothing started\n"}},
	{"S14 nothing starts", "bad_workers", ON_PLAIN, .status = 1,
		.err = {"workers must be greater than 0", "workers must be greater than 0",
			"workers must be greater than 0", "workers must be greater than 0",
			"4 problems, nothing started\n"}},
	{"S14 host without auto_start", "idle_host", 0, .entry = "app:main", .share = 10},
	{"S14 one worker", "pool_polite", ON_THREADS, .once = true, .options = "--workers 1",
		.interrupt = "Supervisor started", .threads = 1,
		.out = {POOL_STARTS, WORKERS("cancelled\n")}},
	{"S14 sixteen workers", "pool_polite", ON_THREADS, .once = true,
		.interrupt = "Supervisor started", .threads = 16,
		.out = {POOL_STARTS, WORKERS("cancelled\n")}},
	SCENE("S14 two spin on one worker", .options = "--workers 1", .entry = "app.main:s14",
		.share = 10),

	SCENE("replay of a seed", .on = ON_SIM, .twice = true, .share = 4,
		.entry = "app.main:replay"),
	SCENE("replay of what shows addresses", .on = ON_SIM, .twice = true, .share = 4,
		.plain_only = true, .entry = "app.main:addresses"),

	SCENE("crowd of 30", .entry = "app.main:crowd", .args = "30 40"),
	SCENE("crowd of 300", .entry = "app.main:crowd", .args = "300 60", .share = 10),

	/* The contract, paragraph by paragraph. */
	CONTRACT("c02_1_error"),
	CONTRACT("c02_3_throwing"),
	CONTRACT("c02_4_leaving"),
	CONTRACT("c03_1_pids"),
	CONTRACT("c03_5_self"),
	CONTRACT("c04_2_steps"),
	CONTRACT("c04_2_loading"),
	CONTRACT("c04_2_chunk_spins"),
	CONTRACT("c04_3_method"),
	CONTRACT("c04_4_arguments"),
	CONTRACT("c04_5_results"),
	CONTRACT("c04_6_end"),
	CONTRACT("c04_7_closing"),
	CONTRACT("c04_8_main_returns"),
	CONTRACT("c04_9_independence"),
	CONTRACT("c05_1_family"),
	CONTRACT("c06_1_table"),
	CONTRACT("c06_2_request_meets_exit"),
	CONTRACT("c06_3_removing"),
	CONTRACT("c06_4_which_events"),
	CONTRACT("c06_5_judged_once"),
	CONTRACT("c06_6_cascade"),
	CONTRACT("c07_1_arguments"),
	CONTRACT("c07_2_deadlines"),
	CONTRACT("c07_3_always_delivered"),
	CONTRACT("c07_4_errors"),
	CONTRACT("c07_5_terminate"),
	CONTRACT("c07_5_library_loops"),
	CONTRACT("c08_2_kept"),
	CONTRACT("c08_2_order"),
	CONTRACT("c08_3_subscriptions"),
	CONTRACT("c08_3_unlisten"),
	CONTRACT("c08_4_send_errors"),
	CONTRACT("c08_5_order"),
	CONTRACT("c08_7_events"),
	CONTRACT("c12_2_options"),
	CONTRACT("c12_3_order"),
	CONTRACT("c12_3_force"),
	CONTRACT("c12_3_failures"),
	CONTRACT("c09_1_message"),
	CONTRACT("c09_2_payload"),
	CONTRACT("c09_3_scalars"),
	CONTRACT("c09_3_tables"),
	CONTRACT("c09_3_objects"),
	CONTRACT("c09_4_refused"),
	CONTRACT("c10_1_channels"),
	CONTRACT("c10_2_order"),
	CONTRACT("c10_3_select"),
	CONTRACT("c10_4_spawn"),
	CONTRACT("c10_5_lua"),
	CONTRACT("c10_6_waits_anywhere"),
	CONTRACT("c10_6_inside_c_functions"),
	CONTRACT("c10_8_deadlock"),
	CONTRACT("c11_1_sleep"),
	CONTRACT("c11_1_after"),
	CONTRACT("c11_1_timer"),
	CONTRACT("c11_1_ticker"),
	CONTRACT("c11_1_moments"),
	CONTRACT("c11_2_constants"),
	CONTRACT("c11_4_duration"),
	CONTRACT("c12_6_call"),
	CONTRACT("c12_6_context"),
	CONTRACT("c12_6_cancels"),
	CONTRACT("c12_6_deadline", .on = ON_SIM),
	CONTRACT("c12_7_future"),
	CONTRACT("c13_1_present"),
	CONTRACT("c13_2_require"),
	CONTRACT("c13_3_globals"),
	CONTRACT("c13_4_print",
		.out = {"\none\na\t1\t1.5\tnil\ttrue\tfalse\nby __tostring\n"
			"send requires at least destination and topic arguments\n\t\nlong long "
			"long \n"}),
	CONTRACT("c13_4_units", .out = {UNITS("1"), UNITS("2"), UNITS("3"), UNITS("4"), "end\n"}),
	CONTRACT("c13_5_os"),
	CONTRACT("c13_6_load"),
	CONTRACT("c13_7_depth"),
	CONTRACT("c13_8_random"),

	/* The command line and what ends a run. */
	STATUS("gives_nil", 0),
	STATUS("gives_true", 0),
	STATUS("gives_false", 1),
	STATUS("gives_seven", 7),
	STATUS("gives_256", 255),
	STATUS("gives_minus", 255),
	STATUS("gives_text", 0, .out = {"some text\n"}),
	STATUS("gives_number", 0, .out = {"1.5\n"}),
	STATUS("gives_table", 0, .out = {"{\"a\":true,\"b\":[1,2,\"x\"]}\n"}),
	STATUS("fails", 1, .err = {"app:fails:2: ON PURPOSE"}),
	STATUS("returns_error", 1, .err = {"said so"}),
	STATUS("arguments", 0, .args = "a 2 c", .out = {"4\tstring\ta\t2\tc\n"}),
	STATUS("not_yet", 1, .err = {"failed to execute script: app:not_yet:1: WHILE LOADING"}),
	STATUS("giv_nil", 1, .err = {"did you mean \"app:gives_nil\"?"}),
	STATUS("leaves", 0, .ends_until_ms = 2000,
		.out = {"pid.cancel\t{kith:system|0x00000}\tscheduler shutdown\n"}),
	{"20.4 a service that fails", "service_fails", 0, .share = 10, .status = 1,
		.out = {"service runs\nservice runs\n"},
		.err = {"CRASH app:service {app:processes|0x",
			"reason    app:service:3: ON PURPOSE (Internal)", "uptime", "traceback",
			"app:service:3", "nothing left to run"}},
	{"20.4 a service that ends", "service_ends", 0, .share = 10, .out = {"service runs\n"},
		.err = {"nothing left to run"}},
	{"20.4 --keep", "service_ends", ON_THREADS, .once = true, .options = "--keep",
		.interrupt = "service runs", .ends_until_ms = 400, .out = {"service runs\n"}},
	{"18 services in order", "services", 0, .share = 10, .entry = "app:main",
		.out = {"first\tstarts with\t{#}\t{#}\n",
			"second by another method\tstarts with\t0\n", "third\tstarts with\t0\n",
			"spawned\tstarts with\t0\nstops:\tspawned\t1s\tnumber\nspawned:\tstopped\n"
			"stops:\tthird\tservice stopping\tnumber\n"
			"stops:\tsecond by another method\tservice stopping\tnumber\n"
			"stops:\tfirst\tservice stopping\tnumber\n"
			"left:\tpid.cancel\t{kith:system|0x00000}\tscheduler shutdown\n"}},
	{"18, 19 supervision", "supervision", 0, .share = 4, .entry = "app:main", .status = 1,
		.out = {"cancelled\n\tfirst 0, inner 0, last/1 0, last/2 0\n\ttrue\tnil\n"
			"terminated\n\tfirst 0, inner 0, last/1 0, last/2 0\n"
			"\ttrue\tprocess terminated\n"
			"at its deadline\n\tfirst 0, inner 0, last/1 0, last/2 0\n"
			"\ttrue\tcancel deadline exceeded\n"
			"after too many restarts\n\tfirst 0, inner 0, last/1 0, last/2 0\n"
			"\tfirst 1, inner 1, last/1 1, last/2 1\n"
			"\tfirst 2, inner 2, last/1 2, last/2 2\n"
			"\ttrue\trestart intensity exceeded (2 restarts within 1h0m0s)\n"
			"with children started and stopped by hand\n"
			"\tfirst 0, inner 0, last/1 0, last/2 0\n\ttrue\tnil\n"
			"\tnil\tchild already exists: last/2\n\ttrue\n\ttrue\tnil\n"
			"\t4\t3\t1\t3\n\ttrue\tnil\n"
			"exited\t2\tbroken\nits caller's end\n"}},
	{"20.5 SIGTERM", "pool_polite", ON_THREADS, .interrupt = "Supervisor started",
		.sigterm = true, .once = true, .ends_until_ms = 400,
		.err = {"received shutdown signal"}, .out = {POOL_STARTS, WORKERS("cancelled\n")}},
	{"20.5 SIGUSR1", "pool_polite", ON_THREADS, .interrupt = "Supervisor started",
		.asks = true, .signals = 2, .once = true, .ends_until_ms = 500,
		.err = {"{\"record\":\"runtime\",\"uptime_ns\":", "\"processes\":5,",
			"{\"record\":\"host\",\"id\":\"app:processes\",\"state\":\"running\",",
			"{\"record\":\"service\",\"id\":\"app.supervisor:pool\",",
			"\"entry\":\"app.workers:task_worker\",\"parent\":\"{app:processes|0x",
			"received shutdown signal"},
		.out = {POOL_STARTS, WORKERS("cancelled\n")}},
	{"20.5 SIGUSR1 that nobody reads", "pool_polite", ON_THREADS, .options = "--log-level off",
		.interrupt = "Supervisor started", .asks = true, .unread = true, .signals = 2,
		.once = true, .ends_until_ms = 5000,
		.out = {POOL_STARTS, WORKERS("cancelled\n")}},
	{"16.1 an empty project", "empty", ON_PLAIN, .verb = "check", .status = 1,
		.err = {"no entries found in "}},
	{"20 check", "status", ON_PLAIN, .verb = "check", .out = {"ok: 17 entries\n"}},
	{"20 version", NULL, ON_PLAIN, .verb = "version", .out = {"kith {#}.{#}.{#}\n"}},
	{"20 no such command", NULL, ON_PLAIN, .verb = "runn", .status = 2},
	{"20 no such option", "status", ON_PLAIN, .options = "--nonsense", .status = 2},
	{"20 bad value", "status", ON_PLAIN, .options = "--workers 0", .status = 2},
	{"16 no project", "nowhere", ON_PLAIN, .verb = "check", .status = 1},
	{"16.7 problems", "broken", ON_PLAIN, .verb = "check", .status = 1,
		.err = {"src/_index.yaml:8:7: unknown field \"wokers\" in process.host "
			"\"app:processes\"; "
			"expected ",
			"; did you mean \"workers\"?\nsrc/sup/_index.yaml:6:11: unknown kind "
			"\"proces.lua\"; expected ",
			"; did you mean \"process.lua\"?\n",
			"src/sup/_index.yaml:10:13: no file \"pol.lua\"; expected a readable file "
			"in src/sup; "
			"did you mean \"pool.lua\"?\n",
			"src/sup/_index.yaml:13:13: path traversal detected in file path: "
			"../../../outside.lua",
			"nothing started\n"}},
	{"16.7 more problems", "broken", ON_PLAIN, .status = 1,
		.err = {"src/sup/_index.yaml:17:5: ", "source is required",
			"src/sup/_index.yaml:19:11: ", "src/sup/_index.yaml:25:11: ",
			"src/sup/syntax.lua:2:", "\n9 problems, nothing started\n"}},
};

const size_t nr_scenes = sizeof scenes / sizeof scenes[0];

/* The acceptance cases S1 to S14, then the contract paragraph by paragraph.
 *
 * Owns: the table of cases.
 * Threads: constant.
 * Not here: what a case does is in projects/, how it is run and judged in run.c. */

#include "scene.h"

#define SCENE(title, ...) {.name = (title), .project = "scenes", __VA_ARGS__}
#define POOL_STARTS                                                                                \
	"Worker 1 started: {A}\nWorker 2 started: {B}\nWorker 3 started: {C}\n"                    \
	"Worker 4 started: {D}\nSupervisor started with 4 workers\n"
#define WORKER(n, rest) "Task worker " n " started\n" rest
#define WORKERS(r) WORKER("1", "Worker 1 " r), WORKER("2", "Worker 2 " r),                         \
		   WORKER("3", "Worker 3 " r), WORKER("4", "Worker 4 " r)
#define NO_WORKER(n) "Failed to start worker " n ": failed to execute script: "                     \
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

	SCENE("S2 deaf", .entry = "app.main:s2", .args = "deaf", .out = {"Worker terminated:\t{P}\n"}),
	SCENE("S2 spin", .entry = "app.main:s2", .args = "spin", .out = {"Worker terminated:\t{P}\n"}),
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
	SCENE("S4 target returns normally", .on = ON_SIM, .entry = "app.main:s4", .args = "normal 3s"),
	SCENE("S4 target returns normally, shortened", .on = ON_THREADS, .once = true,
	      .entry = "app.main:s4", .args = "normal 300ms"),
	SCENE("S4 target ended before", .entry = "app.main:s4", .args = "ended 3s"),

	SCENE("S5 late", .entry = "app.main:s5", .out = {"Child died:\t{P}\n"}),
	SCENE("S5 value", .entry = "app.main:s5_waits", .status = 1, .err = {"nothing left to run"}),

	SCENE("S6", .entry = "app.main:s6", .args = "events", .out = {"trap_links:\tfalse\n"}),
	SCENE("S6 never asked for events", .entry = "app.main:s6", .args = "inbox",
	      .out = {"trap_links:\tfalse\n"}),
	SCENE("S6 sleeps an hour", .entry = "app.main:s6", .args = "sleeps",
	      .out = {"trap_links:\tfalse\n"}),
	SCENE("S6 waits inside pcall", .entry = "app.main:s6", .args = "pcall",
	      .out = {"trap_links:\tfalse\n"}),
	SCENE("S6 waits for an answer", .entry = "app.main:s6", .args = "answer",
	      .out = {"trap_links:\tfalse\n"}),
	SCENE("S6 waits for its own channel", .entry = "app.main:s6", .args = "channel",
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

	SCENE("S8 polite", .entry = "app.main:s8", .args = "polite", .out = {"Worker cancelled:\t{P}\n"}),
	SCENE("S8 cleans up for 60 ms", .entry = "app.main:s8", .args = "tidy60",
	      .out = {"Worker cancelled:\t{P}\n"}),
	SCENE("S8 needs 150 ms", .entry = "app.main:s8", .args = "tidy150",
	      .out = {"Worker cancelled:\t{P}\n"}),
	SCENE("S8 deaf", .entry = "app.main:s8", .args = "deaf", .out = {"Worker cancelled:\t{P}\n"}),
	SCENE("S8 spin", .entry = "app.main:s8", .args = "spin", .out = {"Worker cancelled:\t{P}\n"}),
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
	{"S12 starts", "pool", ON_SIM, .options = "--until 4s", .out = {POOL_STARTS, QUIET_WORKERS}},
	{"S12 nothing happens", "pool", ON_SIM, .options = "--until 124s", .share = 10,
	 .out = {POOL_STARTS "Health check: 4 active workers{2}\n", WORKERS("idle{24}\n")}},
	{"S12 deaf pool at its stop_timeout", "pool_short", ON_THREADS, .once = true,
	 .interrupt = "Health check", .ends_from_ms = 390, .ends_until_ms = 800,
	 .err = {"received shutdown signal"},
	 .out = {POOL_STARTS "Health check: 4 active workers\n", WORKERS("idle{*}\n")}},
	{"S12 deaf pool, a second signal", "pool", ON_THREADS, .once = true, .status = 1,
	 .interrupt = "Supervisor started with 4 workers", .signals = 2, .ends_until_ms = 400,
	 .err = {"received shutdown signal", "force exit"}, .out = {POOL_STARTS, QUIET_WORKERS}},
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
	 .out = {POOL_STARTS,
		 "Worker 1 died after 7s, restarting\nWorker 1 started: {Q}\n",
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
	 .out = {POOL_STARTS "Health check: 4 active workers\n", WORKER("1", "Worker 1 idle{13}\n"),
		 WORKER("2", "Worker 2 idle\nWorker 2 cancelled\n"),
		 WORKER("3", "Worker 3 idle{13}\n"), WORKER("4", "Worker 4 idle{13}\n")}},
	{"S12 worker cancelled, shortened", "pool_plan", ON_THREADS, .once = true,
	 .entry = "app.supervisor:director", .args = "cancel 100ms 500ms 5s",
	 .out = {POOL_STARTS "Health check: 4 active workers\n", WORKER("1", ""),
		 WORKER("2", "Worker 2 cancelled\n"), WORKER("3", ""), WORKER("4", "")}},
	{"S12 worker cannot start", "pool_alone", ON_SIM, .options = "--until 1s", .share = 10,
	 .out = {NO_WORKER("1") NO_WORKER("2") NO_WORKER("3") NO_WORKER("4")
		 "Supervisor started with 4 workers\n"}},

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
	 .err = {"src/_index.yaml:8:16: ", "workers must be greater than 0\n", "src/_index.yaml:12:16: ",
		 "src/_index.yaml:16:16: ", "src/_index.yaml:20:16: ", "problems, nothing started\n"}},
	{"S14 nothing starts", "bad_workers", ON_PLAIN, .status = 1,
	 .err = {"workers must be greater than 0\n", "workers must be greater than 0\n",
		 "workers must be greater than 0\n", "workers must be greater than 0\n",
		 "4 problems, nothing started\n"}},
	{"S14 host without auto_start", "idle_host", 0, .entry = "app:main", .share = 10},
	{"S14 one worker", "pool_polite", ON_THREADS, .once = true, .options = "--workers 1",
	 .interrupt = "Supervisor started", .threads = 1, .out = {POOL_STARTS, WORKERS("cancelled\n")}},
	{"S14 sixteen workers", "pool_polite", ON_THREADS, .once = true, .interrupt = "Supervisor started",
	 .threads = 16, .out = {POOL_STARTS, WORKERS("cancelled\n")}},
	SCENE("S14 two spin on one worker", .options = "--workers 1", .entry = "app.main:s14",
	      .share = 10),

	SCENE("replay of a seed", .on = ON_SIM, .twice = true, .share = 4, .entry = "app.main:replay"),
};

const size_t nr_scenes = sizeof scenes / sizeof scenes[0];

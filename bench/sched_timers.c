/*
 * What timers cost and how late they are, on a host with one worker and with two:
 *	pair	armed for 60 s and cancelled at once, with none and with a million others pending
 *	many	a million armed for dates within an hour, and cancelled in another order
 *	fire	armed for dates within 20 ms, until all have fired
 *	late	100,000 at dates within two seconds: how late each fires
 *	ticker	1 ms, armed anew by its task at each tick, beside 100,000 pending ones
 * Costs are processor time of all threads, lateness is real time.
 * Laws: each timer fires once or was cancelled, and none is early.
 */
#include "kith_bench.h"

#include "base/atomic.h"
#include "base/compiler.h"
#include "base/rng.h"
#include "sched/sched.h"

enum { SAMPLES = 15, PAIRS = 20000, MILLION = 1000000, NR_FIRE = 20000, NR_LATE = 100000,
	NR_TICKS = 3000 };

struct shot {
	struct ki_timer timer;
	double late_us;
};

static struct ki_sched *sched;
static struct ki_host *host;
static struct shot *shots; /* MILLION */
static struct shot probe;
static struct ki_task player;
static struct ki_rng rng;
static char which[64];
static _Atomic(int) xleft;

static void fire(struct ki_timer *timer) {
	struct shot *shot = ki_container_of(timer, struct shot, timer);
	int64_t late_ns = bench_now_ns() - timer->deadline_ns;
	BENCH_CHECK(late_ns >= 0);
	shot->late_us = (double)late_ns / 1000;
	if (ki_sub_acq_rel(&xleft, 1) == 1) {
		ki_task_wake(&player);
	}
}

static void arm(struct shot *shot, int64_t deadline_ns) {
	ki_host_arm(host, &shot->timer, deadline_ns);
}

static void cancel(struct shot *shot) {
	BENCH_CHECK(ki_host_cancel(host, &shot->timer));
}

/* Until `fire` was called `left` times. */
static void await_fires(void) {
	while (ki_load_acq(&xleft) > 0) {
		ki_task_park();
	}
}

static void arm_far(int n) {
	for (int i = 0; i < n; i++) {
		int64_t in_ns = (int64_t)ki_rng_below(&rng, UINT64_C(3600000000000));
		arm(&shots[i], bench_now_ns() + INT64_C(100000000000) + in_ns);
	}
}

/* 7919 is prime to n: each once. */
static void cancel_far(int n) {
	for (int i = 0; i < n; i++) {
		cancel(&shots[(int64_t)i * 7919 % n]);
	}
}

static void report(const char *name, const char *unit, double *samples, int n) {
	char line[160];
	snprintf(line, sizeof line, "%s %s", name, which);
	bench_report("sched_timers", line, unit, samples, n);
}

static void report_late(const char *name, double *late_us, int n) {
	char line[64];
	report(name, "us late", late_us, n);
	snprintf(line, sizeof line, "%s p99.9", name);
	report(line, "us late", &late_us[(int64_t)(n - 1) * 999 / 1000], 1);
}

static void measure_pairs(const char *name) {
	double samples[SAMPLES];
	for (int i = 0; i < SAMPLES; i++) {
		int64_t begun_ns = bench_cpu_ns(), due_ns = bench_now_ns() + INT64_C(60000000000);
		for (int k = 0; k < PAIRS; k++) {
			arm(&probe, due_ns + k);
			cancel(&probe);
		}
		samples[i] = (double)(bench_cpu_ns() - begun_ns) / PAIRS;
	}
	report(name, "cpu-ns/pair", samples, SAMPLES);
}

static void measure_many(void) {
	double armed[3], cancelled[3];
	for (int i = 0; i < 3; i++) {
		int64_t begun_ns = bench_cpu_ns();
		arm_far(MILLION);
		armed[i] = (double)(bench_cpu_ns() - begun_ns) / MILLION;
		if (i == 0) {
			measure_pairs("pair beside a million");
		}
		begun_ns = bench_cpu_ns();
		cancel_far(MILLION);
		cancelled[i] = (double)(bench_cpu_ns() - begun_ns) / MILLION;
	}
	report("many: arm", "cpu-ns", armed, 3);
	report("many: cancel", "cpu-ns", cancelled, 3);
}

static void measure_fire(void) {
	double samples[SAMPLES];
	for (int i = 0; i < SAMPLES; i++) {
		ki_store_rlx(&xleft, NR_FIRE);
		int64_t begun_ns = bench_cpu_ns(), now_ns = bench_now_ns();
		for (int k = 0; k < NR_FIRE; k++) {
			arm(&shots[k], now_ns + (int64_t)ki_rng_below(&rng, 20000000));
		}
		await_fires();
		samples[i] = (double)(bench_cpu_ns() - begun_ns) / NR_FIRE;
	}
	report("fire", "cpu-ns", samples, SAMPLES);
}

static void measure_late(void) {
	static double late_us[NR_LATE];
	ki_store_rlx(&xleft, NR_LATE);
	int64_t now_ns = bench_now_ns();
	for (int k = 0; k < NR_LATE; k++) {
		arm(&shots[k], now_ns + 100000000 + (int64_t)ki_rng_below(&rng, 2000000000));
	}
	await_fires();
	for (int k = 0; k < NR_LATE; k++) {
		late_us[k] = shots[k].late_us;
	}
	report_late("late", late_us, NR_LATE);
}

static void measure_ticker(void) {
	static double late_us[NR_TICKS];
	arm_far(NR_LATE);
	int64_t due_ns = bench_now_ns();
	for (int i = 0; i < NR_TICKS; i++) {
		ki_store_rlx(&xleft, 1);
		due_ns += 1000000;
		arm(&probe, due_ns);
		await_fires();
		late_us[i] = (double)(bench_now_ns() - due_ns) / 1000; /* heard by its task */
	}
	cancel_far(NR_LATE);
	report_late("ticker", late_us, NR_TICKS);
}

static void play_all(void) {
	measure_pairs("pair");
	measure_fire();
	measure_late();
	measure_ticker();
	measure_many();
}

static enum ki_step step(struct ki_task *task) {
	(void)task;
	play_all();
	return KI_STEP_DONE;
}

static void starve(struct ki_task *task) {
	(void)task;
	BENCH_CHECK(!"a stack was refused");
}

static void done(struct ki_task *task) {
	(void)task;
	ki_sched_halt(sched);
}

static const struct ki_task_ops ops = {.step = step, .starve = starve, .done = done};

static void measure(int nr_workers) {
	struct ki_sched_options options = {.seed = 1};
	sched = ki_sched_new(&options);
	BENCH_CHECK(sched != NULL);
	host = ki_host_new(sched, "bench", nr_workers, 0);
	BENCH_CHECK(host != NULL && ki_host_start(host) == 0);
	snprintf(which, sizeof which, "workers=%d", nr_workers);
	ki_task_init(&player, host, &ops);
	ki_task_start(&player);
	ki_sched_run(sched, -1);
	struct ki_counts counts;
	ki_host_counts(host, &counts);
	BENCH_CHECK(counts.timers == 0);
	ki_host_stop(host);
	ki_sched_free(sched);
}

int main(void) {
	shots = calloc(MILLION, sizeof *shots);
	BENCH_CHECK(shots != NULL);
	for (int i = 0; i < MILLION; i++) {
		shots[i].timer.fire = fire;
	}
	probe.timer.fire = fire;
	ki_rng_seed(&rng, 1);
	measure(1);
	measure(2);
	return 0;
}

/*
 * Pairs of tasks that talk: each waits for the other's word, answers and waits again (its step
 * returns). One pair shows what a message costs when nothing else runs, and whether idle workers
 * tear the pair apart; a hundred show how the queues bear it. Time by the clock, and processor
 * time of all threads, which other programs disturb less. Law: every hop is made exactly once.
 */
#include "kith_bench.h"

#include "base/atomic.h"
#include "base/compiler.h"
#include "sched/sched.h"

enum { SAMPLES = 31, MAX_PAIRS = 100 };

struct side {
	struct ki_task task;
	struct side *other;
	_Atomic(uint64_t) xheard; /* words from the other */
	uint64_t said, hops;
};

static struct ki_sched *sched;
static struct side sides[MAX_PAIRS][2];
static _Atomic(int) xleft;

static enum ki_step step(struct ki_task *task) {
	struct side *me = ki_container_of(task, struct side, task);
	if (ki_load_acq(&me->xheard) <= me->said) {
		return KI_STEP_WAIT;
	}
	me->said++;
	ki_add_rel(&me->other->xheard, 1);
	ki_task_wake(&me->other->task);
	return me->said == me->hops ? KI_STEP_DONE : KI_STEP_WAIT;
}

static void starve(struct ki_task *task) {
	(void)task;
	BENCH_CHECK(!"a stack was refused");
}

static void done(struct ki_task *task) {
	(void)task;
	if (ki_sub_acq_rel(&xleft, 1) == 1) {
		ki_sched_halt(sched);
	}
}

static const struct ki_task_ops ops = {.step = step, .starve = starve, .done = done};

struct cost {
	double ns, cpu_ns;
};

static struct cost sample(struct ki_host *host, int nr_pairs, uint64_t hops) {
	ki_store_rlx(&xleft, 2 * nr_pairs);
	for (int i = 0; i < 2 * nr_pairs; i++) {
		struct side *side = &sides[i / 2][i % 2];
		*side = (struct side){.other = &sides[i / 2][1 - i % 2], .hops = hops};
		ki_task_init(&side->task, host, &ops);
	}
	int64_t begun_ns = bench_now_ns(), cpu_begun_ns = bench_cpu_ns();
	for (int i = 0; i < nr_pairs; i++) {
		ki_add_rel(&sides[i][0].xheard, 1);
		ki_task_start(&sides[i][0].task);
	}
	ki_sched_run(sched, -1);
	double nr_hops = 2.0 * nr_pairs * (double)hops;
	struct cost cost = {(double)(bench_now_ns() - begun_ns) / nr_hops,
		(double)(bench_cpu_ns() - cpu_begun_ns) / nr_hops};
	for (int i = 0; i < 2 * nr_pairs; i++) {
		BENCH_CHECK(sides[i / 2][i % 2].said == hops);
	}
	return cost;
}

static void measure(int nr_workers, int nr_pairs, uint64_t hops) {
	struct ki_sched_options options = {.seed = 1};
	sched = ki_sched_new(&options);
	BENCH_CHECK(sched != NULL);
	struct ki_host *host = ki_host_new(sched, "bench", nr_workers, 0);
	BENCH_CHECK(host != NULL && ki_host_start(host) == 0);
	double samples[SAMPLES], cpu_samples[SAMPLES];
	sample(host, nr_pairs, hops / 10); /* warms up */
	for (int i = 0; i < SAMPLES; i++) {
		struct cost cost = sample(host, nr_pairs, hops);
		samples[i] = cost.ns;
		cpu_samples[i] = cost.cpu_ns;
	}
	struct ki_counts stats;
	ki_host_stop(host);
	ki_host_counts(host, &stats);
	char which[96];
	snprintf(which, sizeof which, "workers=%d pairs=%d stolen=%" PRIu64, nr_workers, nr_pairs,
		stats.stolen);
	bench_report("sched_pingpong", which, "ns/hop", samples, SAMPLES);
	bench_report("sched_pingpong", which, "cpu-ns/hop", cpu_samples, SAMPLES);
	ki_sched_free(sched);
}

int main(void) {
	static const int workers[] = {1, 2, 4};
	for (size_t i = 0; i < ki_countof(workers); i++) {
		measure(workers[i], 1, 20000);
		measure(workers[i], MAX_PAIRS, 1000);
	}
	return 0;
}

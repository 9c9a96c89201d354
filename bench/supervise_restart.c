/*
 * A supervisor whose child fails as soon as it runs: what a restart costs, from end to end, the
 * first ones and those after ten thousand, alone and beside ten thousand siblings. All restarts
 * are allowed and fall within one window, so that they all stand in the ring. Law: every failure is
 * followed by exactly one restart, and the siblings by none.
 */
#include "kith_bench.h"

#include "base/alloc.h"
#include "base/compiler.h"
#include "process/proc.h"
#include "supervise/supervisor.h"

enum { BATCH = 100, BATCHES = 200, RESTARTS = BATCH * BATCHES, SIBLINGS = 10000 };

static struct ki_sched *sched;
static unsigned nr_starts, nr_siblings; /* of the one worker, until it is joined */
static int64_t at_ns[BATCHES + 1];

static int child_start(struct ki_proc *proc, const struct ki_program *program,
	struct ki_payload *const *args, size_t nr_args, struct ki_payload **error) {
	(void)proc, (void)program, (void)args, (void)nr_args, (void)error;
	if (nr_starts % BATCH == 0 && nr_starts / BATCH <= BATCHES) {
		at_ns[nr_starts / BATCH] = bench_now_ns();
	}
	nr_starts++;
	return KITH_OK;
}

static enum ki_step child_step(struct ki_proc *proc) {
	if (nr_starts > RESTARTS) {
		ki_sched_halt(sched);
		ki_proc_end_return(proc, NULL);
	} else {
		ki_proc_end_error(proc, NULL);
	}
	return KI_STEP_DONE;
}

static int sibling_start(struct ki_proc *proc, const struct ki_program *program,
	struct ki_payload *const *args, size_t nr_args, struct ki_payload **error) {
	(void)proc, (void)program, (void)args, (void)nr_args, (void)error;
	nr_siblings++;
	return KITH_OK;
}

static enum ki_step sibling_step(struct ki_proc *proc) {
	return ki_proc_look(proc) ? KI_STEP_WAIT : KI_STEP_DONE;
}

static void destroy(struct ki_proc *proc) {
	(void)proc;
}

static const struct ki_body_ops child_ops = {
	.name = "child", .start = child_start, .step = child_step, .destroy = destroy};
static const struct ki_body_ops sibling_ops = {
	.name = "sibling", .start = sibling_start, .step = sibling_step, .destroy = destroy};
static const struct ki_program child_program = {.id = "bench:child", .ops = &child_ops};
static const struct ki_program sibling_program = {.id = "bench:sibling", .ops = &sibling_ops};

static struct ki_child_spec child_of(const char *name, const struct ki_program *program) {
	return (struct ki_child_spec){
		.name = name,
		.program = program,
		.count = 1,
		.restart = KI_CHILD_TRANSIENT,
		.shutdown_ns = KI_SHUTDOWN_KILL,
	};
}

/* Over the batches from `first` to `last`. */
static void report(unsigned siblings, int first, int last) {
	double samples[BATCHES];
	for (int i = first; i < last; i++) {
		samples[i - first] = (double)(at_ns[i + 1] - at_ns[i]) / BATCH;
	}
	char which[96];
	snprintf(which, sizeof which, "siblings=%u restarts=%d..%d", siblings, first * BATCH,
		last * BATCH);
	bench_report("supervise_restart", which, "ns/restart", samples, last - first);
}

static void measure(unsigned siblings) {
	struct ki_log log;
	struct ki_system system;
	struct ki_proc_host *place;
	sched = ki_sched_new(&(struct ki_sched_options){.seed = 1});
	BENCH_CHECK(sched != NULL);
	nr_starts = nr_siblings = 0;
	ki_log_init(&log, KI_LOG_OFF, NULL, NULL, NULL, NULL);
	BENCH_CHECK(!ki_system_init(&system, sched, &log, &(struct ki_system_hooks){0}));
	struct ki_host *host = ki_host_new(sched, "bench:host", 1, 0);
	BENCH_CHECK(host != NULL && !ki_system_add_host(&system, host, &place));
	struct ki_child_spec children[] = {
		child_of("sibling", &sibling_program), child_of("child", &child_program)};
	children[0].count = siblings;
	struct ki_supervisor_spec spec = {
		.max_restarts = RESTARTS,
		.within_ns = 3600 * KI_NS_PER_SEC,
		.children = siblings ? children : children + 1,
		.nr_children = siblings ? 2 : 1,
	};
	struct ki_program program = {
		.id = "bench:supervisor", .ops = &ki_supervisor_ops, .data = &spec};
	ki_proc_host_set_state(place, KI_PROC_HOST_RUNNING);
	struct ki_payload *error;
	kith_pid pid;
	BENCH_CHECK(!ki_proc_spawn(&system, &(struct ki_spawn){.program = &program, .host = place},
		&pid, &error));
	BENCH_CHECK(!ki_host_start(host));
	ki_sched_run(sched, -1);
	ki_cancel(&system, KI_PID_SYSTEM, pid, 0, ki_strv(""));
	while (ki_proc_host_live(place) > 0) {
		usleep(100);
	}
	ki_host_stop(host);
	BENCH_CHECK(nr_starts == RESTARTS + 1);
	BENCH_CHECK(nr_siblings == siblings);
	report(siblings, 0, 10);
	report(siblings, BATCHES / 2, BATCHES / 2 + 10);
	report(siblings, BATCHES - 10, BATCHES);
	ki_system_fini(&system);
	ki_sched_free(sched);
}

int main(void) {
	measure(0);
	measure(SIBLINGS);
	return 0;
}

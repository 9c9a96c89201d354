/*
 * host.c: schedulers and hosts without their driver: see sched.h and driver.h.
 *
 * Owns: the heads struct ki_sched and struct ki_host.
 * Threads: as sched.h says.
 * Tags:
 *	[HO1] a host is published by a release store and found by an acquire load of the list's
 *	head.
 * Not here: how hosts run (threads.c, sim.c).
 */
#include "base/alloc.h"
#include "base/check.h"
#include "sched/driver.h"

#include <string.h>

static const int64_t SLICE_NS = 1000000;
enum { TICK_INSTRUCTIONS = 1000, SLICE_INSTRUCTIONS = 100000 };
/* The number of the sequence of random numbers that threads outside draw from; workers count from
 * 0. */
static const uint64_t OUTSIDE = UINT64_C(1) << 32;

/* Independent sequences from one seed: the constant spreads the index over all bits. */
static void seed_sequence(struct ki_rng *rng, uint64_t seed, uint64_t index) {
	ki_rng_seed(rng, seed ^ (index + 1) * UINT64_C(0x9e3779b97f4a7c15));
}

void ki_worker_init(struct ki_worker *worker, struct ki_sched *sched, struct ki_host *host,
	struct ki_worker_counters *counters, unsigned number) {
	*worker = (struct ki_worker){
		.sched = sched, .host = host, .counters = counters, .number = number};
	seed_sequence(&worker->rng, sched->options.seed, number);
	worker->cache.roam = sched->options.roam ? &worker->rng : NULL;
}

struct ki_sched *ki_sched_new(const struct ki_sched_options *options) {
	struct ki_sched *sched = options->simulate ? ki_sim_new(options) : ki_threads_new(options);
	if (sched == NULL) {
		return NULL;
	}
	sched->options = *options;
	if (options->tick_instructions == 0) {
		sched->options.tick_instructions = TICK_INSTRUCTIONS;
	}
	if (options->slice_instructions == 0) {
		sched->options.slice_instructions = SLICE_INSTRUCTIONS;
	}
	ki_strands_init(
		&sched->strands, options->stack_bytes, options->memory, ki_worker_strand_loop);
	ki_mutex_init(&sched->random_mutex);
	seed_sequence(&sched->random, options->seed, OUTSIDE);
	sched->system = ki_host_new(sched, "system", 1, 0);
	if (sched->system == NULL || ki_host_start(sched->system) != 0) {
		ki_sched_free(sched);
		return NULL;
	}
	return sched;
}

static void host_free(struct ki_host *host) {
	char *id = host->id;
	host->sched->ops->host_free(host);
	ki_free(id);
}

void ki_sched_free(struct ki_sched *sched) {
	if (sched == NULL) {
		return;
	}
	ki_check(ki_worker_self() == NULL || ki_worker_self()->sched != sched);
	for (struct ki_host *host = ki_sched_hosts(sched); host != NULL; host = host->next) {
		ki_host_stop(host);
	}
	for (struct ki_host *host = ki_sched_hosts(sched), *next; host != NULL; host = next) {
		next = host->next;
		host_free(host);
	}
	ki_strands_fini(&sched->strands);
	ki_mutex_fini(&sched->random_mutex);
	sched->ops->sched_free(sched);
}

struct ki_host *ki_host_new(
	struct ki_sched *sched, const char *id, int nr_workers, int64_t slice_ns) {
	ki_check(nr_workers > 0 && slice_ns >= 0);
	struct ki_host *host = sched->ops->host_new(sched, nr_workers);
	if (host == NULL) {
		return NULL;
	}
	host->sched = sched;
	host->nr_workers = nr_workers;
	host->slice_ns = slice_ns == 0 ? SLICE_NS : slice_ns;
	host->id = ki_strdup_n(id, strlen(id));
	if (host->id == NULL) {
		host_free(host);
		return NULL;
	}
	host->next = ki_load_rlx(&sched->xhosts); /* rlx: only one thread at a time adds hosts */
	ki_store_rel(&sched->xhosts, host);       /* rel: publishes it to ki_sched_hosts. [HO1] */
	return host;
}

struct ki_host *ki_sched_hosts(struct ki_sched *sched) {
	return ki_load_acq(&sched->xhosts); /* acq: the host and those behind it. [HO1] */
}

struct ki_host *ki_sched_system_host(struct ki_sched *sched) {
	return sched->system;
}

const char *ki_host_id(const struct ki_host *host) {
	return host->id;
}

struct ki_sched *ki_host_sched(const struct ki_host *host) {
	return host->sched;
}

int ki_host_workers(const struct ki_host *host) {
	return host->nr_workers;
}

void ki_host_set_data(struct ki_host *host, void *data) {
	host->data = data;
}

void *ki_host_data(const struct ki_host *host) {
	return host->data;
}

int ki_sched_reserve(struct ki_sched *sched) {
	return ki_strands_reserve(&sched->strands);
}

struct ki_budget *ki_sched_memory(const struct ki_sched *sched) {
	return sched->options.memory;
}

bool ki_sched_simulated(const struct ki_sched *sched) {
	return sched->options.simulate;
}

bool ki_sched_roams(struct ki_sched *sched) {
	return sched->options.roam && ki_sched_random(sched) % 2 == 0;
}

bool ki_sched_roaming(const struct ki_sched *sched) {
	return sched->options.roam;
}

bool ki_sched_preempts(const struct ki_sched *sched) {
	return sched->preempts;
}

uint64_t ki_sched_random(struct ki_sched *sched) {
	struct ki_worker *worker = ki_worker_self();
	if (worker != NULL && worker->sched == sched) {
		return ki_rng_next(&worker->rng);
	}
	ki_mutex_lock(&sched->random_mutex);
	uint64_t number = ki_rng_next(&sched->random);
	ki_mutex_unlock(&sched->random_mutex);
	return number;
}

/* --- what the driver does --- */

int64_t ki_sched_now(struct ki_sched *sched) {
	return sched->ops->now(sched);
}

int64_t ki_sched_wall(struct ki_sched *sched) {
	return sched->ops->wall(sched);
}

enum ki_run_end ki_sched_run(struct ki_sched *sched, int64_t until_ns) {
	return sched->ops->run(sched, until_ns);
}

void ki_sched_halt(struct ki_sched *sched) {
	sched->ops->halt(sched);
}

struct reading {
	enum ki_counter_pass pass;
	struct ki_counts *sum;
};

static void collect_bank(void *arg, struct ki_worker_counters *counters) {
	struct reading *reading = arg;
	ki_counters_collect(&counters->bank, reading->pass, reading->sum);
}

void ki_host_collect(struct ki_host *host, enum ki_counter_pass pass, struct ki_counts *sum) {
	struct reading reading = {.pass = pass, .sum = sum};
	host->sched->ops->each_counters(host, collect_bank, &reading);
	if (pass == KI_COUNTER_PASS_REST) {
		sum->workers += (uint64_t)host->nr_workers;
		host->sched->ops->host_counts(host, sum);
	}
}

void ki_host_counts(struct ki_host *host, struct ki_counts *out) {
	*out = (struct ki_counts){0};
	ki_host_collect(host, KI_COUNTER_PASS_ENDS, out);
	ki_host_collect(host, KI_COUNTER_PASS_REST, out);
}

struct ki_counters *ki_host_own_bank(struct ki_host *host, unsigned *lane) {
	struct ki_worker *worker = ki_worker_self();
	if (worker != NULL && worker->host == host) {
		return &worker->counters->bank;
	}
	*lane = worker != NULL ? worker->number : 0;
	return NULL;
}

int ki_host_start(struct ki_host *host) {
	return host->sched->ops->host_start(host);
}

void ki_host_stop(struct ki_host *host) {
	host->sched->ops->host_stop(host);
}

void ki_host_arm(struct ki_host *host, struct ki_timer *timer, int64_t deadline_ns) {
	host->sched->ops->arm(host, timer, deadline_ns);
}

bool ki_host_cancel(struct ki_host *host, struct ki_timer *timer) {
	return host->sched->ops->cancel(host, timer);
}

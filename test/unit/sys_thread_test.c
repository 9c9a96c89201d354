#include "kith_test.h"

#include "sys/clock.h"
#include "sys/machine.h"
#include "sys/thread.h"

#include <signal.h>

#define MS INT64_C(1000000)

struct shared {
	struct ki_mutex mutex;
	struct ki_cond cond;
	int count;
	bool sigint_blocked;
	bool sigsegv_blocked;
};

static void shared_init(struct shared *s) {
	memset(s, 0, sizeof *s);
	ki_mutex_init(&s->mutex);
	ki_cond_init(&s->cond);
}

static void shared_fini(struct shared *s) {
	ki_cond_fini(&s->cond);
	ki_mutex_fini(&s->mutex);
}

static void count_up(void *arg) {
	struct shared *s = arg;
	for (int i = 0; i < 10000; i++) {
		ki_mutex_lock(&s->mutex);
		s->count++;
		ki_cond_signal(&s->cond);
		ki_mutex_unlock(&s->mutex);
	}
}

TEST(thread, mutex_excludes_and_cond_wakes) {
	struct shared s;
	shared_init(&s);
	struct ki_thread threads[4];
	for (int i = 0; i < 4; i++) {
		OK(ki_thread_start(&threads[i], count_up, &s, i == 0 ? 256 * 1024 : 0));
	}
	ki_mutex_lock(&s.mutex);
	while (s.count < 40000) {
		ki_cond_wait(&s.cond, &s.mutex);
	}
	ki_mutex_unlock(&s.mutex);
	for (int i = 0; i < 4; i++) {
		ki_thread_join(&threads[i]);
	}
	EQ_INT(s.count, 40000);
	shared_fini(&s);
}

TEST(thread, wait_until_ends_at_the_deadline_and_not_before) {
	struct shared s;
	shared_init(&s);
	ki_mutex_lock(&s.mutex);
	int64_t deadline = ki_clock_mono_ns() + 20 * MS;
	while (ki_cond_wait_until(&s.cond, &s.mutex, deadline)) {
	}
	GE_INT(ki_clock_mono_ns(), deadline);
	FALSE(ki_cond_wait_until(&s.cond, &s.mutex, -5));
	ki_mutex_unlock(&s.mutex);
	shared_fini(&s);
}

static void look_at_mask(void *arg) {
	struct shared *s = arg;
	sigset_t now;
	pthread_sigmask(SIG_SETMASK, NULL, &now);
	s->sigint_blocked = sigismember(&now, SIGINT) == 1;
	s->sigsegv_blocked = sigismember(&now, SIGSEGV) == 1;
}

TEST(thread, leaves_the_programs_signals_to_the_embedders_threads) {
	struct shared s = {0};
	struct ki_thread t;
	OK(ki_thread_start(&t, look_at_mask, &s, 0));
	ki_thread_join(&t);
	TRUE(s.sigint_blocked);
	FALSE(s.sigsegv_blocked);
	look_at_mask(&s);
	FALSE(s.sigint_blocked);
}

TEST(clock, runs_forward) {
	int64_t before = ki_clock_mono_ns();
	int64_t cpu = ki_clock_thread_cpu_ns();
	GT_INT(ki_clock_wall_ns(), INT64_C(1600000000) * 1000 * MS);
	while (ki_clock_mono_ns() < before + 2 * MS) {
	}
	GT_INT(ki_clock_thread_cpu_ns(), cpu);
}

TEST(machine, has_a_processor_and_entropy) {
	GE_INT(ki_machine_cpus(), 1);
	NE_UINT(ki_machine_seed(), ki_machine_seed());
}

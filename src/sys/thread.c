/*
 * thread.c: see thread.h.
 */
#include "sys/thread.h"

#include "base/check.h"

#include <errno.h>
#include <kith_types.h>
#include <sched.h>
#include <signal.h>
#include <time.h>

#define NS_PER_S 1000000000

static void *thread_main(void *arg) {
	struct ki_thread *t = arg;
	t->fn(t->arg);
	return NULL;
}

/* All but what a fault of the thread itself causes: blocking those would hide a crash. */
static void signals_to_block(sigset_t *set) {
	static const int kept[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
	sigfillset(set);
	for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
		sigdelset(set, kept[i]);
	}
}

/* A new thread inherits the mask of its maker: so the mask is changed around the creation, and no
 * moment exists in which the new thread could receive a signal. */
int ki_thread_start(struct ki_thread *t, void (*fn)(void *), void *arg, size_t stack_bytes) {
	pthread_attr_t attr;
	if (pthread_attr_init(&attr) != 0) {
		return KITH_EEXHAUSTED;
	}
	if (stack_bytes) {
		ki_check(pthread_attr_setstacksize(&attr, stack_bytes) == 0);
	}
	t->fn = fn;
	t->arg = arg;
	sigset_t block, before;
	signals_to_block(&block);
	pthread_sigmask(SIG_SETMASK, &block, &before);
	int refused = pthread_create(&t->handle, &attr, thread_main, t);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return refused ? KITH_EEXHAUSTED : KITH_OK;
}

void ki_thread_join(struct ki_thread *t) {
	ki_check(pthread_join(t->handle, NULL) == 0);
}

void ki_thread_yield(void) {
	sched_yield();
}

void ki_mutex_init(struct ki_mutex *m) {
	ki_check(pthread_mutex_init(&m->m, NULL) == 0);
}

void ki_mutex_fini(struct ki_mutex *m) {
	ki_check(pthread_mutex_destroy(&m->m) == 0);
}

void ki_mutex_lock(struct ki_mutex *m) {
	ki_check(pthread_mutex_lock(&m->m) == 0);
}

void ki_mutex_unlock(struct ki_mutex *m) {
	ki_check(pthread_mutex_unlock(&m->m) == 0);
}

void ki_cond_init(struct ki_cond *c) {
	pthread_condattr_t attr;
	ki_check(pthread_condattr_init(&attr) == 0);
	ki_check(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
	ki_check(pthread_cond_init(&c->c, &attr) == 0);
	pthread_condattr_destroy(&attr);
}

void ki_cond_fini(struct ki_cond *c) {
	ki_check(pthread_cond_destroy(&c->c) == 0);
}

void ki_cond_wait(struct ki_cond *c, struct ki_mutex *m) {
	ki_check(pthread_cond_wait(&c->c, &m->m) == 0);
}

bool ki_cond_wait_until(struct ki_cond *c, struct ki_mutex *m, int64_t deadline_ns) {
	if (deadline_ns < 0) {
		deadline_ns = 0;
	}
	struct timespec at = {
		.tv_sec = (time_t)(deadline_ns / NS_PER_S),
		.tv_nsec = (long)(deadline_ns % NS_PER_S),
	};
	int result = pthread_cond_timedwait(&c->c, &m->m, &at);
	ki_check(result == 0 || result == ETIMEDOUT);
	return result == 0;
}

void ki_cond_signal(struct ki_cond *c) {
	ki_check(pthread_cond_signal(&c->c) == 0);
}

void ki_cond_broadcast(struct ki_cond *c) {
	ki_check(pthread_cond_broadcast(&c->c) == 0);
}

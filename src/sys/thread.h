/*
 * thread.h: POSIX threads, mutexes and condition variables behind one contract.
 *
 * Owns: struct ki_thread, ki_mutex, ki_cond.
 * Threads: as each function says.
 * Invariants:
 *   I1 a mutex is never held across a call that parks a task (the task may resume elsewhere).
 *   I2 waits with a deadline count on the monotonic clock (ki_clock_mono_ns).
 *   I3 threads started here block all signals but those a thread causes itself, so that the
 *      embedder's own threads go on receiving the program's.
 * Not here: parking (sync/parker.h), clocks (sys/clock.h).
 */
#ifndef KI_SYS_THREAD_H
#define KI_SYS_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ki_thread {
	pthread_t handle;
	void (*fn)(void *);
	void *arg;
};

/* Runs fn(arg) on a new thread. stack_bytes 0: the system's default. `t` stays in place until
 * joined. Errors: KITH_EEXHAUSTED. */
int ki_thread_start(struct ki_thread *t, void (*fn)(void *), void *arg, size_t stack_bytes);
/* Waits for its end; exactly once for each started thread. */
void ki_thread_join(struct ki_thread *t);
/* Gives the rest of the calling thread's turn away. */
void ki_thread_yield(void);

struct ki_mutex {
	pthread_mutex_t m;
};

/* They cannot fail with default attributes on the systems we run on; a failure is a bug. */
void ki_mutex_init(struct ki_mutex *m);
void ki_mutex_fini(struct ki_mutex *m);
void ki_mutex_lock(struct ki_mutex *m);
void ki_mutex_unlock(struct ki_mutex *m);

struct ki_cond {
	pthread_cond_t c;
};

void ki_cond_init(struct ki_cond *c);
void ki_cond_fini(struct ki_cond *c);
/* May return without a signal; the caller checks its condition in a loop. */
void ki_cond_wait(struct ki_cond *c, struct ki_mutex *m);
/* The same until deadline_ns (ki_clock_mono_ns); false when it has passed. */
bool ki_cond_wait_until(struct ki_cond *c, struct ki_mutex *m, int64_t deadline_ns);
void ki_cond_signal(struct ki_cond *c);
void ki_cond_broadcast(struct ki_cond *c);

#endif

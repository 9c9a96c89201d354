/*
 * worker.c: which worker the calling thread is; see worker.h.
 *
 * Owns: the thread-local pointer.
 * Threads: each sees its own.
 * Not here: turns (task.c).
 */
#include "sched/worker.h"

#include "base/check.h"
#include "base/compiler.h"

static _Thread_local struct ki_worker *self;

/*
 * A compiler computes the address of a thread-local variable once and reuses it across calls, also
 * across the one in which a task changes its thread (reproduced with gcc 12 and clang 14 at -O2).
 * So it must neither inline this nor learn that it gives the same each time: the barrier makes it
 * impure.
 */
KI_NOINLINE struct ki_worker *ki_worker_self(void) {
	__asm__ volatile("" ::: "memory");
	return self;
}

KI_NOINLINE void ki_worker_enter(struct ki_worker *worker) {
	ki_check(self == NULL); /* a task does not run a scheduler */
	self = worker;
	ki_ctx_adopt(&worker->ctx);
}

KI_NOINLINE void ki_worker_change(struct ki_worker *worker) {
	ki_check(self != NULL && ki_worker_task(self) == NULL); /* W1 */
	self = worker;
}

KI_NOINLINE void ki_worker_leave(struct ki_worker *worker) {
	ki_check(self == worker && ki_worker_task(worker) == NULL); /* W1 */
	ki_strand_cache_fini(&worker->cache);
	ki_ctx_fini(&worker->ctx);
	self = NULL;
}

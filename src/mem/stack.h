/*
 * stack.h: stacks for contexts, with a guard page below, kept in a pool.
 *
 * Owns: struct ki_stack, struct ki_stack_pool.
 * Threads: get and put any; init and fini one.
 * Invariants:
 *   I1 a stack is in use by one caller, or in the pool, or unmapped.
 *   I2 the pool keeps at most keep_max unused stacks.
 *   I3 an overrun by less than a page hits the guard page: a fault, never silence.
 * Not here: what runs on them (arch/ctx.h).
 *
 * 200 nested C calls of a Lua process, and the tenth more that a message handler has, were measured
 * to need up to 461 KiB (test/unit/lua_stack_test.c; x86-64, gcc 12, clang 14, UBSan), hence 512;
 * frames of other sanitizers and without optimization are larger. Pages never touched cost nothing
 * but address space.
 */
#ifndef KI_MEM_STACK_H
#define KI_MEM_STACK_H

#include "base/compiler.h"
#include "mem/budget.h"
#include "sys/thread.h"

#include <stddef.h>

#if KI_ASAN || !defined(__OPTIMIZE__)
#define KI_STACK_BYTES ((size_t)4 * 512 * 1024)
#elif KI_TSAN
#define KI_STACK_BYTES ((size_t)2 * 512 * 1024)
#else
#define KI_STACK_BYTES ((size_t)512 * 1024)
#endif

/* Lies at the top of its own mapping, which is touched in any case. */
struct ki_stack {
	void *low;   /* lowest usable address */
	size_t size; /* usable bytes */
	struct ki_stack *next;
};

struct ki_stack_pool {
	/* set once */
	size_t map_bytes;
	size_t keep_max;
	struct ki_budget *budget; /* where those that are mapped count, whole; or NULL */
	/* mutex */
	struct ki_mutex mutex;
	struct ki_stack *unused;
	size_t nr_unused;
	size_t nr_mapped; /* unused and in use */
};

/*
 * stack_bytes 0: KI_STACK_BYTES. Maps nothing yet. The budget does not refuse a stack: what runs on
 * one could do nothing about it, and the runtime's own processes need one each to end the others.
 */
void ki_stack_pool_init(struct ki_stack_pool *pool, size_t stack_bytes, size_t keep_max,
	struct ki_budget *budget);
/* All stacks were put back. */
void ki_stack_pool_fini(struct ki_stack_pool *pool);
/* Gives a stack, to be given back with ki_stack_put; NULL when the system refuses. */
struct ki_stack *ki_stack_get(struct ki_stack_pool *pool);
/* Takes `stack`; frames still on it are dropped. No context may live on it any more. */
void ki_stack_put(struct ki_stack_pool *pool, struct ki_stack *stack);

#endif

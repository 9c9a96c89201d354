/*
 * ctx.h: contexts, a flow of control with a stack of its own, and the switch between them.
 *
 * Owns: struct ki_ctx.
 * Threads: a context runs on one thread at a time and may be resumed by another thread than the one
 *   that left it. The hand-over from thread to thread must be ordered by the caller, and may be
 *   offered to others only after the switch away is complete (that is, by the context switched to).
 * Invariants:
 *   I1 `sp` is valid exactly while the context is suspended (made, or left by ki_ctx_switch).
 *   I2 a made context's function never returns: it leaves by ki_ctx_switch_final.
 *   I3 floating point control (rounding, exception masks) belongs to the context, not to the
 *      thread; a made context starts with the machine's default.
 * Not here: where stacks come from (mem/stack.h), who runs when (sched/).
 *
 *   adopt -> RUNNING --switch(away)--> SUSPENDED --switch(to)--> RUNNING
 *   make  -> SUSPENDED                 SUSPENDED --fini--> gone, frames dropped unseen
 *                                      RUNNING --switch_final--> LEFT --fini--> gone
 *
 * What a compiler caches per thread (errno, addresses of thread-local variables) must not live
 * across a switch. Under ThreadSanitizer some 8000 contexts can exist at once.
 */
#ifndef KI_ARCH_CTX_H
#define KI_ARCH_CTX_H

#include <stdbool.h>
#include <stddef.h>

/* One layout for all builds: the sanitizer fields are simply unused in a plain one. */
struct ki_ctx {
	void *sp;            /* I1; what it points to is the machine file's business */
	void *stack_low;     /* lowest usable address; NULL: adopted, not known (yet) */
	size_t stack_size;
	void (*fn)(void *);  /* what a made context runs */
	void *arg;
	void *fake_stack;    /* AddressSanitizer's, saved while suspended */
	void *fiber;         /* ThreadSanitizer's */
	bool adopted;
};

/* Makes `ctx` stand for the calling thread's own flow. One per thread, before the first switch. */
void ki_ctx_adopt(struct ki_ctx *ctx);

/*
 * A suspended context that will run fn(arg) on the stack [stack_low, stack_low + size).
 * Borrows the stack until ki_ctx_fini. `ctx` must not move.
 */
void ki_ctx_make(struct ki_ctx *ctx, void *stack_low, size_t size, void (*fn)(void *), void *arg);

/* Suspends `from`, which must be the running context, and goes on in `to`. Returns when somebody
 * switches to `from` again, maybe on another thread. */
void ki_ctx_switch(struct ki_ctx *from, struct ki_ctx *to);

/* The same for good: `from` is never resumed. Its stack may be reused once `to` runs. */
void ki_ctx_switch_final(struct ki_ctx *from, struct ki_ctx *to);

/*
 * The context will never run again: it is suspended, left, or adopted. Frames still on its stack
 * are dropped without being unwound; the stack may then be reused. Accepts a zeroed ctx.
 * (With AddressSanitizer's detect_stack_use_after_return, which is off by default, the fake stack
 * of a context dropped while suspended is not given back before the program's end.)
 */
void ki_ctx_fini(struct ki_ctx *ctx);

#endif

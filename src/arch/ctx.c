/*
 * ctx.c: see ctx.h. The machine's switch, wrapped into what the sanitizers must know.
 *
 * The context switched to learns which one was left through the machine's `carry`.
 */
#include "arch/ctx.h"

#include "arch/ctx_machine.h"
#include "arch/fiber_san.h"
#include "base/check.h"

void ki_ctx_adopt(struct ki_ctx *ctx) {
	*ctx = (struct ki_ctx){.adopted = true, .fiber = ki_fiber_tsan_current()};
}

void ki_ctx_make(struct ki_ctx *ctx, void *stack_low, size_t size, void (*fn)(void *), void *arg) {
	*ctx = (struct ki_ctx){
		.stack_low = stack_low,
		.stack_size = size,
		.fn = fn,
		.arg = arg,
		.fiber = ki_fiber_tsan_create(),
	};
	ctx->sp = ki_ctx_machine_frame(stack_low, size, ctx);
}

void ki_ctx_machine_main(void *carry, void *self) {
	struct ki_ctx *ctx = self;
	ki_fiber_asan_after(ctx, carry);
	ctx->fn(ctx->arg);
	ki_check(!"a context's function returned (I2)");
	for (;;) {
	}
}

/* No function call may be added between the two sanitizer notes but the swap: fiber_san.h I1. */
void ki_ctx_switch(struct ki_ctx *from, struct ki_ctx *to) {
	ki_assert(from != to);
	void *to_sp = to->sp;
	ki_fiber_asan_before(from, to, false);
	ki_fiber_tsan_switch(to);
	struct ki_ctx *left = ki_ctx_machine_swap(&from->sp, to_sp, from);
	ki_fiber_asan_after(from, left);
}

void ki_ctx_switch_final(struct ki_ctx *from, struct ki_ctx *to) {
	ki_assert(from != to && !from->adopted);
	void *to_sp = to->sp;
	ki_fiber_asan_before(from, to, true);
	ki_fiber_tsan_switch(to);
	ki_ctx_machine_swap(&from->sp, to_sp, from);
	ki_check(!"a context that was left for good was resumed");
}

void ki_ctx_fini(struct ki_ctx *ctx) {
	if (ctx->fiber && !ctx->adopted) {
		ki_fiber_tsan_destroy(ctx->fiber);
	}
	ctx->fiber = NULL;
	ctx->sp = NULL;
}

/*
 * fiber_san.h: tells AddressSanitizer and ThreadSanitizer about stack switches.
 *
 * Owns: the calls into the sanitizers' fibre interfaces; empty in other builds.
 * Threads: as ctx.h.
 * Invariants:
 *   I1 before_switch is the last call before the machine's swap and after_switch the first behind
 *      it, in one function: ThreadSanitizer keeps a shadow call stack for each fibre, and function
 *      entry and exit hooks must not fall between the two (clang emits them even under
 *      no_sanitize("thread"), so no helper function may be called there).
 * Not here: what an error report means; no suppression exists.
 */
#ifndef KI_ARCH_FIBER_SAN_H
#define KI_ARCH_FIBER_SAN_H

#include "arch/ctx.h"
#include "base/compiler.h"

#if KI_ASAN
#include <sanitizer/common_interface_defs.h>

/* `last`: the context left will not come back, its fake stack is freed. */
#define ki_fiber_asan_before(from, to, last)                                                       \
	__sanitizer_start_switch_fiber((last) ? NULL : &(from)->fake_stack, (to)->stack_low,       \
				       (to)->stack_size)

/* `left` is the context that was running; an adopted one's bounds are learned from ASan here. */
static inline void ki_fiber_asan_after(struct ki_ctx *self, struct ki_ctx *left) {
	const void *low = NULL;
	size_t size = 0;
	__sanitizer_finish_switch_fiber(self->fake_stack, &low, &size);
	if (left->adopted) {
		left->stack_low = (void *)low;
		left->stack_size = size;
	}
}
#else
#define ki_fiber_asan_before(from, to, last) ((void)(from), (void)(to), (void)(last))
static inline void ki_fiber_asan_after(struct ki_ctx *self, struct ki_ctx *left) {
	(void)self;
	(void)left;
}
#endif

#if KI_TSAN
#include <sanitizer/tsan_interface.h>
#define ki_fiber_tsan_current() __tsan_get_current_fiber()
#define ki_fiber_tsan_create() __tsan_create_fiber(0)
#define ki_fiber_tsan_destroy(fiber) __tsan_destroy_fiber(fiber)
/* Flags 0: what `from` did happens before what `to` does next; it is the same thread. */
#define ki_fiber_tsan_switch(to) __tsan_switch_to_fiber((to)->fiber, 0)
#else
#define ki_fiber_tsan_current() NULL
#define ki_fiber_tsan_create() NULL
#define ki_fiber_tsan_destroy(fiber) ((void)(fiber))
#define ki_fiber_tsan_switch(to) ((void)(to))
#endif

#endif

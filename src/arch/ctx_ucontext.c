/*
 * ctx_ucontext.c: the switch for machines without assembly of ours, and for testing the fallback
 * anywhere. Contract: ctx_machine.h.
 *
 * Owns: struct slot, which lies on the stack of the suspended context itself: in the frame that
 *   called swap, or at the top of a new stack. So a context needs no other memory.
 * Threads: as ctx.h.
 * Not here: speed. swapcontext also saves the signal mask, one system call each time.
 */
#include "arch/ctx_machine.h"
#include "base/check.h"

#include <stdint.h>
#include <string.h>
#include <ucontext.h>

struct slot {
	ucontext_t uc;
	void *carry; /* left here by the one who switches to this context */
	void *self;
};

/* makecontext passes ints only, hence a pointer in two halves. */
static void enter(unsigned high, unsigned low) {
	struct slot *slot = (struct slot *)(uintptr_t)((uint64_t)high << 32 | low);
	ki_ctx_machine_main(slot->carry, slot->self);
}

void *ki_ctx_machine_frame(void *stack_low, size_t size, void *self) {
	ki_check(size > sizeof(struct slot) + 4096);
	uintptr_t top = (uintptr_t)stack_low + size - sizeof(struct slot);
	struct slot *slot = (struct slot *)(top & ~(uintptr_t)63);
	memset(slot, 0, sizeof *slot);
	ki_check(getcontext(&slot->uc) == 0);
	slot->self = self;
	slot->uc.uc_stack.ss_sp = stack_low;
	slot->uc.uc_stack.ss_size = (size_t)((char *)slot - (char *)stack_low);
	uint64_t address = (uintptr_t)slot;
	makecontext(&slot->uc, (void (*)(void))enter, 2, (unsigned)(address >> 32),
		    (unsigned)address);
	/* AddressSanitizer's swapcontext would unpoison that range again at each return to the one
	 * who switched here first, when the stack may have another use. */
	slot->uc.uc_stack.ss_sp = NULL;
	slot->uc.uc_stack.ss_size = 0;
	return slot;
}

void *ki_ctx_machine_swap(void **save_sp, void *load_sp, void *carry) {
	struct slot here;
	memset(&here, 0, sizeof here);
	struct slot *to = load_sp;
	to->carry = carry;
	*save_sp = &here;
	ki_check(swapcontext(&here.uc, &to->uc) == 0);
	return here.carry;
}

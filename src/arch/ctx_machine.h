/*
 * ctx_machine.h: the contract between ctx.c and the file that knows the machine.
 *
 * Owns: three prototypes. Implemented by ctx_MACHINE.S (x86_64, aarch64,
 *   riscv64), or by ctx_ucontext.c elsewhere and when
 *   KI_CONTEXT_UCONTEXT is defined (`make CONTEXT=ucontext`).
 * Threads: as ctx.h.
 * Not here: sanitizers (arch/fiber_san.h): machine files know none.
 */
#ifndef KI_ARCH_CTX_MACHINE_H
#define KI_ARCH_CTX_MACHINE_H

#include "base/compiler.h"

#include <stddef.h>

/* Lays the first frame of a new context into its stack and gives its `sp`. When switched to, the
 * context calls ki_ctx_machine_main(carry, self). */
void *ki_ctx_machine_frame(void *stack_low, size_t size, void *self);

/* Saves the running context's registers, stores its sp in *save_sp and goes on at load_sp, where
 * the same call returns `carry`. */
void *ki_ctx_machine_swap(void **save_sp, void *load_sp, void *carry);

/* In ctx.c: the first function a made context runs. */
KI_NORETURN void ki_ctx_machine_main(void *carry, void *self);

#endif

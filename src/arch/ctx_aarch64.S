/*
 * ctx_aarch64.S: the switch for 64-bit ARM, AAPCS64. Contract: ctx_machine.h.
 * Owns: the layout below. Threads: as ctx.h. Not here: sanitizers (fiber_san.h).
 *
 * A suspended context's stack, from its sp upwards:
 *	+0    x19 x20   +16   x21 x22   +32   x23 x24   +48   x25 x26   +64   x27 x28
 *	+80   x29, x30 (where to go on)
 *	+96   d8 d9     +112  d10 d11   +128  d12 d13   +144  d14 d15
 *	+160  fpcr, unused (8 bytes)
 * Callee-saved by the ABI (of the vectors the low halves) and so all that must survive a call; fpcr
 * is part of it, since a context may set its rounding.
 * A new context: x19 = self, "go on" = enter; the carry arrives in x0 as for every other.
 * The last step is ret, though its caller is on another stack: where branch targets are guarded, an
 * indirect branch may not go behind a call.
 */
	.text

#define FRAME 176

/* void *ki_ctx_machine_swap(void **save_sp [x0], void *load_sp [x1], void *carry [x2]) */
	.globl	ki_ctx_machine_swap
	.type	ki_ctx_machine_swap, %function
	.p2align 4
ki_ctx_machine_swap:
	.cfi_startproc
	hint	#34			/* bti c */
	sub	sp, sp, #FRAME
	.cfi_def_cfa_offset FRAME
	stp	x19, x20, [sp, #0]
	stp	x21, x22, [sp, #16]
	stp	x23, x24, [sp, #32]
	stp	x25, x26, [sp, #48]
	stp	x27, x28, [sp, #64]
	stp	x29, x30, [sp, #80]
	.cfi_rel_offset x19, 0
	.cfi_rel_offset x20, 8
	.cfi_rel_offset x21, 16
	.cfi_rel_offset x22, 24
	.cfi_rel_offset x23, 32
	.cfi_rel_offset x24, 40
	.cfi_rel_offset x25, 48
	.cfi_rel_offset x26, 56
	.cfi_rel_offset x27, 64
	.cfi_rel_offset x28, 72
	.cfi_rel_offset x29, 80
	.cfi_rel_offset x30, 88
	stp	d8, d9, [sp, #96]
	stp	d10, d11, [sp, #112]
	stp	d12, d13, [sp, #128]
	stp	d14, d15, [sp, #144]
	mrs	x9, fpcr
	str	x9, [sp, #160]
	mov	x10, sp
	str	x10, [x0]
	mov	sp, x1			/* the same layout here: the unwind rules stay true */
	mov	x0, x2
	ldr	x10, [sp, #160]
	cmp	x9, x10			/* writing it is slow, and it is the same as a rule */
	b.eq	1f
	msr	fpcr, x10
1:	ldp	d14, d15, [sp, #144]
	ldp	d12, d13, [sp, #128]
	ldp	d10, d11, [sp, #112]
	ldp	d8, d9, [sp, #96]
	ldp	x29, x30, [sp, #80]
	ldp	x27, x28, [sp, #64]
	ldp	x25, x26, [sp, #48]
	ldp	x23, x24, [sp, #32]
	ldp	x21, x22, [sp, #16]
	ldp	x19, x20, [sp, #0]
	add	sp, sp, #FRAME
	.cfi_restore x19
	.cfi_restore x20
	.cfi_restore x21
	.cfi_restore x22
	.cfi_restore x23
	.cfi_restore x24
	.cfi_restore x25
	.cfi_restore x26
	.cfi_restore x27
	.cfi_restore x28
	.cfi_restore x29
	.cfi_restore x30
	.cfi_def_cfa_offset 0
	ret
	.cfi_endproc
	.size	ki_ctx_machine_swap, . - ki_ctx_machine_swap

/* Where a new context starts: ki_ctx_machine_main(carry, self), which does not return. The caller
 * is marked as undefined, so that a backtrace ends here. */
	.type	enter, %function
enter:
	.cfi_startproc
	.cfi_undefined x30
	mov	x1, x19
	mov	x29, xzr
	bl	ki_ctx_machine_main
	brk	#1
	.cfi_endproc
	.size	enter, . - enter

/* void *ki_ctx_machine_frame(void *stack_low [x0], size_t size [x1], void *self [x2]) */
	.globl	ki_ctx_machine_frame
	.type	ki_ctx_machine_frame, %function
ki_ctx_machine_frame:
	.cfi_startproc
	hint	#34			/* bti c */
	add	x0, x0, x1
	and	x0, x0, #-16		/* sp is always a multiple of 16 */
	sub	x0, x0, #FRAME
	str	x2, [x0, #0]
	adr	x3, enter
	stp	xzr, x3, [x0, #80]
	str	xzr, [x0, #160]		/* fpcr at start: round to nearest, no traps */
	ret
	.cfi_endproc
	.size	ki_ctx_machine_frame, . - ki_ctx_machine_frame

	.section .note.GNU-stack, "", %progbits

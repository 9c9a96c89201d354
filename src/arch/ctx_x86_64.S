/*
 * ctx_x86_64.S: the switch for x86-64, System V ABI. Contract: ctx_machine.h.
 * Owns: the layout below. Threads: as ctx.h. Not here: sanitizers (fiber_san.h).
 *
 * A suspended context's stack, from its sp upwards:
 *	+0   mxcsr (4 bytes), x87 control word (2), unused (2)
 *	+8   r15    +16  r14    +24  r13    +32  r12    +40  rbx    +48  rbp
 *	+56  where to go on
 * Callee-saved by the ABI and so all that must survive a call. The floating point control words are
 * part of it: a context may set its rounding, and another must not find it changed.
 * A new context: rbx = self, "go on" = enter; the carry arrives in rax as for every other.
 * The last step is pop and jmp, not ret: the return predictor knows the caller of another stack and
 * would be wrong each time (measured before the project: 7.5 ns a pair of switches, against 28.6).
 */
	.text

	.macro save reg
	pushq	%\reg
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset \reg, 0
	.endm

	.macro restore reg
	popq	%\reg
	.cfi_adjust_cfa_offset -8
	.cfi_restore \reg
	.endm

/* void *ki_ctx_machine_swap(void **save_sp [rdi], void *load_sp [rsi], void *carry [rdx]) */
	.globl	ki_ctx_machine_swap
	.type	ki_ctx_machine_swap, @function
	.p2align 4
ki_ctx_machine_swap:
	.cfi_startproc
	endbr64
	save rbp
	save rbx
	save r12
	save r13
	save r14
	save r15
	subq	$8, %rsp
	.cfi_adjust_cfa_offset 8
	stmxcsr	(%rsp)
	fnstcw	4(%rsp)
	movq	%rsp, (%rdi)
	movq	%rsi, %rsp		/* the same layout here: the unwind rules stay true */
	movq	%rdx, %rax
	ldmxcsr	(%rsp)
	fldcw	4(%rsp)
	addq	$8, %rsp
	.cfi_adjust_cfa_offset -8
	restore r15
	restore r14
	restore r13
	restore r12
	restore rbx
	restore rbp
	popq	%rcx
	.cfi_adjust_cfa_offset -8
	.cfi_register rip, rcx
	notrack jmp *%rcx
	.cfi_endproc
	.size	ki_ctx_machine_swap, . - ki_ctx_machine_swap

/* Where a new context starts: ki_ctx_machine_main(carry, self), which does not return. The caller
 * is marked as undefined, so that a backtrace ends here. */
	.type	enter, @function
enter:
	.cfi_startproc
	.cfi_undefined rip
	endbr64
	movq	%rax, %rdi
	movq	%rbx, %rsi
	xorl	%ebp, %ebp
	call	ki_ctx_machine_main@PLT
	ud2
	.cfi_endproc
	.size	enter, . - enter

/* void *ki_ctx_machine_frame(void *stack_low [rdi], size_t size [rsi], void *self [rdx]) */
	.globl	ki_ctx_machine_frame
	.type	ki_ctx_machine_frame, @function
ki_ctx_machine_frame:
	.cfi_startproc
	endbr64
	leaq	(%rdi,%rsi), %rax
	andq	$-16, %rax		/* after "go on" is popped rsp is a multiple of 16, */
	subq	$64, %rax		/* as the ABI asks before a call */
	movl	$0x1f80, (%rax)		/* mxcsr and control word as the ABI sets them at start */
	movl	$0x037f, 4(%rax)
	movq	%rdx, 40(%rax)
	movq	$0, 48(%rax)
	leaq	enter(%rip), %rcx
	movq	%rcx, 56(%rax)
	ret
	.cfi_endproc
	.size	ki_ctx_machine_frame, . - ki_ctx_machine_frame

	.section .note.GNU-stack, "", @progbits

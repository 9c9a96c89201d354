/*
 * ctx_riscv64.S: the switch for 64-bit RISC-V, ABI lp64d (and lp64). Contract: ctx_machine.h.
 * Owns: the layout below. Threads: as ctx.h. Not here: sanitizers (fiber_san.h).
 *
 * A suspended context's stack, from its sp upwards:
 *	+0    ra (where to go on), s0 .. s11
 *	+104  fs0 .. fs11
 *	+200  fcsr (4 bytes), unused (4)
 * Callee-saved by the ABI and so all that must survive a call; fcsr is part of it, since a context
 * may set its rounding.
 * A new context: s1 = self, "go on" = enter; the carry arrives in a0 as for every other.
 * The last step jumps by t2, not by ra: the return predictor knows the caller of another stack and
 * would be wrong each time.
 */
	.text

#define FRAME 208

/* void *ki_ctx_machine_swap(void **save_sp [a0], void *load_sp [a1], void *carry [a2]) */
	.globl	ki_ctx_machine_swap
	.type	ki_ctx_machine_swap, @function
	.p2align 4
ki_ctx_machine_swap:
	.cfi_startproc
	addi	sp, sp, -FRAME
	.cfi_def_cfa_offset FRAME
	sd	ra, 0(sp)
	.cfi_rel_offset ra, 0
	sd	s0, 8(sp)
	.cfi_rel_offset s0, 8
	sd	s1, 16(sp)
	.cfi_rel_offset s1, 16
	sd	s2, 24(sp)
	.cfi_rel_offset s2, 24
	sd	s3, 32(sp)
	.cfi_rel_offset s3, 32
	sd	s4, 40(sp)
	.cfi_rel_offset s4, 40
	sd	s5, 48(sp)
	.cfi_rel_offset s5, 48
	sd	s6, 56(sp)
	.cfi_rel_offset s6, 56
	sd	s7, 64(sp)
	.cfi_rel_offset s7, 64
	sd	s8, 72(sp)
	.cfi_rel_offset s8, 72
	sd	s9, 80(sp)
	.cfi_rel_offset s9, 80
	sd	s10, 88(sp)
	.cfi_rel_offset s10, 88
	sd	s11, 96(sp)
	.cfi_rel_offset s11, 96
#if defined(__riscv_float_abi_double)
	fsd	fs0, 104(sp)
	fsd	fs1, 112(sp)
	fsd	fs2, 120(sp)
	fsd	fs3, 128(sp)
	fsd	fs4, 136(sp)
	fsd	fs5, 144(sp)
	fsd	fs6, 152(sp)
	fsd	fs7, 160(sp)
	fsd	fs8, 168(sp)
	fsd	fs9, 176(sp)
	fsd	fs10, 184(sp)
	fsd	fs11, 192(sp)
	frcsr	t0
	sw	t0, 200(sp)
#endif
	sd	sp, 0(a0)
	mv	sp, a1			/* the same layout here: the unwind rules stay true */
	mv	a0, a2
#if defined(__riscv_float_abi_double)
	lw	t1, 200(sp)
	beq	t0, t1, 1f		/* writing it is slow, and it is the same as a rule */
	fscsr	t1
1:
	fld	fs0, 104(sp)
	fld	fs1, 112(sp)
	fld	fs2, 120(sp)
	fld	fs3, 128(sp)
	fld	fs4, 136(sp)
	fld	fs5, 144(sp)
	fld	fs6, 152(sp)
	fld	fs7, 160(sp)
	fld	fs8, 168(sp)
	fld	fs9, 176(sp)
	fld	fs10, 184(sp)
	fld	fs11, 192(sp)
#endif
	ld	t2, 0(sp)
	mv	ra, t2
	.cfi_restore ra
	ld	s0, 8(sp)
	.cfi_restore s0
	ld	s1, 16(sp)
	.cfi_restore s1
	ld	s2, 24(sp)
	.cfi_restore s2
	ld	s3, 32(sp)
	.cfi_restore s3
	ld	s4, 40(sp)
	.cfi_restore s4
	ld	s5, 48(sp)
	.cfi_restore s5
	ld	s6, 56(sp)
	.cfi_restore s6
	ld	s7, 64(sp)
	.cfi_restore s7
	ld	s8, 72(sp)
	.cfi_restore s8
	ld	s9, 80(sp)
	.cfi_restore s9
	ld	s10, 88(sp)
	.cfi_restore s10
	ld	s11, 96(sp)
	.cfi_restore s11
	addi	sp, sp, FRAME
	.cfi_def_cfa_offset 0
	jr	t2
	.cfi_endproc
	.size	ki_ctx_machine_swap, . - ki_ctx_machine_swap

/* Where a new context starts: ki_ctx_machine_main(carry, self), which does not return. The caller
 * is marked as undefined, so that a backtrace ends here. */
	.type	enter, @function
enter:
	.cfi_startproc
	.cfi_undefined ra
	mv	a1, s1
	li	s0, 0
	call	ki_ctx_machine_main
	unimp
	.cfi_endproc
	.size	enter, . - enter

/* void *ki_ctx_machine_frame(void *stack_low [a0], size_t size [a1], void *self [a2]) */
	.globl	ki_ctx_machine_frame
	.type	ki_ctx_machine_frame, @function
ki_ctx_machine_frame:
	.cfi_startproc
	add	a0, a0, a1
	andi	a0, a0, -16		/* sp is always a multiple of 16 */
	addi	a0, a0, -FRAME
	lla	t0, enter
	sd	t0, 0(a0)
	sd	zero, 8(a0)
	sd	a2, 16(a0)
	sd	zero, 200(a0)		/* fcsr at start: round to nearest, no flags */
	ret
	.cfi_endproc
	.size	ki_ctx_machine_frame, . - ki_ctx_machine_frame

	.section .note.GNU-stack, "", @progbits

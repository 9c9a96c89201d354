/*
 * cpu.h: hints to the processor.
 *
 * Owns: ki_cpu_relax.
 * Threads: any.
 * Not here: how long to spin (sync/parker.c).
 */
#ifndef KI_ARCH_CPU_H
#define KI_ARCH_CPU_H

/* Tells the core that this is a spin loop: less power, and the sibling thread gets its turn. */
static inline void ki_cpu_relax(void) {
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
	__asm__ __volatile__("yield" ::: "memory");
#else
	__asm__ __volatile__("" ::: "memory");
#endif
}

#endif

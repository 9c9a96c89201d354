/*
 * clock.h: the system's clocks, in nanoseconds.
 *
 * Owns: nothing.
 * Threads: any.
 * Not here: the clock a run uses, which may be virtual (time/, sched's driver).
 */
#ifndef KI_SYS_CLOCK_H
#define KI_SYS_CLOCK_H

#include <stdint.h>

/* Never steps back; its zero means nothing. */
int64_t ki_clock_mono_ns(void);
/* Since 1970-01-01 00:00 UTC; may be set by the administrator. */
int64_t ki_clock_wall_ns(void);
/* Processor time used by the calling thread. */
int64_t ki_clock_thread_cpu_ns(void);

#endif

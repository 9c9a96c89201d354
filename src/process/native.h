/*
 * process/native.h: bodies that are C functions with a stack of their own.
 *
 * Owns: the native body.
 * Threads: each function is for the body itself.
 *
 * A native body waits by parking its strand. After force was applied every call gives KITH_EKILLED
 * and the process counts as ended for everybody else; the function has to return.
 *
 * Not here: the C API over it (api/).
 */
#ifndef KI_PROCESS_NATIVE_H
#define KI_PROCESS_NATIVE_H

#include "process/proc.h"

struct ki_native {
	/* Its return ends the process: 0 normally, a status as a failure, unless ki_proc_end_* was
	 * called. */
	int (*run)(struct ki_proc *proc, void *arg);
	void *arg;
	void (*cleanup)(void *arg); /* optional; when the process ends, however */
};

/* The body ops of native programs: ki_program.data points to a struct ki_native. */
extern const struct ki_body_ops ki_native_ops;

/* Waits for the next message or event until the monotonic time `deadline_ns` (INT64_MAX: for ever).
 * Gives it in *out (owner: the caller, ki_signal_free). KITH_ETIMEOUT, KITH_EKILLED. */
int ki_native_receive(struct ki_proc *proc, int64_t deadline_ns, struct ki_signal **out);
/* Sleeps; KITH_EKILLED. */
int ki_native_sleep(struct ki_proc *proc, int64_t ns);
/* Lets others run. KITH_EKILLED. */
int ki_native_yield(struct ki_proc *proc);

#endif

/*
 * machine.h: what the machine has.
 *
 * Owns: nothing.
 * Threads: any.
 * Not here: random numbers (base/rng.h).
 */
#ifndef KI_SYS_MACHINE_H
#define KI_SYS_MACHINE_H

#include <stddef.h>
#include <stdint.h>

/* Processors in use; at least 1. */
unsigned ki_machine_cpus(void);
/* Entropy from the system; never 0. */
uint64_t ki_machine_seed(void);
/* Of the process of the operating system. */
int64_t ki_machine_pid(void);
/* Writes the machine's name, cut to fit, with a final NUL; "" if it has none. */
void ki_machine_hostname(char *name, size_t size);

#endif

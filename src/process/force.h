/*
 * process/force.h: what force leaves behind, for the files of this module.
 *
 * Owns: the texts.
 * Threads: pure.
 * Not here: applying it (proc.h: ki_force, ki_cancel).
 */
#ifndef KI_PROCESS_FORCE_H
#define KI_PROCESS_FORCE_H

#include "process/signals.h"

/* The error of an end by `cause` (SPEC 4.5), or NULL: no memory. */
struct ki_payload *ki_cause_error(enum ki_cause cause);

#endif

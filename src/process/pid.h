/*
 * process/pid.h: the number of a process, and its text (SPEC 3).
 *
 *	63      54 53                22 21           0
 *	[  host  ][    generation     ][    slot     ]
 *
 * The host is an index into the system's table of hosts, so that a PID can be written as text
 * after its process and its slot's later users are gone. Generation and slot together are the N
 * of `{HOST|0xN}`. A slot whose generations are used up is never used again, so no PID text comes
 * twice.
 *
 * Owns: the packing.
 * Threads: pure functions.
 * Not here: finding the process behind a PID (table.h).
 */
#ifndef KI_PROCESS_PID_H
#define KI_PROCESS_PID_H

#include <stdbool.h>
#include <kith_types.h>

#include "base/strv.h"

struct ki_system;

#define KI_PID_SLOT_BITS 22
#define KI_PID_GEN_BITS 32
#define KI_PID_HOST_SHIFT (KI_PID_SLOT_BITS + KI_PID_GEN_BITS)
#define KI_PID_NUMBER_MASK ((UINT64_C(1) << KI_PID_HOST_SHIFT) - 1)
#define KI_PID_MAX_HOSTS 1024

/* `{kith:system|0x00000}`: the sender of what the runtime itself does. Host 0 is no host. */
#define KI_HOST_INDEX_SYSTEM 1
#define KI_HOST_INDEX_EXTERNAL 2
#define KI_PID_SYSTEM ((kith_pid)KI_HOST_INDEX_SYSTEM << KI_PID_HOST_SHIFT)

static inline uint32_t ki_pid_slot(kith_pid pid) {
	return (uint32_t)(pid & ((UINT32_C(1) << KI_PID_SLOT_BITS) - 1));
}

static inline uint32_t ki_pid_generation(kith_pid pid) {
	return (uint32_t)(pid >> KI_PID_SLOT_BITS);
}

static inline uint32_t ki_pid_host(kith_pid pid) {
	return (uint32_t)(pid >> KI_PID_HOST_SHIFT);
}

static inline kith_pid ki_pid_make(uint32_t host, uint32_t generation, uint32_t slot) {
	return (kith_pid)host << KI_PID_HOST_SHIFT | (kith_pid)generation << KI_PID_SLOT_BITS |
		slot;
}

/* Bytes that any PID text fits in, its NUL included (IDs are at most 255 bytes). */
#define KI_PID_TEXT_MAX 288

/* Writes the text of `pid` with a final NUL and gives its length; "" for 0. Any thread. */
size_t ki_pid_format(struct ki_system *system, kith_pid pid, char text[KI_PID_TEXT_MAX]);

/* What is wrong with a text that should be a PID, or a destination. */
enum ki_pid_fault {
	KI_PID_OK,
	KI_PID_NO_BRACES,   /* "invalid pid format: missing braces" */
	KI_PID_NO_PIPE,     /* "invalid pid format: missing pipe" */
	KI_PID_BAD_NUMBER,  /* "invalid pid format: bad number" */
	KI_PID_OTHER_NODE,  /* "node not found" */
	KI_PID_UNKNOWN_HOST /* well formed, but there is no such host: "host not found" */
};

/* Reads a PID (SPEC 3.2). On KI_PID_OK *out is set; it may name a process that never was. Any
 * thread. */
enum ki_pid_fault ki_pid_parse(struct ki_system *system, struct ki_strv text, kith_pid *out);

/* The message and status of a fault, as SPEC 3.2 and 8.4 word them. */
const char *ki_pid_fault_text(enum ki_pid_fault fault);
int ki_pid_fault_status(enum ki_pid_fault fault);

#endif

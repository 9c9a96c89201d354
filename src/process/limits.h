/*
 * process/limits.h: what one process may use (SPEC 15.6).
 *
 * Owns: struct ki_limits.
 * Threads: any; immutable once given to a spawn.
 * Not here: whose limit goes before whose (the caller of ki_proc_spawn), keeping to max_mailbox
 *	(mailbox.c) and to max_memory (the body).
 */
#ifndef KI_PROCESS_LIMITS_H
#define KI_PROCESS_LIMITS_H

#include <stdint.h>

struct ki_limits {
	uint32_t max_mailbox; /* messages not yet received; 0: none */
	uint64_t max_memory;  /* bytes of the body's heap; 0: none */
};

#endif

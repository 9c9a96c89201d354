/*
 * process/exit.h: the end of a process, for the files of this module.
 *
 * Owns: nothing.
 * Threads: the owner of the process.
 * Not here: how a body decides its end (proc.h).
 */
#ifndef KI_PROCESS_EXIT_H
#define KI_PROCESS_EXIT_H

#include "process/proc.h"

/* Decides the end by a linked process's failure (SPEC 4.5, 6.5). `result` of the peer is borrowed.
 */
void ki_proc_end_link(struct ki_proc *proc, kith_pid peer, const struct ki_result *result);

/* Steps 1 to 5 of SPEC 4.6: nothing more arrives, everybody who has to know is told. Once. */
void ki_proc_tell_end(struct ki_proc *proc);

/* Frees what has arrived for a body that is not going to see it; on a strand of the process it may
 * give way. */
void ki_proc_drop_arrived(struct ki_proc *proc, bool gives_way);

/* Step 6, up to the memory of struct ki_proc itself, which goes with its slot. After
 * ki_proc_tell_end. */
void ki_proc_let_go(struct ki_proc *proc);

/* Undoes a process that was never published, body and all. The owner of its spawner. */
void ki_proc_unmake(struct ki_proc *proc);

/* Room for one process on the host (SPEC 4.2 step 6): false when there is none. Any thread. */
bool ki_proc_host_enter(struct ki_proc_host *host);
/* Gives it back. */
void ki_proc_host_leave(struct ki_proc_host *host);

/* Frees the memory of a process whose slot is free: the table's release function. Any thread. */
void ki_proc_release(struct ki_proc *proc);

#endif

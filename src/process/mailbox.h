/*
 * process/mailbox.h: signals on their way in, for the files of this module.
 *
 * Owns: nothing.
 * Threads: push any; arrive the owner.
 * Not here: what a program may call (proc.h).
 */
#ifndef KI_PROCESS_MAILBOX_H
#define KI_PROCESS_MAILBOX_H

#include "process/proc.h"

/* Puts a signal into the mailbox of `to` and wakes it. True: taken. False: `to` has ended or never
 * was, and the signal is still the caller's. Any thread. */
bool ki_signal_push(struct ki_system *system, kith_pid to, struct ki_signal *signal);

/* Pushes a signal that nobody misses when it is too late: takes it in any case. */
void ki_signal_tell(struct ki_system *system, kith_pid to, struct ki_signal *signal);

/* Puts a message into the mailbox of a process that nobody knows yet, so that nothing is woken.
 * Takes it. KITH_EEXHAUSTED: the memory of the runtime is. Its spawner. */
int ki_proc_put_first(struct ki_proc *proc, struct ki_message *message);

/* The messages that it has looked at and not received are dropped, or about to be. Owner. */
void ki_proc_drop_open(struct ki_proc *proc);

/* Deals with what was held, then with a batch of signals taken from the mailbox, oldest first. Once
 * proc->ended is set, what a body would see is dropped (messages by ki_proc_drop_arrived) and the
 * rest is answered. */
void ki_proc_arrive(struct ki_proc *proc, struct ki_mpsc_node *batch);

/*
 * Takes what is in the mailbox and looks at nothing of it, so that no LINK_DOWN is judged: timers,
 * which were stopped, come to rest; answers to what the body asked are dropped; the rest is held
 * until the next look. For an upgrade.
 */
void ki_proc_hold(struct ki_proc *proc);

#endif

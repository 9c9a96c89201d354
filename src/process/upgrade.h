/*
 * process/upgrade.h: a process that goes on as another program (SPEC 12.3).
 *
 *	ki_proc_upgrade --the body abandons its strand--> ki_upgrade_do, before the next step:
 *	the old body goes, the new one starts on this strand, and its step follows
 *
 * Owns: proc->upgrade; proc->program once the process runs.
 * Threads: the owner of the process.
 * Invariants:
 *	UP1 to everybody else nothing happens: what belongs to the process (PID, names, relations,
 *	    trap_links, context, limits, deadlines, mailbox) is not touched.
 *	UP2 no signal refers to the old body when it goes: its timers are at rest, its calls are
 *	    given up, and answers to it are dropped.
 *	UP3 an upgrade is no look into the mailbox (SPEC 8.1): what has arrived is judged by the
 *	    options that the new body has when its main starts.
 * Not here: what a program calls (lua/lib_process.c), a spawn's start (spawn.c).
 */
#ifndef KI_PROCESS_UPGRADE_H
#define KI_PROCESS_UPGRADE_H

#include "process/proc.h"

/* Does the upgrade that is waiting, if there is one. False: it failed, and that is the end that was
 * decided. Force abandons the strand in the middle. */
bool ki_upgrade_do(struct ki_proc *proc);

/* Forgets it. */
void ki_upgrade_drop(struct ki_proc *proc);

#endif

/*
 * process/relate.c: the calls that make and remove links and monitors (SPEC 6).
 *
 * Owns: the caller's side of each relation.
 * Threads: the owner of the calling process.
 *
 * A process changes its own sets only and tells the other side by a signal. A request that the
 * other's mailbox takes is granted; one that it refuses was too late, and nothing is left of it:
 * the closing of that mailbox decides, there is no third outcome (SPEC 6.2, invariant P4).
 *
 * A link has an owner on both sides, who may act at once, so taking one back is a handshake:
 *
 *	active --ki_proc_unlink: UNLINK(id)--> unlinking --UNLINK_ACK(id) or LINK_DOWN--> gone
 *	unlinking --ki_proc_link: LINK--> active      (the answer to the old id is then ignored)
 *
 * While unlinking, LINK from the peer is ignored (it was sent before it knew, and the UNLINK
 * undoes it) and LINK_DOWN is dropped. Without the ids a late answer would end a link made anew.
 *
 * Not here: what these signals do on arrival (mailbox.c).
 */
#include "process/mailbox.h"

static bool relation_pair(struct ki_proc *proc, enum ki_signal_kind kind, kith_pid target,
	struct ki_relation **own, struct ki_relation **request) {
	*own = ki_relation_new(kind, target, target);
	*request = ki_relation_new(kind, proc->pid, proc->pid);
	if (*own && *request) {
		return true;
	}
	if (*own) {
		ki_signal_free(&(*own)->signal);
	}
	if (*request) {
		ki_signal_free(&(*request)->signal);
	}
	return false;
}

int ki_proc_monitor(struct ki_proc *proc, kith_pid target) {
	if (target == proc->pid) {
		return KITH_OK;
	}
	if (ki_relset_find(&proc->watching, target)) {
		return ki_pid_alive(proc->system, target) ? KITH_EEXIST : KITH_ENOTFOUND;
	}
	struct ki_relation *own, *request;
	if (!relation_pair(proc, KI_SIGNAL_MONITOR, target, &own, &request)) {
		return KITH_EEXHAUSTED;
	}
	if (!ki_signal_push(proc->system, target, &request->signal)) {
		ki_signal_free(&own->signal);
		ki_signal_free(&request->signal);
		return KITH_ENOTFOUND;
	}
	ki_relset_add(&proc->watching, own);
	return KITH_OK;
}

int ki_proc_unmonitor(struct ki_proc *proc, kith_pid target) {
	struct ki_relation *own = ki_relset_remove(&proc->watching, target);
	if (own) { /* its block carries the news */
		own->signal.kind = KI_SIGNAL_DEMONITOR;
		own->signal.from = own->peer = proc->pid;
		ki_signal_tell(proc->system, target, &own->signal);
	}
	return KITH_OK;
}

int ki_proc_link(struct ki_proc *proc, kith_pid target) {
	if (target == proc->pid) {
		return KITH_OK;
	}
	struct ki_relation *own = ki_relset_find(&proc->links, target);
	if (own && !own->unlinking) {
		return ki_pid_alive(proc->system, target) ? KITH_OK : KITH_ENOTFOUND;
	}
	struct ki_relation *fresh, *request;
	if (!relation_pair(proc, KI_SIGNAL_LINK, target, &fresh, &request)) {
		return KITH_EEXHAUSTED;
	}
	bool granted = ki_signal_push(proc->system, target, &request->signal);
	if (!granted) {
		ki_signal_free(&request->signal);
	}
	if (granted && !own) {
		ki_relset_add(&proc->links, fresh);
		return KITH_OK;
	}
	ki_signal_free(&fresh->signal);
	if (!granted) {
		return KITH_ENOTFOUND;
	}
	own->unlinking = false;
	proc->nr_unlinking--;
	return KITH_OK;
}

int ki_proc_unlink(struct ki_proc *proc, kith_pid target) {
	struct ki_relation *own = ki_relset_find(&proc->links, target);
	if (!own || own->unlinking) {
		return KITH_OK;
	}
	struct ki_relation *request = ki_relation_new(KI_SIGNAL_UNLINK, proc->pid, proc->pid);
	if (!request) {
		return KITH_EEXHAUSTED;
	}
	request->id = own->id = ++proc->last_unlink_id;
	if (ki_signal_push(proc->system, target, &request->signal)) {
		own->unlinking = true;
		proc->nr_unlinking++;
	} else {
		ki_signal_free(&request->signal);
		ki_relset_remove(&proc->links, target);
		ki_signal_free(&own->signal);
	}
	return KITH_OK;
}

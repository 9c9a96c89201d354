/*
 * process/timer.c: timers of a process, and deadlines.
 *
 * Owns: their states.
 * Threads: as in timer.h; `fire` functions run under a lock of timers (sched/sched.h).
 * Tags: [DL1] a deadline's last reference is given back after all use of it.
 */
#include "process/timer.h"

#include "base/alloc.h"
#include "base/check.h"
#include "process/proc.h"

/* ---- Timers of a process ---- */

/*
 * The process is alive: its end takes its timers off the clock first. But once it has the signal it
 * may go on to its end, and the timer with it, before we have woken it: hence the pin.
 */
static void timer_fire(struct ki_timer *at) {
	struct ki_proc_timer *timer = ki_container_of(at, struct ki_proc_timer, timer);
	struct ki_table *table = &timer->proc->system->table;
	kith_pid pid = timer->proc->pid;
	struct ki_proc *proc = ki_table_pin(table, pid);
	ki_check(proc);
	enum ki_mpsc_result result = ki_mpsc_push(&proc->mailbox, &timer->signal.node);
	ki_assert(result != KI_MPSC_CLOSED);
	if (result == KI_MPSC_FIRST) {
		ki_task_wake(&proc->task);
	}
	ki_table_unpin(table, pid);
}

void ki_proc_timer_init(struct ki_proc_timer *timer, struct ki_proc *proc,
	void (*fired)(struct ki_proc_timer *), void (*release)(struct ki_proc_timer *)) {
	*timer = (struct ki_proc_timer){.proc = proc, .fired = fired, .release = release};
	timer->timer.fire = timer_fire;
	timer->signal.kind = KI_SIGNAL_TIMER;
	ki_list_init(&timer->node);
}

void ki_proc_timer_arm(struct ki_proc_timer *timer, int64_t deadline_ns) {
	ki_assert(timer->state == KI_PROC_TIMER_REST); /* TM1 */
	ki_host_arm(timer->proc->host_of_timers, &timer->timer, deadline_ns);
	timer->state = KI_PROC_TIMER_ARMED;
	timer->stopped = false;
	ki_list_push_back(&timer->proc->timers, &timer->node);
}

static void rest(struct ki_proc_timer *timer) {
	timer->state = KI_PROC_TIMER_REST;
	ki_list_remove(&timer->node);
}

bool ki_proc_timer_stop(struct ki_proc_timer *timer, bool *busy) {
	*busy = false;
	if (timer->state != KI_PROC_TIMER_ARMED) {
		*busy = timer->state ==
			KI_PROC_TIMER_FIRED; /* stopped before, its signal still out */
		return false;
	}
	if (ki_host_cancel(timer->proc->host_of_timers, &timer->timer)) {
		rest(timer);
	} else {
		timer->state = KI_PROC_TIMER_FIRED;
		timer->stopped = *busy = true;
	}
	return true;
}

void ki_proc_timer_arrive(struct ki_proc *proc, struct ki_signal *signal) {
	struct ki_proc_timer *timer = ki_container_of(signal, struct ki_proc_timer, signal);
	rest(timer);
	if (!timer->stopped && !proc->ended) {
		timer->fired(timer);
	} else if (timer->release) {
		timer->release(timer);
	}
}

void ki_proc_timers_stop(struct ki_proc *proc) {
	ki_list_for_each_safe (at, &proc->timers) {
		struct ki_proc_timer *timer = ki_list_entry(at, struct ki_proc_timer, node);
		bool busy;
		if (ki_proc_timer_stop(timer, &busy) && !busy && timer->release) {
			timer->release(timer);
		}
	}
}

/* ---- Deadlines ---- */

struct ki_deadline {
	struct ki_timer timer;
	struct ki_list node; /* in the target's list; its owner */
	_Atomic(uint32_t) xrefs;
	/* set once */
	struct ki_system *system;
	struct ki_host *host;
	kith_pid pid;
	enum ki_cause cause;
};

struct ki_deadline *ki_deadline_of(struct ki_list *node) {
	return ki_list_entry(node, struct ki_deadline, node);
}

static void unref(struct ki_deadline *deadline) {
	/* acq_rel: whoever frees comes after all others. [DL1] */
	if (ki_sub_acq_rel(&deadline->xrefs, 1) == 1) {
		ki_free(deadline);
	}
}

static void deadline_fire(struct ki_timer *at) {
	struct ki_deadline *deadline = ki_container_of(at, struct ki_deadline, timer);
	ki_force(deadline->system, deadline->pid, deadline->cause);
	unref(deadline); /* the clock's reference: pairs with the target's. [DL1] */
}

struct ki_deadline *ki_deadline_arm(struct ki_system *system, struct ki_host *host, kith_pid pid,
	int64_t deadline_ns, enum ki_cause cause) {
	struct ki_deadline *deadline = ki_zalloc(sizeof(*deadline));
	if (!deadline) {
		return NULL;
	}
	deadline->timer.fire = deadline_fire;
	ki_list_init(&deadline->node);
	ki_store_rlx(&deadline->xrefs, 2); /* TM2; nobody else knows it yet */
	deadline->system = system;
	deadline->host = host;
	deadline->pid = pid;
	deadline->cause = cause;
	ki_host_arm(host, &deadline->timer, deadline_ns);
	return deadline;
}

void ki_deadlines_stop(struct ki_proc *proc) {
	struct ki_list *at;
	while ((at = ki_list_pop_front(&proc->deadlines))) {
		ki_deadline_unref(ki_deadline_of(at), true);
	}
}

void ki_deadline_adopt(struct ki_proc *proc, struct ki_deadline *deadline) {
	ki_list_push_back(&proc->deadlines, &deadline->node);
}

void ki_deadline_unref(struct ki_deadline *deadline, bool stop) {
	if (stop && ki_host_cancel(deadline->host, &deadline->timer)) {
		unref(deadline); /* the clock's reference. [DL1] */
	}
	unref(deadline);
}

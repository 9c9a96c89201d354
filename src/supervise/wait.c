/* wait.c: see wait.h. */
#include "supervise/wait.h"

/* The timer is at rest, after it fired or because it was stopped. */
static void rested(struct ki_proc_timer *timer) {
	struct ki_wait *wait = ki_container_of(timer, struct ki_wait, timer);
	if (wait->gone) {
		wait->gone(wait);
		return;
	}
	if (timer->proc->ended || wait->due_ns == INT64_MAX) {
		return;
	}
	if (wait->due_ns > ki_sched_now(timer->proc->system->sched)) {
		ki_wait_until(wait, wait->due_ns);
	} else {
		wait->due_ns = INT64_MAX;
		wait->due(wait);
	}
}

void ki_wait_init(struct ki_wait *wait, struct ki_proc *proc, void (*due)(struct ki_wait *)) {
	ki_proc_timer_init(&wait->timer, proc, rested, rested);
	wait->due_ns = INT64_MAX;
	wait->due = due;
	wait->gone = NULL;
}

void ki_wait_until(struct ki_wait *wait, int64_t due_ns) {
	bool busy = wait->timer.state == KI_PROC_TIMER_FIRED;
	wait->due_ns = due_ns;
	if (wait->timer.state == KI_PROC_TIMER_ARMED) {
		ki_proc_timer_stop(&wait->timer, &busy);
	}
	if (!busy) { /* else the arrival sets it */
		ki_proc_timer_arm(&wait->timer, due_ns);
	}
}

void ki_wait_end(struct ki_wait *wait) {
	bool busy;
	wait->due_ns = INT64_MAX;
	ki_proc_timer_stop(&wait->timer, &busy);
}

bool ki_wait_drop(struct ki_wait *wait, void (*gone)(struct ki_wait *)) {
	bool busy;
	wait->due_ns = INT64_MAX;
	ki_proc_timer_stop(&wait->timer, &busy);
	wait->gone = busy ? gone : NULL;
	return !busy;
}

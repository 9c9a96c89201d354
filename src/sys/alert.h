/*
 * alert.h: a POSIX signal by which one thread interrupts another.
 *
 * Owns: the disposition of one signal from ki_alert_take to ki_alert_give_back.
 * Threads: as each function says.
 * Invariants:
 *   I1 a signal has one taker in the program at a time, told by the handler's address: a second one
 *      is refused, so that giving back never strips another of its handler.
 * Not here: whom to interrupt, and what for (sched/monitor.h).
 */
#ifndef KI_SYS_ALERT_H
#define KI_SYS_ALERT_H

#include <pthread.h>
#include <signal.h>

struct ki_alert {
	int signo; /* 0: none taken */
	struct sigaction before;
};

/*
 * Installs `handler`, which must be async-signal-safe. Any thread, one at a time for each signal.
 * Errors: KITH_EINVAL (no signal that can be handled), KITH_EEXIST (somebody else in this
 * program has taken it with the same handler); `alert->signo` is 0 then.
 */
int ki_alert_take(struct ki_alert *alert, int signo, void (*handler)(int));
/* Restores what was before; no thread may be alerted any more. */
void ki_alert_give_back(struct ki_alert *alert);

/* Lets the signal reach the calling thread; gives its mask before in *before. */
void ki_alert_open(int signo, sigset_t *before);
/* Restores the mask. No more alerts are sent to the thread; one on its way does not outlive this.
 * */
void ki_alert_close(int signo, const sigset_t *before);

/* The calling thread, to be alerted while it lives. */
pthread_t ki_alert_self(void);
/* Interrupts a thread that has not ended. */
void ki_alert_send(pthread_t thread, int signo);

#endif

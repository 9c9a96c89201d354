/*
 * alert.c: see alert.h.
 */
#include "sys/alert.h"

#include <errno.h>
#include <kith_types.h>

#include "base/check.h"

/* SA_RESTART: what a C function waits for in the system goes on after an alert, where it can. */
int ki_alert_take(struct ki_alert *alert, int signo, void (*handler)(int)) {
	struct sigaction ours = {.sa_handler = handler, .sa_flags = SA_RESTART};
	sigemptyset(&ours.sa_mask);
	alert->signo = 0;
	if (sigaction(signo, NULL, &alert->before) != 0) {
		return KITH_EINVAL;
	}
	if (!(alert->before.sa_flags & SA_SIGINFO) && alert->before.sa_handler == handler) {
		return KITH_EEXIST; /* I1 */
	}
	if (sigaction(signo, &ours, NULL) != 0) {
		return KITH_EINVAL;
	}
	alert->signo = signo;
	return KITH_OK;
}

void ki_alert_give_back(struct ki_alert *alert) {
	if (alert->signo != 0) {
		ki_check(sigaction(alert->signo, &alert->before, NULL) == 0);
		alert->signo = 0;
	}
}

void ki_alert_open(int signo, sigset_t *before) {
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, signo);
	ki_check(pthread_sigmask(SIG_UNBLOCK, &set, before) == 0);
}

/* Where it is let through before too, what is pending goes to the handler at once. Elsewhere it
 * would wait, and one day meet whatever the program does with the signal then. */
void ki_alert_close(int signo, const sigset_t *before) {
	sigset_t pending;
	ki_check(pthread_sigmask(SIG_SETMASK, before, NULL) == 0);
	if (sigismember(before, signo) && sigpending(&pending) == 0 &&
		sigismember(&pending, signo)) {
		sigset_t one;
		int got;
		sigemptyset(&one);
		sigaddset(&one, signo);
		sigwait(&one, &got);
	}
}

pthread_t ki_alert_self(void) {
	return pthread_self();
}

void ki_alert_send(pthread_t thread, int signo) {
	int refused = pthread_kill(thread, signo);
	ki_check(refused == 0 || refused == EAGAIN); /* no room to queue it: the next will do */
}

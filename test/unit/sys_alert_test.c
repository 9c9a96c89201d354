/* A signal by which one thread interrupts another. */
#include "kith_test.h"

#include <kith_types.h>

#include "base/atomic.h"
#include "sys/alert.h"
#include "sys/thread.h"

static _Atomic(int) xnr_alerts, xopen, xended;
static pthread_t reached, looping;

static void count_alert(int signo) {
	(void)signo;
	reached = pthread_self();
	ki_add_rel(&xnr_alerts, 1);
}

static void other_handler(int signo) {
	(void)signo;
}

static void loop(void *arg) {
	sigset_t before;
	(void)arg;
	looping = ki_alert_self();
	ki_alert_open(SIGUSR2, &before);
	TRUE(sigismember(&before, SIGUSR2)); /* our threads block what they are not asked for */
	ki_store_rel(&xopen, 1);
	while (ki_load_acq(&xnr_alerts) == 0) {
		ki_thread_yield();
	}
	ki_alert_close(SIGUSR2, &before);
	ki_store_rel(&xended, 1);
}

TEST(sys_alert, reaches_the_thread_it_is_sent_to) {
	struct ki_alert alert;
	struct ki_thread thread;
	OK(ki_alert_take(&alert, SIGUSR2, count_alert));
	OK(ki_thread_start(&thread, loop, NULL, 0));
	while (!ki_load_acq(&xopen)) {
		ki_thread_yield();
	}
	ki_alert_send(looping, SIGUSR2);
	ki_thread_join(&thread);
	EQ_INT(xnr_alerts, 1);
	TRUE(pthread_equal(reached, looping));
	ki_alert_give_back(&alert);
}

TEST(sys_alert, one_on_its_way_does_not_outlive_the_close) {
	struct ki_alert alert;
	sigset_t block, before, pending;
	OK(ki_alert_take(&alert, SIGUSR2, count_alert));
	sigemptyset(&block);
	sigaddset(&block, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &block, NULL);
	ki_alert_send(ki_alert_self(), SIGUSR2);
	EQ_INT(xnr_alerts, 0);
	sigpending(&pending);
	TRUE(sigismember(&pending, SIGUSR2));
	pthread_sigmask(SIG_BLOCK, NULL, &before);
	ki_alert_close(SIGUSR2, &before);
	sigpending(&pending);
	FALSE(sigismember(&pending, SIGUSR2));
	EQ_INT(xnr_alerts, 0);
	ki_alert_give_back(&alert);
}

TEST(sys_alert, what_was_before_is_restored_and_a_second_taker_refused) {
	struct sigaction other = {.sa_handler = other_handler}, now;
	struct ki_alert first, second;
	sigaction(SIGUSR2, &other, NULL);
	OK(ki_alert_take(&first, SIGUSR2, count_alert));
	STATUS(ki_alert_take(&second, SIGUSR2, count_alert), KITH_EEXIST);
	ki_alert_give_back(&second);
	sigaction(SIGUSR2, NULL, &now);
	TRUE(now.sa_handler == count_alert);
	ki_alert_give_back(&first);
	sigaction(SIGUSR2, NULL, &now);
	TRUE(now.sa_handler == other_handler);
	STATUS(ki_alert_take(&first, SIGKILL, count_alert), KITH_EINVAL);
	STATUS(ki_alert_take(&first, -1, count_alert), KITH_EINVAL);
	ki_alert_give_back(&first);
}

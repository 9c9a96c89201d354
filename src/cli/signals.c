/*
 * signals.c: SIGINT, SIGTERM and SIGUSR1 (SPEC 20.5).
 *
 * A thread of its own waits for them, so that no handler runs anywhere. It is ended by a signal,
 * too: by one that finds `over`.
 *
 * Owns: watch. Threads: main, and the one it starts.
 * Not here: what a stop does (the library).
 */
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "cli/cli.h"

static struct {
	pthread_t thread;
	pthread_mutex_t mutex;
	bool watching; /* main */
	bool over;     /* mutex */
	struct kith_runtime *runtime;
	sigset_t set;
} watch = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static bool is_over(void) {
	pthread_mutex_lock(&watch.mutex);
	bool over = watch.over;
	pthread_mutex_unlock(&watch.mutex);
	return over;
}

/* `nr` came before it. */
static void shut_down(int nr) {
	if (nr > 0) {
		kith_log(watch.runtime, KITH_LOG_WARN, "kith", "force exit");
		_exit(EXIT_FAILED);
	}
	kith_log(watch.runtime, KITH_LOG_INFO, "kith", "received shutdown signal");
	kith_stop(watch.runtime, KITH_PROJECT_TIMEOUT);
}

static void write_record(void *user, const char *line, size_t len) {
	(void)user;
	ki_cli_err(line, len);
}

static void *wait_for_signals(void *arg) {
	(void)arg;
	for (int nr = 0;;) {
		int signal_nr;
		if (sigwait(&watch.set, &signal_nr)) {
			continue;
		}
		if (is_over()) {
			return NULL;
		}
		if (signal_nr == SIGUSR1) {
			kith_snapshot(watch.runtime, write_record, NULL);
		} else {
			shut_down(nr++);
		}
	}
}

static void ignore(int signal_nr) {
	(void)signal_nr;
}

void ki_cli_block_signals(void) {
	signal(SIGPIPE, SIG_IGN);
	/*
	 * A shell starts a background job with SIGINT ignored, and what is ignored may not be
	 * waited for.
	 */
	struct sigaction action = {.sa_handler = ignore};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGUSR1, &action, NULL);
	sigemptyset(&watch.set);
	sigaddset(&watch.set, SIGINT);
	sigaddset(&watch.set, SIGTERM);
	sigaddset(&watch.set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &watch.set, NULL);
}

bool ki_cli_watch_signals(struct kith_runtime *runtime) {
	watch.runtime = runtime;
	watch.watching = !pthread_create(&watch.thread, NULL, wait_for_signals, NULL);
	return watch.watching;
}

void ki_cli_unwatch_signals(void) {
	if (!watch.watching) {
		return;
	}
	pthread_mutex_lock(&watch.mutex);
	watch.over = true;
	pthread_mutex_unlock(&watch.mutex);
	pthread_kill(watch.thread, SIGTERM);
	pthread_join(watch.thread, NULL);
	watch.watching = false;
}

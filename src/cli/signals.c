/*
 * signals.c: SIGINT, SIGTERM and SIGUSR1 (SPEC 20.5).
 *
 * A thread of its own waits for them, so that no handler runs anywhere. It is ended by a signal,
 * too: by one that finds `over`. What there is to tell on standard error another thread writes,
 * for which this one waits TELL_S at most: perhaps nobody reads, and a stop has to come through.
 *
 * Owns: watch. Threads: main, and those it starts.
 * Not here: what a stop does (the library).
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"

enum { TELL_S = 1 };

/* To be told: records, or a line of the log. */
struct news {
	char *records;
	size_t len;
	enum kith_log_level level;
	const char *line;
};

static struct {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t told;
	bool watching; /* main */
	bool over;     /* mutex */
	bool telling;  /* mutex: `news` is being told */
	struct news news;
	struct kith_runtime *runtime;
	sigset_t set;
} watch = {.mutex = PTHREAD_MUTEX_INITIALIZER, .told = PTHREAD_COND_INITIALIZER};

static bool is_over(void) {
	pthread_mutex_lock(&watch.mutex);
	bool over = watch.over;
	pthread_mutex_unlock(&watch.mutex);
	return over;
}

/* ---- Telling ---- */

static void *write_news(void *arg) {
	(void)arg;
	struct news *news = &watch.news;
	if (news->records) {
		ki_cli_err(news->records, news->len);
	} else {
		kith_log(watch.runtime, news->level, "kith", news->line);
	}
	pthread_mutex_lock(&watch.mutex);
	free(news->records);
	watch.telling = false;
	pthread_cond_broadcast(&watch.told);
	pthread_mutex_unlock(&watch.mutex);
	return NULL;
}

/* Until it was told, or for TELL_S. */
static void wait_until_told(void) {
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += TELL_S;
	pthread_mutex_lock(&watch.mutex);
	int status = 0;
	while (watch.telling && !status) {
		status = pthread_cond_timedwait(&watch.told, &watch.mutex, &until);
	}
	pthread_mutex_unlock(&watch.mutex);
}

/* Takes the records. While nobody reads what was told before, they are not for anybody either. */
static void tell(struct news news) {
	pthread_t thread;
	pthread_mutex_lock(&watch.mutex);
	bool busy = watch.telling;
	watch.telling = true;
	pthread_mutex_unlock(&watch.mutex);
	if (busy) {
		free(news.records);
		return;
	}
	watch.news = news;
	if (pthread_create(&thread, NULL, write_news, NULL)) {
		write_news(NULL);
	} else {
		pthread_detach(thread);
		wait_until_told();
	}
}

static void put_record(void *records, const char *line, size_t len) {
	fwrite(line, 1, len, records);
}

static void tell_snapshot(void) {
	struct news news = {.records = NULL};
	FILE *records = open_memstream(&news.records, &news.len);
	if (!records) {
		return;
	}
	kith_snapshot(watch.runtime, put_record, records);
	fclose(records);
	if (news.records) {
		tell(news);
	}
}

/* ---- Waiting ---- */

/* `nr` came before it. */
static void shut_down(int nr) {
	if (nr > 0) {
		tell((struct news){.level = KITH_LOG_WARN, .line = "force exit"});
		_exit(EXIT_FAILED);
	}
	tell((struct news){.level = KITH_LOG_INFO, .line = "received shutdown signal"});
	kith_stop(watch.runtime, KITH_PROJECT_TIMEOUT);
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
			tell_snapshot();
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
	pthread_mutex_lock(&watch.mutex);
	while (watch.telling && !watch.news.records) { /* it uses the runtime */
		pthread_cond_wait(&watch.told, &watch.mutex);
	}
	pthread_mutex_unlock(&watch.mutex);
	wait_until_told();
}

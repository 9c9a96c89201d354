/*
 * A program that embeds kith: two runtimes at once, each on a thread of the program's own, one
 * simulated. Compiled as C and as C++, with the public headers and the archive alone, and with a
 * Lua symbol of its own, which must not clash.
 *
 * usage: two_runtimes PROJECT
 */
#include <kith.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* The embedder's own Lua, so to say. */
int lua_gettop(void);
int lua_gettop(void)
{
	return 42;
}

struct host {
	pthread_t thread;
	const char *project, *base;
	int simulate, exit_status;
	char printed[64];
	size_t len;
};

static int take_output(void *user, const char *text, size_t len)
{
	struct host *host = (struct host *)user;
	if (len >= sizeof(host->printed) - host->len) {
		return 1;
	}
	memcpy(host->printed + host->len, text, len);
	host->len += len;
	return 0;
}

static void must(int status, const char *what)
{
	if (status != KITH_OK) {
		fprintf(stderr, "%s: %s\n", what, kith_status_text(status));
		exit(1);
	}
}

static void *run(void *arg)
{
	struct host *host = (struct host *)arg;
	struct kith_options options = kith_options();
	options.user = host;
	options.output = take_output;
	options.simulate = host->simulate;
	struct kith_runtime *runtime = NULL;
	must(kith_open(&options, &runtime), "open");
	must(kith_load(runtime, host->project), "load");
	must(kith_start_entry(runtime, "app:main", 1, &host->base), "start");
	must(kith_run(runtime, KITH_NO_TIMEOUT), "run");
	struct kith_outcome outcome;
	outcome.size = sizeof(outcome);
	must(kith_outcome_get(runtime, &outcome), "outcome");
	host->exit_status = outcome.exit_status;
	must(kith_close(&runtime), "close");
	return NULL;
}

static void expect(struct host *host, int status, const char *printed)
{
	pthread_join(host->thread, NULL);
	if (host->exit_status != status || strcmp(host->printed, printed) != 0) {
		fprintf(stderr, "status %d and \"%s\", expected %d and \"%s\"\n", host->exit_status,
			host->printed, status, printed);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	static struct host hosts[2];
	if (argc != 2) {
		return 2;
	}
	for (int i = 0; i < 2; i++) {
		hosts[i].project = argv[1];
		hosts[i].base = i == 0 ? "0" : "100";
		hosts[i].simulate = i;
		if (pthread_create(&hosts[i].thread, NULL, run, &hosts[i])) {
			return 1;
		}
	}
	expect(&hosts[0], 110, "sum\t110\n");
	expect(&hosts[1], 210, "sum\t210\n");
	return lua_gettop() == 42 ? 0 : 1;
}

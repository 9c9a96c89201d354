/*
 * A project of one host and Lua processes, and a runtime that loads it, for the tests of api.
 *
 * Owns: struct app. Threads: the callbacks lock.
 */
#ifndef TEST_API_FIXTURE_H
#define TEST_API_FIXTURE_H

#include <kith.h>

#include "base/buf.h"
#include "config_folder.h"
#include "sys/thread.h"

struct app {
	struct folder folder;
	struct kith_options options;
	struct kith_runtime *runtime;
	struct ki_mutex mutex;
	struct ki_buf output, log;
	int refuse_output; /* the callback gives this */
};

static inline int app_output(void *user, const char *text, size_t len)
{
	struct app *app = user;
	ki_mutex_lock(&app->mutex);
	ki_buf_put(&app->output, text, len);
	ki_mutex_unlock(&app->mutex);
	return app->refuse_output;
}

static inline void app_log(void *user, enum kith_log_level level, const char *text, size_t len)
{
	struct app *app = user;
	(void)level;
	ki_mutex_lock(&app->mutex);
	ki_buf_put(&app->log, text, len);
	ki_mutex_unlock(&app->mutex);
}

/* A simulated runtime, not opened yet; its project has the host app:host. */
static inline void app_init(struct app *app)
{
	memset(app, 0, sizeof(*app));
	folder_open(&app->folder);
	ki_mutex_init(&app->mutex);
	app->options = kith_options();
	app->options.user = app;
	app->options.output = app_output;
	app->options.log = app_log;
	app->options.simulate = 1;
	app->options.seed = 1;
	folder_write(&app->folder, "src/host.yaml",
		"namespace: app\n"
		"entries:\n"
		"  - name: host\n"
		"    kind: process.host\n"
		"    host: {workers: 2}\n"
		"    lifecycle: {auto_start: true}\n");
}

/* Adds process app:NAME; `more` is YAML of further fields, indented by four, or "". */
static inline void app_process(
	struct app *app, const char *name, const char *source, const char *more)
{
	char file[128], text[2048];
	snprintf(file, sizeof(file), "src/%s.lua", name);
	folder_write(&app->folder, file, source);
	snprintf(file, sizeof(file), "src/%s.yaml", name);
	snprintf(text, sizeof(text),
		"namespace: app\nentries:\n  - name: %s\n    kind: process.lua\n"
		"    source: file://%s.lua\n    modules: [time]\n%s",
		name, name, more);
	folder_write(&app->folder, file, text);
}

static inline void app_load(struct app *app)
{
	OK(kith_open(&app->options, &app->runtime));
	int status = kith_load(app->runtime, app->folder.dir);
	if (status) {
		struct kith_diag diag = {.found = "?"};
		kith_diag_get(app->runtime, 0, &diag);
		FAIL("load: %s: %s", kith_status_name(status), diag.found);
	}
}

/* Runs app:main to its end. */
static inline struct kith_outcome app_run(struct app *app, size_t nr_args, const char *const *args)
{
	app_load(app);
	OK(kith_start_entry(app->runtime, "app:main", nr_args, args));
	OK(kith_run(app->runtime, KITH_NO_TIMEOUT));
	struct kith_outcome outcome = {.size = sizeof(outcome)};
	OK(kith_outcome_get(app->runtime, &outcome));
	return outcome;
}

static inline void app_close(struct app *app)
{
	OK(kith_close(&app->runtime));
	IS_NULL(app->runtime);
}

static inline void app_fini(struct app *app)
{
	app_close(app);
	folder_close(&app->folder);
	ki_mutex_fini(&app->mutex);
	ki_buf_fini(&app->output);
	ki_buf_fini(&app->log);
}

#endif

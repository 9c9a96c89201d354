/*
 * Each allocation refused in turn, from the start of an application with services, a supervisor and
 * functions to its end (SPEC 15.7): what is asked of the library gives KITH_EEXHAUSTED or happens,
 * the application ends, and all is given back.
 *
 *	api_application [FIRST [LAST]]	these runs alone, with what they log
 */
#define _XOPEN_SOURCE 700 /* nftw */
#define KITH_TEST_PROGRAM

#include <unistd.h>

#include "fail/fault.h"
#include "unit/api_fixture.h"

enum { NR_IN_A_ROW = 30, SECONDS = 240 };

static const char entries[] =
	"namespace: app\n"
	"entries:\n"
	"  - name: main\n"
	"    kind: process.lua\n"
	"    modules: [time, funcs, supervisor, system, logger, json, registry]\n"
	"    source: |\n"
	"      return function()\n"
	"        local logger = require('logger')\n"
	"        process.spawn('app:worker')\n"
	"        logger:info('begun', { n = 1 })\n"
	"        local v = funcs.call('app:twice', 4)\n"
	"        local f = funcs.async('app:twice', 'x')\n"
	"        if f then f:response():receive() end\n"
	"        local sup = supervisor.start({ children = {\n"
	"          { name = 'a', process = 'app:worker' } } })\n"
	"        if sup then\n"
	"          supervisor.children(sup)\n"
	"          supervisor.start_child(sup, { name = 'b', process = 'app:worker' })\n"
	"        end\n"
	"        system.hosts.list()\n"
	"        system.hosts.processes('app:host')\n"
	"        system.supervisor.states()\n"
	"        registry.find({ kind = 'process.lua' })\n"
	"        time.sleep('50ms')\n"
	"        return json.encode({ v })\n"
	"      end\n"
	"  - name: twice\n"
	"    kind: function.lua\n"
	"    source: return function(x) return x .. x end\n"
	"  - name: worker\n"
	"    kind: process.lua\n"
	"    modules: [time]\n"
	"    source: |\n"
	"      return function()\n"
	"        local events = process.events()\n"
	"        local r = channel.select({ events:case_receive(),\n"
	"          time.after('20ms'):case_receive() })\n"
	"        if r.channel ~= events then error('tired') end\n"
	"      end\n"
	"  - name: service\n"
	"    kind: process.service\n"
	"    process: worker\n"
	"    lifecycle: {auto_start: true, restart: {initial_delay: 5ms, max_attempts: 3}}\n"
	"  - name: crew\n"
	"    kind: process.supervisor\n"
	"    strategy: one_for_all\n"
	"    children: [{name: one, process: worker, count: 2}, {name: two, process: worker}]\n"
	"    lifecycle: {auto_start: true, startup: optional, restart: {max_attempts: 1}}\n";

static void check_status(const char *what, int status) {
	if (status != KITH_OK && status != KITH_EEXHAUSTED) {
		FAIL("call %zu to %zu refused: %s gave %s", fault.first, fault.last, what,
			kith_status_name(status));
	}
}

/* As far as it comes. */
static void start(struct app *app) {
	int status = kith_start_entry(app->runtime, "app:main", 0, NULL);
	check_status("start", status);
	if (status == KITH_OK) {
		status = kith_run(app->runtime, INT64_C(600000000000));
		if (status == KITH_ETIMEOUT) {
			FAIL("call %zu to %zu refused: it never ended:\n%s", fault.first,
				fault.last, ki_buf_cstr(&app->log));
		}
		check_status("run", status);
	}
}

/* True when there were calls to refuse. */
static bool run(struct app *app, size_t first, size_t in_a_row, bool show) {
	fault_set(first, in_a_row);
	ki_buf_reset(&app->log);
	ki_buf_reset(&app->output);
	app_load(app);
	fault.armed = true;
	start(app);
	fault.armed = false;
	struct kith_outcome outcome = {.size = sizeof(outcome)};
	if (!fault_hit()) {
		OK(kith_outcome_get(app->runtime, &outcome));
		EQ_STR(outcome.output, "[\"44\"]\n");
	}
	if (show) {
		printf("%zu:\n%s", first, ki_buf_cstr(&app->log));
	}
	app_close(app);
	return fault_hit();
}

static void run_all(
	struct app *app, size_t first, size_t last, size_t in_a_row, size_t step, bool show) {
	size_t n = first;
	while (n <= last && run(app, n, in_a_row, show)) {
		n += step;
	}
	printf("api_application: %zu calls of the allocator, %zu in a row: held\n", n, in_a_row);
}

int main(int argc, char **argv) {
	size_t first = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
	size_t last = argc > 2 ? strtoul(argv[2], NULL, 10) : argc > 1 ? first : SIZE_MAX;
	struct app app;
	snprintf(test_replay(), 256, "%s CALL", argv[0]);
	alarm(SECONDS * TEST_SCALE); /* a hang ends it */
	app_init(&app);
	folder_write(&app.folder, "src/app.yaml", entries);
	run_all(&app, first, last, 1, 1, argc > 1);
	run_all(&app, first, last, NR_IN_A_ROW, 17, argc > 1);
	folder_close(&app.folder);
	ki_mutex_fini(&app.mutex);
	ki_buf_fini(&app.output);
	ki_buf_fini(&app.log);
	return 0;
}

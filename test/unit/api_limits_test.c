/* Limits of entries, hosts and kith.yaml, where a project sets them (SPEC 15.6, 16.8). */
#define _XOPEN_SOURCE 700 /* nftw */
#include "api_fixture.h"

#include "api/runtime.h"
#include "sched/driver.h"

static const char fills[] =
	"return function()\n"
	"  local p, n = process.spawn('app:waits'), 0\n"
	"  while process.send(p, 't') do n = n + 1 end\n"
	"  return n\n"
	"end\n";
static const char waits[] = "return function() process.events():receive() end\n";

static void holds(struct app *app, int messages) {
	app_process(app, "main", fills, "");
	EQ_INT(app_run(app, 0, NULL).exit_status, messages);
	app_fini(app);
}

TEST(api_limits, mailbox_is_what_kith_yaml_says) {
	struct app app;
	app_init(&app);
	folder_write(&app.folder, "kith.yaml", "host: {max_mailbox: 5}\n");
	app_process(&app, "waits", waits, "");
	holds(&app, 5);
}

TEST(api_limits, mailbox_of_an_entry_goes_before_its_host) {
	struct app app;
	app_init(&app);
	folder_write(&app.folder, "kith.yaml", "host: {max_mailbox: 5}\n");
	app_process(&app, "waits", waits, "    max_mailbox: 7\n");
	holds(&app, 7);
}

TEST(api_limits, host_goes_before_kith_yaml) {
	struct app app;
	app_init(&app);
	folder_write(&app.folder, "kith.yaml", "host: {max_mailbox: 5, max_processes: 1}\n");
	folder_write(&app.folder, "src/host.yaml",
		"namespace: app\nentries:\n  - name: host\n    kind: process.host\n"
		"    host: {workers: 2, max_mailbox: 6, max_processes: 2}\n"
		"    lifecycle: {auto_start: true}\n");
	app_process(&app, "waits", waits, "");
	holds(&app, 6);
}

TEST(api_limits, full_host_refuses) {
	struct app app;
	app_init(&app);
	folder_write(&app.folder, "kith.yaml", "host: {max_processes: 1}\n");
	app_process(&app, "waits", waits, "");
	app_process(&app, "main",
		"return function() local p, e = process.spawn('app:waits') return tostring(e) end",
		"");
	EQ_STR(app_run(&app, 0, NULL).output, "max processes limit exceeded\n");
	app_fini(&app);
}

TEST(api_limits, slice_is_that_of_the_option_or_of_the_host) {
	struct app app;
	app_init(&app);
	folder_write(&app.folder, "kith.yaml", "host: {time_slice: 5ms}\n");
	app_process(&app, "main", "return function() end", "");
	app_run(&app, 0, NULL);
	EQ_INT(app.runtime->boot.specs[0].host->host->slice_ns, 5000000);
	app_close(&app);
	app.options.slice_ns = 7000000;
	app_run(&app, 0, NULL);
	EQ_INT(app.runtime->boot.specs[0].host->host->slice_ns, 7000000);
	app_fini(&app);
}

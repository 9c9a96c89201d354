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

TEST(api_limits, bytes_of_a_mailbox_and_of_a_message_16_8) {
	struct app app;
	app_init(&app);
	folder_write(&app.folder, "kith.yaml",
		"host: {max_mailbox_bytes: 1KiB, max_message: 1MiB}\n");
	app_process(&app, "waits", waits, "    max_mailbox_bytes: 2KiB\n");
	app_process(&app, "main",
		"return function()\n"
		"  local p, n, s = process.spawn('app:waits'), 0, ('x'):rep(500)\n"
		"  while process.send(p, 't', s) do n = n + 1 end\n"
		"  return n .. ' ' .. tostring(select(2, process.send(p, 't', s:rep(3)))) .. ' '\n"
		"    .. tostring(select(2, process.send(process.pid(), 't', s:rep(3))))\n"
		"end\n",
		"    max_message: 1KiB\n");
	EQ_STR(app_run(&app, 0, NULL).output,
		"4 payload larger than 1024 bytes payload larger than 1024 bytes\n");
	app_fini(&app);
}

TEST(api_limits, turn_of_an_entry_ends_it_16_8) {
	struct app app;
	app_init(&app);
	folder_write(&app.folder, "kith.yaml", "host: {max_turn: 1h}\n");
	app_process(&app, "spins", "return function() while true do end end", "    max_turn: 5\n");
	app_process(&app, "main",
		"return function() return tostring(select(2, process.exec('app:spins'))) end", "");
	EQ_STR(app_run(&app, 0, NULL).output, "time budget exceeded (limit 5 ms)\n");
	app_fini(&app);
}

static const char crowds[] =
	"return function()\n"
	"  local n, pid, e = 0\n"
	"  repeat\n"
	"    pid, e = process.spawn('app:waits')\n"
	"    time.sleep('1us')\n" /* it takes its memory when it first runs */
	"    n = n + 1\n"
	"  until not pid or n > 50000\n"
	"  return tostring(e)\n"
	"end\n";

TEST(api_limits, memory_is_that_of_the_option_or_of_kith_yaml_16_8) {
	struct app app;
	app_init(&app);
	folder_write(&app.folder, "kith.yaml", "memory: 32MiB\n");
	app_process(&app, "waits", "return function() process.inbox():receive() end", "");
	app_process(&app, "main", crowds, "");
	EQ_STR(app_run(&app, 0, NULL).output, "memory full\n");
	EQ_UINT(app.runtime->memory.limit_bytes, 32 << 20);
	app_close(&app);
	app.options.memory_bytes = 24 << 20;
	EQ_STR(app_run(&app, 0, NULL).output, "memory full\n");
	EQ_UINT(app.runtime->memory.limit_bytes, 24 << 20);
	app_close(&app);
	app.options.memory_bytes = -1;
	STATUS(kith_open(&app.options, &app.runtime), KITH_EINVAL);
	app_fini(&app);
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

/* Projects with libraries, data entries and a terminal (SPEC 13.2, 17, 20.3). */
#define _XOPEN_SOURCE 700 /* nftw */
#include "api_fixture.h"

static const char libraries[] =
	"namespace: app\n"
	"entries:\n"
	"  - name: text\n"
	"    kind: library.lua\n"
	"    modules: [json]\n"
	"    imports: {base: deep.base:base}\n"
	"    source: |\n"
	"      return {dump = function(t) return json.encode(t) .. base.suffix end}\n"
	"  - name: sad\n"
	"    kind: library.lua\n"
	"    source: |\n"
	"      local x = 1\n"
	"      error('sad')\n"
	"  - {name: note, kind: registry.entry, data: {any: thing}}\n"
	"  - {name: def, kind: ns.definition, meta: {title: x}}\n";

static const char base[] =
	"namespace: deep.base\n"
	"name: base\n"
	"kind: library.lua\n"
	"source: |\n"
	"  return {suffix = '!'}\n";

static struct kith_outcome run(struct app *app, const char *source) {
	app_init(app);
	folder_write(&app->folder, "src/lib.yaml", libraries);
	folder_write(&app->folder, "src/base.yaml", base);
	app_process(app, "main", source, "    imports: {text: text, sad: sad}\n");
	return app_run(app, 0, NULL);
}

TEST(api_library, a_process_uses_what_it_imports) {
	struct app app;
	struct kith_outcome outcome = run(&app,
		"return function() return text.dump{1, {a = 2}} .. tostring(json) end");
	EQ_INT(outcome.exit_status, 0);
	EQ_STR(outcome.output, "[1,{\"a\":2}]!nil\n");
	app_fini(&app);
}

TEST(api_library, an_error_in_its_chunk_names_it) {
	struct app app;
	struct kith_outcome outcome = run(&app, "return function() return sad end");
	EQ_INT(outcome.exit_status, 1);
	HAS_STR(outcome.error, "app:sad:2: sad\n");
	HAS_STR(ki_buf_cstr(&app.log), "app:sad:2: in main chunk");
	app_fini(&app);
}

TEST(api_library, a_terminal_runs_the_entry_and_hides_the_log) {
	struct app app;
	app_init(&app);
	folder_write(&app.folder, "src/terminal.yaml",
		"namespace: app\nname: terminal\nkind: terminal.host\nhide_logs: true\n"
		"lifecycle: {auto_start: true}\n");
	app_process(&app, "idle", "return function() process.events():receive() end",
		"    lifecycle: {auto_start: true}\n");
	app_process(&app, "main",
		"return function()\n"
		"  process.spawn('app:fails', 'app:host') time.sleep('1s') return process.pid()\n"
		"end", "");
	app_process(&app, "fails", "return function() error('loud') end", "");
	app.options.log_level = KITH_LOG_DEBUG;
	app.options.workers = 3;
	struct kith_outcome outcome = app_run(&app, 0, NULL);
	HAS_STR(outcome.output, "{app:terminal|0x");
	HAS_STR(ki_buf_cstr(&app.log), "host runs  service=app:terminal");
	HAS_STR(ki_buf_cstr(&app.log), "CRASH app:fails");
	IS_NULL(strstr(ki_buf_cstr(&app.log), "service runs  service=app:main"));
	HAS_STR(ki_buf_cstr(&app.log), "service exited  service=app:main");
	app_fini(&app);
}

/* Functions of a project: what can be called, and where it runs (SPEC 12.6, 17, 20.3). */
#define _XOPEN_SOURCE 700 /* nftw */
#include "api_fixture.h"

/* The main of these tests, on app:host, beside the host app:other. */
static void open_functions(struct app *app, const char *main, const char *entries)
{
	char text[4096];
	app_init(app);
	snprintf(text, sizeof(text),
		"namespace: app\nentries:\n"
		"  - {name: other, kind: process.host, lifecycle: {auto_start: true}}\n"
		"  - {name: sleeps, kind: process.host}\n"
		"  - {name: small, kind: process.host, host: {max_processes: 1}, lifecycle: "
		"{auto_start: true}}\n"
		"  - {name: main, kind: process.lua, host: host, source: file://main.lua, modules: "
		"[funcs, time]}\n%s",
		entries);
	folder_write(&app->folder, "src/app.yaml", text);
	folder_write(&app->folder, "src/main.lua", main);
}

#define WHERE "source: \"return function() return process.pid():match('{(.-)|') end\""

TEST(function, runs_where_its_entry_says_or_where_its_caller_does)
{
	struct app app;
	open_functions(&app,
		"return function()\n"
		"for _, name in ipairs{'any', 'given', 'by_meta', 'p_meta', 'p_options'} do\n"
		"print(name, funcs.call('app:' .. name)) end end\n",
		"  - {name: any, kind: function.lua, " WHERE "}\n"
		"  - {name: given, kind: function.lua, host: other, " WHERE "}\n"
		"  - {name: by_meta, kind: function.lua, meta: {default_host: other}, " WHERE "}\n"
		"  - {name: p_meta, kind: process.lua, meta: {default_host: other}, " WHERE "}\n"
		"  - {name: p_options, kind: process.lua, host: host, meta: {options: "
		"{default_host: other}}, " WHERE "}\n");
	EQ_INT(app_run(&app, 0, NULL).exit_status, 0);
	EQ_STR(ki_buf_cstr(&app.output),
		"any\tapp:host\tnil\ngiven\tapp:other\tnil\nby_meta\tapp:other\tnil\n"
		"p_meta\tapp:other\tnil\np_options\tapp:host\tnil\n");
	app_fini(&app);
}

TEST(function, calls_reach_functions_and_spawns_reach_processes)
{
	struct app app;
	open_functions(&app,
		"return function()\n"
		"print(process.spawn('app:f', 'app:host'))\n"
		"print(process.exec('app:f', 'app:host'))\n"
		"print(funcs.call('app:p'))\n"
		"print(funcs.call('app:other'))\n"
		"print(funcs.call('app:lib'))\n"
		"print(funcs.call('kith:x'))\n"
		"print(funcs.call('app:f'))\n"
		"end\n",
		"  - {name: f, kind: function.lua, source: return function() return 'f' end}\n"
		"  - {name: p, kind: process.lua, host: host, source: return function() end}\n"
		"  - {name: lib, kind: library.lua, source: 'return {}'}\n");
	EQ_INT(app_run(&app, 0, NULL).exit_status, 0);
	EQ_STR(ki_buf_cstr(&app.output),
		"nil\tfactory not found\nnil\tfactory not found\nnil\tfunction not found\n"
		"nil\tfunction not found\nnil\tfunction not found\nnil\tfunction not found\n"
		"f\tnil\n");
	app_fini(&app);
}

TEST(function, counts_as_a_process_of_its_host)
{
	struct app app;
	open_functions(&app,
		"return function()\n"
		"print(select(2, funcs.call('app:asleep_f')))\n"
		"local f = funcs.async('app:small_f')\n"
		"local v, err = funcs.call('app:small_f')\n"
		"print(err, err:kind(), err:retryable())\n"
		"print(f:channel():receive():data())\n"
		"print(funcs.call('app:small_f'))\n"
		"end\n",
		"  - {name: asleep_f, kind: function.lua, host: sleeps, " WHERE "}\n"
		"  - {name: small_f, kind: function.lua, host: small, modules: [time], source: "
		"\"return function() time.sleep('1ms') return 1 end\"}\n");
	EQ_INT(app_run(&app, 0, NULL).exit_status, 0);
	EQ_STR(ki_buf_cstr(&app.output),
		"host is not running\n"
		"max processes limit exceeded\tResourceExhausted\ttrue\n1\n1\tnil\n");
	app_fini(&app);
}

TEST(function, has_the_limits_method_and_imports_of_its_entry)
{
	struct app app;
	open_functions(&app,
		"return function()\n"
		"print(funcs.call('app:f', 2))\n"
		"local v, err = funcs.call('app:fat')\n"
		"print(v, err, err:kind())\n"
		"end\n",
		"  - {name: f, kind: function.lua, method: twice, imports: {tools: tools}, "
		"pool: {size: 9}, source: 'return {twice = function(n) return tools.double(n) "
		"end}'}\n"
		"  - {name: tools, kind: library.lua, source: 'return {double = function(n) return "
		"2 * n end}'}\n"
		"  - {name: fat, kind: function.lua, max_memory: 1MiB, source: \"return function() "
		"local t = {} for i = 1, 1e7 do t[i] = i end end\"}\n");
	EQ_INT(app_run(&app, 0, NULL).exit_status, 0);
	EQ_STR(ki_buf_cstr(&app.output),
		"4\tnil\nnil\tmemory limit exceeded (limit 1048576 bytes)\tResourceExhausted\n");
	app_fini(&app);
}

/* SPEC 21.4 */
TEST(function, shows_what_its_caller_waits_in)
{
	struct app app;
	open_functions(&app,
		"return function()\n"
		"print(table.unpack((funcs.call('app:looks', process.pid()))))\n"
		"end\n",
		"  - {name: looks, kind: function.lua, modules: [system], source: \"return "
		"function(caller) for _, p in ipairs(system.hosts.processes('app:host')) do if "
		"p.pid == caller then return {p.waiting_in, p.state} end end end\"}\n");
	EQ_INT(app_run(&app, 0, NULL).exit_status, 0);
	EQ_STR(ki_buf_cstr(&app.output), "call\tblocked\n");
	app_fini(&app);
}

/* SPEC 20.3 */
TEST(function, is_run_by_itself_as_a_process_is)
{
	struct app app;
	open_functions(&app, "return function() end\n",
		"  - {name: f, kind: function.lua, source: \"return function(a, b) return "
		"process.id() .. a .. b .. process.pid():match('{(.-)|') end\"}\n"
		"  - {name: given, kind: function.lua, host: other, source: \"return function() "
		"return nil, 'no' end\"}\n");
	app_load(&app);
	static const char *const args[] = {"x", "y"};
	OK(kith_require_entry(app.runtime, "app:f"));
	OK(kith_start_entry(app.runtime, "app:f", 2, args));
	OK(kith_run(app.runtime, KITH_NO_TIMEOUT));
	struct kith_outcome outcome = {.size = sizeof(outcome)};
	OK(kith_outcome_get(app.runtime, &outcome));
	EQ_INT(outcome.exit_status, 0);
	EQ_STR(outcome.output, "app:fxyapp:host\n");
	HAS_STR(ki_buf_cstr(&app.log),
		"no host given for function.lua \"app:f\": it runs on \"app:host\"");
	app_fini(&app);
}

TEST(function, by_itself_goes_to_the_only_terminal)
{
	struct app app;
	open_functions(&app, "return function() end\n",
		"  - {name: terminal, kind: terminal.host, lifecycle: {auto_start: true}}\n"
		"  - {name: f, kind: function.lua, source: \"return function() return "
		"process.pid():match('{(.-)|') end\"}\n");
	app_load(&app);
	OK(kith_start_entry(app.runtime, "app:f", 0, NULL));
	OK(kith_run(app.runtime, KITH_NO_TIMEOUT));
	struct kith_outcome outcome = {.size = sizeof(outcome)};
	OK(kith_outcome_get(app.runtime, &outcome));
	EQ_STR(outcome.output, "app:terminal\n");
	app_fini(&app);
}

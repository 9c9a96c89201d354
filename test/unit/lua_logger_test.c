/* The module logger (SPEC 12.9, 21.1). */
#include "lua_fixture.h"

static void sink(void *user, enum ki_log_level level, const char *line, size_t len) {
	(void)level;
	ki_buf_put(user, line, len);
}

static int64_t zero(void *user) {
	(void)user;
	return 0;
}

/* What a chunk logs, each line without its time. */
static void run(enum ki_log_level threshold, const char *source, const char *want) {
	static const char *const modules[] = {"logger", "time"};
	struct lua_fixture f;
	struct ki_log log;
	struct ki_buf lines;
	struct ki_proc_host host = {.id = "app:host"};
	ki_buf_init(&lines);
	ki_log_init(&log, threshold, sink, &lines, zero, NULL);
	lua_fixture_prepare(&f, true, 1, 0);
	f.system.log = &log;
	f.system.hosts[5] = &host;
	f.system.nr_hosts = 6;
	f.proc.pid = ki_pid_make(5, 0, 0x101);
	f.program.modules = modules;
	f.program.nr_modules = 2;
	OK(ki_lua_open(&f.lua));
	lua_fixture_run(&f, source);
	struct ki_buf cut;
	ki_buf_init(&cut);
	for (struct ki_strv rest = ki_buf_view(&lines); rest.len > 0;) {
		static const char stamp[] = "1970-01-01T00:00:00.000Z ";
		struct ki_strv line = ki_strv_sub(rest, 0, ki_strv_find(rest, '\n') + 1);
		TRUE(ki_strv_starts(line, ki_strv(stamp)));
		ki_buf_putv(&cut, ki_strv_sub(line, strlen(stamp), SIZE_MAX));
		rest = ki_strv_sub(rest, line.len, SIZE_MAX);
	}
	EQ_STR(ki_buf_cstr(&cut), want);
	ki_buf_fini(&cut);
	ki_buf_fini(&lines);
	lua_fixture_close(&f);
}

#define OWN(line) "pid={app:host|0x00101} location=app:test:" line

TEST(lua_logger, lines_have_pid_location_and_sorted_fields) {
	run(KI_LOG_DEBUG,
		"logger:info('started')\n"
		"logger:warn('odd', {b = 1, a = 'x y', [3] = true, f = 1.5, n = {1, {k = 'v'}}})\n"
		"\nlogger:error(errors.new('bad'))\n"
		"local function f() logger:debug('from f', {e = errors.new('E'), d = "
		"time.parse_duration('5ms')}) end f()\n"
		"pcall(logger.info, logger, 'by pcall')",
		"INFO  app:test  started  " OWN(
			"1") "\n"
			     "WARN  app:test  odd  " OWN(
				     "2") " 3=true a=\"x y\" b=1 f=1.5 "
					  "n=\"[1,{\\\"k\\\":\\\"v\\\"}]\"\n"
					  "ERROR app:test  bad  " OWN(
						  "4") "\n"
						       "DEBUG app:test  from f  " OWN(
							       "5") " d=5ms e=E\n"
								    "INFO  app:test  by pcall "
								    " " OWN("6") "\n");
}

TEST(lua_logger, with_and_named_make_others) {
	run(KI_LOG_INFO,
		"local t = {a = 1, b = 2}\n"
		"local l = logger:with(t):named('pool'):named('worker')\n"
		"t.a = 5 l:info('m', {b = 3, c = 4}) l:info('again')\n"
		"l:with({a = 9}):info('x') logger:info('plain') logger:debug('unseen')\n"
		"local n, e = logger:named('') assert(n == nil and e:kind() == 'Invalid')\n"
		"assert(e:message() == 'logger name cannot be empty' and tostring(l) == "
		"'logger{pool.worker}')\n"
		"assert(type(logger) == 'userdata' and require('logger') == logger)\n",
		"INFO  pool.worker  m  " OWN(
			"3") " a=1 b=3 c=4\n"
			     "INFO  pool.worker  again  " OWN(
				     "3") " a=1 b=2\n"
					  "INFO  pool.worker  x  " OWN(
						  "4") " a=9 b=2\n"
						       "INFO  app:test  plain  " OWN("4") "\n");
}

TEST(lua_logger, fields_may_be_of_any_type) {
	run(KI_LOG_INFO,
		"local c = {1, print, x = print} c.c = c\n"
		"logger:info('m', {c = c, z = 'a\\0b', deep = setmetatable({}, {__tostring = "
		"error})})\n",
		"INFO  app:test  m  " OWN("2") " c=\"{\\\"1\\\":1,\\\"2\\\":null,"
		"\\\"c\\\":null}\" deep=[] z=a\\0b\n");
}

TEST(lua_logger, wrong_arguments_raise) {
	run(KI_LOG_OFF,
		"local function fails(want, f, ...) local ok, e = pcall(f, ...)\n"
		"  assert(not ok and e == want, e) end\n"
		"fails(\"bad argument #1 to 'info' (Logger expected, got string)\", logger.info, "
		"'x')\n"
		"fails(\"bad argument #2 to 'warn' (string expected, got nil)\", logger.warn, "
		"logger)\n"
		"fails(\"bad argument #3 to 'error' (table expected, got number)\", logger.error, "
		"logger, 'm', 5)\n"
		"fails(\"bad argument #2 to 'with' (table expected, got no value)\", logger.with, "
		"logger)\n"
		"assert(not pcall(function() logger.x = 1 end))\n",
		"");
}

/* The base function `warn` of Lua (SPEC 13.1): its messages go to the log. */
TEST(lua_logger, warn_is_a_line_of_its_own_level) {
	run(KI_LOG_DEBUG,
		"warn('low ', 'memory')\n"
		"warn('@off') warn('unheard')\n"
		"warn('@on') warn('@unknown') warn('heard')\n"
		"warn('@on', ' is no control message')\n"
		"assert(not pcall(warn)) assert(not pcall(warn, 'a', {}))\n"
		"warn('n ', 1)",
		"WARN  app:test  low memory  " OWN("1") "\n"
		"WARN  app:test  heard  " OWN("3") "\n"
		"WARN  app:test  @on is no control message  " OWN("4") "\n"
		"WARN  app:test  n 1  " OWN("6") "\n");
	run(KI_LOG_ERROR, "warn('not at this level')", "");
}

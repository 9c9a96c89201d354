/* Lua's state in a process: what is there, what is not, and how sources are compiled (SPEC 13). */
#include "lua_fixture.h"
#include "lua/address.h"

static int check(const char *source, char text[200], int *line) {
	return ki_lua_check(source, strlen(source), "app.workers:task_worker", text, 200, line);
}

TEST(lua_state, check_gives_message_and_line_apart) {
	char text[200] = "";
	int line = 0;
	OK(check("return 1", text, &line));
	STATUS(check("local x = 1\nlocal y = = 2", text, &line), KITH_EINVAL);
	EQ_INT(line, 2);
	EQ_STR(text, "unexpected symbol near '='");
	STATUS(check("\x1bLua", text, &line), KITH_EINVAL);
	HAS_STR(text, "attempt to load a binary chunk (mode is 't')");
}

TEST(lua_state, errors_name_the_entry) {
	struct lua_fixture f;
	lua_fixture_open(&f);
	f.program.id = "app.workers:boom";
	EQ_INT(lua_fixture_call(&f, "\n\nerror('BOOM')", 0), LUA_ERRRUN);
	EQ_STR(lua_tostring(f.lua.L, -1), "app.workers:boom:3: BOOM");
	f.program.id = "a23456789.b23456789.c23456789:d23456789.e23456789.f23456789.g2345";
	EQ_INT(lua_fixture_call(&f, "error('x')", 0), LUA_ERRRUN);
	EQ_STR(lua_tostring(f.lua.L, -1),
		"a23456789.b23456789.c23456789:d23456789.e23456789.f23456789:1: x");
	lua_fixture_close(&f);
}

TEST(lua_state, opening_survives_a_refusal_at_every_point) {
	struct lua_fixture f;
	size_t limit = 1000;
	int status;
	do {
		status = lua_fixture_try(&f, 1, limit);
		if (status != 0) {
			STATUS(status, KITH_EEXHAUSTED);
		}
		lua_fixture_close(&f);
		limit += 500;
	} while (status != 0);
	LT_UINT(limit, 200000);
}

TEST(lua_state, absent_is_what_the_contract_says) {
	lua_fixture_once("for _, name in ipairs{'dofile', 'loadfile', 'loadstring', 'io', "
			 "'subscribe', 'unsubscribe'} do\n"
			 "  assert(_G[name] == nil, name)\n"
			 "end\n"
			 "for _, name in ipairs{'execute', 'exit', 'getenv', 'remove', 'rename', "
			 "'tmpname', 'setlocale'} do\n"
			 "  assert(os[name] == nil, name)\n"
			 "end\n"
			 "assert(string.dump == nil and ('').dump == nil)\n"
			 "for k in pairs(debug) do assert(k == 'traceback') end\n"
			 "for k in pairs(package) do assert(k == 'loaded') end\n");
}

TEST(lua_state, present_is_what_the_contract_says) {
	lua_fixture_once(
		"for _, name in ipairs{'assert', 'collectgarbage', 'error', 'getmetatable', "
		"'ipairs', 'load',\n"
		"  'next', 'pairs', 'pcall', 'print', 'rawequal', 'rawget', 'rawlen', 'rawset', "
		"'require',\n"
		"  'select', 'setmetatable', 'tonumber', 'tostring', 'type', 'unpack', 'xpcall'} "
		"do\n"
		"  assert(type(_G[name]) == 'function', name)\n"
		"end\n"
		"for _, name in ipairs{'cosh', 'sinh', 'tanh', 'pow', 'frexp', 'ldexp', 'log10'} "
		"do\n"
		"  assert(type(math[name]) == 'function', name)\n"
		"end\n"
		"assert(unpack == table.unpack and _VERSION == 'Lua 5.4' and _G._G == _G)\n"
		"assert(os.platform == 'kith' and utf8.char(228) == '\\u{e4}')\n"
		"local t = table.create(3, 2); assert(#t == 0 and next(t) == nil)\n"
		"assert(not pcall(table.create, -1) and not pcall(table.create))\n"
		"assert(collectgarbage('count') > 0 and collectgarbage() == 0)\n"
		"assert(type(collectgarbage('step')) == 'boolean')\n"
		"local ok, e = pcall(collectgarbage, 'stop')\n"
		"assert(not ok and e:find(\"bad argument #1 to 'collectgarbage' (invalid option "
		"'stop')\", 1, true), e)\n");
}

TEST(lua_state, finalizers_are_refused) {
	lua_fixture_once("local ok, e = pcall(setmetatable, {}, {__gc = false})\n"
			 "assert(not ok and e:find('__gc is not supported', 1, true), e)\n"
			 "local t = setmetatable({}, {__index = {a = 1}})\n"
			 "assert(t.a == 1 and setmetatable(t, nil) == t)\n");
}

TEST(lua_state, load_takes_text_alone) {
	lua_fixture_once(
		"local f, e = load('\\27Lua')\n"
		"assert(f == nil and e == \"attempt to load a binary chunk (mode is 't')\", e)\n"
		"f, e = load('\\27Lua', 'x', 'b'); assert(f == nil and e)\n"
		"f, e = load('\\27Lua', 'x', 'bt'); assert(f == nil and e:find('binary'))\n"
		"assert(load('return 1 + 1')() == 2)\n"
		"x = 5; assert(load('return x')() == 5)\n"
		"assert(load('return x', 'n', 't', {x = 6})() == 6)\n"
		"assert(not pcall(load('return x + 1', 'n', 't', nil)))\n"
		"local parts = {'return ', '7'}\n"
		"assert(load(function() return table.remove(parts, 1) end)() == 7)\n"
		"f, e = load('x =', '=name'); assert(f == nil and e:find('^name:1: '))\n");
}

TEST(lua_state, require_gives_declared_and_lasting_modules) {
	lua_fixture_once("assert(require('time') == time and require('string') == string)\n"
			 "assert(require('errors') == errors and require('print') == print)\n"
			 "assert(package.loaded.time == time and package.loaded.json == nil)\n"
			 "local ok, e = pcall(function() require('json') end)\n"
			 "assert(not ok and e == \"app:test:4: module 'json' not found (not in "
			 "modules or imports of app:test)\", e)\n"
			 "ok, e = pcall(function() package.loaded.json = {} end)\n"
			 "assert(not ok and e:find('attempt to modify Immutable table', 1, true))\n"
			 "assert(not pcall(rawset, package.loaded, 'json', {}))\n");
}

TEST(lua_state, time_is_there_only_if_declared) {
	struct lua_fixture f;
	lua_fixture_open(&f);
	lua_fixture_close(&f);
	memset(&f.lua, 0, sizeof f.lua);
	f.system.sched = ki_sched_new(&(struct ki_sched_options){.simulate = true});
	f.program.nr_modules = 0;
	f.lua.proc = &f.proc;
	f.lua.program = &f.program;
	ki_list_init(&f.lua.owned);
	ki_heap_init(&f.lua.heap, 0);
	OK(ki_lua_open(&f.lua));
	lua_fixture_run(&f, "assert(time == nil and not pcall(require, 'time'))");
	lua_fixture_close(&f);
}

TEST(lua_state, module_tables_are_read_only) {
	lua_fixture_once(
		"for _, t in ipairs{errors, payload, payload.format, time} do\n"
		"  local ok, e = pcall(function() t.new = 1 end)\n"
		"  assert(not ok and e:find('attempt to modify Immutable table', 1, true), e)\n"
		"  assert(not pcall(rawset, t, 'y', 1) and not pcall(setmetatable, t, {}))\n"
		"  assert(not pcall(table.insert, t, 1) and t.nothing == nil and getmetatable(t) "
		"== false)\n"
		"end\n"
		"local names = {}\n"
		"for k, v in pairs(errors) do names[k] = v end\n"
		"assert(names.NOT_FOUND == 'NotFound' and names.new == errors.new)\n"
		"assert(next(errors) ~= nil and rawget(errors, 'INVALID') == 'Invalid')\n"
		"local _, t = pairs(errors); assert(t == errors)\n"
		"string.mine = 1; assert(string.mine == 1)\n");
}

TEST(lua_state, print_is_one_write_of_all_arguments) {
	struct lua_fixture f;
	lua_fixture_open(&f);
	lua_fixture_run(&f,
		"print('a', 1, 2.0, nil, true, setmetatable({}, {__tostring = function() "
		"return 'T' end}), errors.new('e'))\nprint()\nprint('x\\0y')");
	EQ_INT(f.nr_outputs, 3);
	EQ_UINT(f.output.len, strlen("a\t1\t2.0\tnil\ttrue\tT\te\n\nx.y\n"));
	EQ_MEM(f.output.ptr, "a\t1\t2.0\tnil\ttrue\tT\te\n\nx\0y\n", f.output.len);
	lua_fixture_close(&f);
}

static lua_Integer draw(uint64_t seed, const char *source) {
	struct lua_fixture f;
	OK(lua_fixture_try(&f, seed, 0));
	OK(lua_fixture_call(&f, source, 0));
	lua_Integer drawn = lua_tointeger(f.lua.L, -1);
	lua_fixture_close(&f);
	return drawn;
}

TEST(lua_state, random_follows_from_the_seed_alone) {
	EQ_INT(draw(5, "return math.random(0)"), draw(5, "return math.random(0)"));
	NE_INT(draw(5, "return math.random(0)"), draw(6, "return math.random(0)"));
	const char *again = "math.randomseed() return math.random(0)";
	EQ_INT(draw(5, again), draw(5, again));
	NE_INT(draw(5, again), draw(5, "return math.random(0)"));
	const char *given = "math.randomseed(42) return math.random(0)";
	EQ_INT(draw(5, given), draw(6, given));
	EQ_INT(draw(5, "local a, b = math.randomseed(7) return a * 10 + b"), 70);
}

TEST(lua_state, os_reads_the_clock_of_the_runtime) {
	lua_fixture_once(
		"local now = os.time(); assert(math.type(now) == 'integer')\n"
		"assert(os.clock() == 0.0 and math.type(os.clock()) == 'float')\n"
		"assert(os.difftime(5, 3) == 2.0)\n"
		"assert(os.time{year = 2026, month = 5, day = 1} == 1777593600)\n"
		"assert(os.time{year = 2026, month = 5, day = 1, hour = 12, min = 30, sec = 5} == "
		"1777638605)\n"
		"local t = {year = 2026, month = 14, day = 1}\n"
		"assert(os.time(t) == os.time{year = 2027, month = 2, day = 1})\n"
		"assert(t.year == 2027 and t.month == 2 and t.wday == 2)\n"
		"local d = os.date('*t', now); d.hour, d.min, d.sec = nil, nil, nil\n"
		"assert(os.time{} == os.time(d))\n"
		"assert(os.date('!%Y-%m-%d %H:%M:%S', 1777638605) == '2026-05-01 12:30:05')\n"
		"assert(os.date('%Y', 0) == '1970' and os.date('*t', 0).isdst == false)\n"
		"assert(os.date('%c%%', 0) == os.date(nil, 0) .. '%')\n"
		"local ok, e = pcall(os.date, '%Ez', 0)\n"
		"assert(not ok and e:find(\"invalid conversion specifier '%Ez'\", 1, true), e)\n"
		"ok, e = pcall(os.time, {year = 'x'})\n"
		"assert(not ok and e:find(\"field 'year' is not an integer\", 1, true), e)\n"
		"ok, e = pcall(os.time, {year = 1e100})\n"
		"assert(not ok)\n");
}

TEST(lua_state, os_and_time_know_the_local_zone_outside_of_a_simulation) {
	struct lua_fixture f;
	lua_fixture_open_in(&f, "CET-1CEST,M3.5.0,M10.5.0/3");
	lua_fixture_run(&f,
		"local summer = os.time{year = 2026, month = 7, day = 1, hour = 12}\n"
		"assert(os.date('!%H', summer) == '10' and os.date('%H', summer) == '12')\n"
		"assert(os.date('*t', summer).isdst == true)\n"
		"assert(os.date('%Z %z', summer) == 'CEST +0200')\n"
		"assert(os.date('!%Z %z', summer) == 'GMT +0000')\n"
		"local twice = {year = 2026, month = 10, day = 25, hour = 2, min = 30}\n"
		"assert(os.time(twice) == 1792891800 and twice.isdst == false)\n"
		"twice.isdst = true\n"
		"assert(os.time(twice) == 1792888200 and twice.isdst == true and twice.hour == 2)\n"
		"local t = {year = 2026, month = 7, day = 1, hour = 12, isdst = false}\n"
		"assert(os.time(t) == summer + 3600 and t.hour == 13 and t.isdst == true)\n"
		"local winter = os.time{year = 2026, month = 1, day = 1}\n"
		"assert(os.date('!%H', winter) == '23' and os.date('*t', winter).isdst == false)\n"
		"assert(tostring(time.unix(summer, 0)) == '2026-07-01T12:00:00+02:00')\n"
		"assert(math.abs(time.now():unix() - os.time()) <= 1)\n");
	lua_fixture_close(&f);
}

/* The program is loaded elsewhere each time: of that, nothing is shown (SPEC 22.1). */
TEST(lua_state, of_a_c_function_a_distance_is_shown) {
	struct lua_fixture f;
	lua_fixture_open(&f);
	lua_fixture_run(&f,
		"floor, ceil = math.floor, math.ceil\n"
		"shown = string.format('%p', floor)\n"
		"assert(tostring(floor) == 'function: ' .. shown, tostring(floor))\n"
		"assert(shown ~= string.format('%p', ceil))\n"
		"assert(string.format('%p', 1) == '(null)')\n"
		"local t = {}\n"
		"assert(tostring(t) == 'table: ' .. string.format('%p', t))\n"
		"local names = {[floor] = 'floor', [ceil] = 'ceil', [t] = 't'}\n"
		"assert(names[floor] == 'floor' and names[ceil] == 'ceil' and names[t] == 't')");
	lua_State *L = f.lua.L;
	lua_getglobal(L, "floor");
	lua_getglobal(L, "ceil");
	lua_getglobal(L, "shown");
	uintptr_t floor = (uintptr_t)lua_topointer(L, 1), ceil = (uintptr_t)lua_topointer(L, 2);
	uintptr_t floor_shown = (uintptr_t)ki_lua_shown_address(L, 1);
	EQ_UINT(strtoull(lua_tostring(L, 3), NULL, 16), floor_shown);
	TRUE(floor_shown != floor);
	EQ_UINT(floor_shown - (uintptr_t)ki_lua_shown_address(L, 2), floor - ceil);
	lua_settop(L, 0);
	lua_fixture_close(&f);
}

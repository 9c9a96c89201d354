/* The Error object and the global `errors` (SPEC 2). */
#include "lua/luaerror.h"
#include "mem/traceback.h"
#include "lua_fixture.h"

TEST(lua_error, new_from_string_has_message_alone) {
	lua_fixture_once(
		"local e = errors.new('boom')\n"
		"assert(type(e) == 'userdata' and e:kind() == '' and e:message() == 'boom')\n"
		"assert(e:retryable() == nil and e:details() == nil and tostring(e) == 'boom')\n"
		"assert(e == e and e ~= errors.new('boom'))\n"
		"assert(e:stack():find('app:test:1: in main chunk', 1, true), e:stack())\n"
		"assert(not pcall(function() e.kind = 1 end) and getmetatable(e) == false)\n");
}

TEST(lua_error, new_from_table_keeps_all_fields) {
	lua_fixture_once(
		"local given = {n = 1, f = 1.5, t = {x = {}}, [1] = 'gone'}; given.t.self = given\n"
		"local e = errors.new{message = 'm', kind = 'Own', retryable = false, details = "
		"given}\n"
		"assert(e:kind() == 'Own' and e:retryable() == false)\n"
		"given.n = 2\n"
		"local d = e:details()\n"
		"assert(d.n == 1 and math.type(d.n) == 'integer' and d.f == 1.5 and d[1] == nil)\n"
		"assert(d.t.self == d and d.t ~= given.t)\n"
		"d.n = 3; assert(e:details().n == 1 and e:details() ~= d)\n"
		"assert(errors.new{message = 'm', details = {}}:details() == nil)\n"
		"assert(errors.new{message = 'm', details = {1, 2}}:details() == nil)\n"
		"assert(errors.new{message = 'm', retryable = true}:retryable() == true)\n");
}

TEST(lua_error, new_refuses_wrong_fields) {
	lua_fixture_once(
		"local function fails(text, v)\n"
		"  local ok, e = pcall(errors.new, v)\n"
		"  assert(not ok and e:find(text, 1, true), e)\n"
		"end\n"
		"fails('message field is required', {})\n"
		"fails('message must be a string', {message = 1})\n"
		"fails('kind must be a string', {message = 'm', kind = 1})\n"
		"fails('retryable must be a boolean', {message = 'm', retryable = 1})\n"
		"fails('details must be a table', {message = 'm', details = 1})\n"
		"fails('expected string or table', 5)\nfails('expected string or table', nil)\n");
}

TEST(lua_error, wrap_shows_its_context_in_the_stack_only) {
	lua_fixture_once(
		"local e = errors.new{message = 'm', kind = 'K', retryable = true, details = {a = "
		"1}}\n"
		"local w = errors.wrap(e, 'while reading')\n"
		"assert(w ~= e and w:message() == 'm' and w:kind() == 'K' and w:retryable() == "
		"true)\n"
		"assert(w:details().a == 1 and w:stack():find('while reading', 1, true))\n"
		"assert(w:stack():find('app:test:1:', 1, true) and not e:stack():find('reading'))\n"
		"local s = errors.wrap('text', errors.new('ctx'))\n"
		"assert(s:message() == 'text' and s:kind() == '' and s:stack():find('^ctx\\n'))\n"
		"local ok, x = pcall(errors.wrap, {}, 'c')\n"
		"assert(not ok and x:find(\"bad argument #1 to 'wrap' (string or Error expected, "
		"got table)\", 1, true), x)\n");
}

TEST(lua_error, is_compares_the_kind) {
	lua_fixture_once(
		"local e = errors.new{message = 'm', kind = errors.TIMEOUT}\n"
		"assert(errors.is(e, errors.TIMEOUT) and not errors.is(e, errors.INVALID))\n"
		"assert(not errors.is('Timeout', 'Timeout') and not errors.is(nil, 'x'))\n"
		"assert(errors.is(errors.new('x'), errors.UNKNOWN))\n");
}

TEST(lua_error, call_stack_names_the_callers) {
	lua_fixture_once(
		"local function inner() return errors.call_stack(), errors.new('x') end\n"
		"local function outer() local a, b = inner(); return a, b end\n"
		"local here, e = outer()\n"
		"for _, s in ipairs{here, errors.call_stack(e)} do\n"
		"  local f = s.frames[1]\n"
		"  assert(f.source == 'app:test' and f.line == 1 and f.name == 'inner', f.name)\n"
		"  assert(f.type == 'Lua' and f.level == 0 and s.frames[2].line == 2)\n"
		"  assert(s.frames[3].type == 'main' and type(s.thread) == 'string')\n"
		"end\n"
		"assert(errors.call_stack(5) == nil)\n");
}

TEST(lua_error, joins_strings_on_either_side) {
	lua_fixture_once(
		"local e = errors.new('boom')\n"
		"assert('a: ' .. e == 'a: boom' and e .. '!' == 'boom!' and e .. e == 'boomboom')\n"
		"assert(1 .. e .. 2 == '1boom2')\n"
		"local ok, m = pcall(function() return e .. nil end)\n"
		"assert(not ok and m == 'app:test:4: attempt to concatenate a nil value', m)\n"
		"local t = setmetatable({}, {__concat = function(a, b) return type(a) end})\n"
		"assert(e .. t == 'string')\n");
}

TEST(lua_error, string_functions_take_it_for_a_string) {
	lua_fixture_once(
		"local e = errors.new('not found')\n"
		"assert(string.find(e, 'not') == 1 and string.len(e) == 9 and string.upper(e) == "
		"'NOT FOUND')\n"
		"assert(string.sub(e, 5) == 'found' and string.rep(e, 2, e) == 'not foundnot "
		"foundnot found')\n"
		"assert(string.format('%s/%q', e, e) == 'not found/\"not found\"')\n"
		"assert(string.gsub(e, 'o', errors.new('0')) == 'n0t f0und' and ('x not "
		"found'):find(e) == 3)\n"
		"assert(string.match(e, '%a+$') == 'found' and string.byte(e) == 110 and "
		"string.reverse(e))\n"
		"for w in string.gmatch(e, '%a+') do assert(#w > 2) end\n"
		"assert(string.lower(e) == 'not found' and string.pack('z', e) == 'not found\\0')\n"
		"local ok, m = pcall(function() return string.find({}, 'x') end)\n"
		"assert(not ok and m:find(\"bad argument #1 to 'find' (string expected, got "
		"table)\", 1, true), m)\n"
		"ok, m = pcall(function() return (''):rep({}) end)\n"
		"assert(not ok and m:find(\"bad argument #1 to 'rep'\", 1, true), m)\n");
}

TEST(lua_error, throwing_keeps_the_value) {
	lua_fixture_once("local e = errors.new('x')\n"
			 "local ok, got = pcall(error, e); assert(not ok and got == e)\n"
			 "local t = {}; ok, got = pcall(error, t); assert(got == t)\n"
			 "ok, got = pcall(error, 'plain', 0); assert(got == 'plain')\n");
}

static void leaves_as(
	struct lua_fixture *f, const char *thrown, const char *kind, const char *message) {
	lua_State *L = f->lua.L;
	OK(lua_fixture_call(f, thrown, 0));
	char trace[KI_TRACE_BYTES_MAX + 16];
	struct ki_trace_record frame = {
		.what = KI_TRACE_LUA, .source = ki_strv("app:x"), .line = 1, .name = ki_strv("f")};
	struct ki_strv more = ki_strv_n(trace, ki_trace_put(trace, &frame));
	struct ki_payload *error = ki_error_from_value(L, -1, more);
	NOT_NULL(error);
	lua_settop(L, 0);
	ki_error_push_payload(L, error);
	ki_payload_unref(error);
	TRUE(ki_error_is(L, 1));
	lua_setglobal(L, "got");
	char check[400];
	snprintf(check, sizeof check,
		"assert(got:message() == [[%s]], got:message()) assert(got:kind() == '%s', "
		"got:kind())\n"
		"assert(got:retryable() == nil)\n"
		"assert(got:stack():find(\"app:x:1: in function 'f'\", 1, true))",
		message, kind);
	lua_fixture_run(f, check);
}

TEST(lua_error, an_uncaught_value_leaves_as_the_contract_says) {
	struct lua_fixture f;
	lua_fixture_open(&f);
	leaves_as(&f, "return 'text'", "Internal", "text");
	leaves_as(&f, "return 12", "Internal", "12");
	leaves_as(&f, "return nil", "Internal", "(error object is a nil value)");
	leaves_as(&f, "return true", "Internal", "(error object is a boolean value)");
	leaves_as(&f, "return print", "Internal", "(error object is a function value)");
	leaves_as(&f, "return {}", "Internal", "(error object is a table value)");
	leaves_as(&f, "return {message = 'in it'}", "Internal", "in it");
	leaves_as(&f, "return {message = 5}", "Internal", "(error object is a table value)");
	leaves_as(&f,
		"return setmetatable({message = 'no'}, {__tostring = function() return 'T' end})",
		"Internal", "T");
	leaves_as(&f,
		"return setmetatable({message = 'm'}, {__tostring = function() error'x' end})",
		"Internal", "m");
	leaves_as(&f,
		"return errors.new{message = 'm', kind = 'NotFound', details = {f = print, n = 1}}",
		"NotFound", "m");
	lua_fixture_run(&f,
		"assert(got:details().n == 1 and got:details().f == nil)\n"
		"assert(got:stack():find('app:test:1: in main chunk', 1, true))");
	lua_fixture_close(&f);
}

/* SPEC 2.4: what it shows is the traceback that Lua has. */
TEST(lua_error, a_trace_names_functions_as_lua_does) {
	struct lua_fixture f;
	lua_fixture_open(&f);
	lua_fixture_run(&f,
		"local function compare(code, name)\n"
		"	local text\n"
		"	local _, e = xpcall(load(code, '=code'), function()\n"
		"		text = debug.traceback()\n"
		"		return errors.new('e')\n"
		"	end)\n"
		/* without the handler's own */
		"	local frames = text:match('\\n[^\\n]*(\\n.*)')\n"
		"	assert(frames:find(name, 1, true), frames)\n"
		"	assert(e:stack():find(frames, 1, true), e:stack())\n"
		"end\n"
		"compare('string.rep()', \"[C]: in function 'string.rep'\")\n"
		"compare([[('x'):rep({})]], \"[C]: in function 'string.rep'\")\n"
		"compare('table.sort({1, 2}, function() error() end)', \"function 'table.sort'\")\n"
		"compare('_G.error()', \"function 'error'\")\n"
		"compare('error()', \"function 'error'\")\n"
		"compare('errors.new()', \"field 'new'\")\n");
	lua_fixture_close(&f);
}

TEST(lua_error, a_second_result_is_an_error_if_text_or_error) {
	struct lua_fixture f;
	lua_fixture_open(&f);
	lua_State *L = f.lua.L;
	bool is_error;
	OK(lua_fixture_call(&f, "return 'x', errors.new('e'), {}, 5, false, nil", 0));
	for (int i = 1; i <= 6; i++) {
		struct ki_payload *error = ki_error_from_second(L, i, &is_error);
		EQ_INT(is_error, i <= 2);
		EQ_INT(error != NULL, i <= 2);
		ki_payload_unref(error);
	}
	lua_fixture_close(&f);
}

static int fail_not_found(lua_State *L) {
	return ki_fail_detail(L, KITH_ENOTFOUND, "host_id", "a:b", "host %s", "not found");
}

static int fail_rate(lua_State *L) {
	return ki_fail(L, KITH_ERATELIMITED, "mailbox full");
}

static int fail_argument(lua_State *L) {
	return ki_arg_error(L, 2, "frob", "string");
}

TEST(lua_error, runtime_errors_follow_the_conventions) {
	struct lua_fixture f;
	lua_fixture_open(&f);
	lua_register(f.lua.L, "a", fail_not_found);
	lua_register(f.lua.L, "b", fail_rate);
	lua_register(f.lua.L, "c", fail_argument);
	lua_fixture_run(&f,
		"local v, e = a()\n"
		"assert(v == nil and e:kind() == 'NotFound' and e:message() == 'host not found')\n"
		"assert(e:retryable() == nil and e:details().host_id == 'a:b')\n"
		"v, e = b(); assert(e:kind() == 'RateLimited' and e:retryable() == true)\n"
		"local ok, m = pcall(function() c(1, {}) end)\n"
		"assert(m == \"app:test:5: bad argument #2 to 'frob' (string expected, got "
		"table)\", m)\n"
		"ok, m = pcall(function() c(1) end); assert(m:find('got no value', 1, true))\n"
		"ok, m = pcall(function() c(1, errors.new('')) end); assert(m:find('got Error', 1, "
		"true))\n");
	lua_fixture_close(&f);
}

/* Libraries, imports and what a chunk can see (SPEC 13.2, 13.3, 13.6). */
#include "lua_fixture.h"
#include "lua_stage.h"

#include "lua/template.h"

#define LIBRARY(lib_id, text, ...)                                                                 \
	{ .id = lib_id, .source = text, .source_len = sizeof(text) - 1, __VA_ARGS__ }

static const char *const time_module[] = {"time"};

static void prepare(struct lua_fixture *f, const struct ki_lua_import *imports, size_t nr) {
	lua_fixture_prepare(f, true, 1, 0);
	f->program.nr_modules = 0;
	f->program.imports = imports;
	f->program.nr_imports = nr;
}

static void run_copied(
	const struct ki_lua_import *imports, size_t nr, const char *source, const char *want) {
	struct ki_lua_cache cache = {.xtemplate = NULL};
	struct lua_fixture f;
	prepare(&f, imports, nr);
	f.program.source = source;
	f.program.source_len = strlen(source);
	f.program.cache = &cache;
	OK(ki_template_clone(&f.lua));
	if (lua_pcall(f.lua.L, 0, 0, 0) != LUA_OK) {
		FAIL("%s", luaL_tolstring(f.lua.L, -1, NULL));
	}
	EQ_STR(ki_buf_cstr(&f.output), want);
	lua_fixture_close(&f);
	ki_lua_cache_fini(&cache);
}

/* Runs a chunk with these imports and no modules; the output is compared. */
static void run(
	const struct ki_lua_import *imports, size_t nr, const char *source, const char *want) {
	struct lua_fixture f;
	prepare(&f, imports, nr);
	OK(ki_lua_open(&f.lua));
	lua_fixture_run(&f, source);
	EQ_STR(ki_buf_cstr(&f.output), want);
	lua_fixture_close(&f);
	run_copied(imports, nr, source, want);
}

TEST(lua_library, a_chunk_runs_once_at_the_first_use) {
	static const struct ki_lua_program a =
		LIBRARY("app:a", "print('a runs') return {name = 'a'}");
	static const struct ki_lua_program b = LIBRARY("app:b", "print('b runs', ...) return 7");
	static const struct ki_lua_import imports[] = {{"a", &a}, {"b", &b}};
	run(imports, 2,
		"print('start', package.loaded.a)\n"
		"print(a.name, require('a') == a, package.loaded.a == a, a.name)\n"
		"print(require('b'), b, _G.b)\n",
		"start\tnil\na runs\na\ttrue\ttrue\ta\nb runs\n7\t7\t7\n");
	run(imports, 2, "print('never')", "never\n");
	run(imports, 2, "a = 5 print(a, _G.a, require('a').name) print(a)", "a runs\n5\t5\ta\n5\n");
}

TEST(lua_library, what_it_returns_may_be_nil_or_false) {
	static const struct ki_lua_program a = LIBRARY("app:a", "n = (n or 0) + 1");
	static const struct ki_lua_program b = LIBRARY("app:b", "n = (n or 0) + 1 return false");
	static const struct ki_lua_import imports[] = {{"a", &a}, {"b", &b}};
	run(imports, 2, "print(a, require('a'), a, n) print(b, require('b'), b, n)",
		"nil\tnil\tnil\t1\nfalse\tfalse\tfalse\t2\n");
}

TEST(lua_library, declared_names_are_seen_in_their_chunk_alone) {
	static const struct ki_lua_program inner = LIBRARY("app:inner", "return {x = time}");
	static const struct ki_lua_import inner_import[] = {{"inner", &inner}};
	static const struct ki_lua_program lib = LIBRARY("app:lib",
		"shared = 'of lib'\n"
		"return {time = function() return time end, peer = function() return lib, other "
		"end,\n"
		"  inner = function() return inner end, need = function(n) return require(n) end,\n"
		"  set = function(v) also = v end, get = function() return mine, os, print end}",
		.modules = time_module, .nr_modules = 1, .imports = inner_import, .nr_imports = 1);
	static const struct ki_lua_program other = LIBRARY("app:other", "return lib == nil");
	static const struct ki_lua_import imports[] = {{"lib", &lib}, {"other", &other}};
	run(imports, 2,
		"assert(time == nil and inner == nil and _G.time == nil)\n"
		"assert(type(lib.time()) == 'table' and lib.time().sleep)\n"
		"assert(lib.peer() == nil and select(2, lib.peer()) == nil and other == true)\n"
		"assert(lib.inner().x == nil)\n"
		"mine = 1 assert(lib.get() == 1 and shared == 'of lib' and _G.shared == shared)\n"
		"lib.set(3) assert(also == 3 and select(2, lib.get()) == os)\n"
		"local ok, e = pcall(require, 'time')\n"
		"assert(not ok and e == \"module 'time' not found (not in modules or imports of "
		"app:test)\", e)\n"
		"ok, e = pcall(lib.need, 'other')\n"
		"assert(not ok and e == \"app:lib:3: module 'other' not found (not in modules or "
		"imports "
		"of app:lib)\", e)\n"
		"assert(lib.need('time') == lib.time() and lib.need('inner') == lib.inner())\n",
		"");
}

TEST(lua_library, the_environment_passes_for_one_table) {
	static const struct ki_lua_program lib = LIBRARY(
		"app:lib", "return {globals = _G, names = function() return pairs(_G) end}");
	static const struct ki_lua_import imports[] = {{"lib", &lib}};
	run(imports, 1,
		"assert(_G == _ENV and _G._G == _G)\n"
		"x = 1 assert(rawget(_G, 'x') == 1 and rawget(_G, 'print') == print)\n"
		"assert(rawset(_G, 'y', 2) == _G and y == 2 and lib.globals.y == 2)\n"
		"assert(rawget(_G, 'lib') == lib and lib.globals ~= _G and lib.globals.lib == "
		"nil)\n"
		"local seen = {}\n"
		"for k, v in pairs(_G) do assert(seen[k] == nil) seen[k] = v end\n"
		"assert(seen.x == 1 and seen.print == print and seen.lib == lib and seen._G == "
		"_G)\n"
		"local k, n = nil, 0\n"
		"repeat k = next(_G, k) n = n + 1 assert(k == nil or seen[k] ~= nil) until k == "
		"nil\n"
		"for _ in pairs(seen) do n = n - 1 end assert(n == 1)\n"
		"for k in pairs(_G) do if k == 'x' then _G[k] = nil end end assert(x == nil)\n"
		"assert(getmetatable(_G) == nil)\n"
		"assert(setmetatable(_G, {__index = function(_, k) error('no ' .. k, 2) end}) == "
		"_G)\n"
		"assert(getmetatable(_G).__index)\n"
		"local ok, e = pcall(function() return undefined end)\n"
		"assert(not ok and e:find('no undefined', 1, true), e)\n"
		"assert(lib and print)\n",
		"");
}

TEST(lua_library, loaded_code_reaches_what_its_caller_reaches) {
	static const struct ki_lua_program lib =
		LIBRARY("app:lib", "return {load = function(s) return load(s)() end, own = load}",
			.modules = time_module, .nr_modules = 1);
	static const struct ki_lua_import imports[] = {{"lib", &lib}};
	run(imports, 1,
		"assert(load('return time')() == nil and lib.load('return time') ~= nil)\n"
		"assert(load('return lib')() == lib and lib.load('return lib') == nil)\n"
		"assert(load('z = 1 return _ENV')() == _ENV and z == 1 and lib.load('return z') == "
		"1)\n"
		"assert(load('return time', 'n', 't', {time = 5})() == 5)\n"
		"assert(select(2, pcall(load('return require(\"time\")'))):find('not in modules or "
		"imports of app:test'))\n"
		"assert(select(2, load('\\27Lua')) == \"attempt to load a binary chunk (mode is "
		"'t')\")\n",
		"");
}

TEST(lua_library, an_import_of_two_runs_once) {
	static const struct ki_lua_program base = LIBRARY("app:base", "print('base') return {}");
	static const struct ki_lua_import base_import[] = {{"base", &base}};
	static const struct ki_lua_import core_import[] = {{"core", &base}};
	static const struct ki_lua_program left =
		LIBRARY("app:left", "return base", .imports = base_import, .nr_imports = 1);
	static const struct ki_lua_program right = LIBRARY(
		"app:right", "return require('core')", .imports = core_import, .nr_imports = 1);
	static const struct ki_lua_import imports[] = {
		{"left", &left}, {"right", &right}, {"own", &base}};
	run(imports, 3, "assert(left == right and right == own) print('done')", "base\ndone\n");
}

TEST(lua_library, an_error_names_the_library_and_stays) {
	static const struct ki_lua_program lib =
		LIBRARY("app.lib:broken", "print('runs')\n\nerror('BOOM')");
	static const struct ki_lua_program deep = LIBRARY(
		"app.lib:deep", "return {f = function()\nerror('LATER') end, t = debug.traceback}");
	static const struct ki_lua_import imports[] = {{"lib", &lib}, {"deep", &deep}};
	run(imports, 2,
		"for i = 1, 2 do print(pcall(function() return lib end)) end\n"
		"print(pcall(require, 'lib'))\n"
		"print(pcall(deep.f))\n"
		"print(select(2, xpcall(deep.f, deep.t)):find('app.lib:deep:2: in function', 1, "
		"true) ~= nil)\n",
		"runs\nfalse\tapp.lib:broken:3: BOOM\nfalse\tapp.lib:broken:3: BOOM\n"
		"false\tapp.lib:broken:3: BOOM\nfalse\tapp.lib:deep:2: LATER\ntrue\n");
}

TEST(lua_library, a_chunk_that_uses_itself_is_told) {
	static const struct ki_lua_program lib = LIBRARY("app:lib", "return ask()");
	static const struct ki_lua_import imports[] = {{"lib", &lib}};
	run(imports, 1,
		"function ask() return lib end\n"
		"print(pcall(function() return lib end))",
		"false\tapp:test:1: app:lib is used while its chunk runs\n");
}

/* ---- With a scheduler ---- */

/* clang-format off */

static void play_with(const struct ki_lua_import *imports, size_t nr, const char *want,
	const char *source) {
	struct stage stage;
	const struct entry entry = {"app:main", source};
	stage_open(&stage, &entry, 1, 1);
	stage.lua[0].imports = imports;
	stage.lua[0].nr_imports = nr;
	stage_start(&stage, NULL, 0);
	stage_run(&stage, INT64_C(36000000000000));
	stage_close(&stage, want);
}

TEST(lua_library, a_chunk_may_wait_and_others_wait_for_it) {
	static const struct ki_lua_program slow = LIBRARY("app:slow",
		"print('begins') time.sleep('20ms') print('ends') return {n = 1}",
		.modules = time_module, .nr_modules = 1);
	static const struct ki_lua_program sad = LIBRARY("app:sad",
		"time.sleep('1ms') error('SAD')", .modules = time_module, .nr_modules = 1);
	static const struct ki_lua_import imports[] = {{"slow", &slow}, {"sad", &sad}};
	play_with(imports, 2,
		"begins\nasks\nends\n0.020\t1\n0.020\t1\nfalse\tapp:sad:1: SAD\ntrue\n",
		MAIN(
			local done = channel.new(2)
			coroutine.spawn(function()
				done:send(slow.n)
			end)
			coroutine.spawn(function()
				print("asks")
				done:send(require("slow").n)
			end)
			for _ = 1, 2 do
				local n = done:receive()
				print(string.format("%.3f", os.clock()), n)
			end
			local second
			coroutine.spawn(function() second = select(2, pcall(require, "sad")) end)
			print(pcall(function() return sad end))
			time.sleep("1ms")
			print(second == select(2, pcall(require, "sad")))));
}

TEST(lua_library, a_wait_while_the_chunk_of_the_process_loads_is_an_error) {
	static const struct ki_lua_program slow = LIBRARY("app:slow", "time.sleep('20ms')",
		.modules = time_module, .nr_modules = 1);
	static const struct ki_lua_import imports[] = {{"slow", &slow}};
	play_with(imports, 1,
		"Internal: failed to execute script: app:slow:1: cannot call sleep while the chunk "
		"is loading\n",
		"local x = slow return function() end");
}

TEST(lua_library, a_chunk_whose_coroutine_is_closed_has_failed) {
	static const struct ki_lua_program lib =
		LIBRARY("app:lib", "n = (n or 0) + 1 coroutine.yield(n) return 'never'");
	static const struct ki_lua_import imports[] = {{"lib", &lib}};
	play_with(imports, 1,
		"true\t1\ntrue\nfalse\tthe chunk of app:lib was given up\n1\n",
		MAIN(
			local co = coroutine.create(function() return lib end)
			print(coroutine.resume(co))
			print(coroutine.close(co))
			print(pcall(require, "lib"))
			print(n)));
	play_with(imports, 1, "1\nnever\nnever\n",
		MAIN(
			local next = coroutine.wrap(function() return lib end)
			print((next()))
			print((next()))
			print(lib)));
}

/*
 * Templates: a state that was copied is in nothing but speed another than one made anew. Most other
 * tests of processes run on copies too.
 */
#include "lua_fixture.h"
#include "lua_stage.h"

#include <sys/resource.h>

#include "base/rng.h"
#include "lua/frozen.h"
#include "lua/template.h"

enum { ANEW, COPIED };

/* Of what the copies share: nothing that they do changes it. */
static uint64_t frozen_sum(struct stage *stage) {
	const struct ki_lua_template *template =
		ki_load_acq(&stage->caches[0].xtemplate); /* acq: as in template.c [TM1] */
	NOT_NULL(template);
	const struct ki_frozen *frozen = ki_template_frozen(template);
	uint64_t sum = 0;
	for (size_t i = 0; i < frozen->bytes; i++) {
		sum = sum * 1099511628211 + ((const unsigned char *)frozen->memory)[i];
	}
	return sum;
}

/* Plays an entry three times over, so that a copy follows a copy; what came of it goes to `out`. */
static void play_how(int how, const char *source, uint64_t seed, struct ki_buf *out) {
	struct stage stage;
	struct entry entries[] = {{"app:main", source},
		{"app:echo", MAIN(
			local inbox = process.inbox()
			local from = ...
			process.send(from, "ready")
			local m = inbox:receive()
			process.send(from, "echo", m:payload():data()))}};
	stage_open(&stage, entries, 2, seed);
	for (int i = 0; i < 2 && how == ANEW; i++) {
		stage.lua[i].cache = NULL;
	}
	uint64_t sum = 0;
	for (int i = 0; i < 3; i++) {
		stage_start(&stage, NULL, 0);
		sum = i == 0 && how == COPIED ? frozen_sum(&stage) : sum;
		stage_run(&stage, INT64_C(36000000000000));
		ki_buf_puts(&stage.output, "--\n");
	}
	EQ_UINT(ki_load_rlx(&stage.caches[0].xnr_plain), 0); /* rlx: one thread */
	if (how == COPIED) {
		EQ_UINT(frozen_sum(&stage), sum);
	}
	ki_buf_puts(out, ki_buf_cstr(&stage.output));
	ki_buf_reset(&stage.output);
	stage_close(&stage, "");
}

static void same(const char *source, uint64_t seed) {
	struct ki_buf anew, copied;
	ki_buf_init(&anew);
	ki_buf_init(&copied);
	play_how(ANEW, source, seed, &anew);
	play_how(COPIED, source, seed, &copied);
	if (strcmp(ki_buf_cstr(&anew), ki_buf_cstr(&copied)) != 0) {
		FAIL("seed %d, source:\n%s\nanew:\n%s\ncopied:\n%s", (int)seed, source,
			ki_buf_cstr(&anew), ki_buf_cstr(&copied));
	}
	HAS_STR(ki_buf_cstr(&anew), "--\n");
	ki_buf_fini(&anew);
	ki_buf_fini(&copied);
}

/* Each may stand anywhere in a main, and more than once; `keep` is a table of the chunk. */
static const char *const parts[] = {
	"for i = 1, 3 do print(i, math.random(1000000), math.random()) end\n",
	"do local names = {} for k in pairs(_G) do names[#names + 1] = k end "
	"print(table.concat(names, ' ')) end\n",
	"for _, lib in ipairs { string, table, math, utf8, os, coroutine } do local s = '' "
	"for k in pairs(lib) do s = s .. k .. ' ' end print(s) end\n",
	"for _, lib in ipairs { process, channel, errors, payload, time, json } do local s = '' "
	"for k, v in pairs(lib) do s = s .. k .. type(v) .. ' ' end print(s) end\n",
	"do local t = {} for i = 1, 200 do t['k' .. i] = i end local s = '' "
	"for k in pairs(t) do s = s .. k end print(s) end\n",
	"collectgarbage() collectgarbage() print(collectgarbage('count') > 1)\n",
	"for i = 1, 100 do keep[i] = { i, tostring(i), function() return keep[i] end } end "
	"collectgarbage()\n",
	"for i = 1, 2000 do local s = ('x'):rep(i % 90) .. i keep[s] = i % 7 == 0 and s or nil end "
	"collectgarbage('step')\n",
	"print(pcall(error, { code = 7 }), pcall(function() return nil + 1 end))\n",
	"print(select(2, pcall(function() local x = keep.none.none end)))\n",
	"print(select(2, xpcall(function() string.rep() end, debug.traceback)))\n",
	"do local co = coroutine.wrap(function(a) for i = 1, 3 do a = coroutine.yield(a + i) end "
	"return 'end' end) print(co(1), co(2), co(3), co(4)) end\n",
	"do local c = channel.new() coroutine.spawn(function() for i = 1, 3 do c:send(i) end "
	"c:close() end) print(c:receive(), c:receive(), c:receive(), c:receive()) end\n",
	"print(('interned'):sub(1, 5) .. 'ned' == 'interned', rawequal('a' .. 'b', 'ab'), "
	"#keep, ('kith'):byte(1, -1))\n",
	"string.extra = 1 math.pi = 3 _G.late = 'late' print(string.extra, math.pi, late)\n",
	"table.insert = nil print(table.insert, load('return late or 1')())\n",
	"print(pcall(function() process.spawn = nil end), pcall(rawset, time, 'x', 1))\n",
	"do local e = errors.new('Invalid', 'text', { details = { 1 } }) "
	"print(e, e:kind(), e:message(), e:details()[1]) end\n",
	"print(payload.new({ 1, 'a', { b = true } }):data()[3].b, time.localtz, time.utc)\n",
	"print(json.encode({ 1, 2, { x = 'y' } }), json.decode('[1,{\"a\":null}]')[1])\n",
	"time.sleep('3ms') print(time.now():unix_nano())\n",
	"do local pid = process.spawn('app:echo', nil, process.pid()) "
	"local inbox = process.inbox() inbox:receive() process.send(pid, 'say', { keep = #keep }) "
	"print(inbox:receive():payload():data().keep) end\n",
	"do local c <close> = setmetatable({}, { __close = function() print('closed') end }) "
	"print(pcall(setmetatable, {}, { __gc = print })) end\n",
	"do local t = {} for i = 1, 60 do t[i] = (i * 37) % 61 end "
	"table.sort(t, function(a, b) return a > b end) print(table.concat(t, ',')) end\n",
	"print((('abc=1, def=22'):gsub('(%w+)=(%w+)', '%2=%1')))\n",
	"print(('%5.2f|%q'):format(2.5, 'x\\n'))\n",
	"do local function deep(n) return n == 0 and 0 or 1 + deep(n - 1) end "
	"print(deep(5000)) end\n",
	"for k in pairs(package.loaded) do keep[k] = true end print(require('math') == math)\n",
	"print(_G['pri' .. 'nt'] == print, string['by' .. 'te'] ~= nil, "
	"process['pi' .. 'd'] ~= nil) "
	"keep['wh' .. 'ile'] = load('return function(late) while late do break end end')()\n",
	"keep[string.rep] = 1 keep[process] = 2 keep[time] = 3 keep[errors.new('x')] = 4 "
	"local n = 0 for k, v in pairs(keep) do n = n + 1 end print(n > 3, keep[process])\n",
	"print(pcall(rawset, process, 'x', 1), pcall(setmetatable, time, {}), #process, "
	"pcall(table.insert, errors, 1), rawlen(json), next(channel) ~= nil)\n",
	"do local weak = setmetatable({}, { __mode = 'k' }) weak[string.rep] = {} weak[{}] = 1 "
	"collectgarbage() print(next(weak) ~= nil) end\n",
	"print(tostring(time.utc), ('x'):rep(50) == ('x'):rep(25) .. ('x'):rep(25), "
	"('a string longer than forty bytes is not interned'):len())\n",
	"math.randomseed(42) print(math.random(1 << 40))\n",
};

/* Of chunks, most of them pure. */
static const char *const chunk_parts[] = {
	"for i = 1, 30 do keep[i] = setmetatable({ i }, { __index = keep, __len = function() "
	"return i end }) end\n",
	"keep.c = channel.new(2) keep.e = errors.new('of the chunk') keep.f = function(x) "
	"counter = counter + x return counter end keep.f(2)\n",
	"for w, n in ('a=1, bc=22'):gmatch('(%w+)=(%w+)') do keep[w] = tonumber(n) end\n",
	"do local t = {} for i = 1, 300 do t[i] = (i * 7) % 11 end table.sort(t) "
	"keep.list = table.concat(t, '') keep.long = keep.list:rep(10, '-') end\n",
	"string.shout = function(s) return s:upper() .. '!' end keep.loud = ('hey'):shout()\n",
	"for k, v in pairs(string) do keep[k] = type(v) end math.half = 0.5\n",
	"keep.ok, keep.text = pcall(function() local x = nil; return x.y end)\n",
	"keep.load = load('local a = ... return a, counter') keep.late = { keep.load(3) }\n",
	"setmetatable(_G, { __index = function(_, name) return 'no ' .. name end })\n",
	"keep.seconds = time.parse_duration('1m30s'):seconds() + time.SECOND\n",
};

static void compose(struct ki_rng *rng, struct ki_buf *out) {
	ki_buf_puts(out, "local keep = {}\ncounter = (counter or 0) + 1\n");
	for (uint64_t n = ki_rng_below(rng, 3); n > 0; n--) {
		ki_buf_puts(out, chunk_parts[ki_rng_below(rng, ki_countof(chunk_parts))]);
	}
	if (ki_rng_below(rng, 4) == 0) { /* mostly impure */
		ki_buf_puts(out, parts[ki_rng_below(rng, ki_countof(parts))]);
	}
	ki_buf_puts(out, "local function main(...)\nprint(counter, ...)\n");
	for (uint64_t n = 1 + ki_rng_below(rng, 6); n > 0; n--) {
		ki_buf_puts(out, parts[ki_rng_below(rng, ki_countof(parts))]);
	}
	static const char *const ends[] = {"", "return keep[1]\n", "error('the end')\n",
		"return nil, 'failed'\n", "return print\n"};
	ki_buf_puts(out, ends[ki_rng_below(rng, ki_countof(ends))]);
	ki_buf_puts(out, "end\nlocal body = main main = function(...) local names = {}\n"
			 "for k, v in pairs(keep) do\n"
			 "names[#names + 1] = type(k) == 'string' and k .. type(v) or type(v) end\n"
			 "table.sort(names) print(table.concat(names, ' '), keep.loud, keep.text)\n"
			 "print(keep.seconds) return body(...) end\nreturn ");
	ki_buf_puts(out, ki_rng_below(rng, 2) ? "main" : "{ main = main }");
}

TEST(lua_template, a_copied_state_does_what_a_fresh_one_does) {
	for (size_t i = 0; i < ki_countof(parts); i++) {
		struct ki_buf source;
		ki_buf_init(&source);
		ki_buf_printf(&source, "local keep = {} return function() %s %s end", parts[i],
			parts[i]);
		same(ki_buf_cstr(&source), 1);
		ki_buf_fini(&source);
	}
}

static void run_random(uint64_t seed) {
	for (uint64_t end = seed + 40 / TEST_SCALE; seed < end; seed++) {
		struct ki_buf source;
		struct ki_rng rng;
		ki_buf_init(&source);
		ki_rng_seed(&rng, seed);
		compose(&rng, &source);
		same(ki_buf_cstr(&source), seed);
		ki_buf_fini(&source);
	}
}

TEST(lua_template, random_programs_do_the_same_in_both_a) {
	run_random(1);
}

TEST(lua_template, random_programs_do_the_same_in_both_b) {
	run_random(41);
}

TEST(lua_template, random_programs_do_the_same_in_both_c) {
	run_random(81);
}

TEST(lua_template, random_programs_do_the_same_in_both_d) {
	run_random(121);
}

/* Names of fields, strings beyond the longest short one, big tables of constants. */
TEST(lua_template, large_chunks_are_copied) {
	struct ki_buf source;
	ki_buf_init(&source);
	ki_buf_puts(&source, "local t = {");
	for (int i = 0; i < 1500; i++) {
		ki_buf_printf(&source,
			"field%d = 'a text that is longer than forty bytes, number %d', ", i, i);
	}
	ki_buf_puts(&source, "} return function() local s = 0 for k, v in pairs(t) do "
			     "s = s + #k * #v t[k] = nil end print(s) collectgarbage() "
			     "print(next(t)) end");
	same(ki_buf_cstr(&source), 1);
	ki_buf_fini(&source);
}

/* ---- The copy itself ---- */

static void prepare(struct lua_fixture *f, struct ki_lua_cache *cache, const char *source,
	uint64_t seed, size_t limit) {
	lua_fixture_prepare(f, true, seed, limit);
	f->program.source = source;
	f->program.source_len = strlen(source);
	f->program.cache = cache;
}

static double counted_bytes(struct ki_lua *lua) {
	return lua_gc(lua->L, LUA_GCCOUNT) * 1024.0 + lua_gc(lua->L, LUA_GCCOUNTB);
}

TEST(lua_template, lua_and_the_heap_count_the_same_bytes) {
	struct ki_lua_cache cache = {.xtemplate = NULL};
	struct lua_fixture f;
	prepare(&f, &cache, "return ...", 1, 0);
	OK(ki_template_clone(&f.lua));
	EQ_NUM(counted_bytes(&f.lua), (double)f.lua.heap.used_bytes);
	EQ_INT(lua_gettop(f.lua.L), 1);
	for (int i = 0; i < 3; i++) {
		lua_fixture_run(&f, "local t = {} for i = 1, 1000 do t[i] = {i} end "
				    "string, math, utf8, process = nil, nil, nil, nil "
				    "debug, os, payload = nil, nil, nil");
		lua_gc(f.lua.L, LUA_GCCOLLECT);
		EQ_NUM(counted_bytes(&f.lua), (double)f.lua.heap.used_bytes);
	}
	lua_fixture_close(&f);
	ki_lua_cache_fini(&cache);
}

/* All of the image is freed or moved at least once when the state is closed. */
TEST(lua_template, a_copy_gives_back_every_byte) {
	struct ki_lua_cache cache = {.xtemplate = NULL};
	struct lua_fixture f;
	prepare(&f, &cache, "return { 'x', function() end }", 1, 0);
	OK(ki_template_clone(&f.lua));
	lua_close(f.lua.L);
	EQ_UINT(f.lua.heap.used_bytes, 0);
	lua_fixture_close(&f);
	ki_lua_cache_fini(&cache);
}

TEST(lua_template, copies_share_nothing_and_draw_their_own_numbers_13_8) {
	struct ki_lua_cache cache = {.xtemplate = NULL};
	struct lua_fixture a, b;
	prepare(&a, &cache, "return 1", 1, 0);
	OK(ki_template_clone(&a.lua));
	lua_fixture_run(&a, "shared = true string.rep = nil "
			    "print(math.random(1 << 50), math.random(1 << 50))");
	prepare(&b, &cache, "return 1", 2, 0);
	OK(ki_template_clone(&b.lua));
	lua_fixture_run(&b, "assert(shared == nil and string.rep) "
			    "print(math.random(1 << 50), math.random(1 << 50))");
	TRUE(strcmp(ki_buf_cstr(&a.output), ki_buf_cstr(&b.output)) != 0);
	lua_fixture_close(&b);
	lua_fixture_run(&a, "assert(shared) collectgarbage()");
	lua_fixture_close(&a);
	ki_lua_cache_fini(&cache);
}

TEST(lua_template, a_limit_refuses_a_copy_that_is_larger) {
	struct ki_lua_cache cache = {.xtemplate = NULL};
	struct lua_fixture f;
	prepare(&f, &cache, "return 1", 1, 0);
	OK(ki_template_clone(&f.lua));
	size_t bytes = f.lua.heap.used_bytes;
	lua_fixture_close(&f);
	int refused = 0;
	for (size_t limit = 1; limit < 2 * bytes; limit += 1 + limit / 50) {
		prepare(&f, &cache, "return 1", 1, limit);
		int status = ki_template_clone(&f.lua);
		refused += status == KITH_EEXHAUSTED;
		TRUE(status == KITH_OK || status == KITH_EEXHAUSTED);
		TRUE(limit >= bytes || status != KITH_OK);
		LE_UINT(f.lua.heap.used_bytes, limit);
		lua_fixture_close(&f);
	}
	GT_INT(refused, 10);
	ki_lua_cache_fini(&cache);
}

/* ---- The chunk ---- */

/* Whether a template of this program runs its chunk. */
static bool runs_in_template(const char *source, const struct ki_lua_import *import) {
	struct ki_lua_cache cache = {.xtemplate = NULL};
	struct lua_fixture f;
	prepare(&f, &cache, source, 1, 0);
	static const char *const modules[] = {"time", "json", "logger", "io", "system"};
	f.program.modules = modules;
	f.program.nr_modules = ki_countof(modules);
	f.program.method = "main";
	f.program.imports = import;
	f.program.nr_imports = import != NULL;
	OK(ki_template_clone(&f.lua));
	bool loaded = f.lua.loaded;
	EQ_INT(lua_gettop(f.lua.L), loaded ? 0 : 1);
	EQ_INT(f.lua.main != NULL, loaded);
	EQ_NUM(counted_bytes(&f.lua), (double)f.lua.heap.used_bytes);
	EQ_STR(ki_buf_cstr(&f.output), "");
	lua_gc(f.lua.L, LUA_GCCOLLECT);
	lua_fixture_close(&f);
	ki_lua_cache_fini(&cache);
	return loaded;
}

#define RETURN_MAIN " return { main = function() end }"

TEST(lua_template, a_pure_chunk_runs_in_it_4_2) {
	static const char *const chunks[] = {
		"",
		"local time = require('time') local second = time.SECOND + 0",
		"local t = setmetatable({}, { __index = function(t, k) return k end }) "
		"local x = t.y",
		"local s = ('%d'):rep(3, ' '):format(1, 2, 3):gsub('%d', { ['1'] = 'one' }) "
		"for w in s:gmatch('%w+') do s = s:find(w, 1, true) and w:upper() .. s end",
		"local sum = 0 for i, v in ipairs({ 1, 2 }) do sum = sum + i * v end "
		"for k, v in pairs({ a = 1, [2] = 3, [true] = 4 }) do sum = sum + v end "
		"assert(next({ 1 }) == 1 and '1' + 1 == 2 and sum == 13)",
		"local t = {} for i = 1, 40 do t[i] = math.floor(i * 37.5) % 41 end "
		"table.sort(t, function(a, b) return a > b end) "
		"table.insert(t, table.unpack(t, 1, 1))",
		"local ok, e = pcall(error, { 'x' }) assert(not ok and e[1] == 'x') "
		"ok, e = pcall(function() return nil .. 'x' end) assert(e:find('concat'))",
		"local e = errors.new('text') e = errors.wrap(e, 'more') local text = tostring(e) "
		"assert(text == e:message())",
		"c = channel.new(3) seconds = time.parse_duration('5s'):seconds()",
		"f = load('local n = ... return n + 1') assert(f(1) == 2 and select('#', f) == 1)",
		"local trace = debug.traceback('x') assert(trace:find('main chunk'))",
		"text = ('x'):rep(10000):upper() .. table.concat({ ('y'):rep(3000), 'z' })",
		"for p, c in utf8.codes('abc') do last = utf8.char(c) end "
		"type(rawget(_G, 'print'))",
		"pcall(function() time.x = 1 end) for k in pairs(time) do last = k end",
		"handlers = { print = print, now = time.now, send = process.send, [print] = 1 }",
	};
	for (size_t i = 0; i < ki_countof(chunks); i++) {
		struct ki_buf source;
		ki_buf_init(&source);
		ki_buf_printf(&source, "%s %s", chunks[i], RETURN_MAIN);
		if (!runs_in_template(ki_buf_cstr(&source), NULL)) {
			FAIL("runs at each spawn: %s", chunks[i]);
		}
		ki_buf_fini(&source);
	}
}

/* Each shows something of the process, or does something outside of it, or takes long. */
static const char *const impure[] = {
	"print('x')",
	"local p = print pcall(p)",
	"pcall(process.pid)",
	"pcall(process.id)",
	"pcall(process.send, 'x', 'y')",
	"pcall(process.inbox)",
	"pcall(process.registry.lookup, 'x')",
	"pcall(process.set_options, { trap_links = true })",
	"time.now()",
	"time.unix(0, 0)",
	"pcall(time.sleep, '1ms')",
	"pcall(time.after, '1ms')",
	"os.time()",
	"os.date()",
	"os.clock()",
	"math.random()",
	"math.randomseed(1)",
	"collectgarbage('count')",
	"collectgarbage()",
	"tostring({})",
	"tostring(print)",
	"tostring(coroutine.running())",
	"('%s'):format({})",
	"('%p'):format('text')",
	"tostring(channel.new())",
	"errors.call_stack()",
	"coroutine.create(print)",
	"coroutine.wrap(function() end)()",
	"coroutine.running()",
	"pcall(coroutine.spawn, print)",
	"logger:info('x')",
	"io.write('x')",
	"io.args()",
	"system.memory.stats()",
	"local t = { [{}] = 1, [{}] = 2 } for k, v in pairs(t) do end",
	"local t = { [print] = 1, [type] = 2 } next(t)",
	"local t = { a = 1, [{}] = 1 } next(t, 'a')",
	"kept = { [{}] = 1 }", /* a copy would not find it */
	("local t = {} for i = 1, 2000 do t[i] = 1 - i % 2 end "
	 "table.sort(t, function() return true end)"),
	"error('x')",
	"do return 7 end",
	"while true do end",
	"while true do pcall(function() while true do end end) end",
	"local s = ('a'):rep(5000) s:find(('a*'):rep(50) .. 'b')",
	"pcall(string.rep, 'x', 1 << 30)",
	"local t = {} for i = 1, 50000 do t[i] = ('x'):rep(100) .. i end",
	"pcall(string.rep, 'x', 10000000)",
};

TEST(lua_template, an_impure_chunk_is_left_to_each_process_4_2) {
	for (size_t i = 0; i < ki_countof(impure); i++) {
		struct ki_buf source;
		ki_buf_init(&source);
		ki_buf_printf(&source, "%s %s", impure[i], RETURN_MAIN);
		if (runs_in_template(ki_buf_cstr(&source), NULL)) {
			FAIL("runs in the template: %s", impure[i]);
		}
		ki_buf_fini(&source);
	}
}

TEST(lua_template, libraries_that_a_chunk_uses_run_in_it_too_13_3) {
	static const char users[] = "local lib = require('lib') lib.x = 1" RETURN_MAIN;
	static const char *const sources[] = {"return { x = time }", "print('x') return {}"};
	for (size_t i = 0; i < ki_countof(sources); i++) {
		struct ki_lua_program library = {.id = "app:lib",
			.source = sources[i],
			.source_len = strlen(sources[i])};
		struct ki_lua_import import = {"lib", &library};
		EQ_INT(runs_in_template(users, &import), i == 0);
		EQ_INT(runs_in_template("local s = string.rep('x', 3)" RETURN_MAIN, &import), 1);
		EQ_INT(runs_in_template("for k in pairs(_G) do n = k end" RETURN_MAIN, &import), 0);
	}
}

/* What the chunk made is each one's own: tables, upvalues, channels, Errors, globals. */
TEST(lua_template, each_process_has_its_own_of_what_the_chunk_made_4_2) {
	struct stage stage;
	struct entry entries[] = {{"app:main", LUA(
		local list = { 1, sub = {} } local n = 0 local c = channel.new(1)
		shared = setmetatable({}, { __index = list })
		return { main = function(id)
			n = n + 1
			list[#list + 1] = id
			list.sub[id] = true
			shared.own = id
			c:send(id)
			local keys = 0
			for k in pairs(list.sub) do keys = keys + 1 end
			time.sleep("1ms")
			print(id, n, #list, list[2], keys, shared.own, shared[1], (c:receive()))
			string.rep = nil
		end })}};
	stage_open(&stage, entries, 1, 1);
	struct ki_value_writer writer;
	for (int64_t i = 1; i <= 3; i++) {
		ki_value_writer_init(&writer);
		ki_value_int(&writer, i);
		struct ki_payload *arg = ki_value_finish(&writer, KI_FORMAT_LUA);
		stage_start(&stage, &arg, 1);
		ki_payload_unref(arg);
		stage_run(&stage, -1);
	}
	EQ_UINT(ki_load_rlx(&stage.caches[0].xnr_plain), 0); /* rlx: one thread */
	stage_close(&stage, "1\t1\t2\t1\t1\t1\t1\t1\n2\t1\t2\t2\t1\t2\t1\t2\n"
			    "3\t1\t2\t3\t1\t3\t1\t3\n");
}

TEST(lua_template, an_impure_chunk_shows_once_for_each_process_4_2) {
	struct stage stage;
	struct entry entries[] = {
		{"app:main", "print('chunk') return function() print('main') end"}};
	stage_open(&stage, entries, 1, 1);
	for (int i = 0; i < 2; i++) {
		stage_start(&stage, NULL, 0);
	}
	stage_run(&stage, -1);
	EQ_UINT(ki_load_rlx(&stage.caches[0].xnr_plain), 0); /* rlx: one thread */
	stage_close(&stage, "chunk\nchunk\nmain\nmain\n");
}

/* A build gives way to nobody, whatever it runs in C; here it is a spawner's, whose slice and force
 * are not asked. */
TEST(lua_template, a_build_gives_way_to_nobody_15_3) {
	PLAY("spawned\nchunk\n",
		{"app:main", MAIN(process.spawn("app:finds"); print("spawned"))},
		{"app:finds", "local s = ('a'):rep(100000) s:find(s:sub(1, 50000) .. 'b', 1, true) "
			      "return function() print('chunk') end"});
}

/* The process that is being made is then the one that runs. */
TEST(lua_template, a_template_is_built_in_an_upgrade_12_3) {
	PLAY("2\t3\n", {"app:main", MAIN(process.upgrade("app:new", 3))},
		{"app:new", "local at = ('xyz'):find('y', 1, true) utf8.len('xyz') "
			    "return function(n) print(at, n) end"});
}

/* A chunk that a process could not run at its limit fails there, though the template ran it. */
TEST(lua_template, a_chunk_meets_the_limit_of_memory_15_6) {
	struct stage stage;
	struct entry entries[] = {{"app:main",
		"do local t = {} for i = 1, 4000 do t[i] = i end end "
		"return function() print(collectgarbage('count') < 90) end"}};
	stage_open(&stage, entries, 1, 1);
	for (int i = 0; i < 2; i++) {
		ki_limits_set(
			&stage.programs[0].limits, KI_LIMIT_MEMORY, i == 0 ? 0 : 90000);
		stage_start(&stage, NULL, 0);
	}
	stage_run(&stage, -1);
	EQ_UINT(ki_load_rlx(&stage.caches[0].xnr_plain), 1); /* rlx: one thread */
	stage_close(&stage, "Internal: failed to execute script: memory limit exceeded (limit "
			    "90000 bytes)\ntrue\n");
}

/* ---- When it is made ---- */

static struct ki_lua *lua_of(struct stage *stage, kith_pid pid) {
	struct ki_proc *proc = ki_table_pin(&stage->system.table, pid);
	NOT_NULL(proc);
	ki_table_unpin(&stage->system.table, pid);
	return proc->body;
}

TEST(lua_template, a_process_has_its_state_when_it_first_runs_15_5) {
	struct stage stage;
	struct entry entries[] = {{"app:main", "return function(n) print(n) process.inbox()"
					       ":receive() end"}};
	stage_open(&stage, entries, 1, 1);
	struct ki_value_writer writer;
	ki_value_writer_init(&writer);
	ki_value_int(&writer, 7);
	struct ki_payload *arg = ki_value_finish(&writer, KI_FORMAT_LUA);
	ki_force(&stage.system, stage_start(&stage, &arg, 1), KI_CAUSE_TERMINATE);
	stage_run(&stage, -1);
	kith_pid pid = stage_start(&stage, &arg, 1);
	ki_payload_unref(arg);
	EQ_UINT(lua_of(&stage, pid)->heap.used_bytes, 0);
	stage_run(&stage, -1);
	GT_UINT(lua_of(&stage, pid)->heap.used_bytes, 0);
	stage_close(&stage, "! app:main Canceled: process terminated\n7\n");
}

/* The system refuses memory: who has no state yet ends, the runtime goes on. */
TEST(lua_template, a_state_that_is_refused_ends_the_process_15_7) {
	enum { NR = 300 };
	struct stage stage;
	struct entry entries[] = {{"app:main", "return function() process.inbox():receive() end"}};
	stage_open(&stage, entries, 1, 1);
	kith_pid first = stage_start(&stage, NULL, 0), pids[NR];
	stage_run(&stage, -1); /* so that a stack is there */
	for (int i = 0; i < NR; i++) {
		GT_UINT(pids[i] = stage_start(&stage, NULL, 0), 0);
	}
	struct rlimit before, none;
	OK(getrlimit(RLIMIT_AS, &before));
	none = before;
	none.rlim_cur = TEST_SCALE > 1 ? before.rlim_cur : 0; /* a sanitizer would end at once */
	OK(setrlimit(RLIMIT_AS, &none));
	stage_run(&stage, -1);
	OK(setrlimit(RLIMIT_AS, &before));
	int nr_alive = 0, nr_told = 0;
	for (int i = 0; i < NR; i++) {
		nr_alive += ki_pid_alive(&stage.system, pids[i]);
	}
	for (const char *at = ki_buf_cstr(&stage.output);
		(at = strstr(at, "! app:main ")) != NULL; at++) {
		nr_told++;
	}
	EQ_INT(nr_alive + nr_told, NR);
	EQ_INT(nr_told > 0, TEST_SCALE == 1);
	EQ_INT(ki_pid_alive(&stage.system, first), 1);
	GT_UINT(stage_start(&stage, NULL, 0), 0);
	ki_buf_reset(&stage.output);
	stage_close(&stage, "");
}

/* ---- Building ---- */

TEST(lua_template, each_allocation_may_be_refused_while_it_is_built) {
	struct lua_fixture f;
	const struct ki_lua_template *template = NULL;
	int refused = 0;
	bool temporary;
	prepare(&f, NULL, "local t = { 'constant' } return function() return t end", 1, 0);
	size_t part = TEST_SCALE > 1 ? 20 : 200;
	for (size_t bytes = 64; template == NULL; bytes += 64 + bytes / part) {
		template = ki_template_new(&f.system, &f.program, bytes, NULL, &temporary);
		TRUE(template != NULL || temporary);
		refused += template == NULL;
	}
	GT_INT(refused, 20);
	ki_template_free(template);
	lua_fixture_close(&f);
}

TEST(lua_template, what_does_not_compile_is_told_each_time) {
	static const struct entry entries[] = {{"app:main", "return = 1"}};
	struct stage stage;
	stage_open(&stage, entries, 1, 1);
	for (int i = 0; i < 2; i++) {
		stage_start(&stage, NULL, 0);
	}
	EQ_UINT(ki_load_rlx(&stage.caches[0].xnr_plain), 2); /* rlx: one thread */
	stage_close(&stage,
		"Internal: failed to execute script: app:main:1: unexpected symbol near '='\n"
		"Internal: failed to execute script: app:main:1: unexpected symbol near '='\n");
}

TEST(lua_template, a_huge_source_has_none) {
	struct lua_fixture f;
	bool temporary = true;
	size_t len = 1 << 20;
	char *source = malloc(len + 1);
	memset(source, ' ', len);
	source[len] = '\0';
	prepare(&f, NULL, source, 1, 0);
	IS_NULL(ki_template_new(&f.system, &f.program, 0, NULL, &temporary));
	FALSE(temporary);
	lua_fixture_close(&f);
	free(source);
}

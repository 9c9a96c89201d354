/*
 * Templates: a state that was copied is in nothing but speed another than one made anew. Most other
 * tests of processes run on copies too.
 */
#include "lua_fixture.h"
#include "lua_stage.h"

#include "base/rng.h"
#include "lua/template.h"

enum { ANEW, COPIED };

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
	for (int i = 0; i < 3; i++) {
		stage_start(&stage, NULL, 0);
		stage_run(&stage, INT64_C(36000000000000));
		ki_buf_puts(&stage.output, "--\n");
	}
	EQ_UINT(ki_load_rlx(&stage.caches[0].xnr_plain), 0); /* rlx: one thread */
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
	"math.randomseed(42) print(math.random(1 << 40))\n",
};

static void compose(struct ki_rng *rng, struct ki_buf *out) {
	ki_buf_puts(out, "local keep = {}\ncounter = (counter or 0) + 1\n"
			 "local function main(...)\nprint(counter, ...)\n");
	for (uint64_t n = 1 + ki_rng_below(rng, 6); n > 0; n--) {
		ki_buf_puts(out, parts[ki_rng_below(rng, ki_countof(parts))]);
	}
	static const char *const ends[] = {"", "return keep[1]\n", "error('the end')\n",
		"return nil, 'failed'\n", "return print\n"};
	ki_buf_puts(out, ends[ki_rng_below(rng, ki_countof(ends))]);
	ki_buf_puts(out, "end\nreturn ");
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

/* ---- Building ---- */

TEST(lua_template, each_allocation_may_be_refused_while_it_is_built) {
	struct lua_fixture f;
	const struct ki_lua_template *template = NULL;
	int refused = 0;
	bool temporary;
	prepare(&f, NULL, "local t = { 'constant' } return function() return t end", 1, 0);
	size_t part = TEST_SCALE > 1 ? 20 : 200;
	for (size_t bytes = 64; template == NULL; bytes += 64 + bytes / part) {
		template = ki_template_new(&f.system, &f.program, bytes, &temporary);
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
	IS_NULL(ki_template_new(&f.system, &f.program, 0, &temporary));
	FALSE(temporary);
	lua_fixture_close(&f);
	free(source);
}

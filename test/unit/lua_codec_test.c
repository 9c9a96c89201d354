/* What crosses between processes (SPEC 9.3, 9.4). */
#include "lua/codec.h"
#include "lua/lib_payload.h"
#include "lua/seen.h"
#include "lua/scratch.h"
#include "lua_fixture.h"
#include "mem/value.h"

/* copy(v [, ordinal]) -> the copy, or nil and the text of the refusal */
static int copy(lua_State *L) {
	lua_settop(L, 2);
	struct ki_scratch *scratch = ki_scratch_push(L); /* in case that decoding raises */
	int top = lua_gettop(L);
	int status = ki_codec_encode_value(
		L, 1, (int)luaL_optinteger(L, 2, 1), &scratch->payload);
	if (status != 0) {
		EQ_INT(lua_gettop(L), top + 1);
		lua_pushnil(L);
		lua_insert(L, -2);
		return 2;
	}
	EQ_INT(lua_gettop(L), top);
	OK(ki_codec_decode(L, scratch->payload));
	EQ_INT(lua_gettop(L), top + 1);
	return 1;
}

static void with_copy(const char *source) {
	struct lua_fixture f;
	lua_fixture_open(&f);
	lua_register(f.lua.L, "copy", copy);
	lua_fixture_run(&f, source);
	lua_fixture_close(&f);
}

TEST(lua_codec, scalars_keep_their_subtypes) {
	with_copy("for _, v in ipairs{true, false, 0, -1, math.maxinteger, math.mininteger, 1.0, "
		  "-0.0, 1e300,\n"
		  "  math.huge, -math.huge, '', 'x', 'a\\0b', ('x'):rep(1000)} do\n"
		  "  local c = copy(v); assert(c == v and math.type(c) == math.type(v))\n"
		  "end\n"
		  "assert(copy(nil) == nil); local nan = copy(0/0); assert(nan ~= nan)\n"
		  "assert(1 / copy(-0.0) == -math.huge)\n");
}

TEST(lua_codec, tables_are_deep_copies_without_metatable) {
	with_copy("local t = setmetatable({1, 2, {3}, x = {y = 'z'}, [1.5] = true, [true] = 1, "
		  "[-1] = 'neg'},\n"
		  "  {__index = function() return 'meta' end, __len = error, __pairs = error})\n"
		  "local c = copy(t)\n"
		  "assert(getmetatable(c) == nil and c ~= t and #c == 3 and c[3][1] == 3 and c.x.y "
		  "== 'z')\n"
		  "assert(c[1.5] == true and c[true] == 1 and c[-1] == 'neg' and c.nothing == "
		  "nil)\n");
}

/* SPEC 9.3, 13.3: it is a table like any other for who reads it. */
TEST(lua_codec, a_read_only_table_arrives_with_its_fields) {
	with_copy("local c = copy({payload.format, payload.format})\n"
		  "assert(c[1].JSON == 'json/plain' and c[1] == c[2])\n"
		  "assert(getmetatable(c[1]) == nil)\n"
		  "c[1].JSON = 'mine' assert(payload.format.JSON == 'json/plain')\n"
		  "local none, why = copy({channel})\n"
		  "assert(none == nil and why:find('cannot send a function (at [1].', 1, true), "
		  "why)\n");
}

TEST(lua_codec, holes_and_sparse_tables_survive) {
	with_copy("local c = copy({1, nil, 3}); assert(#c == 3 and c[2] == nil and c[3] == 3)\n"
		  "c = copy({nil, nil, 3}); assert(c[3] == 3)\n"
		  "local sparse = {}; for i = 0, 40 do sparse[1 << i] = i end\n"
		  "c = copy(sparse)\n"
		  "for i = 0, 40 do assert(c[1 << i] == i) end\n"
		  "local n = 0; for _ in pairs(c) do n = n + 1 end; assert(n == 41)\n");
}

TEST(lua_codec, cycles_and_shared_tables_are_kept) {
	with_copy("local s = {}; local t = {a = s, b = s, [s] = 'key'}; t.self = t\n"
		  "local c = copy(t)\n"
		  "assert(c.a == c.b and c.a ~= s and c.self == c and c[c.a] == 'key')\n"
		  "local many = {}; for i = 1, 1000 do many[i] = {i} end\n"
		  "for i = 1, 1000 do many[1000 + i] = many[i] end\n"
		  "c = copy(many)\n"
		  "for i = 1, 1000 do assert(c[i] == c[1000 + i] and c[i][1] == i) end\n");
}

TEST(lua_codec, errors_times_durations_go_by_value) {
	with_copy("local e = errors.new{message = 'm', kind = 'K', retryable = false, details = {a "
		  "= {1}}}\n"
		  "local c = copy(e)\n"
		  "assert(c ~= e and c:message() == 'm' and c:kind() == 'K' and c:retryable() == "
		  "false)\n"
		  "assert(c:details().a[1] == 1 and c:stack() == e:stack())\n"
		  "c = copy{e, e, x = {e}}; assert(c[1]:details().a[1] == 1 and "
		  "c[2]:details().a[1] == 1)\n"
		  "assert(c.x[1]:details().a[1] == 1)\n"
		  "local d, t = time.parse_duration('1h30m'), time.unix(5, 7)\n"
		  "assert(copy(d) == d and copy(t) == t and copy{d}[1] == d and tostring(copy(t)) "
		  "== tostring(t))\n");
}

TEST(lua_codec, payloads_arrive_as_payloads) {
	with_copy(
		"local p = payload.new{1}\n"
		"local c = copy(p); assert(tostring(c) == 'payload{format=lua/any}' and "
		"c:data()[1] == 1)\n"
		"c = copy{p = p, q = p}; assert(c.p:data()[1] == 1 and c.q:data() ~= c.p:data())\n"
		"assert(copy{payload.new(nil)}[1]:data() == nil)\n");
}

TEST(lua_codec, refusals_name_the_place) {
	with_copy("local function refuses(text, v, k)\n"
		  "  local c, e = copy(v, k); assert(c == nil and e == text, e)\n"
		  "end\n"
		  "refuses('cannot send a function', print)\n"
		  "refuses('cannot send a function (at #2)', print, 2)\n"
		  "refuses('cannot send a coroutine', coroutine.create(print))\n"
		  "refuses('cannot send a function (at .path.to.key)', {path = {to = {key = "
		  "print}}})\n"
		  "refuses('cannot send a function (at [3])', {1, 2, print})\n"
		  "refuses('cannot send a function (at [\"a b\"])', {['a b'] = print})\n"
		  "refuses('cannot send a function (at #3.x[2])', {x = {0, print}}, 3)\n"
		  "refuses('cannot send a function (at [-5][1.5][true])', {[-5] = {[1.5] = {[true] "
		  "= print}}})\n"
		  "refuses('cannot send a function (as a key of .x)', {x = {[print] = 1}})\n"
		  "refuses('cannot send a function (as a key of #2)', {[print] = 1}, 2)\n"
		  "refuses('cannot send a function (at .e.details.f)', {e = errors.new{message = "
		  "'m', details = {f = print}}})\n");
}

TEST(lua_codec, nesting_and_size_have_limits) {
	with_copy("local function nest(n) local t = {}; for i = 2, n do t = {t} end; return t end\n"
		  "local c = copy(nest(200)); assert(c)\n"
		  "local n = 0; while c do n = n + 1; c = c[1] end; assert(n == 200)\n"
		  "local c, e = copy(nest(201)); assert(c == nil and e == 'payload nested deeper "
		  "than 200', e)\n"
		  "c, e = copy(('x'):rep(65 * 1024 * 1024))\n"
		  "assert(c == nil and e == 'payload larger than 67108864 bytes', e)\n"
		  "local big = ('x'):rep(1 << 20); local t = {}; for i = 1, 70 do t[i] = big end\n"
		  "c, e = copy(t); assert(c == nil and e == 'payload larger than 67108864 bytes', "
		  "e)\n");
}

TEST(lua_codec, malformed_bytes_are_refused) {
	struct lua_fixture f;
	lua_fixture_open(&f);
	lua_State *L = f.lua.L;
	const unsigned char cases[][16] = {
		{KI_VALUE_TABLE, 0, 0, 0, 0, 1, 0, 0, 0, KI_VALUE_NIL,
			KI_VALUE_TRUE}, /* nil as a key */
		{KI_VALUE_BACKREF, 0},
		{KI_VALUE_PAYLOAD, 0},
		{200},
		{KI_VALUE_TABLE, 255, 255, 255, 255, 0, 0, 0, 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct ki_payload *p =
			ki_payload_new(KI_FORMAT_LUA, cases[i], i == 0 ? 11 : 9, NULL, 0);
		STATUS(ki_codec_decode(L, p), KITH_EINTERNAL);
		TRUE(lua_isnil(L, -1));
		EQ_INT(lua_gettop(L), 1);
		lua_settop(L, 0);
		ki_payload_unref(p);
	}
	lua_fixture_close(&f);
}

static int copy_all(lua_State *L) {
	lua_settop(L, 1);
	copy(L);
	return 0;
}

TEST(lua_codec, memory_that_runs_out_loses_nothing) {
	struct lua_fixture f;
	lua_fixture_open(&f);
	lua_State *L = f.lua.L;
	OK(lua_fixture_call(&f,
		"local t = {payload.new('x'), errors.new('e'), {}}; t[4] = t[3]\n"
		"for i = 5, 100 do t[i] = {i, tostring(i)} end return t",
		0));
	lua_setglobal(L, "t");
	lua_gc(L, LUA_GCCOLLECT);
	int status;
	size_t more = 0;
	do {
		lua_gc(L, LUA_GCCOLLECT);
		lua_pushcfunction(L, copy_all);
		lua_getglobal(L, "t");
		ki_heap_set_limit(&f.lua.heap, f.lua.heap.used_bytes + more);
		status = lua_pcall(L, 1, 0, 0);
		ki_heap_set_limit(&f.lua.heap, 0);
		lua_settop(L, 0);
		more += 256;
	} while (status != LUA_OK);
	lua_fixture_close(&f);
}

TEST(lua_codec, seen_finds_what_was_put) {
	struct ki_seen seen;
	ki_seen_init(&seen);
	char places[1000];
	uint32_t number = 0;
	for (uint32_t i = 0; i < 1000; i++) {
		FALSE(ki_seen_get(&seen, &places[i], &number));
		TRUE(ki_seen_put(&seen, &places[i], i));
		TRUE(ki_seen_put(&seen, &places[i], i + 1));
	}
	for (uint32_t i = 0; i < 1000; i++) {
		TRUE(ki_seen_get(&seen, &places[i], &number));
		EQ_UINT(number, i + 1);
	}
	EQ_UINT(seen.count, 1000);
	ki_seen_fini(&seen);
	ki_seen_fini(&seen);
}

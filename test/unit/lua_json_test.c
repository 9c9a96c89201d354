/* JSON: the module, the text, transcode (SPEC 9.2, 12.13). */
#include "lua_fixture.h"

#include "lua/json.h"

/* Runs a chunk in a process that declares json and time. */
static void run(const char *source) {
	static const char *const modules[] = {"json", "time"};
	struct lua_fixture f;
	lua_fixture_prepare(&f, true, 1, 0);
	f.program.modules = modules;
	f.program.nr_modules = 2;
	OK(ki_lua_open(&f.lua));
	lua_fixture_run(&f, source);
	lua_fixture_close(&f);
}

TEST(lua_json, encodes_as_the_contract_says) {
	run("local function is(v, want) local s, e = json.encode(v)\n"
	    "  assert(e == nil and s == want, tostring(s) .. ' for ' .. want) end\n"
	    "is(nil, 'null') is(true, 'true') is(false, 'false') is('', '\"\"')\n"
	    "is(1, '1') is(-7, '-7') is(math.mininteger, '-9223372036854775808')\n"
	    "is(1.0, '1.0') is(0.1, '0.1') is(-0.0, '-0.0') is(1e100, '1e+100')\n"
	    "is(1/3, '0.3333333333333333') is(123456789.123, '123456789.123')\n"
	    "is(0/0, 'null') is(1/0, 'null') is(-1/0, 'null')\n"
	    "is({}, '[]') is({1, 'a', {}}, '[1,\"a\",[]]') is({[1.0] = 2}, '[2]')\n"
	    "is({b = 1, a = {c = {1}}, B = true, aa = 2}, "
	    "'{\"B\":true,\"a\":{\"c\":[1]},\"aa\":2,\"b\":1}')\n"
	    "is('\\0\\1\\b\\t\\n\\f\\r\\\"\\\\/\\127\\xc3\\xa4\\xff', "
	    "'\"\\\\u0000\\\\u0001\\\\b\\\\t\\\\n\\\\f\\\\r\\\\\"\\\\\\\\/"
	    "\\127\\xc3\\xa4\\xff\"')\n"
	    "local t = {x = 1} is({t, t}, '[{\"x\":1},{\"x\":1}]')\n"
	    "local d = t for i = 1, 10 do d = {d, d} end assert(#json.encode(d) > 7000)\n"
	    "is(errors.new('bad'), '\"bad\"')\n"
	    "is(time.unix(0, 5), '\"1970-01-01T00:00:00.000000005Z\"')\n"
	    "is(time.parse_duration('90s'), '\"1m30s\"')\n"
	    "is({p = payload.new({1, 2})}, '{\"p\":[1,2]}')\n"
	    "is({p = payload.new({1}):transcode('json/plain')}, '{\"p\":[1]}')\n"
	    "is({p = payload.new('x'):transcode('text/plain')}, '{\"p\":\"x\"}')\n"
	    "local m = setmetatable({1}, {__index = {2, 3}, __tostring = error}) is(m, '[1]')\n");
}

TEST(lua_json, refuses_and_names_the_path) {
	run("local function no(v, want) local s, e = json.encode(v)\n"
	    "  assert(s == nil and e:message() == want, tostring(e)) assert(e:kind() == "
	    "'Invalid')\n"
	    "  assert(e:retryable() == false) end\n"
	    "no({1, a = 2}, 'cannot encode a table with mixed keys')\n"
	    "no({x = {y = {1, a = 2}}}, 'cannot encode a table with mixed keys (at .x.y)')\n"
	    "no({[1] = 1, [3] = 3, [50] = 1}, 'cannot encode a table with mixed keys')\n"
	    "no({[2] = 1}, 'cannot encode a sparse array')\n"
	    "no({[1.5] = 1}, 'cannot encode a sparse array')\n"
	    "no({{1, nil, 3}}, 'cannot encode a sparse array (at [1])')\n"
	    "no({[true] = 1}, 'cannot encode a table with such keys')\n"
	    "no({a = print}, 'cannot encode a function (at .a)')\n"
	    "no(print, 'cannot encode a function')\n"
	    "no({['a b'] = {coroutine.create(print)}}, "
	    "'cannot encode a coroutine (at [\"a b\"][1])')\n"
	    "no(channel.new(1), 'cannot encode a channel')\n"
	    "local c = {} c.x = {c} no(c, 'cannot encode a cycle (at .x[1])')\n"
	    "local d = {} for i = 1, 127 do d = {d} end assert(json.encode(d))\n"
	    "d = {d} local s, e = json.encode(d)\n"
	    "assert(s == nil and e:message():find('^nested deeper than 128 levels'), e:message())\n"
	    "for i = 1, 100 do d = {d} end s, e = json.encode(d)\n"
	    "assert(s == nil and e:message():find('nested deeper than'), tostring(e))\n"
	    "local huge = {('x'):rep(1000)} for i = 1, 20 do huge = {huge, huge} end\n"
	    "no(huge, 'text larger than 67108864 bytes')\n");
}

TEST(lua_json, decodes_into_values) {
	run("local function is(s, want) local v, e = json.decode(s)\n"
	    "  assert(e == nil and v == want and math.type(v) == math.type(want), s) end\n"
	    "is('null', nil) is(' true ', true) is('\\tfalse\\r\\n', false) is('0', 0) is('-0', "
	    "0)\n"
	    "is('12', 12) is('-9223372036854775808', math.mininteger) is('1.0', 1.0)\n"
	    "is('9223372036854775807', math.maxinteger) is('9223372036854775808', 2.0^63)\n"
	    "is('1e2', 100.0) is('1E+2', 100.0) is('1.5e-1', 0.15) is('1e999', math.huge)\n"
	    "is('\"\"', '') is('\"a\\\\u0041\\\\n\\\\/\\\\u00e4\\\\u20ac\"', "
	    "'aA\\n/\\u{e4}\\u{20ac}')\n"
	    "is('\"\\\\ud83d\\\\ude00\\\\u0000x\"', '\\u{1F600}\\0x') is('\"\\xff\"', '\\xff')\n"
	    "local t = json.decode('{\"a\":[1,null,3],\"b\":{},\"a b\":{\"c\":null}, \"d\" : [ ] "
	    "}')\n"
	    "assert(t.a[1] == 1 and t.a[2] == nil and t.a[3] == 3 and next(t.b) == nil)\n"
	    "assert(next(t['a b']) == nil and #t.d == 0)\n"
	    "t = json.decode('{\"a\":1,\"a\":2}') assert(t.a == 2)\n"
	    "local deep = ('['):rep(128) .. (']'):rep(128) assert(json.decode(deep))\n"
	    "local v, e = json.decode('[' .. deep .. ']') assert(v == nil)\n"
	    "assert(e:message() == 'invalid JSON at byte 129: nested deeper than 128 levels')\n"
	    "v, e = json.decode('[1, 2,, 3]') assert(v == nil and e:kind() == 'Invalid')\n"
	    "assert(e:message() == 'invalid JSON at byte 7: expected a value', e:message())\n"
	    "assert(e:retryable() == false)\n"
	    "v, e = json.decode('') assert(e:message() == 'invalid JSON at byte 1: expected a "
	    "value')\n"
	    "v, e = pcall(json.decode, 5)\n"
	    "assert(e:find(\"bad argument #1 to 'decode' (string expected, got number)\", 1, "
	    "true))\n"
	    "assert(not pcall(json.decode) and not pcall(function() json.x = 1 end))\n");
}

TEST(lua_json, what_is_encoded_decodes_to_the_same) {
	run("local seed = 7\n"
	    "local function draw(n) seed = (seed * 1103515245 + 12345) % 2147483648\n"
	    "  return seed // 8 % n end\n"
	    "local function text() local t = {}\n"
	    "  for i = 1, draw(12) do t[i] = string.char(draw(256)) end return table.concat(t) "
	    "end\n"
	    "local function make(depth) local kind = draw(depth > 4 and 5 or 7)\n"
	    "  if kind == 0 then return draw(2) == 0\n"
	    "  elseif kind == 1 then return draw(2000) - 1000\n"
	    "  elseif kind == 2 then return string.unpack('i8', string.pack('i4i4', draw(2^31) - "
	    "2^30 | 0, draw(2^31) | 0))\n"
	    "  elseif kind == 3 then return (draw(2^31) - 2^30) / (draw(1000) + 1) * 10.0 ^ "
	    "(draw(40) - 20)\n"
	    "  elseif kind == 4 then return text()\n"
	    "  elseif kind == 5 then local t = {} for i = 1, draw(6) do t[i] = make(depth + 1) end "
	    "return t\n"
	    "  else local t = {} for i = 1, draw(6) do t[text()] = make(depth + 1) end return t "
	    "end end\n"
	    "local function same(a, b) if math.type(a) ~= math.type(b) then return false end\n"
	    "  if type(a) ~= 'table' then return a == b end\n"
	    "  for k, v in pairs(a) do if not same(v, b[k]) then return false end end\n"
	    "  for k in pairs(b) do if a[k] == nil then return false end end return true end\n"
	    "for i = 1, 3000 do local v = make(0) local s = assert(json.encode(v))\n"
	    "  local back, e = json.decode(s) assert(e == nil, e) assert(same(v, back), s)\n"
	    "  assert(json.encode(back) == s) end\n");
}

/* ---- The text, by RFC 8259 ---- */

static const char *const good[] = {"[]", "{}", "[ ]", "[1]", "[1 , 2]", "{\"a\":1}", "{\"\":0}",
	"{\"a\":{\"b\":[]}}", "0", "-0", "0.0", "-1", "1e5", "1E-5", "1.25e+3",
	"123456789012345678901", "\"\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0000\"",
	"\"\\uD834\\uDd1e\"", "true", "false", "null", " \n\t\r[ \n\t\r1 \n\t\r] \n\t\r",
	"[null,true,false]", "\"\x7f\"", "[[[[]]]]", "{\"a\":1,\"a\":2}", "\"\\ufffe\"", "1.0e0",
	"[0e+1]", "[-123]"};

static const char *const bad[] = {"", " ", "[", "]", "{", "}", "[1", "[1,", "[1,]", "[,1]", "[1 2]",
	"{\"a\"}", "{\"a\":}", "{\"a\" 1}", "{a:1}", "{\"a\":1,}", "{,}", "{1:1}",
	"{\"a\":1 \"b\":2}", "{'a':1}", "nul", "nulll", "TRUE", "True", "NaN", "Infinity", "-",
	"+1", "01", "-01", "00", "1.", ".5", "-.5", "1.e1", "1e", "1e+", "1eE2", "0x1", "1_0",
	"0 1", "\"", "\"a", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12G4\"", "\"\\ud800\"",
	"\"\\udc00\"", "\"\\ud800\\u0041\"", "\"\\ud800x\"", "\"\t\"", "\"\n\"", "'a'", "[1]]",
	"1 1", "[1]x", "// c\n1", "[1/* */]", "\xef\xbb\xbf[]", "[\"a\",\n4\n,1,", "{\"a\":\"b\"}#",
	"\"a\\\x01\"", "--1", "[1,,2]", "\x0c[]"};

TEST(lua_json, texts_are_judged_by_the_grammar) {
	struct ki_json_work work;
	ki_json_work_init(&work, NULL, NULL);
	struct ki_json_fault fault;
	struct ki_payload *payload;
	for (size_t i = 0; i < ki_countof(good); i++) {
		if (ki_json_decode(&work, ki_strv(good[i]), &payload, &fault) != KITH_OK) {
			FAIL("%s: %s at %zu", good[i], fault.what, fault.at);
		}
		ki_payload_unref(payload);
	}
	for (size_t i = 0; i < ki_countof(bad); i++) {
		if (ki_json_decode(&work, ki_strv(bad[i]), &payload, &fault) != KITH_EINVAL) {
			FAIL("accepted: %s", bad[i]);
		}
		GE_UINT(fault.at, 1);
		LE_UINT(fault.at, strlen(bad[i]) + 1);
		NOT_NULL(fault.what);
	}
	STATUS(ki_json_decode(&work, ki_strv_n("1\0", 2), &payload, &fault), KITH_EINVAL);
	EQ_UINT(fault.at, 2);
}

/* Any prefix and any changed byte: no reading outside, and what is accepted can be written. */
TEST(lua_json, no_bytes_do_harm) {
	struct ki_json_work work;
	ki_json_work_init(&work, NULL, NULL);
	static const char text[] = "{\"a\":[1,-2.5e3,\"x\\u00e4\\n\",{\"b\":null}],\"c\":true}";
	struct ki_json_fault fault;
	struct ki_payload *payload;
	char changed[sizeof text];
	for (size_t i = 0; i < sizeof text - 1; i++) {
		STATUS(ki_json_decode(&work, ki_strv_n(text, i), &payload, &fault), KITH_EINVAL);
		for (int byte = 0; byte < 256; byte++) {
			memcpy(changed, text, sizeof text);
			changed[i] = (char)byte;
			struct ki_strv bytes = ki_strv_n(changed, sizeof text - 1);
			if (ki_json_decode(&work, bytes, &payload, &fault) == KITH_OK) {
				struct ki_buf out;
				ki_buf_init(&out);
				OK(ki_json_encode(&work, &out, payload, KI_JSON_PLAIN, NULL));
				ki_buf_fini(&out);
				ki_payload_unref(payload);
			}
		}
	}
}

TEST(lua_json, a_plain_text_says_everything_somehow) {
	struct ki_json_work work;
	ki_json_work_init(&work, NULL, NULL);
	struct ki_value_writer w;
	ki_value_writer_init(&w);
	size_t outer = ki_value_table_begin(&w);
	ki_value_int(&w, 7);
	ki_value_nil(&w);
	ki_value_str(&w, ki_strv("b"));
	ki_value_backref(&w, 0);
	ki_value_float(&w, 1.5);
	size_t inner = ki_value_table_begin(&w);
	ki_value_table_end(&w, inner, 0, 0);
	ki_value_bool(&w, true);
	ki_value_int(&w, 3);
	size_t key = ki_value_table_begin(&w);
	ki_value_table_end(&w, key, 0, 0);
	ki_value_backref(&w, 1);
	ki_value_table_end(&w, outer, 2, 4);
	struct ki_payload *payload = ki_value_finish(&w, KI_FORMAT_LUA);
	struct ki_buf out, why;
	ki_buf_init(&out);
	ki_buf_init(&why);
	OK(ki_json_encode(&work, &out, payload, KI_JSON_PLAIN, NULL));
	EQ_STR(ki_buf_cstr(&out), "{\"1\":7,\"1.5\":[],\"2\":null,\"?\":[],\"b\":null,\"true\":3}");
	STATUS(ki_json_encode(&work, &out, payload, KI_JSON_STRICT, &why), KITH_EINVAL);
	EQ_STR(ki_buf_cstr(&why), "cannot encode a table with mixed keys");
	EQ_STR(ki_buf_cstr(&out), "{\"1\":7,\"1.5\":[],\"2\":null,\"?\":[],\"b\":null,\"true\":3}");
	ki_payload_unref(payload);
	ki_buf_fini(&out);
	ki_buf_fini(&why);
}

TEST(lua_json, a_plain_text_ends_where_it_is_too_deep) {
	struct ki_json_work work;
	ki_json_work_init(&work, NULL, NULL);
	enum { LEVELS = 200 };
	struct ki_value_writer w;
	size_t marks[LEVELS];
	ki_value_writer_init(&w);
	for (int i = 0; i < LEVELS; i++) {
		marks[i] = ki_value_table_begin(&w);
	}
	for (int i = LEVELS - 1; i >= 0; i--) {
		if (i < LEVELS - 1) {
			ki_value_int(&w, 7);
		}
		ki_value_table_end(&w, marks[i], i < LEVELS - 1 ? 2 : 0, 0);
	}
	struct ki_payload *payload = ki_value_finish(&w, KI_FORMAT_LUA);
	struct ki_buf out;
	ki_buf_init(&out);
	OK(ki_json_encode(&work, &out, payload, KI_JSON_PLAIN, NULL));
	HAS_STR(ki_buf_cstr(&out), "[[null,7],7]");
	EQ_UINT(out.len, 128 * strlen("[,7]") + strlen("null"));
	STATUS(ki_json_encode(&work, &out, payload, KI_JSON_STRICT, NULL), KITH_EINVAL);
	ki_payload_unref(payload);
	ki_buf_fini(&out);
}

/* ---- Payloads ---- */

TEST(lua_json, payloads_go_from_format_to_format) {
	run("local F = payload.format\n"
	    "local function to(v, ...) local p = payload.new(v)\n"
	    "  for _, f in ipairs{...} do local q, e = p:transcode(f) if e then return nil, e end\n"
	    "    assert(q:get_format() == f) p = q end return p:data() end\n"
	    "assert(to({a = {1, 2}}, F.JSON).a[2] == 2 and to({a = {1}}, F.JSON, F.LUA).a[1] == "
	    "1)\n"
	    "assert(to({a = 1}, F.JSON, F.STRING) == '{\"a\":1}')\n"
	    "assert(to({a = 1}, F.JSON, F.BYTES, F.STRING, F.JSON).a == 1)\n"
	    "assert(to('{\"a\":1}', F.STRING, F.JSON, F.LUA).a == 1)\n"
	    "assert(to('x', F.STRING) == 'x' and to('x', F.BYTES, F.LUA) == 'x')\n"
	    "assert(to(12, F.STRING) == '12' and to(true, F.BYTES) == 'true')\n"
	    "assert(to('x', F.JSON) == 'x' and to('x', F.JSON, F.STRING) == '\"x\"')\n"
	    "assert(to(nil, F.JSON) == nil and to(nil, F.JSON, F.STRING) == 'null')\n"
	    "local function no(want, v, ...) local d, e = to(v, ...)\n"
	    "  assert(d == nil and e:message() == want, tostring(e)) assert(e:kind() == "
	    "'Internal')\n"
	    "  assert(e:retryable() == false) end\n"
	    "no('cannot transcode lua/any to text/plain', {1, a = 2}, F.STRING)\n"
	    "no('cannot transcode lua/any to json/plain', {1, a = 2}, F.JSON)\n"
	    "no('cannot transcode text/plain to json/plain', '{', F.STRING, F.JSON)\n"
	    "no('cannot transcode lua/any to yaml/plain', 1, F.YAML)\n"
	    "no('cannot transcode lua/any to nonsense', 1, 'nonsense')\n"
	    "no('cannot transcode golang/error to json/plain', errors.new('x'), F.JSON)\n"
	    "local p = payload.new({1}):transcode(F.JSON)\n"
	    "assert(p:data() == p:data() and p:unmarshal() ~= p:unmarshal())\n"
	    "assert(tostring(p) == 'payload{format=json/plain}')\n");
}

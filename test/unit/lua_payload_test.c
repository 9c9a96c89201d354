/* Payload and Message objects (SPEC 9.1, 9.2). */
#include "lua/codec.h"
#include "lua/lib_payload.h"
#include "lua_fixture.h"
#include "mem/value.h"

TEST(lua_payload, data_is_one_table_and_unmarshal_a_fresh_one) {
	lua_fixture_once(
		"local given = {1}\n"
		"local p = payload.new(given)\n"
		"given[1] = 2\n"
		"local d = p:data(); assert(d == p:data() and d[1] == 1 and p:unmarshal() ~= d)\n"
		"d[1] = 3; assert(p:unmarshal()[1] == 1)\n"
		"assert(p:get_format() == 'lua/any' and tostring(p) == 'payload{format=lua/any}')\n"
		"assert(payload.new(nil):data() == nil and payload.new(nil):get_format() == "
		"'lua/any')\n"
		"assert(payload.new(false):data() == false)\n");
}

TEST(lua_payload, of_an_error_has_its_own_format) {
	lua_fixture_once("local p = payload.new(errors.new('x'))\n"
			 "assert(p:get_format() == 'golang/error' and p:data():message() == 'x')\n"
			 "assert(p:data() == p:data())\n");
}

TEST(lua_payload, transcode_gives_itself_or_says_why_not) {
	lua_fixture_once("local p = payload.new(1)\n"
			 "assert(p:transcode('lua/any') == p)\n"
			 "local q, e = p:transcode('no/such')\n"
			 "assert(q == nil and e:kind() == 'Internal' and e:retryable() == false)\n"
			 "assert(e:message() == 'cannot transcode lua/any to no/such')\n"
			 "local ok, m = pcall(p.transcode, p, {})\n"
			 "assert(m:find(\"bad argument #2 to 'transcode' (string expected, got "
			 "table)\", 1, true), m)\n");
}

TEST(lua_payload, new_refuses_what_cannot_be_sent) {
	lua_fixture_once("local p, e = payload.new{x = print}\n"
			 "assert(p == nil and e:kind() == 'Invalid' and e:retryable() == false)\n"
			 "assert(e:message() == 'cannot send a function (at .x)')\n"
			 "assert(payload.format.JSON == 'json/plain' and payload.format.ERROR == "
			 "'golang/error')\n");
}

TEST(lua_payload, malformed_content_is_an_error) {
	struct lua_fixture f;
	lua_fixture_open(&f);
	ki_payload_give(f.lua.L, ki_payload_new(KI_FORMAT_LUA, "\xff", 1, NULL, 0));
	lua_setglobal(f.lua.L, "p");
	lua_fixture_run(&f,
		"for _, m in ipairs{'data', 'unmarshal'} do\n"
		"  local v, e = p[m](p); assert(v == nil and e:kind() == 'Internal')\n"
		"end");
	lua_fixture_close(&f);
}

static struct ki_message *message_of(lua_State *L, const char *topic, uint32_t nr) {
	struct ki_message *message = ki_message_new(ki_strv(topic), nr);
	NOT_NULL(message);
	for (uint32_t i = 0; i < nr; i++) {
		lua_pushinteger(L, i + 1);
		OK(ki_codec_encode(L, -1, 1, &message->payloads[i]));
		lua_pop(L, 1);
	}
	return message;
}

TEST(lua_payload, message_shows_topic_sender_and_payloads) {
	struct lua_fixture f;
	lua_fixture_open(&f);
	lua_State *L = f.lua.L;
	for (uint32_t i = 0; i < 3; i++) {
		struct ki_message *message = message_of(L, "work", i);
		if (!ki_message_push(L, message)) {
			ki_signal_free(&message->signal);
		}
		lua_setglobal(L, (const char *[]){"none", "one", "two"}[i]);
	}
	lua_fixture_run(&f,
		"assert(none:topic() == 'work' and none:from() == '' and none:payload() == nil)\n"
		"assert(tostring(none) == 'process.Message{topic=work}')\n"
		"assert(one:payload():data() == 1 and one:payload() == one:payload())\n"
		"local a = two:payload(); assert(#a == 2 and a[2]:data() == 2)\n"
		"local p, e = payload.new{one}\n"
		"assert(e:message() == 'cannot send a Message (at [1])', e)\n"
		"kept = one:payload(); one, two = nil, nil; collectgarbage()\n"
		"assert(kept:data() == 1)");
	lua_fixture_close(&f);
}

TEST(lua_payload, references_return_to_zero) {
	struct lua_fixture f;
	lua_fixture_open(&f);
	lua_State *L = f.lua.L;
	char text[4000]; /* no small one, of which each object has a copy */
	memset(text, 'x', sizeof text);
	struct ki_payload *p = ki_value_payload_str(ki_strv_n(text, sizeof text));
	for (int i = 0; i < 5; i++) {
		ki_payload_push(L, p);
		ki_payload_give(L, ki_payload_ref(p));
	}
	EQ_UINT(p->xrefs, 11);
	lua_settop(L, 5);
	lua_gc(L, LUA_GCCOLLECT);
	EQ_UINT(p->xrefs, 6);
	lua_fixture_close(&f); /* what was not collected */
	EQ_UINT(p->xrefs, 1);
	ki_payload_unref(p);
}

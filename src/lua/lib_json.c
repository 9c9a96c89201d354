/*
 * lua/lib_json.c: the module `json`.
 *
 * A value goes through the encoding that also crosses between processes, so that both know the same
 * values.
 *
 * Owns: nothing. Threads: the worker that runs the process.
 */
#include "lua/lib_json.h"

#include <string.h>

#include "lua/codec.h"
#include "lua/immutable.h"
#include "lua/json.h"
#include "lua/luaerror.h"
#include "lua/refusal.h"

static int fail(lua_State *L, int status, const char *text) {
	if (status == KITH_EEXHAUSTED) {
		ki_lua_refuse_memory(L);
	}
	return ki_fail(L, status, "%s", text);
}

/* What SPEC 9.4 says of sending, said of encoding. */
static const char *push_refusal(lua_State *L, const char *text) {
	static const char send[] = "cannot send", payload[] = "payload";
	if (strncmp(text, send, strlen(send)) == 0) {
		return lua_pushfstring(L, "cannot encode%s", text + strlen(send));
	}
	if (strncmp(text, payload, strlen(payload)) == 0) {
		return lua_pushfstring(L, "value%s", text + strlen(payload));
	}
	return text;
}

static int lib_encode(lua_State *L) {
	lua_settop(L, 1);
	struct ki_scratch *scratch = ki_scratch_push(L);
	int status = ki_codec_encode_value(L, 1, 1, &scratch->payload);
	if (status != KITH_OK) {
		return fail(L, status, push_refusal(L, lua_tostring(L, -1)));
	}
	struct ki_buf *why = &scratch->json.text;
	status = ki_json_encode(
		&scratch->json, &scratch->text, scratch->payload, KI_JSON_STRICT, why);
	if (status != KITH_OK) {
		return fail(L, status, ki_buf_cstr(why));
	}
	lua_pushlstring(L, scratch->text.ptr, scratch->text.len);
	ki_scratch_clear(scratch);
	return 1;
}

static int lib_decode(lua_State *L) {
	if (lua_type(L, 1) != LUA_TSTRING) {
		return ki_arg_error(L, 1, "decode", "string");
	}
	lua_settop(L, 1);
	struct ki_scratch *scratch = ki_scratch_push(L);
	struct ki_strv text;
	text.ptr = lua_tolstring(L, 1, &text.len);
	struct ki_json_fault fault;
	int status = ki_json_decode(&scratch->json, text, &scratch->payload, &fault);
	if (status == KITH_EINVAL) {
		return ki_fail(L, status, "invalid JSON at byte %zu: %s", fault.at, fault.what);
	}
	if (status == KITH_OK) {
		status = ki_codec_decode(L, scratch->payload);
	}
	ki_scratch_clear(scratch);
	return status == KITH_OK ? 1 : fail(L, KITH_EEXHAUSTED, NULL);
}

void ki_json_describe(lua_State *L, int index, struct ki_scratch *scratch) {
	ki_scratch_clear(scratch);
	scratch->payload = ki_codec_encode_plain(L, index);
	if (scratch->payload == NULL ||
		ki_json_encode(&scratch->json, &scratch->text, scratch->payload, KI_JSON_PLAIN,
			NULL) != KITH_OK) {
		ki_lua_refuse_memory(L);
	}
}

void ki_json_open(lua_State *L) {
	static const luaL_Reg functions[] = {
		{"encode", lib_encode}, {"decode", lib_decode}, {NULL, NULL}};
	luaL_newlib(L, functions);
	ki_table_freeze(L, -1);
}

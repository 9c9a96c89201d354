/*
 * lua/outgoing.c: values copied out of a process.
 *
 * Owns: see outgoing.h. Threads: the worker that runs the process.
 * Not here: the copying (codec.c).
 */
#include "lua/outgoing.h"

#include "lua/codec.h"
#include "lua/refusal.h"

void ki_outgoing_drop(struct ki_lua *lua) {
	if (lua->outgoing != NULL) {
		ki_signal_free(&lua->outgoing->signal);
		lua->outgoing = NULL;
	}
}

struct ki_message *ki_outgoing_take(struct ki_lua *lua) {
	struct ki_message *message = lua->outgoing;
	lua->outgoing = NULL;
	return message;
}

typedef int encode_fn(lua_State *L, int index, int ordinal, struct ki_payload **out);

static int make(lua_State *L, struct ki_strv topic, int first, uint32_t spare, encode_fn *encode) {
	struct ki_lua *lua = ki_lua_of(L);
	ki_outgoing_drop(lua); /* left by one that raised */
	int last = lua_gettop(L);
	uint32_t nr = last >= first ? (uint32_t)(last - first + 1) : 0;
	luaL_checkstack(L, LUA_MINSTACK, NULL);
	lua->outgoing = ki_message_new(topic, nr + spare);
	if (lua->outgoing == NULL) {
		ki_lua_refuse_memory(L);
	}
	for (uint32_t i = 0; i < nr; i++) {
		int at = (int)i;
		int status = encode(L, first + at, at + 1, &lua->outgoing->payloads[i]);
		if (status == KITH_EEXHAUSTED) {
			ki_lua_refuse_memory(L);
		} else if (status != KITH_OK) {
			ki_outgoing_drop(lua);
			return status;
		}
	}
	return KITH_OK;
}

int ki_outgoing_message(lua_State *L, struct ki_strv topic, int first) {
	return make(L, topic, first, 0, ki_codec_encode);
}

int ki_outgoing_arguments(lua_State *L, int first) {
	return make(L, ki_strv_n(NULL, 0), first, 1, ki_codec_encode_value);
}

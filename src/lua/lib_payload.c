/*
 * lua/lib_payload.c: Payload and Message objects and the global `payload`.
 *
 * Owns: see lib_payload.h. Threads: the worker that runs the process.
 */
#include "lua/lib_payload.h"

#include <lauxlib.h>

#include "base/compiler.h"
#include "lua/codec.h"
#include "lua/immutable.h"
#include "lua/luaerror.h"
#include "lua/luaproc.h"
#include "lua/scratch.h"
#include "lua/transcode.h"
#include "lua/usertype.h"

/* Metatables in the registry, by address: a look-up that cannot raise. */
static const char payload_key = 'p', message_key = 'm';

/* User value: what data() gave. */
struct payload_object {
	struct ki_owned owned;      /* in lua->owned from the moment that it holds something */
	struct ki_payload *payload; /* NULL: the data is nil */
	bool has_data;
};

/* User value: what payload() gave. */
struct message_object {
	struct ki_owned owned;
	struct ki_message *message;
	bool has_payload;
};

static bool has_metatable(lua_State *L, int index, const char *key) {
	if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index)) {
		return false;
	}
	lua_rawgetp(L, LUA_REGISTRYINDEX, key);
	bool is = lua_rawequal(L, -1, -2);
	lua_pop(L, 2);
	return is;
}

static void hold(lua_State *L, struct ki_owned *owned, void (*drop)(struct ki_owned *)) {
	owned->drop = drop;
	ki_list_push_back(&ki_lua_of(L)->owned, &owned->node);
}

/* The objects are made protected, so that what they are to hold is not lost when there is no
 * memory: light userdata -> object. False: it took nothing, the error is on the stack. */
static bool make_object(lua_State *L, lua_CFunction make, void *held) {
	if (!lua_checkstack(L, 4)) {
		lua_pushnil(L); /* Lua keeps a few slots for errors */
		return false;
	}
	lua_pushcfunction(L, make);
	lua_pushlightuserdata(L, held);
	return lua_pcall(L, 1, 1, 0) == LUA_OK;
}

/* ---- Payload ---- */

static void drop_payload(struct ki_owned *owned) {
	struct payload_object *object = ki_container_of(owned, struct payload_object, owned);
	ki_payload_unref(object->payload);
	object->payload = NULL;
}

static int make_payload(lua_State *L) {
	struct payload_object *object = lua_newuserdatauv(L, sizeof *object, 1);
	object->payload = lua_touserdata(L, 1);
	object->has_data = false;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &payload_key);
	hold(L, &object->owned, drop_payload);
	lua_setmetatable(L, -2);
	return 1;
}

void ki_payload_push(lua_State *L, struct ki_payload *payload) {
	if (!make_object(L, make_payload, payload)) {
		ki_payload_unref(payload);
		lua_error(L);
	}
}

bool ki_payload_test(lua_State *L, int index, struct ki_payload **out) {
	if (!has_metatable(L, index, &payload_key)) {
		return false;
	}
	const struct payload_object *object = lua_touserdata(L, index);
	*out = object->payload;
	return true;
}

static struct payload_object *check_payload(lua_State *L, const char *method) {
	if (!has_metatable(L, 1, &payload_key)) {
		ki_arg_error(L, 1, method, "Payload");
	}
	return lua_touserdata(L, 1);
}

static const char *format_of(const struct payload_object *object) {
	return ki_format_name(object->payload != NULL ? object->payload->format : KI_FORMAT_LUA);
}

static int payload_gc(lua_State *L) {
	struct payload_object *object = lua_touserdata(L, 1);
	ki_list_remove(&object->owned.node);
	drop_payload(&object->owned);
	return 0;
}

static int payload_unmarshal(lua_State *L) {
	struct payload_object *object = check_payload(L, "unmarshal");
	if (ki_codec_decode(L, object->payload) != 0) {
		return ki_fail(
			L, KITH_EINTERNAL, "cannot read a payload of format %s", format_of(object));
	}
	return 1;
}

static int payload_data(lua_State *L) {
	struct payload_object *object = check_payload(L, "data");
	if (object->has_data) {
		lua_getiuservalue(L, 1, 1);
		return 1;
	}
	int nr = payload_unmarshal(L);
	if (nr == 1) {
		lua_pushvalue(L, -1);
		lua_setiuservalue(L, 1, 1);
		object->has_data = true;
	}
	return nr;
}

static int payload_get_format(lua_State *L) {
	lua_pushstring(L, format_of(check_payload(L, "get_format")));
	return 1;
}

static int payload_transcode(lua_State *L) {
	const struct payload_object *object = check_payload(L, "transcode");
	if (lua_type(L, 2) != LUA_TSTRING) {
		return ki_arg_error(L, 2, "transcode", "string");
	}
	lua_settop(L, 2);
	lua_pushstring(L, format_of(object));
	if (lua_rawequal(L, 2, -1)) {
		lua_pushvalue(L, 1);
		return 1;
	}
	struct ki_scratch *scratch = ki_scratch_push(L);
	struct ki_strv name;
	name.ptr = lua_tolstring(L, 2, &name.len);
	enum ki_format to;
	if (!ki_format_parse(name, &to) || ki_transcode(object->payload, to, &scratch->text,
						   &scratch->payload) != KITH_OK) {
		lua_pushnil(L);
		ki_error_push(L, "Internal", KI_RETRYABLE_NO, "cannot transcode %s to %s",
			format_of(object), name.ptr);
		return 2;
	}
	ki_payload_push(L, ki_payload_ref(scratch->payload));
	ki_scratch_clear(scratch);
	return 1;
}

static int payload_tostring(lua_State *L) {
	lua_pushfstring(L, "payload{format=%s}", format_of(check_payload(L, "tostring")));
	return 1;
}

/* ---- Message ---- */

static void drop_message(struct ki_owned *owned) {
	struct message_object *object = ki_container_of(owned, struct message_object, owned);
	if (object->message != NULL) {
		ki_signal_free(&object->message->signal);
		object->message = NULL;
	}
}

static int make_message(lua_State *L) {
	struct message_object *object = lua_newuserdatauv(L, sizeof *object, 1);
	object->message = lua_touserdata(L, 1);
	object->has_payload = false;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &message_key);
	hold(L, &object->owned, drop_message);
	lua_setmetatable(L, -2);
	return 1;
}

void ki_message_push(lua_State *L, struct ki_message *message) {
	if (!make_object(L, make_message, message)) {
		ki_signal_free(&message->signal);
		lua_error(L);
	}
}

static struct message_object *check_message(lua_State *L, const char *method) {
	if (!has_metatable(L, 1, &message_key)) {
		ki_arg_error(L, 1, method, "Message");
	}
	return lua_touserdata(L, 1);
}

static int message_gc(lua_State *L) {
	struct message_object *object = lua_touserdata(L, 1);
	ki_list_remove(&object->owned.node);
	drop_message(&object->owned);
	return 0;
}

static int message_topic(lua_State *L) {
	const struct ki_message *message = check_message(L, "topic")->message;
	lua_pushlstring(L, message->topic, message->topic_len);
	return 1;
}

static int message_from(lua_State *L) {
	const struct ki_message *message = check_message(L, "from")->message;
	char text[KI_PID_TEXT_MAX];
	size_t len = ki_pid_format(ki_lua_of(L)->proc->system, message->signal.from, text);
	lua_pushlstring(L, text, len);
	return 1;
}

static void push_shared(lua_State *L, struct ki_payload *payload) {
	ki_payload_push(L, payload != NULL ? ki_payload_ref(payload) : NULL);
}

static int message_payload(lua_State *L) {
	struct message_object *object = check_message(L, "payload");
	const struct ki_message *message = object->message;
	if (object->has_payload) {
		lua_getiuservalue(L, 1, 1);
		return 1;
	}
	switch (message->nr_payloads) {
	case 0:
		lua_pushnil(L);
		break;
	case 1:
		push_shared(L, message->payloads[0]);
		break;
	default:
		lua_createtable(L, (int)message->nr_payloads, 0);
		for (uint32_t i = 0; i < message->nr_payloads; i++) {
			push_shared(L, message->payloads[i]);
			lua_rawseti(L, -2, (lua_Integer)i + 1);
		}
	}
	lua_pushvalue(L, -1);
	lua_setiuservalue(L, 1, 1);
	object->has_payload = true;
	return 1;
}

static int message_tostring(lua_State *L) {
	const struct ki_message *message = check_message(L, "tostring")->message;
	lua_pushliteral(L, "process.Message{topic=");
	lua_pushlstring(L, message->topic, message->topic_len);
	lua_pushliteral(L, "}");
	lua_concat(L, 3);
	return 1;
}

/* ---- the global ---- */

static int payload_new(lua_State *L) {
	struct ki_payload *payload;
	int status = ki_codec_encode(L, 1, 1, &payload);
	if (status != 0) {
		return ki_fail(L, status, "%s", lua_tostring(L, -1));
	}
	ki_payload_push(L, payload);
	return 1;
}

static void push_formats(lua_State *L) {
	static const char *const names[] = {
#define NAME(name, text) #name,
		KI_FORMAT_MAP(NAME)
#undef NAME
	};
	lua_createtable(L, 0, KI_NR_FORMATS);
	for (int i = 0; i < KI_NR_FORMATS; i++) {
		lua_pushstring(L, ki_format_name((enum ki_format)i));
		lua_setfield(L, -2, names[i]);
	}
	ki_table_freeze(L, -1);
}

void ki_open_payload(lua_State *L) {
	static const luaL_Reg payload_methods[] = {{"data", payload_data},
		{"unmarshal", payload_unmarshal}, {"get_format", payload_get_format},
		{"transcode", payload_transcode}, {NULL, NULL}};
	static const luaL_Reg message_methods[] = {{"topic", message_topic}, {"from", message_from},
		{"payload", message_payload}, {NULL, NULL}};
	static const luaL_Reg functions[] = {{"new", payload_new}, {NULL, NULL}};
	static const luaL_Reg payload_meta[] = {
		{"__tostring", payload_tostring}, {"__gc", payload_gc}, {NULL, NULL}};
	static const luaL_Reg message_meta[] = {
		{"__tostring", message_tostring}, {"__gc", message_gc}, {NULL, NULL}};
	ki_usertype_push(L, "Payload", payload_methods, payload_meta);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &payload_key);
	ki_usertype_push(L, "Message", message_methods, message_meta);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &message_key);
	luaL_newlib(L, functions);
	push_formats(L);
	lua_setfield(L, -2, "format");
	ki_table_freeze(L, -1);
	lua_setglobal(L, "payload");
}

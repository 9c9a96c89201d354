/*
 * lua/lib_payload.c: Payload and Message objects and the global `payload`.
 *
 * Owns: see lib_payload.h. Threads: the worker that runs the process.
 */
#include "lua/lib_payload.h"

#include <lauxlib.h>
#include <string.h>

#include "base/compiler.h"
#include "lua/codec.h"
#include "lua/immutable.h"
#include "lua/luaerror.h"
#include "lua/luaproc.h"
#include "lua/refusal.h"
#include "lua/scratch.h"
#include "lua/transcode.h"
#include "lua/usertype.h"
#include "mem/value.h"

/* Contents up to this size are copied into the object, and what they came in is let go of at once:
 * no finalizer, no reference, and the block is free for the next message while it is still warm.
 * Up to here that was measured to cost less (make bench ONLY=request). */
enum { SMALL_MAX = 1200 };

/* KI_TYPE_PAYLOAD. User value, unless it is a scalar: what data() gave. */
struct small_payload {
	uint8_t format; /* enum ki_format */
	bool is_nil, has_data;
	uint32_t size;
	unsigned char data[];
};

/* KI_TYPE_PAYLOAD_HELD. User value: what data() gave. */
struct held_payload {
	struct ki_owned owned; /* in lua->owned from the moment that it holds something */
	struct ki_payload *payload;
	bool has_data;
};

/* KI_TYPE_MESSAGE: of no payload, or of one that is small. User value: what payload() gave. */
struct small_message {
	kith_pid from;
	uint32_t topic_len;
	uint32_t size; /* of the payload */
	uint8_t format;
	uint8_t nr_payloads;
	bool is_nil;   /* the payload is */
	bool has_payload;
	char bytes[];  /* the topic, then those of the payload */
};

/* KI_TYPE_MESSAGE_HELD. User value: what payload() gave. */
struct held_message {
	struct ki_owned owned;
	struct ki_message *message;
	bool has_payload;
};

static void hold(lua_State *L, struct ki_owned *owned, void (*drop)(struct ki_owned *)) {
	owned->drop = drop;
	ki_list_push_back(&ki_lua_of(L)->owned, &owned->node);
}

static bool is_small(const struct ki_payload *payload) {
	return payload == NULL || (payload->size <= SMALL_MAX && payload->nr_refs == 0);
}

/* ---- Payload ---- */

static void drop_payload(struct ki_owned *owned) {
	struct held_payload *object = ki_container_of(owned, struct held_payload, owned);
	ki_payload_unref(object->payload);
	object->payload = NULL;
}

/* Decoding it twice gives equal values, so none needs to be kept. */
static bool is_scalar(const struct ki_codec_bytes *bytes) {
	return bytes->is_nil ||
		(bytes->format == KI_FORMAT_LUA && bytes->size > 0 &&
			*(const unsigned char *)bytes->data <= KI_VALUE_STR);
}

static void push_small(lua_State *L, const struct ki_codec_bytes *bytes) {
	struct small_payload *object = ki_usertype_new(L, KI_TYPE_PAYLOAD,
		sizeof(*object) + bytes->size, is_scalar(bytes) ? 0 : 1);
	*object = (struct small_payload){
		.format = (uint8_t)bytes->format, .is_nil = bytes->is_nil, .size = bytes->size};
	if (bytes->size > 0) {
		memcpy(object->data, bytes->data, bytes->size);
	}
}

void ki_payload_push(lua_State *L, struct ki_payload *payload) {
	if (is_small(payload)) {
		struct ki_codec_bytes bytes = ki_codec_bytes_of(payload);
		push_small(L, &bytes);
	} else {
		struct held_payload *object =
			ki_usertype_new(L, KI_TYPE_PAYLOAD_HELD, sizeof *object, 1);
		object->payload = ki_payload_ref(payload);
		object->has_data = false;
		hold(L, &object->owned, drop_payload);
	}
}

/* No pcall comes back from a refusal of memory (SPEC 15.6): so until the object has it, it is the
 * process's. */
void ki_payload_give(lua_State *L, struct ki_payload *payload) {
	struct ki_lua *lua = ki_lua_of(L);
	ki_payload_unref(lua->given); /* left by one that raised */
	lua->given = payload;
	luaL_checkstack(L, 4, NULL);
	ki_payload_push(L, payload);
	lua->given = NULL;
	ki_payload_unref(payload);
}

bool ki_payload_is(lua_State *L, int index) {
	return ki_usertype_test(L, index, KI_TYPE_PAYLOAD) != NULL ||
		ki_usertype_test(L, index, KI_TYPE_PAYLOAD_HELD) != NULL;
}

int ki_payload_share(lua_State *L, int index, struct ki_payload **out) {
	const struct held_payload *held = ki_usertype_test(L, index, KI_TYPE_PAYLOAD_HELD);
	if (held != NULL) {
		*out = ki_payload_ref(held->payload);
		return KITH_OK;
	}
	const struct small_payload *small = lua_touserdata(L, index);
	*out = small->is_nil ? NULL
			     : ki_payload_new(small->format, small->data, small->size, NULL, 0);
	return small->is_nil || *out != NULL ? KITH_OK : KITH_EEXHAUSTED;
}

static void check_payload(lua_State *L, const char *method) {
	if (!ki_payload_is(L, 1)) {
		ki_arg_error(L, 1, method, "Payload");
	}
}

/* What the Payload at 1 holds, which keeps it. */
static struct ki_codec_bytes contents(lua_State *L) {
	const struct small_payload *small = ki_usertype_test(L, 1, KI_TYPE_PAYLOAD);
	if (small != NULL) {
		return (struct ki_codec_bytes){.format = small->format,
			.data = small->data, .size = small->size, .is_nil = small->is_nil};
	}
	const struct held_payload *held = lua_touserdata(L, 1);
	return ki_codec_bytes_of(held->payload);
}

static const char *format_of(lua_State *L) {
	return ki_format_name(contents(L).format);
}

static int payload_gc(lua_State *L) {
	struct held_payload *object = lua_touserdata(L, 1);
	ki_list_remove(&object->owned.node);
	drop_payload(&object->owned);
	return 0;
}

static int unmarshal(lua_State *L) {
	struct ki_codec_bytes bytes = contents(L);
	if (ki_codec_decode_bytes(L, &bytes) != 0) {
		return ki_fail(
			L, KITH_EINTERNAL, "cannot read a payload of format %s", format_of(L));
	}
	return 1;
}

static int payload_unmarshal(lua_State *L) {
	check_payload(L, "unmarshal");
	return unmarshal(L);
}

/* The same value each time: it is kept, `has_data` says so. */
static int data_of(lua_State *L, bool *has_data) {
	if (*has_data) {
		lua_getiuservalue(L, 1, 1);
		return 1;
	}
	int nr = unmarshal(L);
	if (nr == 1) {
		lua_pushvalue(L, -1);
		/* A scalar has no room for it, nor need of it. */
		*has_data = lua_setiuservalue(L, 1, 1) != 0;
	}
	return nr;
}

static int payload_data(lua_State *L) {
	struct small_payload *small = ki_usertype_test(L, 1, KI_TYPE_PAYLOAD);
	if (small != NULL) {
		bool is_scalar = small->format == KI_FORMAT_LUA &&
			ki_codec_scalar(L, small->data, small->size);
		return is_scalar ? 1 : data_of(L, &small->has_data);
	}
	check_payload(L, "data");
	struct held_payload *held = lua_touserdata(L, 1);
	return data_of(L, &held->has_data);
}

static int payload_get_format(lua_State *L) {
	check_payload(L, "get_format");
	lua_pushstring(L, format_of(L));
	return 1;
}

static int payload_transcode(lua_State *L) {
	check_payload(L, "transcode");
	if (lua_type(L, 2) != LUA_TSTRING) {
		return ki_arg_error(L, 2, "transcode", "string");
	}
	lua_settop(L, 2);
	lua_pushstring(L, format_of(L));
	if (lua_rawequal(L, 2, -1)) {
		lua_pushvalue(L, 1);
		return 1;
	}
	struct ki_scratch *from = ki_scratch_push(L), *made = ki_scratch_push(L);
	if (ki_payload_share(L, 1, &from->payload) != KITH_OK) {
		ki_lua_refuse_memory(L);
	}
	struct ki_strv name;
	name.ptr = lua_tolstring(L, 2, &name.len);
	enum ki_format to;
	int status = KITH_EINVAL;
	if (ki_format_parse(name, &to)) {
		status = ki_transcode(
			&made->json, from->payload, to, &made->text, &made->payload);
	}
	if (status == KITH_EEXHAUSTED) {
		ki_lua_refuse_memory(L);
	} else if (status != KITH_OK) {
		lua_pushnil(L);
		ki_error_push(L, "Internal", KI_RETRYABLE_NO, "cannot transcode %s to %s",
			format_of(L), name.ptr);
		return 2;
	}
	ki_payload_push(L, made->payload);
	ki_scratch_clear(from);
	ki_scratch_clear(made);
	return 1;
}

static int payload_tostring(lua_State *L) {
	check_payload(L, "tostring");
	lua_pushfstring(L, "payload{format=%s}", format_of(L));
	return 1;
}

/* ---- Message ---- */

static void drop_message(struct ki_owned *owned) {
	struct held_message *object = ki_container_of(owned, struct held_message, owned);
	if (object->message != NULL) {
		ki_signal_free(&object->message->signal);
		object->message = NULL;
	}
}

static void push_small_message(
	lua_State *L, const struct ki_message *message, const struct ki_payload *payload) {
	uint32_t size = payload != NULL ? payload->size : 0;
	struct small_message *object = ki_usertype_new(
		L, KI_TYPE_MESSAGE, sizeof(*object) + message->topic_len + size, 1);
	*object = (struct small_message){
		.from = message->signal.from,
		.topic_len = message->topic_len,
		.size = size,
		.format = payload != NULL ? payload->format : KI_FORMAT_LUA,
		.nr_payloads = (uint8_t)message->nr_payloads,
		.is_nil = payload == NULL,
	};
	memcpy(object->bytes, message->topic, message->topic_len);
	if (size > 0) {
		memcpy(object->bytes + message->topic_len, payload->data, size);
	}
}

bool ki_message_push(lua_State *L, struct ki_message *message) {
	const struct ki_payload *payload = message->nr_payloads > 0 ? message->payloads[0] : NULL;
	if (message->nr_payloads <= 1 && message->topic_len <= SMALL_MAX && is_small(payload)) {
		push_small_message(L, message, payload);
		return false;
	}
	struct held_message *object = ki_usertype_new(L, KI_TYPE_MESSAGE_HELD, sizeof *object, 1);
	object->message = message;
	object->has_payload = false;
	hold(L, &object->owned, drop_message);
	return true;
}

/* The Message at 1: NULL, and the other one, when it is small. */
static struct held_message *check_message(
	lua_State *L, const char *method, struct small_message **small) {
	*small = ki_usertype_test(L, 1, KI_TYPE_MESSAGE);
	struct held_message *held = NULL;
	if (*small == NULL) {
		held = ki_usertype_test(L, 1, KI_TYPE_MESSAGE_HELD);
		if (held == NULL) {
			ki_arg_error(L, 1, method, "Message");
		}
	}
	return held;
}

static int message_gc(lua_State *L) {
	struct held_message *object = lua_touserdata(L, 1);
	ki_list_remove(&object->owned.node);
	drop_message(&object->owned);
	return 0;
}

static void push_topic(lua_State *L, const char *method) {
	struct small_message *small;
	const struct held_message *held = check_message(L, method, &small);
	if (held != NULL) {
		lua_pushlstring(L, held->message->topic, held->message->topic_len);
	} else {
		lua_pushlstring(L, small->bytes, small->topic_len);
	}
}

static int message_topic(lua_State *L) {
	push_topic(L, "topic");
	return 1;
}

static int message_from(lua_State *L) {
	struct small_message *small;
	const struct held_message *held = check_message(L, "from", &small);
	ki_pid_push(L, held != NULL ? held->message->signal.from : small->from);
	return 1;
}

static void push_payloads(lua_State *L, const struct ki_message *message) {
	switch (message->nr_payloads) {
	case 0:
		lua_pushnil(L);
		break;
	case 1:
		ki_payload_push(L, message->payloads[0]);
		break;
	default:
		lua_createtable(L, (int)message->nr_payloads, 0);
		for (uint32_t i = 0; i < message->nr_payloads; i++) {
			ki_payload_push(L, message->payloads[i]);
			lua_rawseti(L, -2, (lua_Integer)i + 1);
		}
	}
}

static void push_small_payload(lua_State *L, const struct small_message *message) {
	if (message->nr_payloads == 0) {
		lua_pushnil(L);
		return;
	}
	struct ki_codec_bytes bytes = {.format = message->format, .is_nil = message->is_nil,
		.data = message->bytes + message->topic_len, .size = message->size};
	push_small(L, &bytes);
}

static int message_payload(lua_State *L) {
	struct small_message *small;
	struct held_message *held = check_message(L, "payload", &small);
	bool *has_payload = held != NULL ? &held->has_payload : &small->has_payload;
	if (*has_payload) {
		lua_getiuservalue(L, 1, 1);
		return 1;
	}
	if (held != NULL) {
		push_payloads(L, held->message);
	} else {
		push_small_payload(L, small);
	}
	lua_pushvalue(L, -1);
	lua_setiuservalue(L, 1, 1);
	*has_payload = true;
	return 1;
}

static int message_tostring(lua_State *L) {
	lua_pushliteral(L, "process.Message{topic=");
	push_topic(L, "tostring");
	lua_pushliteral(L, "}");
	lua_concat(L, 3);
	return 1;
}

/* ---- the global ---- */

static int payload_new(lua_State *L) {
	struct ki_payload *payload;
	int status = ki_codec_encode(L, 1, 1, &payload);
	if (status == KITH_EEXHAUSTED) {
		ki_lua_refuse_memory(L);
	} else if (status != 0) {
		return ki_fail(L, status, "%s", lua_tostring(L, -1));
	}
	ki_payload_give(L, payload);
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

static void open_type(lua_State *L, enum ki_usertype type, const char *name,
	const luaL_Reg *methods, const luaL_Reg *meta, const luaL_Reg *gc) {
	ki_usertype_push(L, name, methods, meta);
	if (gc != NULL) {
		luaL_setfuncs(L, gc, 0);
	}
	ki_usertype_set(L, type);
}

void ki_open_payload(lua_State *L) {
	static const luaL_Reg payload_methods[] = {{"data", payload_data},
		{"unmarshal", payload_unmarshal}, {"get_format", payload_get_format},
		{"transcode", payload_transcode}, {NULL, NULL}};
	static const luaL_Reg message_methods[] = {{"topic", message_topic}, {"from", message_from},
		{"payload", message_payload}, {NULL, NULL}};
	static const luaL_Reg functions[] = {{"new", payload_new}, {NULL, NULL}};
	static const luaL_Reg payload_meta[] = {{"__tostring", payload_tostring}, {NULL, NULL}};
	static const luaL_Reg payload_gc_meta[] = {{"__gc", payload_gc}, {NULL, NULL}};
	static const luaL_Reg message_meta[] = {{"__tostring", message_tostring}, {NULL, NULL}};
	static const luaL_Reg message_gc_meta[] = {{"__gc", message_gc}, {NULL, NULL}};
	open_type(L, KI_TYPE_PAYLOAD, "Payload", payload_methods, payload_meta, NULL);
	open_type(L, KI_TYPE_PAYLOAD_HELD, "Payload", payload_methods, payload_meta,
		payload_gc_meta);
	open_type(L, KI_TYPE_MESSAGE, "Message", message_methods, message_meta, NULL);
	open_type(L, KI_TYPE_MESSAGE_HELD, "Message", message_methods, message_meta,
		message_gc_meta);
	luaL_newlib(L, functions);
	push_formats(L);
	lua_setfield(L, -2, "format");
	ki_table_freeze(L, -1);
	lua_setglobal(L, "payload");
}

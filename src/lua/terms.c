/*
 * lua/terms.c: see terms.h.
 *
 * Owns: see terms.h. Threads: the worker that runs the process.
 */
#include "lua/terms.h"

#include "base/alloc.h"
#include "lua/codec.h"
#include "lua/lib_time.h"
#include "lua/luaerror.h"
#include "lua/refusal.h"
#include "lua/usertype.h"
#include "time/duration.h"

/* The userdata of all types. */
struct object {
	struct ki_owned owned;
	struct ki_terms terms;
};

static void drop(struct ki_owned *owned) {
	struct ki_terms *terms = &ki_container_of(owned, struct object, owned)->terms;
	for (size_t i = 0; i < terms->nr_messages; i++) {
		ki_signal_free(&terms->messages[i]->signal);
	}
	ki_free(terms->messages);
	ki_payload_unref(terms->context);
}

static int collect(lua_State *L) {
	struct object *object = lua_touserdata(L, 1);
	ki_list_remove(&object->owned.node);
	drop(&object->owned);
	return 0;
}

void ki_terms_open(lua_State *L, const char *type, const luaL_Reg *methods) {
	static const luaL_Reg meta[] = {{"__gc", collect}, {NULL, NULL}};
	ki_usertype_push(L, type, methods, meta);
	lua_setfield(L, LUA_REGISTRYINDEX, type);
}

struct ki_terms *ki_terms_push(lua_State *L, const char *type, int nr_values) {
	struct object *object = lua_newuserdatauv(L, sizeof(*object), nr_values);
	*object = (struct object){.owned.drop = drop};
	luaL_getmetatable(L, type);
	ki_list_push_back(&ki_lua_of(L)->owned, &object->owned.node);
	lua_setmetatable(L, -2);
	return &object->terms;
}

struct ki_terms *ki_terms_check(lua_State *L, const char *type, const char *method) {
	struct object *object = luaL_testudata(L, 1, type);
	if (object == NULL) {
		ki_arg_error(L, 1, method, type);
	}
	return &object->terms;
}

/* Into the table at `context` goes what the one at `given` says. */
static void overlay(lua_State *L, int context, int given) {
	lua_pushnil(L);
	while (lua_next(L, given)) {
		ki_lua_spend(L, 1);
		if (lua_type(L, -2) != LUA_TSTRING) {
			luaL_error(L, "context keys must be strings, got %s", luaL_typename(L, -2));
		}
		switch (lua_type(L, -1)) {
		case LUA_TSTRING:
		case LUA_TNUMBER:
		case LUA_TBOOLEAN:
		case LUA_TTABLE:
			break;
		default:
			luaL_error(L,
				"context value %s must be a string, number, boolean or table, got "
				"%s",
				lua_tostring(L, -2), luaL_typename(L, -1));
		}
		lua_pushvalue(L, -2);
		lua_insert(L, -2);
		lua_rawset(L, context);
	}
}

void ki_terms_set_context(lua_State *L, struct ki_terms *terms, int given) {
	struct ki_payload *under = terms->context;
	if (under == NULL) {
		under = ki_lua_of(L)->proc->context;
	}
	if (under != NULL) {
		ki_codec_decode(L, under);
	} else {
		lua_newtable(L);
	}
	int context = lua_gettop(L);
	overlay(L, context, given);
	struct ki_payload *payload = NULL;
	int status = ki_codec_encode_value(L, context, 1, &payload);
	if (status == KITH_EINVAL) {
		luaL_error(L, "%s", lua_tostring(L, -1));
	} else if (status != KITH_OK) {
		ki_lua_refuse_memory(L);
	}
	ki_payload_unref(terms->context);
	terms->context = payload;
	lua_settop(L, context - 1);
}

int64_t ki_terms_read_ms(lua_State *L, const char *key) {
	int64_t ns = -1;
	if (lua_type(L, -1) == LUA_TNUMBER) {
		lua_Number ms = lua_tonumber(L, -1);
		ns = ms >= 0 ? ki_duration_of_ms(ms) : -1; /* NaN is not */
	} else if (ki_duration_read(L, -1, &ns) != KITH_OK) {
		lua_pop(L, 1); /* its text */
		ns = -1;
	}
	if (ns < 0) {
		luaL_error(L, "%s must be milliseconds or a duration, not negative", key);
	}
	return ns;
}

int ki_terms_check_table(lua_State *L, int index, int arg, const char *fn) {
	if (lua_type(L, index) == LUA_TTABLE) {
		return index;
	}
	if (lua_gettop(L) < index) {
		lua_settop(L, arg - 1);
	} else {
		lua_rotate(L, 1, arg - index);
	}
	return ki_arg_error(L, arg, fn, "table");
}

/*
 * lua/lib_subscribe.c: what of the library `process` receives.
 *
 * Owns: nothing. Threads: the worker that runs the process.
 * Not here: the subscriptions (route.c), receiving from them (lib_channel.c).
 */
#include "lua/lib_subscribe.h"

#include "lua/channel.h"
#include "lua/co.h"
#include "lua/event.h"
#include "lua/luaerror.h"
#include "lua/route.h"

static int lib_events(lua_State *L) {
	ki_subscribe_events(L);
	return 1;
}

static int lib_inbox(lua_State *L) {
	ki_subscribe_inbox(L);
	return 1;
}

static int lib_listen(lua_State *L) {
	if (lua_isnoneornil(L, 1)) {
		return ki_fail(L, KITH_EINVAL, "topic cannot be empty");
	}
	if (lua_type(L, 1) != LUA_TSTRING) {
		return ki_arg_error(L, 1, "listen", "string");
	}
	if (!lua_isnoneornil(L, 2) && lua_type(L, 2) != LUA_TTABLE) {
		return ki_arg_error(L, 2, "listen", "table");
	}
	lua_settop(L, 2);
	size_t len;
	const char *topic = lua_tolstring(L, 1, &len);
	if (len == 0) {
		return ki_fail(L, KITH_EINVAL, "topic cannot be empty");
	}
	if (topic[0] == '@') {
		return ki_fail(L, KITH_EINVAL, "cannot listen to @ topics");
	}
	bool messages = false;
	if (lua_istable(L, 2)) {
		lua_pushliteral(L, "message");
		lua_rawget(L, 2);
		messages = lua_toboolean(L, -1);
	}
	ki_subscribe_topic(L, 1, messages);
	return 1;
}

static int lib_unlisten(lua_State *L) {
	ki_lua_require_running(L, "unlisten");
	struct ki_channel *channel = ki_channel_test(L, 1);
	if (channel == NULL) {
		return ki_arg_error(L, 1, "unlisten", "channel");
	}
	if (!ki_subscription_is(channel)) {
		ki_lua_look(L);
		lua_pushboolean(L, 0);
		ki_fail(L, KITH_ENOTFOUND, "channel not found");
		lua_remove(L, -2);
		return 2;
	}
	ki_channel_close(L, channel);
	lua_pushboolean(L, 1);
	return 1;
}

void ki_subscribe_open(lua_State *L) {
	static const luaL_Reg functions[] = {
		{"events", lib_events},
		{"inbox", lib_inbox},
		{"listen", lib_listen},
		{"unlisten", lib_unlisten},
		{NULL, NULL},
	};
	luaL_setfuncs(L, functions, 0);
	ki_event_push_kinds(L);
	lua_setfield(L, -2, "event");
}

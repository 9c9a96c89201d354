/*
 * lua/future.c: see future.h.
 *
 * Owns: see future.h. Threads: the worker that runs the process.
 * Invariants:
 *	FU1 while it is pending `call` is its call, and the registry has the Future under its
 *	    address: the call refers to it from outside of Lua.
 */
#include "lua/future.h"

#include "lua/call.h"
#include "lua/channel.h"
#include "lua/lib_payload.h"
#include "lua/luaerror.h"
#include "lua/usertype.h"

static const char type_name[] = "Future";

/* User values: its channel; once it is complete, what it came to: a Payload or an Error. */
enum { CHANNEL = 1, OUTCOME, NR_VALUES = OUTCOME };

enum state { PENDING, DONE, FAILED, CANCELED };

struct future {
	struct ki_call *call; /* FU1 */
	uint8_t state;        /* enum state */
};

/* ---- The channel: one value, then it is closed ---- */

static void close(lua_State *L, struct ki_channel *channel) {
	(void)L;
	ki_channel_shut(channel);
}

static const struct ki_channel_source source = {.what = "future", .close = close};

static void push_channel(lua_State *L) {
	struct ki_channel *channel = ki_channel_new(L, sizeof(*channel), &source);
	channel->capacity = 1;
}

/* ---- What it comes to ---- */

/* Of the pending Future at index; what it comes to is on top, and is popped. */
static void settle(lua_State *L, int index, enum state state) {
	struct future *future = lua_touserdata(L, index);
	int outcome = lua_gettop(L);
	lua_getiuservalue(L, index, CHANNEL);
	struct ki_channel *channel = lua_touserdata(L, -1);
	if (!channel->closed) { /* by the program */
		lua_pushvalue(L, outcome);
		ki_channel_put(L, outcome + 1);
		ki_channel_shut(channel);
	}
	lua_settop(L, outcome);
	lua_setiuservalue(L, index, OUTCOME);
	future->call = NULL;
	future->state = (uint8_t)state;
	lua_pushnil(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, future);
}

/* On the stack of whoever routes. */
static void tell(lua_State *L, struct ki_call *call, const struct ki_result *result) {
	luaL_checkstack(L, LUA_MINSTACK, NULL);
	lua_rawgetp(L, LUA_REGISTRYINDEX, call->user);
	int index = lua_gettop(L);
	enum state state = FAILED;
	if (result == NULL) {
		ki_fail_from(L, NULL, KITH_ETIMEOUT, "call timed out");
	} else if (ki_result_failed(result)) {
		ki_error_push_payload(L, result->error);
	} else {
		state = DONE;
		ki_payload_push(L, result->value);
	}
	settle(L, index, state);
	lua_settop(L, index - 1);
}

void ki_future_push(lua_State *L, kith_pid callee, int64_t timeout_ns) {
	luaL_checkstack(L, LUA_MINSTACK, NULL);
	struct future *future = lua_newuserdatauv(L, sizeof(*future), NR_VALUES);
	*future = (struct future){.state = PENDING};
	push_channel(L);
	lua_setiuservalue(L, -2, CHANNEL);
	luaL_setmetatable(L, type_name);
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, future); /* FU1 */
	future->call = ki_call_begin(L, callee, timeout_ns, tell, future);
}

/* ---- Methods ---- */

static struct future *check(lua_State *L, const char *method) {
	struct future *future = luaL_testudata(L, 1, type_name);
	if (future == NULL) {
		ki_arg_error(L, 1, method, type_name);
	}
	return future;
}

static int future_channel(lua_State *L) {
	check(L, "channel");
	lua_getiuservalue(L, 1, CHANNEL);
	return 1;
}

static int future_response(lua_State *L) {
	check(L, "response");
	lua_getiuservalue(L, 1, CHANNEL);
	return 1;
}

static int future_is_complete(lua_State *L) {
	lua_pushboolean(L, check(L, "is_complete")->state != PENDING);
	return 1;
}

static int future_is_canceled(lua_State *L) {
	lua_pushboolean(L, check(L, "is_canceled")->state == CANCELED);
	return 1;
}

static bool has_failed(const struct future *future) {
	return future->state == FAILED || future->state == CANCELED;
}

static int future_result(lua_State *L) {
	const struct future *future = check(L, "result");
	lua_settop(L, 1);
	lua_pushnil(L);
	lua_getiuservalue(L, 1, OUTCOME); /* nil while it is pending */
	if (!has_failed(future)) {
		lua_insert(L, 2);
	}
	return 2;
}

static int future_error(lua_State *L) {
	bool failed = has_failed(check(L, "error"));
	if (failed) {
		lua_getiuservalue(L, 1, OUTCOME);
	} else {
		lua_pushnil(L);
	}
	lua_pushboolean(L, failed);
	return 2;
}

static int future_cancel(lua_State *L) {
	struct future *future = check(L, "cancel");
	if (future->state == PENDING) {
		ki_error_push(L, "Canceled", KI_RETRYABLE_NIL, "future canceled");
		ki_call_cancel(ki_lua_of(L), future->call);
		settle(L, 1, CANCELED);
	}
	lua_pushboolean(L, 1);
	return 1;
}

void ki_future_open(lua_State *L) {
	static const luaL_Reg methods[] = {
		{"response", future_response},
		{"channel", future_channel},
		{"is_complete", future_is_complete},
		{"is_canceled", future_is_canceled},
		{"result", future_result},
		{"error", future_error},
		{"cancel", future_cancel},
		{NULL, NULL},
	};
	ki_usertype_push(L, type_name, methods, NULL);
	lua_setfield(L, LUA_REGISTRYINDEX, type_name);
}

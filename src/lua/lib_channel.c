/*
 * lua/lib_channel.c: the library `channel` (SPEC 10.1 to 10.3).
 *
 * Owns: the userdata of cases. Threads: the worker that runs the process.
 * Not here: how values and waiters meet (channel.c).
 */
#include "lua/lib_channel.h"

#include <limits.h>

#include "lua/channel.h"
#include "lua/co.h"
#include "lua/immutable.h"
#include "lua/luaerror.h"
#include "lua/pure.h"
#include "lua/route.h"
#include "lua/usertype.h"

static struct ki_channel *check_channel(lua_State *L, const char *fn) {
	struct ki_channel *channel = ki_channel_test(L, 1);
	if (channel == NULL) {
		ki_arg_error(L, 1, fn, "channel");
	}
	return channel;
}

static void refuse_source(lua_State *L, const struct ki_channel *channel) {
	if (channel->source != NULL) {
		luaL_error(L, "cannot send on a %s channel", channel->source->what);
	}
}

static lua_Integer clamp(lua_Integer n, lua_Integer max) {
	return n < 0 ? 0 : n < max ? n : max;
}

static int lib_new(lua_State *L) {
	lua_Integer capacity = 0;
	if (!lua_isnoneornil(L, 1)) {
		int is_integer;
		capacity = lua_type(L, 1) == LUA_TNUMBER ? lua_tointegerx(L, 1, &is_integer)
							 : (is_integer = 0);
		if (!is_integer) {
			return ki_arg_error(L, 1, "new", "integer");
		}
	}
	struct ki_channel *channel = ki_channel_new(L, sizeof(*channel), NULL);
	channel->capacity = clamp(capacity, LUA_MAXINTEGER / 2);
	return 1;
}

/* ---- One channel ---- */

/* The running coroutine waits with one waiter; `value` is the stack index of what it sends. */
static void wait_on(lua_State *L, struct ki_channel *channel, bool to_send, int value) {
	struct ki_co *co = ki_co_waiter(L, to_send ? "send" : "receive");
	co->waiters = co->few;
	co->nr_waiters = 1;
	co->few[0] = (struct ki_waiter){.co = co, .value = value};
	ki_channel_wait(channel, &co->few[0], to_send);
}

static int received(lua_State *L, int status, lua_KContext ctx) {
	(void)L, (void)status, (void)ctx;
	return 2; /* pushed by whoever woke us */
}

static int lib_receive(lua_State *L) {
	struct ki_channel *channel = check_channel(L, "receive");
	lua_settop(L, 1);
	ki_lua_look(L);
	int nr_results = ki_channel_take(L, 1);
	if (nr_results > 0) {
		return nr_results;
	}
	ki_lua_require_running(L, "receive");
	wait_on(L, channel, false, 0);
	return ki_co_block(L, 0, received);
}

static int sent(lua_State *L, int status, lua_KContext ctx) {
	(void)status, (void)ctx;
	if (!ki_lua_of(L)->current->hit_ok) {
		return luaL_error(L, "send on closed channel");
	}
	lua_pushboolean(L, 1);
	return 1;
}

static int lib_send(lua_State *L) {
	struct ki_channel *channel = check_channel(L, "send");
	refuse_source(L, channel);
	lua_settop(L, 2);
	ki_lua_look(L);
	if (channel->closed) {
		return luaL_error(L, "send on closed channel");
	}
	if (ki_channel_takes(channel)) {
		ki_channel_put(L, 1);
		lua_pushboolean(L, 1);
		return 1;
	}
	ki_lua_require_running(L, "send");
	wait_on(L, channel, true, 2);
	return ki_co_block(L, 0, sent);
}

static int lib_close(lua_State *L) {
	ki_channel_close(L, check_channel(L, "close"));
	return 0;
}

/* ---- Cases ---- */

struct select_case {
	struct ki_channel *channel; /* kept by the first uservalue */
	bool to_send;
};

/* Pushes a case for the channel at index 1. */
static struct select_case *new_case(lua_State *L, struct ki_channel *channel, bool to_send) {
	struct select_case *made =
		ki_usertype_new(L, KI_TYPE_CASE, sizeof(*made), KI_CASE_NR_VALUES);
	*made = (struct select_case){channel, to_send};
	lua_pushvalue(L, 1);
	lua_setiuservalue(L, -2, KI_CASE_CHANNEL);
	return made;
}

static int lib_case_send(lua_State *L) {
	struct ki_channel *channel = check_channel(L, "case_send");
	refuse_source(L, channel);
	lua_settop(L, 2);
	new_case(L, channel, true);
	lua_pushvalue(L, 2);
	lua_setiuservalue(L, -2, KI_CASE_VALUE);
	return 1;
}

/* Always the same one for a channel: loops around select make no garbage of cases. */
static int lib_case_receive(lua_State *L) {
	struct ki_channel *channel = check_channel(L, "case_receive");
	if (lua_getiuservalue(L, 1, KI_CHANNEL_CASE) == LUA_TNIL) {
		new_case(L, channel, false);
		lua_pushvalue(L, -1);
		lua_setiuservalue(L, 1, KI_CHANNEL_CASE);
	}
	return 1;
}

/* ---- select ----
 *
 * The stack of a select: the array of cases at 1, then the cases themselves (the program may change
 * the array while we wait), then what is in the making.
 */

enum { FIRST_CASE = 2 };

/* Gives {channel=, value=, ok=} for the case at index; value and ok are on top of the stack. */
static int push_result(lua_State *L, int index) {
	lua_createtable(L, 0, 3);
	lua_insert(L, -3);
	lua_setfield(L, -3, "ok");
	lua_setfield(L, -2, "value");
	lua_getiuservalue(L, index, KI_CASE_CHANNEL);
	lua_setfield(L, -2, "channel");
	return 1;
}

/* Pushes value and ok of a send that came about, or met a closed channel. */
static void push_sent(lua_State *L, int index, bool ok) {
	if (ok) {
		lua_getiuservalue(L, index, KI_CASE_VALUE);
	} else {
		lua_pushnil(L);
	}
	lua_pushboolean(L, ok);
}

/* Lets the case at index happen if it can: value and ok are then pushed. */
static bool try_case(lua_State *L, int index) {
	struct select_case *c = lua_touserdata(L, index);
	lua_getiuservalue(L, index, KI_CASE_CHANNEL);
	int channel = lua_gettop(L);
	bool done = true;
	if (!c->to_send) {
		done = ki_channel_take(L, channel) > 0;
	} else if (c->channel->closed) {
		push_sent(L, index, false);
	} else if (ki_channel_takes(c->channel)) {
		lua_getiuservalue(L, index, KI_CASE_VALUE);
		ki_channel_put(L, channel);
		push_sent(L, index, true);
	} else {
		done = false;
	}
	lua_remove(L, channel);
	return done;
}

static int selected(lua_State *L, int status, lua_KContext ctx) {
	(void)status, (void)ctx;
	struct ki_co *co = ki_lua_of(L)->current;
	int index = FIRST_CASE + co->hit;
	struct select_case *c = lua_touserdata(L, index);
	if (c->to_send) {
		push_sent(L, index, co->hit_ok);
	}
	return push_result(L, index);
}

static int wait_on_cases(lua_State *L, int nr_cases) {
	ki_lua_require_running(L, "select");
	struct ki_waiter *waiters = NULL;
	if (nr_cases > (int)ki_countof(((struct ki_co *)NULL)->few)) {
		waiters = lua_newuserdatauv(L, (size_t)nr_cases * sizeof(*waiters), 0);
	}
	struct ki_co *co = ki_co_waiter(L, "select");
	co->waiters = waiters != NULL ? waiters : co->few;
	co->nr_waiters = nr_cases;
	for (int i = 0; i < nr_cases; i++) {
		struct select_case *c = lua_touserdata(L, FIRST_CASE + i);
		co->waiters[i] = (struct ki_waiter){
			.co = co, .index = i, .value = FIRST_CASE + i, .in_case = true};
		ki_channel_wait(c->channel, &co->waiters[i], c->to_send);
	}
	return ki_co_block(L, 0, selected);
}

/* Puts the cases of the array at 1 on the stack, which holds nothing else, and gives their
 * number. */
static int push_cases(lua_State *L) {
	lua_Unsigned len = lua_rawlen(L, 1);
	int nr_cases = len < INT_MAX / 2 ? (int)len : INT_MAX / 2;
	luaL_checkstack(L, nr_cases + LUA_MINSTACK, "too many cases");
	for (int i = 1; i <= nr_cases; i++) {
		ki_lua_spend(L, 1);
		lua_rawgeti(L, 1, i);
		if (ki_usertype_test(L, -1, KI_TYPE_CASE) == NULL) {
			luaL_error(L,
				"bad argument #1 to 'select' (case expected at index %d, got %s)",
				i, ki_type_name(L, -1));
		}
	}
	return nr_cases;
}

static int lib_select(lua_State *L) {
	if (lua_type(L, 1) != LUA_TTABLE) {
		return ki_arg_error(L, 1, "select", "table");
	}
	bool no_wait = lua_toboolean(L, 2);
	lua_settop(L, 1);
	if (!no_wait) {
		lua_pushliteral(L, "default");
		lua_rawget(L, 1);
		no_wait = lua_toboolean(L, -1);
		lua_settop(L, 1);
	}
	int nr_cases = push_cases(L);
	ki_lua_look(L);
	for (int i = 0; i < nr_cases; i++) {
		ki_lua_spend(L, 1);
		if (try_case(L, FIRST_CASE + i)) {
			return push_result(L, FIRST_CASE + i);
		}
	}
	if (!no_wait) {
		return wait_on_cases(L, nr_cases);
	}
	lua_createtable(L, 0, 2);
	lua_pushboolean(L, 1);
	lua_setfield(L, -2, "default");
	lua_pushboolean(L, 1);
	lua_setfield(L, -2, "ok");
	return 1;
}

void ki_open_channel(lua_State *L) {
	static const luaL_Reg methods[] = {
		{"send", lib_send},
		{"receive", lib_receive},
		{"close", lib_close},
		{"case_send", lib_case_send},
		{"case_receive", lib_case_receive},
		{NULL, NULL},
	};
	static const luaL_Reg functions[] = {
		{"new", lib_new},
		{"select", lib_select},
		{NULL, NULL},
	};
	ki_channel_open(L, methods);
	ki_usertype_push(L, "select case", NULL, NULL);
	ki_usertype_set(L, KI_TYPE_CASE);
	luaL_newlib(L, functions);
	ki_table_freeze(L, -1);
	lua_setglobal(L, "channel");
}

const lua_CFunction ki_channel_pure[] = {lib_new, NULL};

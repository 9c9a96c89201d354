/*
 * lua/pure.c: see pure.h.
 *
 * What a program can see of one process and not of another: the clock, numbers drawn, its own PID,
 * what arrives, addresses (as text, and by the order of a table's keys), the bytes in use, whether
 * a value was collected. Nothing of it is within reach of the functions named here, but for two
 * that look at what they are given: an address that is shown tells of itself (ki_pure_differs), and
 * of a table that is walked all keys are looked at.
 *
 * The time it takes is bounded, since a build cannot be set aside: longer chunks run in each
 * process. Memory is bounded by that of the template's arena.
 *
 * Owns: see pure.h. Threads: the one that builds.
 */
#include "lua/pure.h"

#include <lauxlib.h>
#include <lualib.h>

#include "base/check.h"
#include "base/compiler.h"
#include "lua/luaproc.h"
#include "lua/scope.h"

/* VM instructions, and as many steps of loops in C. */
enum { BUDGET = 100000 };

/* Keys of a table that are looked at in the time of one step. */
enum { STEP_KEYS = 8 };

/* Lua's own, by the names that programs have for them. */
static const struct names {
	const char *library;
	const char *names[32];
} named[] = {
	{LUA_GNAME, {"assert", "error", "getmetatable", "ipairs", "load", "next", "pairs", "pcall",
			    "rawequal", "rawget", "rawlen", "rawset", "select", "setmetatable",
			    "tonumber", "tostring", "type", "xpcall"}},
	{LUA_STRLIBNAME,
		{"byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match",
			"pack", "packsize", "rep", "reverse", "sub", "unpack", "upper"}},
	{LUA_TABLIBNAME,
		{"concat", "create", "insert", "move", "pack", "remove", "sort", "unpack"}},
	{LUA_MATHLIBNAME, {"abs", "acos", "asin", "atan", "ceil", "cos", "cosh", "deg", "exp",
				  "floor", "fmod", "frexp", "ldexp", "log", "log10", "max", "min",
				  "modf", "pow", "rad", "sin", "sinh", "sqrt", "tan", "tanh",
				  "tointeger", "type", "ult"}},
	{LUA_UTF8LIBNAME, {"char", "codepoint", "codes", "len", "offset"}},
	{LUA_DBLIBNAME, {"traceback"}},
};

/* Ours. */
static const lua_CFunction *const arrays[] = {ki_channel_pure, ki_errors_pure, ki_immutable_pure,
	ki_library_pure, ki_require_pure, ki_scope_pure, ki_time_pure};

/* ---- Which are pure ---- */

/* Of the function on top of the stack. */
static struct ki_pure_function identify(lua_State *L) {
	struct ki_pure_function id = {.function = lua_tocfunction(L, -1)};
	if (id.function != NULL && lua_getupvalue(L, -1, 1) != NULL) {
		id.original = lua_tocfunction(L, -1);
		lua_pop(L, 1);
	}
	return id;
}

static void add(struct ki_watch *watch, struct ki_pure_function id) {
	ki_check(watch->nr < KI_PURE_MAX);
	watch->pure[watch->nr++] = id;
}

/* The function on top, which is popped. */
static void add_top(struct ki_watch *watch, lua_State *L) {
	if (lua_iscfunction(L, -1)) {
		add(watch, identify(L));
	}
	lua_pop(L, 1);
}

static void add_named(struct ki_watch *watch, lua_State *L, const struct names *library) {
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
	lua_getfield(L, -1, library->library);
	for (size_t i = 0; library->names[i] != NULL; i++) {
		lua_getfield(L, -1, library->names[i]);
		add_top(watch, L);
	}
	lua_pop(L, 2);
}

/* Adds the function that a call of this one gives. */
static void add_given(struct ki_watch *watch, lua_State *L, const char *library, const char *name,
	const char *second) {
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
	lua_getfield(L, -1, library);
	lua_getfield(L, -1, name);
	lua_pushliteral(L, "");
	lua_pushstring(L, second);
	lua_call(L, 2, 1);
	add_top(watch, L);
	lua_pop(L, 2);
}

/* The iterators that Lua's functions give, and the arithmetic of strings. */
static void add_hidden(struct ki_watch *watch, lua_State *L) {
	add_given(watch, L, LUA_GNAME, "pairs", NULL);
	watch->next = watch->pure[watch->nr - 1].function;
	add_given(watch, L, LUA_GNAME, "ipairs", NULL);
	add_given(watch, L, LUA_STRLIBNAME, "gmatch", "");
	add_given(watch, L, LUA_UTF8LIBNAME, "codes", NULL);
	add_given(watch, L, LUA_UTF8LIBNAME, "codes", "lax");
	lua_pushliteral(L, "");
	lua_getmetatable(L, -1);
	lua_pushnil(L);
	while (lua_next(L, -2)) {
		add_top(watch, L);
	}
	lua_pop(L, 2);
}

/* What lets go of the memory of a large luaL_Buffer (lauxlib.c); there is none before the first. */
static bool closes_buffer(lua_State *L, lua_CFunction function) {
	bool closes = false;
	if (luaL_getmetatable(L, "_UBOX*") == LUA_TTABLE) {
		lua_getfield(L, -1, "__close");
		closes = lua_tocfunction(L, -1) == function;
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
	return closes;
}

static bool is_pure(const struct ki_watch *watch, struct ki_pure_function id) {
	for (int i = 0; i < watch->nr; i++) {
		if (watch->pure[i].function == id.function &&
			watch->pure[i].original == id.original) {
			return true;
		}
	}
	return false;
}

/* ---- Watching ---- */

void ki_pure_differs(lua_State *L) {
	struct ki_watch *watch = ki_lua_of(L)->watch;
	if (watch != NULL) {
		longjmp(watch->out, 1);
	}
}

/* The table at index 1 is walked: in an order that follows addresses when any key does. */
static void look_at_keys(lua_State *L) {
	if (ki_scope_is(L, 1)) {
		ki_pure_differs(L); /* it walks the globals too */
	}
	if (lua_type(L, 1) != LUA_TTABLE) {
		return;
	}
	int nr = 0;
	lua_pushnil(L);
	while (lua_next(L, 1)) {
		lua_pop(L, 1);
		int type = lua_type(L, -1);
		if (type != LUA_TSTRING && type != LUA_TNUMBER && type != LUA_TBOOLEAN) {
			ki_pure_differs(L);
		}
		if (++nr % STEP_KEYS == 0) {
			ki_lua_spend(L, 1);
		}
	}
}

/* In the frame of what is called, its arguments from index 1 on. */
static void on_call(lua_State *L, lua_Debug *ar) {
	if (ar->event == LUA_HOOKCOUNT) {
		ki_pure_differs(L);
	}
	struct ki_watch *watch = ki_lua_of(L)->watch;
	lua_getinfo(L, "f", ar);
	struct ki_pure_function id = identify(L);
	if (id.function == NULL) {
		return;
	}
	if (!is_pure(watch, id) && !closes_buffer(L, id.function)) {
		ki_pure_differs(L);
	}
	if (id.function == watch->next || id.original == watch->next) {
		look_at_keys(L);
	}
}

void ki_pure_watch(struct ki_watch *watch, lua_State *L) {
	luaL_checkstack(L, LUA_MINSTACK, NULL);
	watch->nr = 0;
	for (size_t i = 0; i < ki_countof(named); i++) {
		add_named(watch, L, &named[i]);
	}
	add_hidden(watch, L);
	for (size_t i = 0; i < ki_countof(arrays); i++) {
		for (const lua_CFunction *at = arrays[i]; *at != NULL; at++) {
			add(watch, (struct ki_pure_function){.function = *at});
		}
	}
	struct ki_lua *lua = ki_lua_of(L);
	lua->watch = watch;
	ki_store_rlx(&lua->polls.xleft, BUDGET); /* rlx: of this thread */
	lua_sethook(L, on_call, LUA_MASKCALL | LUA_MASKCOUNT, BUDGET);
}

void ki_pure_leave(lua_State *L) {
	lua_sethook(L, NULL, 0, 0);
	ki_lua_of(L)->watch = NULL;
}

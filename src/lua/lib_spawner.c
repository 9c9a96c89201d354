/*
 * lua/lib_spawner.c: spawners: what a child gets beyond its arguments.
 *
 * A method copies the spawner and then changes the copy, which no program has seen yet. What it
 * holds is C memory, so it hangs on lua->owned (L2).
 *
 * Owns: see lib_spawner.h. Threads: the worker that runs the process.
 */
#include "lua/lib_spawner.h"

#include "base/alloc.h"
#include "lua/launch.h"
#include "lua/lib_exec.h"
#include "lua/lib_spawn.h"
#include "lua/luaerror.h"
#include "lua/outgoing.h"
#include "lua/refusal.h"
#include "lua/terms.h"

static const char type_name[] = "process.Spawner";

/* ---- What it holds; user value: the name ---- */

static struct ki_terms *push_new(lua_State *L) {
	return ki_terms_push(L, type_name, 1);
}

static struct ki_terms *check(lua_State *L, const char *method) {
	return ki_terms_check(L, type_name, method);
}

/* Takes the message. */
static void add_message(lua_State *L, struct ki_terms *terms, struct ki_message *message) {
	size_t size = (terms->nr_messages + 1) * sizeof(*terms->messages);
	struct ki_message **grown = message != NULL ? ki_realloc(terms->messages, size) : NULL;
	if (grown == NULL) {
		ki_signal_free(message != NULL ? &message->signal : NULL);
		ki_lua_refuse_memory(L);
	}
	terms->messages = grown;
	terms->messages[terms->nr_messages++] = message;
}

/* Pushes one like that at 1. */
static struct ki_terms *push_copy(lua_State *L, const char *method) {
	const struct ki_terms *from = check(L, method);
	struct ki_terms *terms = push_new(L);
	lua_getiuservalue(L, 1, 1);
	lua_setiuservalue(L, -2, 1);
	if (from->context != NULL) {
		terms->context = ki_payload_ref(from->context);
	}
	terms->limits = from->limits;
	terms->timeout_ns = from->timeout_ns;
	terms->name = from->name;
	for (size_t i = 0; i < from->nr_messages; i++) {
		add_message(L, terms, ki_message_copy(from->messages[i]));
	}
	return terms;
}

/* ---- Options ---- */

static int64_t read_count(lua_State *L, const char *key) {
	int is_integer = 0;
	lua_Integer value = lua_type(L, -1) == LUA_TNUMBER ? lua_tointegerx(L, -1, &is_integer) : 0;
	if (!is_integer || value < 0) {
		luaL_error(L, "%s must be an integer, 0 or more", key);
	}
	return value;
}

/* Value and key are on top. False: there is no such option. */
static bool set_option(lua_State *L, struct ki_terms *terms, struct ki_strv key) {
	if (ki_strv_eqz(key, "max_mailbox")) {
		ki_limits_set(&terms->limits, KI_LIMIT_MAILBOX, read_count(L, key.ptr));
	} else if (ki_strv_eqz(key, "max_memory")) {
		ki_limits_set(&terms->limits, KI_LIMIT_MEMORY, read_count(L, key.ptr));
	} else if (ki_strv_eqz(key, "max_turn")) {
		ki_limits_set(&terms->limits, KI_LIMIT_TURN, ki_terms_read_ms(L, key.ptr));
	} else if (ki_strv_eqz(key, "timeout")) {
		terms->timeout_ns = ki_terms_read_ms(L, key.ptr);
	} else {
		return false;
	}
	return true;
}

static void set_options(lua_State *L, struct ki_terms *terms, int given) {
	lua_pushnil(L);
	while (lua_next(L, given)) {
		ki_lua_spend(L, 1);
		struct ki_strv key = ki_strv("");
		if (lua_type(L, -2) == LUA_TSTRING) {
			key.ptr = lua_tolstring(L, -2, &key.len);
		}
		if (!set_option(L, terms, key)) {
			luaL_error(L, "option %s is not supported", luaL_tolstring(L, -2, NULL));
		}
		lua_pop(L, 1);
	}
}

/* ---- Methods that give another ---- */

static int with_context(lua_State *L) {
	check(L, "with_context");
	int given = ki_terms_check_table(L, 2, 1, "with_context");
	ki_terms_set_context(L, push_copy(L, "with_context"), given);
	return 1;
}

static int with_options(lua_State *L) {
	check(L, "with_options");
	int given = ki_terms_check_table(L, 2, 1, "with_options");
	set_options(L, push_copy(L, "with_options"), given);
	return 1;
}

/* The string at index 2. */
static struct ki_strv check_string(lua_State *L, const char *method) {
	if (lua_type(L, 2) != LUA_TSTRING) {
		lua_remove(L, 1);
		ki_arg_error(L, 1, method, "string");
	}
	struct ki_strv text;
	text.ptr = lua_tolstring(L, 2, &text.len);
	return text;
}

static int with_name(lua_State *L) {
	check(L, "with_name");
	struct ki_strv name = check_string(L, "with_name");
	if (name.len == 0) {
		return luaL_error(L, "name cannot be empty");
	}
	if (name.ptr[0] == '{') {
		return luaL_error(L, "name cannot look like a pid");
	}
	struct ki_terms *terms = push_copy(L, "with_name");
	lua_pushvalue(L, 2);
	lua_setiuservalue(L, -2, 1); /* keeps the text */
	terms->name = name;
	return 1;
}

static int with_message(lua_State *L) {
	check(L, "with_message");
	struct ki_strv topic = check_string(L, "with_message");
	if (ki_strv_starts(topic, ki_strv("@"))) {
		return luaL_error(L, "cannot send to @ topics");
	}
	int last = lua_gettop(L);
	struct ki_terms *terms = push_copy(L, "with_message");
	lua_insert(L, 1);
	lua_settop(L, last + 1);
	int status = ki_outgoing_message(L, topic, 4);
	if (status != KITH_OK) {
		return luaL_error(L, "%s", lua_tostring(L, -1));
	}
	add_message(L, terms, ki_outgoing_take(ki_lua_of(L)));
	lua_settop(L, 1);
	return 1;
}

/* ---- Methods that spawn ---- */

static int spawn(lua_State *L, const char *method, unsigned relations) {
	return ki_spawn_run(L, method, relations, 1, check(L, method));
}

static int spawn_plain(lua_State *L) {
	return spawn(L, "spawn", 0);
}

static int spawn_monitored(lua_State *L) {
	return spawn(L, "spawn_monitored", KI_SPAWN_MONITOR);
}

static int spawn_linked(lua_State *L) {
	return spawn(L, "spawn_linked", KI_SPAWN_LINK);
}

static int spawn_linked_monitored(lua_State *L) {
	return spawn(L, "spawn_linked_monitored", KI_SPAWN_MONITOR | KI_SPAWN_LINK);
}

static int exec(lua_State *L) {
	return ki_exec_run(L, 1, check(L, "exec"));
}

/* ---- Opening ---- */

static int process_with_context(lua_State *L) {
	ki_terms_check_table(L, 1, 1, "with_context");
	ki_terms_set_context(L, push_new(L), 1);
	return 1;
}

static int process_with_options(lua_State *L) {
	ki_terms_check_table(L, 1, 1, "with_options");
	set_options(L, push_new(L), 1);
	return 1;
}

static void make_type(lua_State *L) {
	static const luaL_Reg methods[] = {
		{"with_context", with_context},
		{"with_options", with_options},
		{"with_name", with_name},
		{"with_message", with_message},
		{"spawn", spawn_plain},
		{"spawn_monitored", spawn_monitored},
		{"spawn_linked", spawn_linked},
		{"spawn_linked_monitored", spawn_linked_monitored},
		{"exec", exec},
		{NULL, NULL},
	};
	ki_terms_open(L, type_name, methods);
}

void ki_spawner_open(lua_State *L) {
	static const luaL_Reg functions[] = {
		{"with_context", process_with_context},
		{"with_options", process_with_options},
		{NULL, NULL},
	};
	make_type(L);
	luaL_setfuncs(L, functions, 0);
}

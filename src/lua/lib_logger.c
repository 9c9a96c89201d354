/*
 * lua/lib_logger.c: the module `logger`.
 *
 * Owns: see lib_logger.h. Threads: the worker that runs the process.
 */
#include "lua/lib_logger.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lua/event.h"
#include "lua/lib_json.h"
#include "lua/luaerror.h"
#include "lua/usertype.h"

static const char type_name[] = "Logger";

/* User values: its name or nil, its fields or nil. Neither changes. */
enum { NAME = 1, FIELDS, NR_VALUES = FIELDS };

/* Those that each line begins with. */
enum { PID, ENTRY, LOCATION, NR_OWN };

static void check_self(lua_State *L, const char *fn) {
	if (luaL_testudata(L, 1, type_name) == NULL) {
		ki_arg_error(L, 1, fn, type_name);
	}
}

/* Of the fields and, below them, the name on top of the stack, which are popped. */
static void push_logger(lua_State *L) {
	lua_newuserdatauv(L, 0, NR_VALUES);
	lua_insert(L, -3);
	lua_setiuservalue(L, -3, FIELDS);
	lua_setiuservalue(L, -2, NAME);
	luaL_setmetatable(L, type_name);
}

/* ---- Fields ---- */

static void copy_fields(lua_State *L, int from, int to) {
	lua_pushnil(L);
	while (lua_next(L, from)) {
		lua_pushvalue(L, -2);
		lua_insert(L, -2);
		lua_rawset(L, to);
	}
}

/* Pushes the logger's fields with those of the table at index, or nil, laid over them. */
static void push_merged(lua_State *L, int index) {
	lua_newtable(L);
	int merged = lua_gettop(L);
	if (lua_getiuservalue(L, 1, FIELDS) == LUA_TTABLE) {
		copy_fields(L, merged + 1, merged);
	}
	lua_settop(L, merged);
	if (lua_istable(L, index)) {
		copy_fields(L, index, merged);
	}
}

/* Puts a text that is good for a C string in the place of the one on top. */
static const char *show_nuls(lua_State *L) {
	size_t len;
	const char *text = lua_tolstring(L, -1, &len);
	if (strlen(text) < len) {
		luaL_Buffer shown;
		luaL_buffinit(L, &shown);
		for (size_t i = 0; i < len; i++) {
			if (text[i] == '\0') {
				luaL_addstring(&shown, "\\0");
			} else {
				luaL_addchar(&shown, text[i]);
			}
		}
		luaL_pushresult(&shown);
		lua_remove(L, -2);
	}
	return lua_tostring(L, -1);
}

/* Whether the text of the value at index is JSON as well. */
static bool is_json(lua_State *L, int index) {
	switch (lua_type(L, index)) {
	case LUA_TNUMBER:
		return isfinite(lua_tonumber(L, index));
	case LUA_TBOOLEAN:
	case LUA_TTABLE:
		return true;
	default:
		return false;
	}
}

/* Pushes the value at index as a text. */
static const char *push_text(lua_State *L, int index, struct ki_scratch *scratch) {
	if (lua_istable(L, index)) {
		ki_json_describe(L, index, scratch);
		lua_pushlstring(L, scratch->text.ptr, scratch->text.len);
		ki_scratch_clear(scratch);
	} else {
		luaL_tolstring(L, index, NULL);
	}
	return show_nuls(L);
}

static int compare_keys(const void *a, const void *b) {
	return strcmp(((const struct ki_log_field *)a)->key, ((const struct ki_log_field *)b)->key);
}

/* Fills `out` from the table at `fields`; the texts are kept in the table at `texts`. */
static void read_fields(lua_State *L, int fields, int texts, struct ki_log_field *out) {
	struct ki_scratch *scratch = ki_scratch_push(L);
	size_t nr = 0;
	lua_pushnil(L);
	while (lua_next(L, fields)) {
		int key = lua_gettop(L) - 1;
		out[nr].form = is_json(L, key + 1) ? KI_LOG_JSON : KI_LOG_PLAIN;
		out[nr].key = push_text(L, key, scratch);
		lua_rawseti(L, texts, (lua_Integer)(2 * nr) + 1);
		out[nr].value = push_text(L, key + 1, scratch);
		lua_rawseti(L, texts, (lua_Integer)(2 * nr) + 2);
		nr++;
		lua_settop(L, key);
	}
	qsort(out, nr, sizeof(*out), compare_keys);
}

static size_t count_fields(lua_State *L, int fields) {
	size_t nr = 0;
	lua_pushnil(L);
	while (lua_next(L, fields)) {
		nr++;
		lua_pop(L, 1);
	}
	return nr;
}

/* Pushes ID:LINE of the Lua function that called. */
static const char *push_location(lua_State *L) {
	lua_Debug frame;
	for (int level = 1; lua_getstack(L, level, &frame); level++) {
		lua_getinfo(L, "Sl", &frame);
		if (frame.currentline > 0) {
			return lua_pushfstring(L, "%s:%d", frame.short_src, frame.currentline);
		}
	}
	return lua_pushstring(L, ki_lua_of(L)->program->id);
}

/* ---- Lines ---- */

/* The logger, the message as a string, a table or nil. */
static void write_line(lua_State *L, enum ki_log_level level) {
	enum { MESSAGE = 2, MORE, MERGED, LINE_NAME, TEXTS };
	struct ki_lua *lua = ki_lua_of(L);
	luaL_checkstack(L, LUA_MINSTACK, NULL);
	push_merged(L, MORE);
	if (lua_getiuservalue(L, 1, NAME) == LUA_TNIL) {
		lua_pop(L, 1);
		lua_pushstring(L, lua->program->id);
	}
	lua_newtable(L);
	size_t nr = NR_OWN + count_fields(L, MERGED);
	struct ki_log_field *fields = lua_newuserdatauv(L, nr * sizeof(*fields), 0);
	read_fields(L, MERGED, TEXTS, fields + NR_OWN);
	ki_pid_push(L, lua->proc->pid);
	fields[PID] = (struct ki_log_field){.key = "pid", .value = lua_tostring(L, -1)};
	fields[ENTRY] = (struct ki_log_field){
		.key = "entry", .value = lua->program->id, .form = KI_LOG_JSON_ALONE};
	fields[LOCATION] = (struct ki_log_field){.key = "location", .value = push_location(L)};
	ki_log_write(lua->proc->system->log, level, lua_tostring(L, LINE_NAME),
		lua_tostring(L, MESSAGE), nr, fields);
}

static int log_line(lua_State *L, const char *fn, enum ki_log_level level) {
	check_self(L, fn);
	lua_settop(L, 3);
	if (ki_error_is(L, 2)) {
		ki_error_push_message(L, 2);
		lua_replace(L, 2);
	} else if (!lua_isstring(L, 2)) {
		return ki_arg_error(L, 2, fn, "string");
	}
	if (!lua_isnil(L, 3) && !lua_istable(L, 3)) {
		return ki_arg_error(L, 3, fn, "table");
	}
	if (ki_log_enabled(ki_lua_of(L)->proc->system->log, level)) {
		lua_pushvalue(L, 2);
		show_nuls(L);
		lua_replace(L, 2);
		write_line(L, level);
	}
	return 0;
}

static int logger_debug(lua_State *L) {
	return log_line(L, "debug", KI_LOG_DEBUG);
}

static int logger_info(lua_State *L) {
	return log_line(L, "info", KI_LOG_INFO);
}

static int logger_warn(lua_State *L) {
	return log_line(L, "warn", KI_LOG_WARN);
}

static int logger_error(lua_State *L) {
	return log_line(L, "error", KI_LOG_ERROR);
}

/* A message of one argument that begins with "@" is for `warn` itself; unknown ones are ignored. */
static bool is_control(lua_State *L, int nr_args) {
	const char *text = lua_tostring(L, 1);
	if (nr_args != 1 || text[0] != '@') {
		return false;
	}
	if (strcmp(text, "@off") == 0 || strcmp(text, "@on") == 0) {
		ki_lua_of(L)->warns_off = text[2] == 'f';
	}
	return true;
}

int ki_logger_warn(lua_State *L) {
	struct ki_lua *lua = ki_lua_of(L);
	int nr = lua_gettop(L);
	luaL_checkstring(L, 1);
	for (int i = 2; i <= nr; i++) {
		luaL_checkstring(L, i);
	}
	if (is_control(L, nr) || lua->warns_off ||
		!ki_log_enabled(lua->proc->system->log, KI_LOG_WARN)) {
		return 0;
	}
	lua_concat(L, nr);
	show_nuls(L);
	lua_newuserdatauv(L, 0, NR_VALUES); /* a logger without a name and fields */
	lua_insert(L, 1);
	lua_settop(L, 3);
	write_line(L, KI_LOG_WARN);
	return 0;
}

/* ---- Others from one ---- */

static int logger_with(lua_State *L) {
	check_self(L, "with");
	if (!lua_istable(L, 2)) {
		return ki_arg_error(L, 2, "with", "table");
	}
	lua_settop(L, 2);
	lua_getiuservalue(L, 1, NAME);
	push_merged(L, 2);
	push_logger(L);
	return 1;
}

static int logger_named(lua_State *L) {
	check_self(L, "named");
	lua_settop(L, 2);
	if (!lua_isnil(L, 2) && lua_type(L, 2) != LUA_TSTRING) {
		return ki_arg_error(L, 2, "named", "string");
	}
	if (lua_isnil(L, 2) || lua_rawlen(L, 2) == 0) {
		return ki_fail(L, KITH_EINVAL, "logger name cannot be empty");
	}
	if (lua_getiuservalue(L, 1, NAME) == LUA_TSTRING) {
		lua_pushliteral(L, ".");
		lua_pushvalue(L, 2);
		lua_concat(L, 3);
	} else {
		lua_pushvalue(L, 2);
	}
	show_nuls(L);
	lua_getiuservalue(L, 1, FIELDS);
	push_logger(L);
	return 1;
}

static int logger_tostring(lua_State *L) {
	check_self(L, "tostring");
	bool named = lua_getiuservalue(L, 1, NAME) == LUA_TSTRING;
	lua_pushfstring(L, "logger{%s}", named ? lua_tostring(L, -1) : "");
	return 1;
}

void ki_logger_open(lua_State *L) {
	static const luaL_Reg methods[] = {{"debug", logger_debug}, {"info", logger_info},
		{"warn", logger_warn}, {"error", logger_error}, {"with", logger_with},
		{"named", logger_named}, {NULL, NULL}};
	static const luaL_Reg meta[] = {{"__tostring", logger_tostring}, {NULL, NULL}};
	ki_usertype_push(L, type_name, methods, meta);
	lua_setfield(L, LUA_REGISTRYINDEX, type_name);
	lua_pushnil(L);
	lua_pushnil(L);
	push_logger(L);
}

/*
 * lua/lib_time.c: Time and Duration, and the module `time` but for what waits.
 *
 * Owns: see lib_time.h. Threads: the worker that runs the process.
 */
#include "lua/lib_time.h"

#include <lauxlib.h>
#include <math.h>

#include "base/compiler.h"
#include "lua/immutable.h"
#include "lua/lib_os.h"
#include "lua/lib_timer.h"
#include "lua/luaerror.h"
#include "time/calendar.h"
#include "time/duration.h"
#include "time/zone.h"

/* Metatables, and the module once it is made, in the registry by address: a look-up that cannot
 * raise. */
static const char time_key = 't', duration_key = 'd', module_key = 'm';

struct time_object {
	int64_t unix_sec;
	int32_t nsec; /* 0..999999999 */
	bool utc;     /* shown in UTC, else in the local zone */
};

struct duration_object {
	int64_t ns;
};

static void push_object_metatable(lua_State *L, const char *key) {
	/* Both can come out of a payload in a process that did not declare the module. */
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, key) == LUA_TNIL) {
		lua_pop(L, 1);
		ki_open_time(L);
		lua_pop(L, 1);
		lua_rawgetp(L, LUA_REGISTRYINDEX, key);
	}
}

static void *test_object(lua_State *L, int index, const char *key) {
	if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index)) {
		return NULL;
	}
	lua_rawgetp(L, LUA_REGISTRYINDEX, key);
	bool is = lua_rawequal(L, -1, -2);
	lua_pop(L, 2);
	return is ? lua_touserdata(L, index) : NULL;
}

static struct time_object *check_time(lua_State *L, int arg, const char *fn) {
	struct time_object *time = test_object(L, arg, &time_key);
	if (time == NULL) {
		ki_arg_error(L, arg, fn, "Time");
	}
	return time;
}

static struct duration_object *check_duration(lua_State *L, int arg, const char *fn) {
	struct duration_object *duration = test_object(L, arg, &duration_key);
	if (duration == NULL) {
		ki_arg_error(L, arg, fn, "Duration");
	}
	return duration;
}

/* ---- for other files ---- */

void ki_time_push(lua_State *L, int64_t unix_sec, int32_t nsec, bool utc) {
	luaL_checkstack(L, 4, NULL);
	struct time_object *time = lua_newuserdatauv(L, sizeof *time, 0);
	*time = (struct time_object){unix_sec, nsec, utc};
	push_object_metatable(L, &time_key);
	lua_setmetatable(L, -2);
}

void ki_time_push_now(lua_State *L) {
	int64_t now = ki_lua_wall(L);
	int64_t nsec = now % KI_NS_PER_SEC;
	nsec += nsec < 0 ? KI_NS_PER_SEC : 0;
	ki_time_push(L, (now - nsec) / KI_NS_PER_SEC, (int32_t)nsec, false);
}

bool ki_time_test(lua_State *L, int index, int64_t *unix_sec, int32_t *nsec, bool *utc) {
	const struct time_object *time = test_object(L, index, &time_key);
	if (time == NULL) {
		return false;
	}
	*unix_sec = time->unix_sec;
	*nsec = time->nsec;
	*utc = time->utc;
	return true;
}

void ki_duration_push(lua_State *L, int64_t ns) {
	luaL_checkstack(L, 4, NULL);
	struct duration_object *duration = lua_newuserdatauv(L, sizeof *duration, 0);
	duration->ns = ns;
	push_object_metatable(L, &duration_key);
	lua_setmetatable(L, -2);
}

bool ki_duration_test(lua_State *L, int index, int64_t *ns) {
	const struct duration_object *duration = test_object(L, index, &duration_key);
	if (duration == NULL) {
		return false;
	}
	*ns = duration->ns;
	return true;
}

static int read_number(lua_State *L, int index, int64_t *ns) {
	lua_Integer integer;
	lua_Number number = trunc(lua_tonumber(L, index));
	if (lua_isinteger(L, index)) {
		*ns = lua_tointeger(L, index);
		return 0;
	}
	if (lua_numbertointeger(number, &integer)) {
		*ns = integer;
		return 0;
	}
	lua_pushliteral(L, "duration must be number or string");
	return KITH_EINVAL;
}

int ki_duration_read(lua_State *L, int index, int64_t *ns) {
	index = lua_absindex(L, index);
	luaL_checkstack(L, 3, NULL);
	if (lua_type(L, index) == LUA_TNUMBER) {
		return read_number(L, index, ns);
	}
	if (lua_type(L, index) == LUA_TSTRING) {
		size_t len;
		const char *text = lua_tolstring(L, index, &len);
		if (ki_duration_parse(ki_strv_n(text, len), ns) == 0) {
			return 0;
		}
		lua_pushfstring(L, "time: invalid duration \"%s\"", text);
		return KITH_EINVAL;
	}
	if (ki_duration_test(L, index, ns)) {
		return 0;
	}
	lua_pushliteral(L, "duration must be number or string");
	return KITH_EINVAL;
}

int ki_time_fail(lua_State *L, const char *text) {
	lua_pushnil(L);
	ki_error_push(L, "Invalid", KI_RETRYABLE_NO, "%s", text);
	return 2;
}

/* ---- arithmetic ---- */

/* Wraps around, as Lua's own on integers. */
static int64_t wrap_add(int64_t a, int64_t b) {
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t unix_nano(const struct time_object *time) {
	return (int64_t)((uint64_t)time->unix_sec * (uint64_t)KI_NS_PER_SEC + (uint64_t)time->nsec);
}

/* Seconds and any number of nanoseconds, with the latter carried over. */
static void push_carried(lua_State *L, int64_t sec, int64_t nsec, bool utc) {
	int64_t rest = nsec % KI_NS_PER_SEC;
	rest += rest < 0 ? KI_NS_PER_SEC : 0;
	int64_t carry = nsec / KI_NS_PER_SEC - (nsec % KI_NS_PER_SEC < 0);
	ki_time_push(L, wrap_add(sec, carry), (int32_t)rest, utc);
}

static int compare_times(const struct time_object *a, const struct time_object *b) {
	if (a->unix_sec != b->unix_sec) {
		return a->unix_sec < b->unix_sec ? -1 : 1;
	}
	return a->nsec < b->nsec ? -1 : a->nsec > b->nsec;
}

/* From b to a, or the end of what a Duration holds. */
static int64_t between(const struct time_object *a, const struct time_object *b) {
	int64_t sec, ns;
	if (__builtin_sub_overflow(a->unix_sec, b->unix_sec, &sec) ||
		__builtin_mul_overflow(sec, KI_NS_PER_SEC, &ns) ||
		__builtin_add_overflow(ns, (int64_t)a->nsec - b->nsec, &ns)) {
		return a->unix_sec > b->unix_sec ? INT64_MAX : INT64_MIN;
	}
	return ns;
}

/* ---- Time ---- */

static int time_sub(lua_State *L) {
	const struct time_object *a = check_time(L, 1, "sub"), *b = check_time(L, 2, "sub");
	ki_duration_push(L, between(a, b));
	return 1;
}

static int time_add(lua_State *L) {
	const struct time_object *time = check_time(L, 1, "add");
	int64_t ns;
	if (ki_duration_read(L, 2, &ns) != 0) {
		return ki_time_fail(L, lua_tostring(L, -1));
	}
	int64_t sec = ns / KI_NS_PER_SEC;
	push_carried(L, wrap_add(time->unix_sec, sec), time->nsec + ns % KI_NS_PER_SEC, time->utc);
	return 1;
}

static int compare_arguments(lua_State *L, const char *fn) {
	const struct time_object *a = check_time(L, 1, fn), *b = check_time(L, 2, fn);
	return compare_times(a, b);
}

static int time_before(lua_State *L) {
	lua_pushboolean(L, compare_arguments(L, "before") < 0);
	return 1;
}

static int time_after(lua_State *L) {
	lua_pushboolean(L, compare_arguments(L, "after") > 0);
	return 1;
}

static int time_equal(lua_State *L) {
	lua_pushboolean(L, compare_arguments(L, "equal") == 0);
	return 1;
}

static int time_unix(lua_State *L) {
	lua_pushinteger(L, check_time(L, 1, "unix")->unix_sec);
	return 1;
}

static int time_unix_nano(lua_State *L) {
	lua_pushinteger(L, unix_nano(check_time(L, 1, "unix_nano")));
	return 1;
}

static int time_tostring(lua_State *L) {
	const struct time_object *time = check_time(L, 1, "tostring");
	char text[KI_RFC3339_MAX];
	int offset = time->utc || ki_lua_in_utc(L) ? 0 : ki_local_offset(time->unix_sec);
	ki_rfc3339nano(time->unix_sec, time->nsec, offset, text);
	lua_pushstring(L, text);
	return 1;
}

/* `==` asks for any two userdata; the others for anything. */
static int time_eq(lua_State *L) {
	const struct time_object *a = test_object(L, 1, &time_key),
				 *b = test_object(L, 2, &time_key);
	lua_pushboolean(L, a != NULL && b != NULL && compare_times(a, b) == 0);
	return 1;
}

static int time_lt(lua_State *L) {
	lua_pushboolean(L, compare_arguments(L, "<") < 0);
	return 1;
}

static int time_le(lua_State *L) {
	lua_pushboolean(L, compare_arguments(L, "<=") <= 0);
	return 1;
}

/* ---- Duration ---- */

static int duration_nanoseconds(lua_State *L) {
	lua_pushinteger(L, check_duration(L, 1, "nanoseconds")->ns);
	return 1;
}

static int duration_microseconds(lua_State *L) {
	lua_pushinteger(L, check_duration(L, 1, "microseconds")->ns / KI_NS_PER_US);
	return 1;
}

static int duration_milliseconds(lua_State *L) {
	lua_pushinteger(L, check_duration(L, 1, "milliseconds")->ns / KI_NS_PER_MS);
	return 1;
}

/* Whole units and the rest apart: 90 minutes are exactly 1.5 hours, and no digit of a second is
 * lost. */
static int push_float(lua_State *L, int64_t ns, int64_t unit) {
	lua_pushnumber(L, (lua_Number)(ns / unit) + (lua_Number)(ns % unit) / (lua_Number)unit);
	return 1;
}

static int duration_seconds(lua_State *L) {
	return push_float(L, check_duration(L, 1, "seconds")->ns, KI_NS_PER_SEC);
}

static int duration_minutes(lua_State *L) {
	return push_float(L, check_duration(L, 1, "minutes")->ns, 60 * KI_NS_PER_SEC);
}

static int duration_hours(lua_State *L) {
	return push_float(L, check_duration(L, 1, "hours")->ns, 3600 * KI_NS_PER_SEC);
}

static int duration_tostring(lua_State *L) {
	char text[KI_DURATION_TEXT_MAX];
	ki_duration_format(check_duration(L, 1, "tostring")->ns, text);
	lua_pushstring(L, text);
	return 1;
}

static int duration_eq(lua_State *L) {
	const struct duration_object *a = test_object(L, 1, &duration_key);
	const struct duration_object *b = test_object(L, 2, &duration_key);
	lua_pushboolean(L, a != NULL && b != NULL && a->ns == b->ns);
	return 1;
}

static int duration_lt(lua_State *L) {
	lua_pushboolean(L, check_duration(L, 1, "<")->ns < check_duration(L, 2, "<")->ns);
	return 1;
}

static int duration_le(lua_State *L) {
	lua_pushboolean(L, check_duration(L, 1, "<=")->ns <= check_duration(L, 2, "<=")->ns);
	return 1;
}

/* ---- the module ---- */

static int module_now(lua_State *L) {
	ki_time_push_now(L);
	return 1;
}

static lua_Integer integer_argument(lua_State *L, int arg) {
	if (lua_isnoneornil(L, arg) && arg > 1) {
		return 0;
	}
	if (lua_type(L, arg) != LUA_TNUMBER) {
		return ki_arg_error(L, arg, "unix", "number");
	}
	return luaL_checkinteger(L, arg);
}

static int module_unix(lua_State *L) {
	lua_Integer sec = integer_argument(L, 1), nsec = integer_argument(L, 2);
	push_carried(L, sec, nsec, false);
	return 1;
}

static int module_parse_duration(lua_State *L) {
	int64_t ns;
	if (ki_duration_read(L, 1, &ns) != 0) {
		return ki_time_fail(L, lua_tostring(L, -1));
	}
	ki_duration_push(L, ns);
	return 1;
}

static void make_metatable(lua_State *L, const char *name, const luaL_Reg *meta,
	const luaL_Reg *methods, const char *key) {
	lua_newtable(L);
	luaL_setfuncs(L, meta, 0);
	lua_newtable(L);
	luaL_setfuncs(L, methods, 0);
	lua_setfield(L, -2, "__index");
	lua_pushstring(L, name);
	lua_setfield(L, -2, "__name");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

static void make_metatables(lua_State *L) {
	static const luaL_Reg time_meta[] = {{"__tostring", time_tostring}, {"__eq", time_eq},
		{"__lt", time_lt}, {"__le", time_le}, {NULL, NULL}};
	static const luaL_Reg time_methods[] = {{"sub", time_sub}, {"add", time_add},
		{"before", time_before}, {"after", time_after}, {"equal", time_equal},
		{"unix", time_unix}, {"unix_nano", time_unix_nano}, {NULL, NULL}};
	static const luaL_Reg duration_meta[] = {{"__tostring", duration_tostring},
		{"__eq", duration_eq}, {"__lt", duration_lt}, {"__le", duration_le}, {NULL, NULL}};
	static const luaL_Reg duration_methods[] = {{"nanoseconds", duration_nanoseconds},
		{"microseconds", duration_microseconds}, {"milliseconds", duration_milliseconds},
		{"seconds", duration_seconds}, {"minutes", duration_minutes},
		{"hours", duration_hours}, {NULL, NULL}};
	make_metatable(L, "Time", time_meta, time_methods, &time_key);
	make_metatable(L, "Duration", duration_meta, duration_methods, &duration_key);
}

static void set_constants(lua_State *L) {
	static const struct {
		const char *name;
		int64_t value;
	} constants[] = {{"NANOSECOND", 1}, {"MICROSECOND", KI_NS_PER_US},
		{"MILLISECOND", KI_NS_PER_MS}, {"SECOND", KI_NS_PER_SEC},
		{"MINUTE", 60 * KI_NS_PER_SEC}, {"HOUR", 3600 * KI_NS_PER_SEC}, {"JANUARY", 1},
		{"FEBRUARY", 2}, {"MARCH", 3}, {"APRIL", 4}, {"MAY", 5}, {"JUNE", 6}, {"JULY", 7},
		{"AUGUST", 8}, {"SEPTEMBER", 9}, {"OCTOBER", 10}, {"NOVEMBER", 11},
		{"DECEMBER", 12}, {"SUNDAY", 0}, {"MONDAY", 1}, {"TUESDAY", 2}, {"WEDNESDAY", 3},
		{"THURSDAY", 4}, {"FRIDAY", 5}, {"SATURDAY", 6}};
	for (size_t i = 0; i < ki_countof(constants); i++) {
		lua_pushinteger(L, constants[i].value);
		lua_setfield(L, -2, constants[i].name);
	}
}

void ki_open_time(lua_State *L) {
	static const luaL_Reg functions[] = {{"now", module_now}, {"unix", module_unix},
		{"parse_duration", module_parse_duration}, {NULL, NULL}};
	luaL_checkstack(L, 6, NULL);
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &module_key) == LUA_TTABLE) {
		return;
	}
	lua_pop(L, 1);
	make_metatables(L);
	luaL_newlib(L, functions);
	set_constants(L);
	ki_timer_open(L);
	ki_table_freeze(L, -1);
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &module_key);
}

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
#include "lua/lib_date.h"
#include "lua/lib_location.h"
#include "lua/lib_os.h"
#include "lua/lib_timer.h"
#include "lua/luaerror.h"
#include "lua/pure.h"
#include "lua/usertype.h"
#include "time/calendar.h"
#include "time/duration.h"

/* Metatables, and the module once it is made, in the registry by address: a look-up that cannot
 * raise. */
static const char module_key = 'm';

/* The userdata of a Time is a struct ki_time; its user value is the Location that holds its
 * location, where one has to. */

struct duration_object {
	int64_t ns;
};

/* Both types can come out of a payload in a process that did not declare the module. */
static void need_types(lua_State *L) {
	if (!ki_usertype_known(L, KI_TYPE_TIME)) {
		ki_open_time(L);
		lua_pop(L, 1);
	}
}

static struct duration_object *check_duration(lua_State *L, int arg, const char *fn) {
	struct duration_object *duration = ki_usertype_test(L, arg, KI_TYPE_DURATION);
	if (duration == NULL) {
		ki_arg_error(L, arg, fn, "Duration");
	}
	return duration;
}

/* ---- for other files ---- */

void ki_time_push(
	lua_State *L, struct ki_moment at, const struct ki_location *location, int holder) {
	luaL_checkstack(L, 4, NULL);
	bool held = ki_location_is_held(location);
	holder = held ? lua_absindex(L, holder) : 0;
	need_types(L);
	struct ki_time *time = ki_usertype_new(L, KI_TYPE_TIME, sizeof *time, held ? 1 : 0);
	*time = (struct ki_time){at, location};
	if (held) {
		lua_pushvalue(L, holder);
		lua_setiuservalue(L, -2, 1);
	}
}

void ki_time_push_like(lua_State *L, int index, struct ki_moment at) {
	const struct ki_time *time = ki_time_test(L, index);
	luaL_checkstack(L, 4, NULL);
	lua_getiuservalue(L, index, 1); /* nil where none is needed */
	ki_time_push(L, at, time->location, -1);
	lua_remove(L, -2);
}

void ki_time_push_spelled(lua_State *L, struct ki_moment at, struct ki_strv location) {
	luaL_checkstack(L, 5, NULL);
	need_types(L); /* that of Location among them */
	const struct ki_location *found = ki_location_push_spelled(L, location);
	ki_time_push(L, at, found, -1);
	lua_remove(L, -2);
}

void ki_time_push_location(lua_State *L, int index) {
	const struct ki_time *time = ki_time_test(L, index);
	luaL_checkstack(L, 4, NULL);
	if (lua_getiuservalue(L, index, 1) != LUA_TUSERDATA) {
		lua_pop(L, 1);
		ki_location_push(L, time->location);
	}
}

void ki_time_push_unix_ns(lua_State *L, int64_t unix_ns) {
	ki_time_push(L, ki_moment_unix(0, unix_ns), ki_location_local(L), 0);
}

void ki_time_push_now(lua_State *L) {
	ki_time_push_unix_ns(L, ki_lua_wall(L));
}

const struct ki_time *ki_time_test(lua_State *L, int index) {
	return ki_usertype_test(L, index, KI_TYPE_TIME);
}

const struct ki_time *ki_time_check(lua_State *L, int arg, const char *fn) {
	const struct ki_time *time = ki_time_test(L, arg);
	if (time == NULL) {
		ki_arg_error(L, arg, fn, "Time");
	}
	return time;
}

void ki_duration_push(lua_State *L, int64_t ns) {
	luaL_checkstack(L, 4, NULL);
	need_types(L);
	struct duration_object *duration =
		ki_usertype_new(L, KI_TYPE_DURATION, sizeof *duration, 0);
	duration->ns = ns;
}

bool ki_duration_test(lua_State *L, int index, int64_t *ns) {
	const struct duration_object *duration = ki_usertype_test(L, index, KI_TYPE_DURATION);
	if (duration == NULL) {
		return false;
	}
	*ns = duration->ns;
	return true;
}

int64_t ki_duration_check(lua_State *L, int arg, const char *fn) {
	return check_duration(L, arg, fn)->ns;
}

/* Of a number: without its fraction. False: beyond 64 bits, or not a number. */
static bool to_integer(lua_State *L, int index, lua_Integer *out) {
	if (lua_isinteger(L, index)) {
		*out = lua_tointeger(L, index);
		return true;
	}
	lua_Number number = trunc(lua_tonumber(L, index));
	return lua_numbertointeger(number, out);
}

lua_Integer ki_time_integer(lua_State *L, int arg, const char *fn) {
	lua_Integer integer;
	if (lua_type(L, arg) != LUA_TNUMBER) {
		return ki_arg_error(L, arg, fn, "number");
	}
	if (!to_integer(L, arg, &integer)) {
		return luaL_error(L,
			"bad argument #%d to '%s' (number has no integer representation)", arg, fn);
	}
	return integer;
}

static int read_number(lua_State *L, int index, int64_t *ns) {
	lua_Integer integer;
	if (to_integer(L, index, &integer)) {
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

/* ---- Time ---- */

static int time_sub(lua_State *L) {
	const struct ki_time *a = ki_time_check(L, 1, "sub"), *b = ki_time_check(L, 2, "sub");
	ki_duration_push(L, ki_moment_sub(a->at, b->at));
	return 1;
}

static int time_add(lua_State *L) {
	const struct ki_time *time = ki_time_check(L, 1, "add");
	int64_t ns;
	if (ki_duration_read(L, 2, &ns) != 0) {
		return ki_time_fail(L, lua_tostring(L, -1));
	}
	ki_time_push_like(L, 1, ki_moment_add(time->at, ns));
	return 1;
}

static int compare_arguments(lua_State *L, const char *fn) {
	const struct ki_time *a = ki_time_check(L, 1, fn), *b = ki_time_check(L, 2, fn);
	return ki_moment_compare(a->at, b->at);
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
	lua_pushinteger(L, ki_time_check(L, 1, "unix")->at.unix_sec);
	return 1;
}

/* Wraps around where 64 bits do not hold it, as Lua's own arithmetic does. */
static int time_unix_nano(lua_State *L) {
	struct ki_moment at = ki_time_check(L, 1, "unix_nano")->at;
	lua_pushinteger(L,
		(lua_Integer)((uint64_t)at.unix_sec * (uint64_t)KI_NS_PER_SEC +
			(uint64_t)at.nsec));
	return 1;
}

static int time_is_zero(lua_State *L) {
	struct ki_moment at = ki_time_check(L, 1, "is_zero")->at;
	lua_pushboolean(L, at.unix_sec == KI_UNIX_OF_YEAR_1 && at.nsec == 0);
	return 1;
}

static int time_round(lua_State *L) {
	struct ki_moment at = ki_time_check(L, 1, "round")->at;
	ki_time_push_like(L, 1, ki_moment_round(at, ki_duration_check(L, 2, "round")));
	return 1;
}

static int time_truncate(lua_State *L) {
	struct ki_moment at = ki_time_check(L, 1, "truncate")->at;
	ki_time_push_like(L, 1, ki_moment_truncate(at, ki_duration_check(L, 2, "truncate")));
	return 1;
}

static int time_tostring(lua_State *L) {
	const struct ki_time *time = ki_time_check(L, 1, "tostring");
	char text[KI_RFC3339_MAX];
	ki_rfc3339nano(time->at.unix_sec, time->at.nsec,
		ki_location_offset(time->location, time->at.unix_sec), text);
	lua_pushstring(L, text);
	return 1;
}

/* `==` asks for any two userdata; the others for anything. */
static int time_eq(lua_State *L) {
	const struct ki_time *a = ki_time_test(L, 1), *b = ki_time_test(L, 2);
	lua_pushboolean(L, a != NULL && b != NULL && ki_moment_compare(a->at, b->at) == 0);
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
	const struct duration_object *a = ki_usertype_test(L, 1, KI_TYPE_DURATION);
	const struct duration_object *b = ki_usertype_test(L, 2, KI_TYPE_DURATION);
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
	return ki_time_integer(L, arg, "unix");
}

static int module_unix(lua_State *L) {
	lua_Integer sec = integer_argument(L, 1), nsec = integer_argument(L, 2);
	ki_time_push(L, ki_moment_unix(sec, nsec), ki_location_local(L), 0);
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

static void make_metatables(lua_State *L) {
	static const luaL_Reg time_meta[] = {{"__tostring", time_tostring}, {"__eq", time_eq},
		{"__lt", time_lt}, {"__le", time_le}, {NULL, NULL}};
	static const luaL_Reg time_methods[] = {{"sub", time_sub}, {"add", time_add},
		{"before", time_before}, {"after", time_after}, {"equal", time_equal},
		{"unix", time_unix}, {"unix_nano", time_unix_nano}, {"is_zero", time_is_zero},
		{"round", time_round}, {"truncate", time_truncate}, {NULL, NULL}};
	static const luaL_Reg duration_meta[] = {{"__tostring", duration_tostring},
		{"__eq", duration_eq}, {"__lt", duration_lt}, {"__le", duration_le}, {NULL, NULL}};
	static const luaL_Reg duration_methods[] = {{"nanoseconds", duration_nanoseconds},
		{"microseconds", duration_microseconds}, {"milliseconds", duration_milliseconds},
		{"seconds", duration_seconds}, {"minutes", duration_minutes},
		{"hours", duration_hours}, {NULL, NULL}};
	ki_usertype_push(L, "Time", time_methods, time_meta);
	lua_getfield(L, -1, "__index");
	luaL_setfuncs(L, ki_date_methods, 0);
	lua_pop(L, 1);
	ki_usertype_set(L, KI_TYPE_TIME);
	ki_usertype_push(L, "Duration", duration_methods, duration_meta);
	ki_usertype_set(L, KI_TYPE_DURATION);
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
	ki_location_open(L);
	ki_date_open(L);
	ki_timer_open(L);
	ki_table_freeze(L, -1);
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &module_key);
}

const lua_CFunction ki_time_pure[] = {module_parse_duration, duration_nanoseconds,
	duration_microseconds, duration_milliseconds, duration_seconds, duration_minutes,
	duration_hours, duration_tostring, duration_eq, duration_lt, duration_le, NULL};

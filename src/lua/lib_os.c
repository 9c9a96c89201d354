/*
 * lua/lib_os.c: the library `os`: the calendar and the clocks of the runtime.
 *
 * time and date are Lua's own, with these differences: the clock is the scheduler's, a field that
 * is missing has another default, and the local zone is the runtime's, not the C library's.
 *
 * Owns: nothing. Threads: the worker that runs the process.
 * Not here: zones and calendars (time/).
 */
#include "lua/lib_os.h"

#include <lauxlib.h>
#include <limits.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/compiler.h"
#include "lua/lib_location.h"
#include "lua/luaproc.h"
#include "time/calendar.h"
#include "time/duration.h"

/* The longest text of one conversion of strftime, as Lua has it. */
#define CONVERSION_MAX 250
/* What one takes, in VM instructions. */
#define DATE_STEPS 5

/* What `!` in a format asks for, named as the C library has it. */
static const struct ki_location gmt = {.name = "GMT", .fixed = true};

int64_t ki_lua_wall(lua_State *L) {
	return ki_sched_wall(ki_lua_of(L)->proc->system->sched);
}

int64_t ki_lua_uptime(lua_State *L) {
	const struct ki_system *system = ki_lua_of(L)->proc->system;
	return ki_sched_now(system->sched) - system->started_ns;
}

static lua_Integer floor_seconds(int64_t ns) {
	return ns / KI_NS_PER_SEC - (ns % KI_NS_PER_SEC < 0);
}

/* A moment as the clocks of a place show it. */
struct shown {
	struct tm tm;
	struct ki_zone_span zone;
};

static struct shown break_down(lua_State *L, lua_Integer at, const struct ki_location *location) {
	struct ki_zone_span zone = ki_location_at(location, at);
	struct ki_civil civil = ki_civil_from_unix(at, zone.offset_sec);
	if (civil.year - 1900 < INT_MIN || civil.year - 1900 > INT_MAX) {
		luaL_error(L, "date result cannot be represented in this installation");
	}
	struct tm tm = {.tm_year = (int)(civil.year - 1900),
		.tm_mon = civil.month - 1,
		.tm_mday = civil.day,
		.tm_hour = civil.hour,
		.tm_min = civil.minute,
		.tm_sec = civil.second,
		.tm_wday = civil.weekday,
		.tm_yday = civil.year_day - 1,
		.tm_isdst = zone.dst};
	return (struct shown){tm, zone};
}

/*
 * The moment at which the clocks of a place show what UTC clocks show at shown_sec. isdst (-1: not
 * known) decides between the two of a date that comes twice; on other dates it may name the kind of
 * time before or after, as mktime takes it.
 */
static int64_t to_unix(const struct ki_location *location, int64_t shown_sec, int isdst) {
	int64_t at = ki_location_to_unix(location, shown_sec);
	struct ki_zone_span span = ki_location_at(location, at);
	if (isdst < 0 || span.dst == (isdst > 0)) {
		return at;
	}
	int64_t around[] = {span.start - (span.start > INT64_MIN), span.end};
	for (size_t i = 0; i < ki_countof(around); i++) {
		struct ki_zone_span other = ki_location_at(location, around[i]);
		if (other.dst != span.dst) {
			return shown_sec - other.offset_sec;
		}
	}
	return at;
}

static void set_field(lua_State *L, const char *key, int value, int delta) {
	lua_pushinteger(L, (lua_Integer)value + delta);
	lua_setfield(L, -2, key);
}

/* Into the table on top of the stack. */
static void set_fields(lua_State *L, const struct tm *tm) {
	set_field(L, "year", tm->tm_year, 1900);
	set_field(L, "month", tm->tm_mon, 1);
	set_field(L, "day", tm->tm_mday, 0);
	set_field(L, "hour", tm->tm_hour, 0);
	set_field(L, "min", tm->tm_min, 0);
	set_field(L, "sec", tm->tm_sec, 0);
	set_field(L, "yday", tm->tm_yday, 1);
	set_field(L, "wday", tm->tm_wday, 1);
	lua_pushboolean(L, tm->tm_isdst);
	lua_setfield(L, -2, "isdst");
}

static int get_field(lua_State *L, const char *key, int absent, int delta) {
	int is_integer;
	int type = lua_getfield(L, 1, key);
	lua_Integer value = lua_tointegerx(L, -1, &is_integer);
	lua_pop(L, 1);
	if (type == LUA_TNIL) {
		return absent;
	}
	if (!is_integer) {
		luaL_error(L, "field '%s' is not an integer", key);
	}
	if (value < (lua_Integer)INT_MIN + delta || value > (lua_Integer)INT_MAX) {
		luaL_error(L, "field '%s' is out-of-bound", key);
	}
	return (int)(value - delta);
}

static int get_isdst(lua_State *L) {
	int isdst = lua_getfield(L, 1, "isdst") == LUA_TNIL ? -1 : lua_toboolean(L, -1);
	lua_pop(L, 1);
	return isdst;
}

static int os_time(lua_State *L) {
	lua_Integer now = floor_seconds(ki_lua_wall(L));
	if (lua_isnoneornil(L, 1)) {
		lua_pushinteger(L, now);
		return 1;
	}
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	const struct ki_location *local = ki_location_local(L);
	const struct tm today = break_down(L, now, local).tm;
	int64_t year = (int64_t)get_field(L, "year", today.tm_year, 1900) + 1900;
	int64_t month = (int64_t)get_field(L, "month", today.tm_mon, 1) + 1;
	int day = get_field(L, "day", today.tm_mday, 0);
	int hour = get_field(L, "hour", 0, 0);
	int min = get_field(L, "min", 0, 0);
	int sec = get_field(L, "sec", 0, 0);
	int64_t shown_sec = ki_civil_to_unix(year, month, day, hour, min, sec);
	lua_Integer at = to_unix(local, shown_sec, get_isdst(L));
	struct shown shown = break_down(L, at, local);
	set_fields(L, &shown.tm); /* normalized, as Lua does */
	lua_pushinteger(L, at);
	return 1;
}

/* How long the conversion at `at` is, of those that C99 has. */
static int conversion_length(lua_State *L, const char *at, const char *end) {
	static const char one[] = "aAbBcCdDeFgGhHIjmMnprRStTuUVwWxXyYzZ%";
	static const char two[] = "EcECExEXEyEYOdOeOHOIOmOMOSOuOUOVOwOWOy";
	if (at < end && *at != '\0' && strchr(one, *at) != NULL) {
		return 1;
	}
	for (const char *pair = two; end - at >= 2 && *pair != '\0'; pair += 2) {
		if (memcmp(pair, at, 2) == 0) {
			return 2;
		}
	}
	return luaL_argerror(L, 1, lua_pushfstring(L, "invalid conversion specifier '%%%s'", at));
}

/* One conversion, % and letters, into CONVERSION_MAX bytes. What tells the zone is written here:
 * strftime knows only the C library's. */
static size_t convert(char *room, const char *conversion, const struct shown *shown) {
	if (conversion[1] == 'Z') {
		return (size_t)snprintf(room, CONVERSION_MAX, "%s", shown->zone.abbrev);
	}
	if (conversion[1] == 'z') {
		int minutes = abs(shown->zone.offset_sec) / 60;
		return (size_t)snprintf(room, CONVERSION_MAX, "%c%02d%02d",
			shown->zone.offset_sec < 0 ? '-' : '+', minutes / 60, minutes % 60);
	}
	return strftime(room, CONVERSION_MAX, conversion, &shown->tm);
}

static void push_date_text(
	lua_State *L, const char *at, const char *end, const struct shown *shown) {
	luaL_Buffer text;
	luaL_buffinit(L, &text);
	while (at < end) {
		ki_lua_spend(L, DATE_STEPS);
		if (*at != '%') {
			luaL_addchar(&text, *at++);
			continue;
		}
		at++;
		int len = conversion_length(L, at, end);
		char format[4] = {'%'};
		memcpy(format + 1, at, (size_t)len);
		char *room = luaL_prepbuffsize(&text, CONVERSION_MAX);
		luaL_addsize(&text, convert(room, format, shown));
		at += len;
	}
	luaL_pushresult(&text);
}

static int os_date(lua_State *L) {
	size_t len;
	const char *format = luaL_optlstring(L, 1, "%c", &len);
	const char *end = format + len;
	lua_Integer at = luaL_opt(L, luaL_checkinteger, 2, floor_seconds(ki_lua_wall(L)));
	bool utc = *format == '!';
	if (utc) {
		format++;
	}
	struct shown shown = break_down(L, at, utc ? &gmt : ki_location_local(L));
	if (strcmp(format, "*t") == 0) {
		lua_createtable(L, 0, 9);
		set_fields(L, &shown.tm);
	} else {
		push_date_text(L, format, end, &shown);
	}
	return 1;
}

static int os_clock(lua_State *L) {
	lua_pushnumber(L, (lua_Number)ki_lua_uptime(L) / (lua_Number)KI_NS_PER_SEC);
	return 1;
}

static int os_difftime(lua_State *L) {
	lua_pushnumber(
		L, (lua_Number)luaL_checkinteger(L, 1) - (lua_Number)luaL_checkinteger(L, 2));
	return 1;
}

static int open_os(lua_State *L) {
	static const luaL_Reg functions[] = {{"time", os_time}, {"date", os_date},
		{"clock", os_clock}, {"difftime", os_difftime}, {NULL, NULL}};
	luaL_newlib(L, functions);
	lua_pushliteral(L, "kith");
	lua_setfield(L, -2, "platform");
	return 1;
}

void ki_open_os(lua_State *L) {
	luaL_requiref(L, LUA_OSLIBNAME, open_os, 1); /* messages find its functions there */
	lua_pop(L, 1);
}

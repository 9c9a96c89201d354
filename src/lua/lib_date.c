/*
 * lua/lib_date.c: what of the module `time` needs a calendar or a layout.
 *
 * Owns: nothing. Threads: the worker that runs the process. Not here: as in the header.
 */
#include "lua/lib_date.h"

#include <kith_types.h>
#include <string.h>

#include "base/compiler.h"
#include "lua/lib_location.h"
#include "lua/lib_time.h"
#include "lua/luaerror.h"
#include "lua/refusal.h"
#include "time/calendar.h"
#include "time/layout_parse.h"

#define TOO_FAR "time: date out of range"

/* What is left out behind the first `nr_needed` arguments is 0. */
static lua_Integer check_field(lua_State *L, int arg, int nr_needed, const char *fn) {
	if (arg > nr_needed && lua_isnoneornil(L, arg)) {
		return 0;
	}
	return ki_time_integer(L, arg, fn);
}

/*
 * Pushes what `write` appends. It is called twice, the first time for the length, so that no C
 * memory is held where Lua may raise or end the process (luaproc.h, L2).
 */
static void push_text(
	lua_State *L, void (*write)(struct ki_buf *out, const void *arg), const void *arg) {
	struct ki_buf text = {0};
	write(&text, arg);
	size_t len = text.len;
	ki_buf_fini(&text);
	luaL_Buffer out;
	char *room = luaL_buffinitsize(L, &out, len);
	write(&text, arg);
	bool whole = text.len == len && !text.failed;
	if (whole && len > 0) {
		memcpy(room, text.ptr, len);
	}
	ki_buf_fini(&text);
	if (!whole) {
		ki_lua_refuse_memory(L);
	}
	luaL_pushresultsize(&out, len);
}

/* ---- the module ---- */

static int module_date(lua_State *L) {
	lua_Integer field[7];
	for (int i = 0; i < 7; i++) {
		field[i] = check_field(L, i + 1, 3, "date");
	}
	const struct ki_location *location = lua_isnoneornil(L, 8)
		? ki_location_local(L)
		: ki_location_check(L, 8, "date");
	struct ki_moment carry = ki_moment_unix(field[5], field[6]);
	int64_t shown;
	if (ki_civil_try_unix(field[0], field[1], field[2], field[3], field[4], carry.unix_sec,
		    &shown) != KITH_OK) {
		return ki_time_fail(L, TOO_FAR);
	}
	struct ki_moment at = {ki_location_to_unix(location, shown), carry.nsec};
	ki_time_push(L, at, location, 8);
	return 1;
}

struct parse {
	struct ki_strv layout, value;
	const struct ki_location *absent, *local;
};

static void write_parse_error(struct ki_buf *out, const void *arg) {
	const struct parse *parse = arg;
	struct ki_layout_parsed ignored;
	ki_layout_parse(parse->layout, parse->value, parse->absent, parse->local, &ignored, out);
}

static int module_parse(lua_State *L) {
	struct parse parse = {ki_arg_string(L, 1, "parse"), ki_arg_string(L, 2, "parse"),
		&ki_location_utc, ki_location_local(L)};
	if (!lua_isnoneornil(L, 3)) {
		parse.absent = parse.local = ki_location_check(L, 3, "parse");
	}
	struct ki_layout_parsed parsed;
	struct ki_buf error = {0};
	int status = ki_layout_parse(
		parse.layout, parse.value, parse.absent, parse.local, &parsed, &error);
	ki_buf_fini(&error);
	if (status != KITH_OK) {
		push_text(L, write_parse_error, &parse);
		return ki_time_fail(L, lua_tostring(L, -1));
	}
	if (parsed.location != NULL) {
		ki_time_push(L, parsed.at, parsed.location, 3);
		return 1;
	}
	ki_location_push_fixed(L, parsed.zone_name, parsed.zone_offset_sec);
	ki_time_push(L, parsed.at, ki_location_test(L, -1), -1);
	return 1;
}

void ki_date_open(lua_State *L) {
	static const luaL_Reg functions[] = {
		{"date", module_date}, {"parse", module_parse}, {NULL, NULL}};
	static const struct {
		const char *name, *layout;
	} layouts[] = {{"RFC3339", KI_LAYOUT_RFC3339}, {"RFC3339NANO", KI_LAYOUT_RFC3339NANO},
		{"RFC822", "02 Jan 06 15:04 MST"}, {"RFC822Z", "02 Jan 06 15:04 -0700"},
		{"RFC850", "Monday, 02-Jan-06 15:04:05 MST"},
		{"RFC1123", "Mon, 02 Jan 2006 15:04:05 MST"},
		{"RFC1123Z", "Mon, 02 Jan 2006 15:04:05 -0700"}, {"KITCHEN", "3:04PM"},
		{"STAMP", "Jan _2 15:04:05"}, {"STAMP_MILLI", "Jan _2 15:04:05.000"},
		{"STAMP_MICRO", "Jan _2 15:04:05.000000"},
		{"STAMP_NANO", "Jan _2 15:04:05.000000000"}, {"DATE_TIME", "2006-01-02 15:04:05"},
		{"DATE_ONLY", "2006-01-02"}, {"TIME_ONLY", "15:04:05"}};
	luaL_setfuncs(L, functions, 0);
	for (size_t i = 0; i < ki_countof(layouts); i++) {
		lua_pushstring(L, layouts[i].layout);
		lua_setfield(L, -2, layouts[i].name);
	}
}

/* ---- methods of Time ---- */

struct format {
	struct ki_strv layout;
	const struct ki_time *time;
};

static void write_format(struct ki_buf *out, const void *arg) {
	const struct format *format = arg;
	ki_layout_format(format->layout, format->time->at, format->time->location, out);
}

static int time_format(lua_State *L) {
	const struct ki_time *time = ki_time_check(L, 1, "format");
	push_text(L, write_format, &(struct format){ki_arg_string(L, 2, "format"), time});
	return 1;
}

static int time_format_rfc3339(lua_State *L) {
	const struct ki_time *time = ki_time_check(L, 1, "format_rfc3339");
	push_text(L, write_format, &(struct format){ki_strv(KI_LAYOUT_RFC3339), time});
	return 1;
}

static int time_add_date(lua_State *L) {
	const struct ki_time *time = ki_time_check(L, 1, "add_date");
	lua_Integer years = check_field(L, 2, 4, "add_date");
	lua_Integer months = check_field(L, 3, 4, "add_date");
	lua_Integer days = check_field(L, 4, 4, "add_date");
	int64_t at = time->at.unix_sec;
	struct ki_civil now = ki_civil_from_unix(at, ki_location_offset(time->location, at));
	int64_t shown;
	/* The present date may be far away too: judged by itself, then what is added to it. */
	const lua_Integer most = INT64_C(1) << 45;
	if (years > most || years < -most || months > most || months < -most || days > most ||
		days < -most ||
		ki_civil_try_unix(now.year + years, now.month + months, now.day + days, now.hour,
			now.minute, now.second, &shown) != KITH_OK) {
		return ki_time_fail(L, TOO_FAR);
	}
	struct ki_moment moved = {ki_location_to_unix(time->location, shown), time->at.nsec};
	ki_time_push_like(L, 1, moved);
	return 1;
}

static struct ki_civil civil_of(lua_State *L, const char *fn) {
	const struct ki_time *time = ki_time_check(L, 1, fn);
	int64_t at = time->at.unix_sec;
	return ki_civil_from_unix(at, ki_location_offset(time->location, at));
}

static int time_date(lua_State *L) {
	struct ki_civil civil = civil_of(L, "date");
	lua_pushinteger(L, civil.year);
	lua_pushinteger(L, civil.month);
	lua_pushinteger(L, civil.day);
	return 3;
}

static int time_clock(lua_State *L) {
	struct ki_civil civil = civil_of(L, "clock");
	lua_pushinteger(L, civil.hour);
	lua_pushinteger(L, civil.minute);
	lua_pushinteger(L, civil.second);
	return 3;
}

static int time_year(lua_State *L) {
	lua_pushinteger(L, civil_of(L, "year").year);
	return 1;
}

static int time_month(lua_State *L) {
	lua_pushinteger(L, civil_of(L, "month").month);
	return 1;
}

static int time_day(lua_State *L) {
	lua_pushinteger(L, civil_of(L, "day").day);
	return 1;
}

static int time_hour(lua_State *L) {
	lua_pushinteger(L, civil_of(L, "hour").hour);
	return 1;
}

static int time_minute(lua_State *L) {
	lua_pushinteger(L, civil_of(L, "minute").minute);
	return 1;
}

static int time_second(lua_State *L) {
	lua_pushinteger(L, civil_of(L, "second").second);
	return 1;
}

static int time_nanosecond(lua_State *L) {
	lua_pushinteger(L, ki_time_check(L, 1, "nanosecond")->at.nsec);
	return 1;
}

static int time_weekday(lua_State *L) {
	lua_pushinteger(L, civil_of(L, "weekday").weekday);
	return 1;
}

static int time_year_day(lua_State *L) {
	lua_pushinteger(L, civil_of(L, "year_day").year_day);
	return 1;
}

static int time_in_location(lua_State *L) {
	const struct ki_time *time = ki_time_check(L, 1, "in_location");
	ki_time_push(L, time->at, ki_location_check(L, 2, "in_location"), 2);
	return 1;
}

static int time_location(lua_State *L) {
	ki_time_check(L, 1, "location");
	ki_time_push_location(L, 1);
	return 1;
}

static int time_utc(lua_State *L) {
	ki_time_push(L, ki_time_check(L, 1, "utc")->at, &ki_location_utc, 0);
	return 1;
}

static int time_in_local(lua_State *L) {
	ki_time_push(L, ki_time_check(L, 1, "in_local")->at, ki_location_local(L), 0);
	return 1;
}

const luaL_Reg ki_date_methods[] = {{"format", time_format},
	{"format_rfc3339", time_format_rfc3339}, {"add_date", time_add_date}, {"date", time_date},
	{"clock", time_clock}, {"year", time_year}, {"month", time_month}, {"day", time_day},
	{"hour", time_hour}, {"minute", time_minute}, {"second", time_second},
	{"nanosecond", time_nanosecond}, {"weekday", time_weekday}, {"year_day", time_year_day},
	{"in_location", time_in_location}, {"location", time_location}, {"utc", time_utc},
	{"in_local", time_in_local}, {NULL, NULL}};

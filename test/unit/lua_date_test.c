/* Dates, layouts and zones of the module `time` (SPEC 11.1 to 11.4, 11.6). */
#define _POSIX_C_SOURCE 200809L
#include "lua/codec.h"
#include "lua/lib_payload.h"
#include "lua/scratch.h"
#include "lua_fixture.h"
#include "zone_folder.h"

/* copy(v): as it arrives in another process */
static int copy(lua_State *L) {
	struct ki_scratch *scratch = ki_scratch_push(L); /* in case that decoding raises */
	OK(ki_codec_encode_value(L, 1, 1, &scratch->payload));
	OK(ki_codec_decode(L, scratch->payload));
	return 1;
}

/* Runs a chunk where the local zone is that of Berlin, and Europe/Berlin is the only file. */
static void in_berlin(const char *source) {
	struct lua_fixture f;
	struct zone_folder folder;
	zone_folder_init(&folder);
	lua_fixture_prepare(&f, false, 1, 0);
	ki_zones_fini(&f.zones);
	ki_zones_init(&f.zones, folder.path);
	OK(ki_zones_set_local(&f.zones, ki_strv("Europe/Berlin")));
	OK(ki_lua_open(&f.lua));
	lua_register(f.lua.L, "copy", copy);
	lua_fixture_run(&f,
		"function fails(kind, text, v, e)\n"
		"  assert(v == nil, 'no error')\n"
		"  assert(e:message() == text, e:message())\n"
		"  assert(e:kind() == kind and e:retryable() == false)\n"
		"end\n"
		"function raises(text, f, ...)\n"
		"  local ok, e = pcall(f, ...)\n"
		"  assert(not ok and string.find(e, text, 1, true), tostring(e))\n"
		"end");
	lua_fixture_run(&f, source);
	lua_fixture_close(&f);
	zone_folder_fini(&folder);
}

TEST(lua_date, layouts_are_named) {
	in_berlin(
		"assert(time.RFC3339 == '2006-01-02T15:04:05Z07:00')\n"
		"assert(time.RFC3339NANO == '2006-01-02T15:04:05.999999999Z07:00')\n"
		"assert(time.RFC822 == '02 Jan 06 15:04 MST')\n"
		"assert(time.RFC822Z == '02 Jan 06 15:04 -0700')\n"
		"assert(time.RFC850 == 'Monday, 02-Jan-06 15:04:05 MST')\n"
		"assert(time.RFC1123 == 'Mon, 02 Jan 2006 15:04:05 MST')\n"
		"assert(time.RFC1123Z == 'Mon, 02 Jan 2006 15:04:05 -0700')\n"
		"assert(time.KITCHEN == '3:04PM' and time.STAMP == 'Jan _2 15:04:05')\n"
		"assert(time.STAMP_MILLI == time.STAMP .. '.000')\n"
		"assert(time.STAMP_MICRO == time.STAMP .. '.000000')\n"
		"assert(time.STAMP_NANO == time.STAMP .. '.000000000')\n"
		"assert(time.DATE_TIME == '2006-01-02 15:04:05')\n"
		"assert(time.DATE_ONLY == '2006-01-02' and time.TIME_ONLY == '15:04:05')\n");
}

TEST(lua_date, date_is_local_unless_a_location_is_given) {
	in_berlin(
		"local t = time.date(2026, 5, 1, 12, 30, 5, 7)\n"
		"assert(tostring(t) == '2026-05-01T12:30:05.000000007+02:00', tostring(t))\n"
		"assert(t:location():string() == 'Local')\n"
		"t = time.date(2026, 5, 1, 12, 30, 5, 0, time.utc)\n"
		"assert(tostring(t) == '2026-05-01T12:30:05Z' and t:unix() == 1777638605)\n"
		"assert(tostring(time.date(2026, 13, 32, 25, 61, 61, 1000000001, time.utc)) ==\n"
		"  '2027-02-02T02:02:02.000000001Z')\n"
		"assert(tostring(time.date(2026, 1, 1, 0, 0, 0, -1, time.utc)) ==\n"
		"  '2025-12-31T23:59:59.999999999Z')\n"
		"assert(tostring(time.date(2026, time.MARCH, 1)) == '2026-03-01T00:00:00+01:00')\n"
		"fails('Invalid', 'time: date out of range', time.date(1 << 60, 1, 1, 0, 0, "
		"0, 0))\n"
		"raises(\"bad argument #1 to 'date' (number expected, got string)\", "
		"time.date, 'x')\n"
		"raises(\"bad argument #3 to 'date' (number expected, got no value)\",\n"
		"  time.date, 1, 2)\n"
		"raises(\"bad argument #8 to 'date' (Location expected, got string)\",\n"
		"  time.date, 1, 2, 3, 4, 5, 6, 7, 'UTC')\n");
}

TEST(lua_date, a_time_shows_its_calendar) {
	in_berlin(
		"local t = time.date(2024, 12, 31, 23, 59, 58, 123456789, time.utc)\n"
		"local y, m, d = t:date(); assert(y == 2024 and m == 12 and d == 31)\n"
		"local h, mi, s = t:clock(); assert(h == 23 and mi == 59 and s == 58)\n"
		"assert(t:year() == 2024 and t:month() == time.DECEMBER and t:day() == 31)\n"
		"assert(t:hour() == 23 and t:minute() == 59 and t:second() == 58)\n"
		"assert(t:nanosecond() == 123456789 and t:weekday() == time.TUESDAY)\n"
		"assert(t:year_day() == 366 and math.type(t:year()) == 'integer')\n"
		"local l = t:in_local()\n"
		"assert(l == t and l:year() == 2025 and l:hour() == 0 and l:year_day() == 1)\n"
		"assert(not t:is_zero() and time.date(1, 1, 1, 0, 0, 0, 0, time.utc):is_zero())\n"
		"assert(not time.unix(0, 0):is_zero())\n"
		"raises(\"bad argument #1 to 'year' (Time expected, got number)\", t.year, 5)\n");
}

TEST(lua_date, times_are_written_by_layouts) {
	in_berlin(
		"local t = time.date(2026, 7, 4, 9, 10, 9, 123000000)\n"
		"assert(t:format(time.RFC1123) == 'Sat, 04 Jul 2026 09:10:09 CEST')\n"
		"assert(t:format('2006 06 01 1 _2 002 3PM .000 .999 -0700') ==\n"
		"  '2026 26 07 7  4 185 9AM .123 .123 +0200')\n"
		"assert(t:format_rfc3339() == '2026-07-04T09:10:09+02:00')\n"
		"assert(t:utc():format(time.KITCHEN) == '7:10AM')\n"
		"assert(t:format('') == '' and t:format('a\\0b 2006') == 'a\\0b 2026')\n"
		"assert(t:format(('2006'):rep(1000)) == ('2026'):rep(1000))\n"
		"raises(\"bad argument #2 to 'format' (string expected, got no value)\",\n"
		"  t.format, t)\n");
}

TEST(lua_date, times_are_read_by_layouts) {
	in_berlin(
		"local t = time.parse(time.RFC3339, '2026-05-01T10:00:00Z')\n"
		"assert(tostring(t) == '2026-05-01T10:00:00Z' and t:location():string() == 'UTC')\n"
		"t = time.parse(time.RFC3339, '2026-05-01T10:00:00+02:00')\n"
		"assert(t:location():string() == 'Local' and t:unix() == 1777622400)\n"
		"t = time.parse(time.RFC3339, '2026-05-01T10:00:00.5-03:30')\n"
		"assert(t:location():string() == '' and t:format('MST') == '-0330')\n"
		"assert(tostring(t) == '2026-05-01T10:00:00.5-03:30')\n"
		"t = time.parse(time.DATE_TIME, '2026-05-01 10:00:00')\n"
		"assert(tostring(t) == '2026-05-01T10:00:00Z')\n"
		"t = time.parse(time.DATE_TIME, '2026-05-01 10:00:00', time.localtz)\n"
		"assert(tostring(t) == '2026-05-01T10:00:00+02:00')\n"
		"local ist = time.fixed_zone('IST', 19800)\n"
		"t = time.parse(time.DATE_TIME, '2026-05-01 10:00:00', ist)\n"
		"ist = nil; collectgarbage()\n"
		"assert(tostring(t) == '2026-05-01T10:00:00+05:30' and t:format('MST') == 'IST')\n"
		"t = time.parse(time.RFC822, '01 May 26 10:00 PDT')\n"
		"assert(t:location():string() == 'PDT' and t:unix() == 1777629600)\n"
		"fails('Invalid', 'parsing time \"2026-5-1\" as \"2006-01-02\": cannot parse '\n"
		"  .. '\"5-1\" as \"01\"', time.parse(time.DATE_ONLY, '2026-5-1'))\n"
		"fails('Invalid', 'parsing time \"\" as \"2006\": cannot parse \"\" as \"2006\"',\n"
		"  time.parse('2006', ''))\n"
		"fails('Invalid', 'parsing time \"2026-02-30\": day out of range',\n"
		"  time.parse(time.DATE_ONLY, '2026-02-30'))\n"
		"fails('Invalid', 'parsing time \"a\\\\x00\" as \"2006\": cannot parse "
		"\"a\\\\x00\" '\n"
		"  .. 'as \"2006\"', time.parse('2006', 'a\\0'))\n"
		"raises(\"bad argument #2 to 'parse' (string expected, got no value)\",\n"
		"  time.parse, 'x')\n"
		"raises(\"bad argument #3 to 'parse' (Location expected, got number)\",\n"
		"  time.parse, 'x', 'x', 5)\n");
}

TEST(lua_date, locations_have_names) {
	in_berlin(
		"local b = time.load_location('Europe/Berlin')\n"
		"assert(type(b) == 'userdata' and b:string() == 'Europe/Berlin')\n"
		"assert(tostring(b) == b:string() and tostring(time.utc) == 'UTC')\n"
		"assert(time.localtz:string() == 'Local')\n"
		"assert(time.load_location('UTC'):string() == 'UTC')\n"
		"assert(time.load_location('Local'):string() == 'Local')\n"
		"local f = time.fixed_zone('X', -3600)\n"
		"assert(f:string() == 'X' and time.fixed_zone('', 0):string() == '')\n"
		"assert(tostring(time.unix(0, 0):in_location(f)) == '1969-12-31T23:00:00-01:00')\n"
		"assert(time.now():in_location(b):location():string() == 'Europe/Berlin')\n"
		"fails('Invalid', 'empty location name', time.load_location(''))\n"
		"fails('NotFound', 'unknown time zone Mars/Base', "
		"time.load_location('Mars/Base'))\n"
		"fails('NotFound', 'unknown time zone ../etc', time.load_location('../etc'))\n"
		"fails('NotFound', 'unknown time zone zone.tab', time.load_location('zone.tab'))\n"
		"fails('Invalid', 'time: zone offset out of range', time.fixed_zone('x', 1 << "
		"40))\n"
		"raises(\"bad argument #1 to 'load_location' (string expected, got no value)\",\n"
		"  time.load_location)\n"
		"raises(\"bad argument #2 to 'fixed_zone' (number expected, got no value)\",\n"
		"  time.fixed_zone, 'x')\n"
		"raises(\"bad argument #2 to 'in_location' (Location expected, got string)\",\n"
		"  function() return time.now():in_location('UTC') end)\n");
}

TEST(lua_date, arithmetic_keeps_the_location) {
	in_berlin(
		"local b = time.load_location('Europe/Berlin')\n"
		"local t = time.date(2026, 1, 31, 12, 0, 0, 0, b)\n"
		"assert(tostring(t:add_date(0, 1, 0)) == '2026-03-03T12:00:00+01:00')\n"
		"assert(tostring(t:add_date(0, 6, -1)) == '2026-07-30T12:00:00+02:00')\n"
		"assert(tostring(t:add_date(-2, 0, 29)) == '2024-02-29T12:00:00+01:00')\n"
		"assert(tostring(t:add('4800h')) == '2026-08-19T13:00:00+02:00')\n"
		"assert(t:add('1s'):location():string() == 'Europe/Berlin')\n"
		"fails('Invalid', 'time: date out of range', t:add_date(1 << 62, 0, 0))\n"
		"fails('Invalid', 'time: date out of range', t:add_date(math.mininteger, 0, 0))\n"
		"raises(\"bad argument #4 to 'add_date' (number expected, got no value)\",\n"
		"  t.add_date, t, 1, 2)\n"
		"local f = time.date(2026, 1, 1, 0, 0, 0, 0, time.fixed_zone('Q', 900))\n"
		"collectgarbage()\n"
		"assert(tostring(f:add('1h'):add_date(0, 0, 1)) == '2026-01-02T01:00:00+00:15')\n"
		"assert(f:add('1h'):location():string() == 'Q')\n");
}

TEST(lua_date, times_round_to_durations) {
	in_berlin(
		"local t = time.date(2026, 7, 4, 9, 40, 9, 500000000, time.utc)\n"
		"local h, s = time.parse_duration('1h'), time.parse_duration('1s')\n"
		"assert(tostring(t:round(h)) == '2026-07-04T10:00:00Z')\n"
		"assert(tostring(t:truncate(h)) == '2026-07-04T09:00:00Z')\n"
		"assert(tostring(t:round(s)) == '2026-07-04T09:40:10Z')\n"
		"assert(tostring(t:truncate(s)) == '2026-07-04T09:40:09Z')\n"
		"assert(t:round(time.parse_duration(0)) == t)\n"
		"assert(tostring(t:in_local():truncate(h)) == '2026-07-04T11:00:00+02:00')\n"
		"raises(\"bad argument #2 to 'round' (Duration expected, got string)\",\n"
		"  t.round, t, '1h')\n"
		"raises(\"bad argument #2 to 'truncate' (Duration expected, got number)\",\n"
		"  t.truncate, t, 5)\n");
}

TEST(lua_date, a_copy_keeps_its_location) {
	in_berlin(
		"local t = time.date(2026, 7, 4, 9, 40, 9, 5, time.utc)\n"
		"for _, l in ipairs{time.utc, time.localtz, time.load_location('Europe/Berlin'),\n"
		"  time.fixed_zone('IST', 19800), time.fixed_zone('', -1), time.fixed_zone('a "
		"b', 0),\n"
		"  time.fixed_zone('UTC', 60)} do\n"
		"  local a = t:in_location(l)\n"
		"  local b = copy(a)\n"
		"  assert(a == b and tostring(a) == tostring(b))\n"
		"  assert(b:location():string() == l:string())\n"
		"  assert(a:format('MST -0700') == b:format('MST -0700'))\n"
		"end\n"
		"collectgarbage()\n");
}

TEST(lua_date, the_local_zone_of_a_simulation_is_utc) {
	lua_fixture_once(
		"assert(tostring(time.localtz) == 'Local' and time.now():format('MST') == 'UTC')\n"
		"assert(tostring(time.date(2026, 7, 1)) == '2026-07-01T00:00:00Z')\n"
		"assert(time.load_location('Local'):string() == 'Local')\n"
		"assert(os.date('%Z', 0) == 'UTC')\n");
}

TEST(lua_date, nothing_is_lost_when_memory_runs_out) {
	struct lua_fixture f;
	/* ASan sees what is not freed. Each limit stops the chunk somewhere else. */
	for (size_t limit = 100000; limit < 200000; limit += 3000) {
		if (lua_fixture_try(&f, 1, limit) == 0) {
			lua_fixture_call(&f,
				"local kept = {}\n"
				"for i = 1, 2000 do\n"
				"  local t = time.parse(time.RFC3339, "
				"'2026-05-01T10:00:00+05:30')\n"
				"  local v, e = time.parse(time.RFC3339, ('x'):rep(i))\n"
				"  kept[#kept + 1] = {t, e, t:format(('2006'):rep(i))}\n"
				"end\n",
				0);
		}
		lua_fixture_close(&f);
	}
}

/* Time, Duration and what of the module `time` waits for nothing (SPEC 11). */
#include "lua/lib_time.h"
#include "lua_fixture.h"

TEST(lua_time, constants) {
	lua_fixture_once("assert(time.NANOSECOND == 1 and time.SECOND == 1000000000 and time.HOUR "
			 "== 3600 * time.SECOND)\n"
			 "assert(math.type(time.MINUTE) == 'integer' and time.MILLISECOND == 1000 "
			 "* time.MICROSECOND)\n"
			 "assert(time.JANUARY == 1 and time.DECEMBER == 12 and time.SUNDAY == 0 "
			 "and time.SATURDAY == 6)\n");
}

TEST(lua_time, durations_are_read_as_the_contract_says) {
	lua_fixture_once(
		"local d = time.parse_duration('1h30m')\n"
		"assert(type(d) == 'userdata' and tostring(d) == '1h30m0s' and "
		"tostring(time.parse_duration(5e6)) == '5ms')\n"
		"assert(d:hours() == 1.5 and d:minutes() == 90.0 and d:seconds() == 5400.0)\n"
		"assert(d:milliseconds() == 5400000 and d:microseconds() == 5400000000 and "
		"d:nanoseconds() == 5400000000000)\n"
		"assert(math.type(d:milliseconds()) == 'integer' and math.type(d:seconds()) == "
		"'float')\n"
		"assert(d == time.parse_duration(d) and d ~= time.parse_duration(1) and d > "
		"time.parse_duration('1h'))\n"
		"assert(d <= d and not (d < d) and d ~= time.unix(0, 0))\n"
		"local v, e = time.parse_duration('x')\n"
		"assert(v == nil and e:message() == 'time: invalid duration \"x\"' and e:kind() == "
		"'Invalid')\n"
		"assert(e:retryable() == false)\n"
		"for _, x in ipairs{{}, true, 0/0, math.huge, '1'} do\n"
		"  local v, e = time.parse_duration(x); assert(v == nil and e:kind() == "
		"'Invalid')\n"
		"end\n"
		"v, e = time.parse_duration({}); assert(e:message() == 'duration must be number or "
		"string')\n"
		"v, e = time.parse_duration(); assert(e:message() == 'duration must be number or "
		"string')\n");
}

TEST(lua_time, times_compare_and_add) {
	lua_fixture_once(
		"local a, b = time.unix(10, 5), time.unix(12, 0)\n"
		"assert(a:unix() == 10 and a:unix_nano() == 10000000005)\n"
		"assert(a < b and b > a and a <= a and a ~= b and a == time.unix(9, 1000000005))\n"
		"assert(a:before(b) and b:after(a) and not a:equal(b) and a:equal(time.unix(10, "
		"5)))\n"
		"assert(b:sub(a):nanoseconds() == 1999999995 and a:sub(b):nanoseconds() == "
		"-1999999995)\n"
		"assert(a:add('1995ms') == time.unix(12, -4999995) and a:add(-6):unix_nano() == "
		"9999999999)\n"
		"assert(a:add(b:sub(a)) == b)\n"
		"local v, e = a:add('x'); assert(v == nil and e:message() == 'time: invalid "
		"duration \"x\"')\n"
		"local ok, m = pcall(a.sub, a, 5)\n"
		"assert(m:find(\"bad argument #2 to 'sub' (Time expected, got number)\", 1, true), "
		"m)\n"
		"ok, m = pcall(function() return a < 5 end); assert(not ok)\n"
		"assert(time.unix(1 << 62):sub(time.unix(0)):nanoseconds() == math.maxinteger)\n");
}

TEST(lua_time, numbers_lose_their_fraction_where_integers_count) {
	lua_fixture_once("assert(time.unix(1.9, 1.9) == time.unix(1, 1))\n"
			 "assert(time.unix(-1.9):unix() == -1)\n"
			 "assert(time.date(2024, 1.9, 1, 0, 0, 0, 0, time.utc):month() == 1)\n"
			 "assert(tostring(time.fixed_zone('x', 3600.5)) == 'x')\n"
			 "for _, x in ipairs{0/0, math.huge, 1e300} do\n"
			 "  local ok, m = pcall(time.unix, x)\n"
			 "  assert(m == \"bad argument #1 to 'unix' (number has no integer \"\n"
			 "    .. 'representation)', m)\n"
			 "end\n");
}

TEST(lua_time, text_is_rfc3339_in_utc_while_simulated) {
	lua_fixture_once(
		"assert(tostring(time.unix(0, 0)) == '1970-01-01T00:00:00Z')\n"
		"assert(tostring(time.unix(1777638605, 120000000)) == '2026-05-01T12:30:05.12Z')\n"
		"assert(tostring(time.unix(-1, -1)) == '1969-12-31T23:59:58.999999999Z')\n");
}

TEST(lua_time, now_is_the_clock_of_the_runtime) {
	lua_fixture_once("local a, b = time.now(), time.now()\n"
			 "assert(a == b and a:unix() == os.time())\n");
}

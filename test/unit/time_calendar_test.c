/* Civil dates against seconds since 1970. */
#define _POSIX_C_SOURCE 200809L
#include "kith_test.h"

#include <kith_types.h>
#include <time.h>

#include "base/rng.h"
#include "time/calendar.h"

TEST(calendar, known_moments) {
	struct ki_civil c = ki_civil_from_unix(0, 0);
	EQ_INT(c.year, 1970);
	EQ_INT(c.month, 1);
	EQ_INT(c.day, 1);
	EQ_INT(c.weekday, 4);
	EQ_INT(c.year_day, 1);
	c = ki_civil_from_unix(951782399, 0); /* the last second before 2000-02-29 */
	EQ_INT(c.month, 2);
	EQ_INT(c.day, 28);
	EQ_INT(c.second, 59);
	c = ki_civil_from_unix(951782400, 0);
	EQ_INT(c.day, 29);
	c = ki_civil_from_unix(-1, 0);
	EQ_INT(c.year, 1969);
	EQ_INT(c.year_day, 365);
	EQ_INT(ki_civil_to_unix(2020, 1, 1, 0, 0, 0), 1577836800);
	EQ_INT(ki_civil_to_unix(1, 1, 1, 0, 0, 0), INT64_C(-62135596800));
}

TEST(calendar, fields_out_of_range_carry_over) {
	EQ_INT(ki_civil_to_unix(2019, 13, 1, 0, 0, 0), 1577836800);
	EQ_INT(ki_civil_to_unix(2020, 0, 32, 0, 0, 0), 1577836800);
	EQ_INT(ki_civil_to_unix(2020, -11, 1, 0, 0, 0), ki_civil_to_unix(2019, 1, 1, 0, 0, 0));
	EQ_INT(ki_civil_to_unix(2020, 1, 1, 25, -60, 0), 1577836800 + 86400);
}

TEST(calendar, agrees_with_the_c_library) {
	struct ki_rng rng;
	ki_rng_seed(&rng, 7);
	for (int i = 0; i < 20000; i++) {
		int64_t sec =
			(int64_t)ki_rng_below(&rng, UINT64_C(400000000000)) - INT64_C(100000000000);
		time_t when = (time_t)sec;
		struct tm tm;
		NOT_NULL(gmtime_r(&when, &tm));
		struct ki_civil c = ki_civil_from_unix(sec, 0);
		EQ_INT(c.year, (int64_t)tm.tm_year + 1900);
		EQ_INT(c.month, tm.tm_mon + 1);
		EQ_INT(c.day, tm.tm_mday);
		EQ_INT(c.hour, tm.tm_hour);
		EQ_INT(c.minute, tm.tm_min);
		EQ_INT(c.second, tm.tm_sec);
		EQ_INT(c.weekday, tm.tm_wday);
		EQ_INT(c.year_day, tm.tm_yday + 1);
		EQ_INT(ki_civil_to_unix(c.year, c.month, c.day, c.hour, c.minute, c.second), sec);
	}
}

TEST(calendar, rfc3339_trims_the_fraction_and_names_the_offset) {
	char text[KI_RFC3339_MAX];
	ki_rfc3339nano(1577836800, 0, 0, text);
	EQ_STR(text, "2020-01-01T00:00:00Z");
	ki_rfc3339nano(1577836800, 120000000, 7200, text);
	EQ_STR(text, "2020-01-01T02:00:00.12+02:00");
	ki_rfc3339nano(1577836800, 1, -12600, text);
	EQ_STR(text, "2019-12-31T20:30:00.000000001-03:30");
	ki_rfc3339nano(INT64_C(-62135596800), 0, 0, text);
	EQ_STR(text, "0001-01-01T00:00:00Z");
	ki_rfc3339_ms(INT64_C(1577836800123999999), text);
	EQ_STR(text, "2020-01-01T00:00:00.123Z");
	ki_rfc3339_ms(-1, text);
	EQ_STR(text, "1969-12-31T23:59:59.999Z");
}

TEST(calendar, months_have_their_days) {
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	for (int month = 1; month <= 12; month++) {
		EQ_INT(ki_month_days(2026, month), days[month - 1]);
		EQ_INT(ki_civil_days(2026, month + 1, 1) - ki_civil_days(2026, month, 1),
			days[month - 1]);
	}
	EQ_INT(ki_month_days(2024, 2), 29);
	EQ_INT(ki_month_days(1900, 2), 28);
	EQ_INT(ki_month_days(2000, 2), 29);
}

TEST(calendar, refuses_what_does_not_fit_64_bits) {
	int64_t sec = 7;
	OK(ki_civil_try_unix(2020, 1, 1, 0, 0, 0, &sec));
	EQ_INT(sec, 1577836800);
	STATUS(ki_civil_try_unix(INT64_MAX, 1, 1, 0, 0, 0, &sec), KITH_EINVAL);
	STATUS(ki_civil_try_unix(1, INT64_MIN, 1, 0, 0, 0, &sec), KITH_EINVAL);
	STATUS(ki_civil_try_unix(1, 1, 1, 0, 0, INT64_MAX, &sec), KITH_EINVAL);
	EQ_INT(sec, 1577836800);
	/* All as large as they may be at once. */
	const int64_t one = 1;
	OK(ki_civil_try_unix(
		one << 36, one << 39, one << 44, one << 48, one << 54, one << 60, &sec));
	OK(ki_civil_try_unix(-(one << 36), -(one << 39), -(one << 44), -(one << 48), -(one << 54),
		-(one << 60), &sec));
}

TEST(calendar, the_ends_of_64_bits_have_a_date) {
	EQ_INT(ki_civil_from_unix(INT64_MAX, 93600).year, 292277026596);
	EQ_INT(ki_civil_from_unix(INT64_MIN, -93600).year, -292277022657);
	char text[KI_RFC3339_MAX];
	ki_rfc3339nano(INT64_MIN, 999999999, -90000, text);
	EQ_STR(text, "-292277022657-01-26T07:29:52.999999999-25:00");
	ki_rfc3339nano(-62198755200, 0, -30, text);
	EQ_STR(text, "-0002-12-31T23:59:30+00:00");
}

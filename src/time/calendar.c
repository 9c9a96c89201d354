/*
 * calendar.c: see calendar.h. Days are counted in eras of 400 years of 146097 days whose years
 * begin in March, so that the leap day is the last of its year and one formula gives all months.
 */
#include "time/calendar.h"

#include <inttypes.h>
#include <stdio.h>

#include <kith_types.h>

#define DAY_SEC 86400
#define ERA_DAYS 146097
#define ERA_TO_1970 719468 /* days from 0000-03-01 to 1970-01-01 */

static int64_t floor_div(int64_t a, int64_t b) {
	return a / b - (a % b < 0);
}

bool ki_is_leap_year(int64_t year) {
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int ki_month_days(int64_t year, int month) {
	if (month == 2) {
		return ki_is_leap_year(year) ? 29 : 28;
	}
	return 30 + (month + (month > 7)) % 2;
}

int64_t ki_civil_days(int64_t year, int64_t month, int64_t day) {
	int64_t carry = floor_div(month - 1, 12);
	month -= carry * 12;
	year += carry - (month <= 2);
	int64_t era = floor_div(year, 400);
	int64_t year_of_era = year - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * ERA_DAYS + day_of_era - ERA_TO_1970 + day - 1;
}

struct ki_civil ki_civil_from_unix(int64_t unix_sec, int offset_sec) {
	int64_t days = floor_div(unix_sec, DAY_SEC);
	int64_t sec = unix_sec % DAY_SEC;
	sec += (sec < 0 ? DAY_SEC : 0) + offset_sec;
	days += floor_div(sec, DAY_SEC);
	sec -= floor_div(sec, DAY_SEC) * DAY_SEC;

	int64_t shifted = days + ERA_TO_1970;
	int64_t era = floor_div(shifted, ERA_DAYS);
	int64_t day_of_era = shifted - era * ERA_DAYS;
	int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month = (5 * day_of_year + 2) / 153; /* 0 is March */

	struct ki_civil civil = {
		.day = (int)(day_of_year - (153 * month + 2) / 5 + 1),
		.month = (int)(month < 10 ? month + 3 : month - 9),
		.hour = (int)(sec / 3600),
		.minute = (int)(sec / 60 % 60),
		.second = (int)(sec % 60),
		.weekday =
			(int)(days + 4 - floor_div(days + 4, 7) * 7), /* 1970-01-01: a Thursday */
	};
	civil.year = year_of_era + era * 400 + (civil.month <= 2);
	civil.year_day = (int)(days - ki_civil_days(civil.year, 1, 1) + 1);
	return civil;
}

int64_t ki_civil_to_unix(
	int64_t year, int64_t month, int64_t day, int64_t hour, int64_t minute, int64_t second) {
	return ki_civil_days(year, month, day) * DAY_SEC + hour * 3600 + minute * 60 + second;
}

static bool within(int64_t value, int bits) {
	return value >= -(INT64_C(1) << bits) && value <= INT64_C(1) << bits;
}

int ki_civil_try_unix(int64_t year, int64_t month, int64_t day, int64_t hour, int64_t minute,
	int64_t second, int64_t *out_sec) {
	/* Each of these bounds is 32 to 69 thousand million years; 64 bits hold 292. */
	if (!within(year, 36) || !within(month, 39) || !within(day, 44) || !within(hour, 48) ||
		!within(minute, 54) || !within(second, 60)) {
		return KITH_EINVAL;
	}
	*out_sec = ki_civil_to_unix(year, month, day, hour, minute, second);
	return KITH_OK;
}

static int put_date_time(char buf[KI_RFC3339_MAX], const struct ki_civil *civil) {
	bool before_0 = civil->year < 0;
	return snprintf(buf, KI_RFC3339_MAX, "%s%04" PRId64 "-%02d-%02dT%02d:%02d:%02d",
		before_0 ? "-" : "", before_0 ? -civil->year : civil->year, civil->month,
		civil->day, civil->hour, civil->minute, civil->second);
}

void ki_rfc3339nano(int64_t unix_sec, int nsec, int offset_sec, char buf[KI_RFC3339_MAX]) {
	struct ki_civil civil = ki_civil_from_unix(unix_sec, offset_sec);
	int len = put_date_time(buf, &civil);
	if (nsec != 0) {
		len += snprintf(buf + len, (size_t)(KI_RFC3339_MAX - len), ".%09d", nsec);
		while (buf[len - 1] == '0') {
			len--;
		}
	}
	if (offset_sec == 0) {
		snprintf(buf + len, (size_t)(KI_RFC3339_MAX - len), "Z");
		return;
	}
	int minutes = offset_sec / 60;
	char sign = minutes < 0 ? '-' : '+';
	minutes = minutes < 0 ? -minutes : minutes;
	snprintf(buf + len, (size_t)(KI_RFC3339_MAX - len), "%c%02d:%02d", sign, minutes / 60,
		minutes % 60);
}

void ki_rfc3339_ms(int64_t unix_ns, char buf[KI_RFC3339_MAX]) {
	int64_t sec = floor_div(unix_ns, 1000000000);
	struct ki_civil civil = ki_civil_from_unix(sec, 0);
	int len = put_date_time(buf, &civil);
	snprintf(buf + len, (size_t)(KI_RFC3339_MAX - len), ".%03dZ",
		(int)((unix_ns - sec * 1000000000) / 1000000));
}

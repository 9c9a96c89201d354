/*
 * duration.c: see duration.h. The steps and their limits are those of Go's time.ParseDuration and
 * Duration.String, so that a duration prints and reads the same on both.
 */
#include "time/duration.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <kith_types.h>

#define LIMIT (UINT64_C(1) << 63) /* magnitude of INT64_MIN: a value may reach it when negative */

static const struct unit {
	const char *name;
	uint64_t ns;
} units[] = {
	{"ns", 1},
	{"us", 1000},
	{"\xc2\xb5s", 1000}, /* U+00B5 micro sign */
	{"\xce\xbcs", 1000}, /* U+03BC Greek mu */
	{"ms", 1000000},
	{"s", 1000000000},
	{"m", UINT64_C(60) * 1000000000},
	{"h", UINT64_C(3600) * 1000000000},
};

static bool is_digit(char c) {
	return c >= '0' && c <= '9';
}

/* Digits before the point. False when they exceed LIMIT. */
static bool take_integer(struct ki_strv *rest, uint64_t *value) {
	*value = 0;
	while (rest->len > 0 && is_digit(*rest->ptr)) {
		if (*value > LIMIT / 10) {
			return false;
		}
		*value = *value * 10 + (uint64_t)(*rest->ptr - '0');
		if (*value > LIMIT) {
			return false;
		}
		rest->ptr++;
		rest->len--;
	}
	return true;
}

/* Digits after the point; those beyond 64 bits count for nothing, as they are below 1 ns. */
static void take_fraction(struct ki_strv *rest, uint64_t *value, double *scale) {
	bool full = false;
	*value = 0;
	*scale = 1;
	for (; rest->len > 0 && is_digit(*rest->ptr); rest->ptr++, rest->len--) {
		uint64_t next = *value * 10 + (uint64_t)(*rest->ptr - '0');
		full = full || *value > (LIMIT - 1) / 10 || next > LIMIT;
		if (!full) {
			*value = next;
			*scale *= 10;
		}
	}
}

/* The unit's name: all up to the next digit or point. 0 when it is none. */
static uint64_t take_unit(struct ki_strv *rest) {
	size_t len = 0;
	while (len < rest->len && rest->ptr[len] != '.' && !is_digit(rest->ptr[len])) {
		len++;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strlen(units[i].name) == len && memcmp(units[i].name, rest->ptr, len) == 0) {
			rest->ptr += len;
			rest->len -= len;
			return units[i].ns;
		}
	}
	return 0;
}

/* One number with its unit. False when malformed or over LIMIT. */
static bool take_term(struct ki_strv *rest, uint64_t *term) {
	uint64_t whole;
	uint64_t fraction = 0;
	double scale = 1;
	size_t before = rest->len;
	if (!take_integer(rest, &whole)) {
		return false;
	}
	bool digits = rest->len != before;
	if (rest->len > 0 && *rest->ptr == '.') {
		rest->ptr++;
		before = --rest->len;
		take_fraction(rest, &fraction, &scale);
		digits = digits || rest->len != before;
	}
	uint64_t unit = digits ? take_unit(rest) : 0;
	if (unit == 0 || whole > LIMIT / unit) {
		return false;
	}
	*term = whole * unit + (uint64_t)((double)fraction * ((double)unit / scale));
	return *term <= LIMIT;
}

int ki_duration_parse(struct ki_strv text, int64_t *out_ns) {
	uint64_t sum = 0;
	bool negative = text.len > 0 && *text.ptr == '-';
	if (text.len > 0 && (*text.ptr == '-' || *text.ptr == '+')) {
		text.ptr++;
		text.len--;
	}
	if (text.len == 1 && *text.ptr == '0') {
		*out_ns = 0;
		return KITH_OK;
	}
	if (text.len == 0) {
		return KITH_EINVAL;
	}
	while (text.len > 0) {
		uint64_t term;
		if (!take_term(&text, &term) || sum + term > LIMIT) {
			return KITH_EINVAL;
		}
		sum += term;
	}
	if (negative) {
		*out_ns = sum == LIMIT ? INT64_MIN : -(int64_t)sum;
		return KITH_OK;
	}
	if (sum > INT64_MAX) {
		return KITH_EINVAL;
	}
	*out_ns = (int64_t)sum;
	return KITH_OK;
}

/* Writes value / 10^digits without trailing zeros and without a bare point. */
static void put_decimal(char *out, size_t size, uint64_t value, int digits) {
	uint64_t scale = 1;
	for (int i = 0; i < digits; i++) {
		scale *= 10;
	}
	int len = snprintf(out, size, "%" PRIu64, value / scale);
	uint64_t fraction = value % scale;
	if (fraction == 0) {
		return;
	}
	while (fraction % 10 == 0) {
		fraction /= 10;
		digits--;
	}
	snprintf(out + len, size - (size_t)len, ".%0*" PRIu64, digits, fraction);
}

int64_t ki_duration_of_ms(double ms) {
	if (ms <= 0) {
		return 0;
	}
	if (ms >= (double)(INT64_MAX / KI_NS_PER_MS)) {
		return INT64_MAX;
	}
	int64_t whole = (int64_t)ms;
	return (whole + ((double)whole < ms)) * KI_NS_PER_MS;
}

void ki_duration_format(int64_t ns, char buf[KI_DURATION_TEXT_MAX]) {
	char number[KI_DURATION_TEXT_MAX / 2];
	const char *sign = ns < 0 ? "-" : "";
	uint64_t value = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
	if (value == 0) {
		snprintf(buf, KI_DURATION_TEXT_MAX, "0s");
	} else if (value < 1000000000) {
		int digits = value < 1000 ? 0 : value < 1000000 ? 3 : 6;
		const char *unit = digits == 0 ? "ns" : digits == 3 ? "\xc2\xb5s" : "ms";
		put_decimal(number, sizeof(number), value, digits);
		snprintf(buf, KI_DURATION_TEXT_MAX, "%s%s%s", sign, number, unit);
	} else {
		uint64_t minutes = value / units[6].ns;
		put_decimal(number, sizeof(number), value % units[6].ns, 9);
		if (minutes == 0) {
			snprintf(buf, KI_DURATION_TEXT_MAX, "%s%ss", sign, number);
		} else if (minutes < 60) {
			snprintf(buf, KI_DURATION_TEXT_MAX, "%s%" PRIu64 "m%ss", sign, minutes,
				number);
		} else {
			snprintf(buf, KI_DURATION_TEXT_MAX, "%s%" PRIu64 "h%" PRIu64 "m%ss", sign,
				minutes / 60, minutes % 60, number);
		}
	}
}

/* Durations as text. The expected values are those of Go's time package. */
#include "kith_test.h"

#include <kith_types.h>

#include "time/duration.h"

static int64_t parsed(const char *text) {
	int64_t ns = -1;
	if (ki_duration_parse(ki_strv(text), &ns) != KITH_OK) {
		FAIL("\"%s\" was not accepted", text);
	}
	return ns;
}

TEST(duration, parse_reads_each_unit) {
	EQ_INT(parsed("0"), 0);
	EQ_INT(parsed("-0"), 0);
	EQ_INT(parsed("1ns"), 1);
	EQ_INT(parsed("2us"), 2000);
	EQ_INT(parsed("2\xc2\xb5s"), 2000);
	EQ_INT(parsed("2\xce\xbcs"), 2000);
	EQ_INT(parsed("3ms"), 3000000);
	EQ_INT(parsed("4s"), INT64_C(4000000000));
	EQ_INT(parsed("5m"), INT64_C(300000000000));
	EQ_INT(parsed("6h"), INT64_C(21600000000000));
}

TEST(duration, parse_adds_terms_and_fractions) {
	EQ_INT(parsed("1h30m"), INT64_C(5400000000000));
	EQ_INT(parsed("1.5s"), 1500000000);
	EQ_INT(parsed("-1.5h"), INT64_C(-5400000000000));
	EQ_INT(parsed("+5s"), INT64_C(5000000000));
	EQ_INT(parsed(".5s"), 500000000);
	EQ_INT(parsed("5.s"), INT64_C(5000000000));
	EQ_INT(parsed("1h15m30.918273645s"), INT64_C(4530918273645));
	EQ_INT(parsed("0.3333333333333333333h"), INT64_C(1200000000000));
	EQ_INT(parsed("0.100000000000000000000h"), INT64_C(360000000000));
	EQ_INT(parsed("10ms5s"), INT64_C(5010000000));
}

TEST(duration, parse_reaches_the_limits_and_not_beyond) {
	int64_t ns = 77;
	EQ_INT(parsed("9223372036854775807ns"), INT64_MAX);
	EQ_INT(parsed("-9223372036854775808ns"), INT64_MIN);
	EQ_INT(parsed("2540400h10m10.000000000s"), INT64_C(9145440610000000000));
	EQ_INT(parsed("-9223372036s854ms775us808ns"), INT64_MIN);
	static const char *const beyond[] = {"9223372036854775808ns", "-9223372036854775809ns",
		"3000000h", "9223372036s854ms775us808ns", "99999999999999999999s"};
	for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
		STATUS(ki_duration_parse(ki_strv(beyond[i]), &ns), KITH_EINVAL);
	}
	EQ_INT(ns, 77);
}

TEST(duration, parse_refuses_what_is_no_duration) {
	int64_t ns = 77;
	static const char *const bad[] = {"", "3", "-", "s", ".", "-.", ".s", "+.s", "1 s", " 1s",
		"1s ", "1d", "1S", "1sm", "--1s", "1.2.3s", "1e3s", "0x1s", "00", "1h-1m",
		"\xc2\xb5s"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (ki_duration_parse(ki_strv(bad[i]), &ns) != KITH_EINVAL) {
			FAIL("\"%s\" was accepted", bad[i]);
		}
	}
	STATUS(ki_duration_parse(ki_strv_n("1s\0", 3), &ns), KITH_EINVAL);
	EQ_INT(ns, 77);
}

TEST(duration, format_prints_as_go_does) {
	static const struct {
		int64_t ns;
		const char *text;
	} cases[] = {
		{0, "0s"},
		{1, "1ns"},
		{-1, "-1ns"},
		{1100, "1.1\xc2\xb5s"},
		{1000, "1\xc2\xb5s"},
		{2200000, "2.2ms"},
		{5000000, "5ms"},
		{INT64_C(3300000000), "3.3s"},
		{INT64_C(1500000000), "1.5s"},
		{INT64_C(5400000000000), "1h30m0s"},
		{INT64_C(-60500000000), "-1m0.5s"},
		{INT64_C(245001000000), "4m5.001s"},
		{INT64_C(18367001000000), "5h6m7.001s"},
		{480000000001, "8m0.000000001s"},
		{INT64_MAX, "2562047h47m16.854775807s"},
		{INT64_MIN, "-2562047h47m16.854775808s"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[KI_DURATION_TEXT_MAX];
		ki_duration_format(cases[i].ns, text);
		EQ_STR(text, cases[i].text);
		EQ_INT(parsed(text), cases[i].ns);
	}
}

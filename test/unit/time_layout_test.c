/* Layouts, written and read. What the two tables expect was made by Go 1.26's package time. */
#include "kith_test.h"

#include <kith_types.h>

#include "base/compiler.h"
#include "base/rng.h"
#include "time/calendar.h"
#include "time/layout_parse.h"
#include "time/tzif.h"

enum place { UTC, BERLIN, IST, NAMELESS, ODD, NR_PLACES };

struct places {
	const struct ki_location *at[NR_PLACES];
	struct ki_location ist, nameless, odd;
};

static void places_init(struct places *places) {
	ki_location_init_fixed(&places->ist, "IST", 19800);
	ki_location_init_fixed(&places->nameless, "", -12600);
	ki_location_init_fixed(&places->odd, "ODD", -30);
	places->at[UTC] = &ki_location_utc;
	OK(ki_location_of_rule(ki_strv("Berlin"), ki_strv("CET-1CEST,M3.5.0,M10.5.0/3"),
		&places->at[BERLIN]));
	places->at[IST] = &places->ist;
	places->at[NAMELESS] = &places->nameless;
	places->at[ODD] = &places->odd;
}

static void places_fini(struct places *places) {
	ki_location_free(places->at[BERLIN]);
}

static const struct {
	enum place place;
	int64_t unix_sec;
	int32_t nsec;
	const char *layout, *text;
} written[] = {
	{UTC, 1136239445, 0, "2006-01-02T15:04:05Z07:00",
		"2006-01-02T22:04:05Z"},
	{BERLIN, 1783156209, 123456789, "2006-01-02T15:04:05Z07:00",
		"2026-07-04T11:10:09+02:00"},
	{BERLIN, 1783156209, 123456789, "2006-01-02T15:04:05.999999999Z07:00",
		"2026-07-04T11:10:09.123456789+02:00"},
	{UTC, 1136239445, 0, "2006-01-02T15:04:05.999999999Z07:00",
		"2006-01-02T22:04:05Z"},
	{IST, 1704067199, 120000000, "2006-01-02T15:04:05.999999999Z07:00",
		"2024-01-01T05:29:59.12+05:30"},
	{UTC, INT64_C(-62135596801), 999999999, "2006-01-02T15:04:05.999999999Z07:00",
		"0000-12-31T23:59:59.999999999Z"},
	{NAMELESS, 951826154, 5000, "2006-01-02T15:04:05.999999999Z07:00",
		"2000-02-29T08:39:14.000005-03:30"},
	{ODD, 0, 1, "2006-01-02T15:04:05Z07:00",
		"1969-12-31T23:59:30+00:00"},
	{BERLIN, 1783156209, 123456789, "02 Jan 06 15:04 MST",
		"04 Jul 26 11:10 CEST"},
	{IST, 1704067199, 120000000, "02 Jan 06 15:04 -0700",
		"01 Jan 24 05:29 +0530"},
	{BERLIN, 1783156209, 123456789, "Monday, 02-Jan-06 15:04:05 MST",
		"Saturday, 04-Jul-26 11:10:09 CEST"},
	{BERLIN, 1783156209, 123456789, "Mon, 02 Jan 2006 15:04:05 MST",
		"Sat, 04 Jul 2026 11:10:09 CEST"},
	{NAMELESS, 951826154, 5000, "Mon, 02 Jan 2006 15:04:05 -0700",
		"Tue, 29 Feb 2000 08:39:14 -0330"},
	{BERLIN, 1783156209, 123456789, "3:04PM",
		"11:10AM"},
	{BERLIN, 1772964000, 500000000, "3:04pm",
		"11:00am"},
	{IST, 1704067199, 120000000, "Jan _2 15:04:05",
		"Jan  1 05:29:59"},
	{BERLIN, 1783156209, 123456789, "Jan _2 15:04:05.000",
		"Jul  4 11:10:09.123"},
	{NAMELESS, 951826154, 5000, "Jan _2 15:04:05.000000",
		"Feb 29 08:39:14.000005"},
	{UTC, INT64_C(-62135596801), 999999999, "Jan _2 15:04:05.000000000",
		"Dec 31 23:59:59.999999999"},
	{BERLIN, 1783156209, 123456789, "2006-01-02 15:04:05",
		"2026-07-04 11:10:09"},
	{BERLIN, 1783156209, 123456789, "2006-01-02",
		"2026-07-04"},
	{BERLIN, 1783156209, 123456789, "15:04:05",
		"11:10:09"},
	{BERLIN, 1783156209, 123456789, "January Jan 1 01",
		"July Jul 7 07"},
	{BERLIN, 1783156209, 123456789, "Monday Mon",
		"Saturday Sat"},
	{BERLIN, 1783156209, 123456789, "2 _2 02 002",
		"4  4 04 185"},
	{BERLIN, 1772964000, 500000000, "2 _2 02 002",
		"8  8 08 067"},
	{IST, 1704067199, 120000000, "002",
		"001"},
	{BERLIN, 1783156209, 123456789, "15 3 03",
		"11 11 11"},
	{BERLIN, 1772964000, 500000000, "3h 4m 5s 03 04 05",
		"11h 0m 0s 11 00 00"},
	{BERLIN, 1783156209, 123456789, "_2006 06_2",
		"_2026 26 4"},
	{BERLIN, 1783156209, 123456789, ".0 .00 .9 .99",
		".1 .12 .1 .12"},
	{IST, 1704067199, 120000000, "05.999s 05.99 05,9 05,000",
		"59.12s 59.12 59,1 59,120"},
	{UTC, 1136239445, 0, "05.999 05,9",
		"05 05"},
	{BERLIN, 1783156209, 123456789, ".0000000000000|.9999999999999",
		".123456789|.123456789"},
	{BERLIN, 1783156209, 123456789, ".007 .990 ,123",
		".007 .990 ,7411"},
	{NAMELESS, 951826154, 5000, "MST|-0700|-07:00|-07|Z0700|Z07:00",
		"-0330|-0330|-03:30|-03|-0330|-03:30"},
	{UTC, 1136239445, 0, "MST|-0700|-07:00|-07|Z0700|Z07:00",
		"UTC|+0000|+00:00|+00|Z|Z"},
	{ODD, 0, 1, "MST|-0700|-07:00|-07|Z0700|Z07:00",
		"ODD|+0000|+00:00|+00|+0000|+00:00"},
	{BERLIN, 1783156209, 123456789, "MST|-0700|-07:00|-07|Z0700|Z07:00",
		"CEST|+0200|+02:00|+02|+0200|+02:00"},
	{BERLIN, 1783156209, 123456789, "Month Monk Janus Januaryish Mondays",
		"Month Monk Janus Julyish Saturdays"},
	{UTC, INT64_C(-62135596801), 999999999, "2006 06 Monday 002 pm",
		"0000 00 Sunday 366 pm"},
	{UTC, 1136239445, 0, "",
		""},
	{BERLIN, 1783156209, 123456789, "no elements",
		"no elements"},
	{BERLIN, 1783156209, 123456789, "100% \"%s\" %d",
		"700% \"%s\" %d"},
	{BERLIN, 1783156209, 123456789, "\303\244 2006",
		"\303\244 2026"},
	{UTC, 1136239445, 0, "07 7 Z -7 -08 Z08 0700 P M",
		"07 7 Z -7 -08 Z08 0700 P M"},
	{BERLIN, 1783156209, 123456789, "2006010215040599",
		"2026070411100999"},
};

TEST(layout, writes_what_go_writes) {
	struct places places;
	places_init(&places);
	for (size_t i = 0; i < ki_countof(written); i++) {
		struct ki_buf text = {0};
		ki_layout_format(ki_strv(written[i].layout),
			(struct ki_moment){written[i].unix_sec, written[i].nsec},
			places.at[written[i].place], &text);
		EQ_STR(ki_buf_cstr(&text), written[i].text);
		ki_buf_fini(&text);
	}
	places_fini(&places);
}

static void expect_text(const char *layout, const char *want) {
	struct ki_buf text = {0};
	struct ki_location east;
	ki_location_init_fixed(&east, "E", 7200);
	ki_layout_format(ki_strv(layout), (struct ki_moment){1136239445, 0}, &east, &text);
	EQ_STR(ki_buf_cstr(&text), want);
	ki_buf_fini(&text);
}

/* Go has more elements than SPEC 11.3; here they are literal, or begin with one that is listed. */
TEST(layout, has_no_elements_but_those_of_the_contract) {
	expect_text("Z07", "Z07");
	expect_text("__2", "_ 3");
	expect_text("-070000", "+020000");
	expect_text("Z07:00:00", "+02:00:00");
}

TEST(layout, splits_into_literals_and_elements) {
	struct ki_layout_split split = ki_layout_next(ki_strv("at 15:04"));
	EQ_INT(split.kind, KI_LAYOUT_HOUR);
	TRUE(ki_strv_eqz(split.literal, "at "));
	TRUE(ki_strv_eqz(split.element, "15"));
	TRUE(ki_strv_eqz(split.rest, ":04"));
	split = ki_layout_next(ki_strv("none"));
	EQ_INT(split.kind, KI_LAYOUT_END);
	TRUE(ki_strv_eqz(split.literal, "none"));
	EQ_INT(ki_layout_next(ki_strv("")).kind, KI_LAYOUT_END);
}

/* place: what shows a text without a zone; the local zone is BERLIN. */
static const struct {
	enum place place;
	const char *layout, *text;
	const char *result; /* unix_sec nsec offset zone, or the error */
} read[] = {
	{UTC, "2006-01-02T15:04:05Z07:00", "2026-05-01T10:00:00Z",
		"1777629600 0 +0 UTC"},
	{UTC, "2006-01-02T15:04:05Z07:00", "2026-05-01T10:00:00+02:00",
		"1777622400 0 +7200 Berlin"},
	{UTC, "2006-01-02T15:04:05Z07:00", "2026-05-01T10:00:00+05:30",
		"1777609800 0 +19800 "},
	{UTC, "2006-01-02T15:04:05Z07:00", "2026-05-01T10:00:00.25-08:00",
		"1777658400 250000000 -28800 "},
	{UTC, "2006-01-02T15:04:05Z07:00", "2026-05-01T10:00:00,123456789123Z",
		"1777629600 123456789 +0 UTC"},
	{UTC, "2006-01-02T15:04:05.999999999Z07:00", "2026-05-01T10:00:00Z",
		"1777629600 0 +0 UTC"},
	{UTC, "2006-01-02 15:04:05", "2026-05-01 10:00:00",
		"1777629600 0 +0 UTC"},
	{BERLIN, "2006-01-02 15:04:05", "2026-05-01 10:00:00",
		"1777622400 0 +7200 Berlin"},
	{BERLIN, "2006-01-02 15:04:05", "2026-03-29 02:30:00",
		"1774747800 0 +7200 Berlin"},
	{BERLIN, "2006-01-02 15:04:05", "2026-10-25 02:30:00",
		"1792891800 0 +3600 Berlin"},
	{IST, "2006-01-02 15:04:05", "2026-05-01 10:00:00",
		"1777609800 0 +19800 IST"},
	{UTC, "2006-01-02", "2024-02-29",
		"1709164800 0 +0 UTC"},
	{UTC, "15:04", "23:59",
		"-62167132860 0 +0 UTC"},
	{UTC, "3:04PM", "12:05AM",
		"-62167218900 0 +0 UTC"},
	{UTC, "3:04PM", "12:05PM",
		"-62167175700 0 +0 UTC"},
	{UTC, "3:04pm", "3:05pm",
		"-62167164900 0 +0 UTC"},
	{UTC, "Jan _2 15:04:05", "Mar  7 01:02:03",
		"-62161513077 0 +0 UTC"},
	{UTC, "Jan _2 15:04:05", "Mar 17 01:02:03.5",
		"-62160649077 500000000 +0 UTC"},
	{UTC, "Mon, 02 Jan 2006 15:04:05 MST", "Fri, 01 May 2026 10:00:00 UTC",
		"1777629600 0 +0 UTC"},
	{UTC, "Mon, 02 Jan 2006 15:04:05 MST", "Fri, 01 May 2026 10:00:00 CEST",
		"1777622400 0 +7200 Berlin"},
	{UTC, "Mon, 02 Jan 2006 15:04:05 MST", "Fri, 01 May 2026 10:00:00 CET",
		"1777626000 0 +7200 Berlin"},
	{UTC, "Mon, 02 Jan 2006 15:04:05 MST", "Fri, 01 May 2026 10:00:00 PDT",
		"1777629600 0 +0 PDT"},
	{UTC, "Mon, 02 Jan 2006 15:04:05 MST", "Fri, 01 May 2026 10:00:00 GMT+3",
		"1777629600 0 +10800 GMT+3"},
	{UTC, "15:04 MST", "10:00 WITA",
		"-62167183200 0 +0 WITA"},
	{UTC, "15:04 MST", "10:00 +03",
		"-62167183200 0 +0 +03"},
	{UTC, "15:04 MST -0700", "10:00 PDT -0700",
		"-62167158000 0 -25200 PDT"},
	{UTC, "15:04 MST -0700", "10:00 CET +0100",
		"-62167186800 0 +3600 Berlin"},
	{UTC, "Monday January 2 2006", "FRIDAY may 1 2026",
		"1777593600 0 +0 UTC"},
	{UTC, "2006 002", "2024 060",
		"1709164800 0 +0 UTC"},
	{UTC, "2006 002", "2023 060",
		"1677628800 0 +0 UTC"},
	{UTC, "2006 002", "2024 366",
		"1735603200 0 +0 UTC"},
	{UTC, "06", "68",
		"3092601600 0 +0 UTC"},
	{UTC, "06", "69",
		"-31536000 0 +0 UTC"},
	{UTC, "2006-01-02 -07", "2026-05-01 +11",
		"1777554000 0 +39600 "},
	{UTC, "2006-01-02 -0700", "2026-05-01 -0330",
		"1777606200 0 -12600 "},
	{UTC, "2006-01-02 Z0700", "2026-05-01 Z",
		"1777593600 0 +0 UTC"},
	{UTC, "05.000", "07.120",
		"-62167219193 120000000 +0 UTC"},
	{UTC, "05,999", "07.123456",
		"-62167219193 123456000 +0 UTC"},
	{UTC, "2006  01", "2026 05",
		"1777593600 0 +0 UTC"},
	{UTC, "2006 01", "2026    05",
		"1777593600 0 +0 UTC"},
	{UTC, "1/2/2006", "12/3/2026",
		"1796256000 0 +0 UTC"},
	{UTC, "", "",
		"-62167219200 0 +0 UTC"},
	{UTC, "2006-01-02", "2026-5-1",
		"parsing time \"2026-5-1\" as \"2006-01-02\": cannot parse \"5-1\" as \"01\""},
	{UTC, "2006-01-02", "26-05-01",
		"parsing time \"26-05-01\" as \"2006-01-02\": cannot parse "
		"\"26-05-01\" as \"2006\""},
	{UTC, "2006-01-02", "2026-13-01",
		"parsing time \"2026-13-01\": month out of range"},
	{UTC, "2006-01-02", "2026-02-29",
		"parsing time \"2026-02-29\": day out of range"},
	{UTC, "2006-01-02", "2026-02-30",
		"parsing time \"2026-02-30\": day out of range"},
	{UTC, "2006-01-02", "2026-00-10",
		"parsing time \"2026-00-10\": month out of range"},
	{UTC, "2006-01-02", "2026-01-00",
		"parsing time \"2026-01-00\": day out of range"},
	{UTC, "2006-01-02", "2026/01/02",
		"parsing time \"2026/01/02\" as \"2006-01-02\": cannot parse "
		"\"/01/02\" as \"-\""},
	{UTC, "2006-01-02", "2026-01-02 10:00",
		"parsing time \"2026-01-02 10:00\": extra text: \" 10:00\""},
	{UTC, "2006-01-02", "hello",
		"parsing time \"hello\" as \"2006-01-02\": cannot parse \"hello\" as \"2006\""},
	{UTC, "2006-01-02", "",
		"parsing time \"\" as \"2006-01-02\": cannot parse \"\" as \"2006\""},
	{UTC, "15:04:05", "24:00:00",
		"parsing time \"24:00:00\": hour out of range"},
	{UTC, "15:04:05", "23:60:00",
		"parsing time \"23:60:00\": minute out of range"},
	{UTC, "15:04:05", "23:59:60",
		"parsing time \"23:59:60\": second out of range"},
	{UTC, "3:04PM", "13:00PM",
		"parsing time \"13:00PM\": hour out of range"},
	{UTC, "3:04PM", "1:00pm",
		"parsing time \"1:00pm\" as \"3:04PM\": cannot parse \"pm\" as \"PM\""},
	{UTC, "3:04PM", "1:00",
		"parsing time \"1:00\" as \"3:04PM\": cannot parse \"\" as \"PM\""},
	{UTC, "Jan 2", "Foo 2",
		"parsing time \"Foo 2\" as \"Jan 2\": cannot parse \"Foo 2\" as \"Jan\""},
	{UTC, "January 2", "Jan 2",
		"parsing time \"Jan 2\" as \"January 2\": cannot parse \"Jan 2\" as "
		"\"January\""},
	{UTC, "Mon", "Fry",
		"parsing time \"Fry\" as \"Mon\": cannot parse \"Fry\" as \"Mon\""},
	{UTC, "2006-01-02T15:04:05Z07:00", "2026-05-01",
		"parsing time \"2026-05-01\" as \"2006-01-02T15:04:05Z07:00\": cannot "
		"parse \"\" as \"T\""},
	{UTC, "2006-01-02T15:04:05Z07:00", "2026-05-01T10:00:00",
		"parsing time \"2026-05-01T10:00:00\" as "
		"\"2006-01-02T15:04:05Z07:00\": cannot parse \"\" as \"Z07:00\""},
	{UTC, "2006-01-02T15:04:05Z07:00", "2026-05-01T10:00:00+0200",
		"parsing time \"2026-05-01T10:00:00+0200\" as "
		"\"2006-01-02T15:04:05Z07:00\": cannot parse \"+0200\" as \"Z07:00\""},
	{UTC, "2006-01-02T15:04:05Z07:00", "2026-05-01T10:00:00+25:00",
		"parsing time \"2026-05-01T10:00:00+25:00\": time zone offset hour out "
		"of range"},
	{UTC, "2006-01-02T15:04:05Z07:00", "2026-05-01T10:00:00+02:61",
		"parsing time \"2026-05-01T10:00:00+02:61\": time zone offset minute "
		"out of range"},
	{UTC, "2006-01-02T15:04:05Z07:00", "2026-05-01T10:00:00*02:00",
		"parsing time \"2026-05-01T10:00:00*02:00\" as "
		"\"2006-01-02T15:04:05Z07:00\": cannot parse \"*02:00\" as \"Z07:00\""},
	{UTC, "15:04 MST", "10:00 xyz",
		"parsing time \"10:00 xyz\" as \"15:04 MST\": cannot parse \"xyz\" as \"MST\""},
	{UTC, "15:04 MST", "10:00 ABCDEF",
		"parsing time \"10:00 ABCDEF\" as \"15:04 MST\": cannot parse "
		"\"ABCDEF\" as \"MST\""},
	{UTC, "15:04 MST", "10:00 ABCD",
		"parsing time \"10:00 ABCD\" as \"15:04 MST\": cannot parse \"ABCD\" "
		"as \"MST\""},
	{UTC, "15:04 MST", "10:00 ABCDT",
		"-62167183200 0 +0 ABCDT"},
	{UTC, "05.000", "07.12",
		"parsing time \"07.12\" as \"05.000\": cannot parse \".12\" as \".000\""},
	{UTC, "05.000", "07.1234",
		"parsing time \"07.1234\": extra text: \"4\""},
	{UTC, "05.000", "07x123",
		"parsing time \"07x123\" as \"05.000\": cannot parse \"x123\" as \".000\""},
	{UTC, ".000", ".-12",
		"parsing time \".-12\": fractional second out of range"},
	{UTC, "2006 002", "2023 366",
		"parsing time \"2023 366\": day-of-year out of range"},
	{UTC, "2006 002", "2023 000",
		"parsing time \"2023 000\": day-of-year out of range"},
	{UTC, "2006 002", "2023 12",
		"parsing time \"2023 12\" as \"2006 002\": cannot parse \"12\" as \"002\""},
	{UTC, "2006-01 002", "2024-03 060",
		"parsing time \"2024-03 060\": day-of-year does not match month"},
	{UTC, "2006-01-02 002", "2024-02-28 060",
		"parsing time \"2024-02-28 060\": day-of-year does not match day"},
	{UTC, "2006", "20x6",
		"parsing time \"20x6\" as \"2006\": cannot parse \"20x6\" as \"2006\""},
	{UTC, "_2", "x",
		"parsing time \"x\" as \"_2\": cannot parse \"x\" as \"_2\""},
	{UTC, "at 15:04", "at15:04",
		"parsing time \"at15:04\" as \"at 15:04\": cannot parse \"15:04\" as \"at \""},
	{UTC, "at 15:04", "xx 15:04",
		"parsing time \"xx 15:04\" as \"at 15:04\": cannot parse \"xx 15:04\" "
		"as \"at \""},
	{UTC, "a\"b\\ 2006", "a\"b\\ x\001\303\244",
		"parsing time \"a\\\"b\\\\ x\\x01\\xc3\\xa4\" as \"a\\\"b\\\\ 2006\": "
		"cannot parse \"x\\x01\\xc3\\xa4\" as \"2006\""},
	{UTC, "-0700", "+2",
		"parsing time \"+2\" as \"-0700\": cannot parse \"+2\" as \"-0700\""},
	{UTC, "-07", "*07",
		"parsing time \"*07\" as \"-07\": cannot parse \"*07\" as \"-07\""},
};

static void put_parsed(struct ki_buf *out, const struct ki_layout_parsed *parsed) {
	int offset = parsed->location ? ki_location_offset(parsed->location, parsed->at.unix_sec)
				      : parsed->zone_offset_sec;
	ki_buf_printf(
		out, "%" PRId64 " %d %+d ", parsed->at.unix_sec, (int)parsed->at.nsec, offset);
	ki_buf_putv(out, parsed->location ? ki_strv(parsed->location->name) : parsed->zone_name);
}

TEST(layout, reads_what_go_reads_with_its_errors) {
	struct places places;
	places_init(&places);
	for (size_t i = 0; i < ki_countof(read); i++) {
		struct ki_buf result = {0};
		struct ki_layout_parsed parsed;
		int status = ki_layout_parse(ki_strv(read[i].layout), ki_strv(read[i].text),
			places.at[read[i].place], places.at[BERLIN], &parsed, &result);
		if (status == KITH_OK) {
			put_parsed(&result, &parsed);
		} else {
			STATUS(status, KITH_EINVAL);
		}
		EQ_STR(ki_buf_cstr(&result), read[i].result);
		ki_buf_fini(&result);
	}
	places_fini(&places);
}

TEST(layout, reads_back_what_it_wrote) {
	struct places places;
	places_init(&places);
	struct ki_rng rng;
	ki_rng_seed(&rng, 11);
	for (int i = 0; i < 5000; i++) {
		struct ki_moment at = {(int64_t)ki_rng_below(&rng, 200000000000) - 50000000000,
			(int32_t)ki_rng_below(&rng, 1000000000)};
		const struct ki_location *location = places.at[ki_rng_below(&rng, ODD)];
		struct ki_buf text = {0}, error = {0};
		struct ki_layout_parsed parsed;
		ki_layout_format(ki_strv(KI_LAYOUT_RFC3339NANO), at, location, &text);
		char same[KI_RFC3339_MAX];
		ki_rfc3339nano(
			at.unix_sec, at.nsec, ki_location_offset(location, at.unix_sec), same);
		EQ_STR(ki_buf_cstr(&text), same);
		OK(ki_layout_parse(ki_strv(KI_LAYOUT_RFC3339NANO), ki_buf_view(&text),
			&ki_location_utc, &ki_location_utc, &parsed, &error));
		EQ_INT(ki_moment_compare(parsed.at, at), 0);
		ki_buf_fini(&text);
		ki_buf_fini(&error);
	}
	places_fini(&places);
}

/* Texts of exactly their size on the heap, so that ASan sees a read behind their end. */
TEST(layout, stays_inside_of_any_layout_and_text) {
	static const char alphabet[] = "0123456789 -+:.,_ZTJanMonSTPpmuryGd\"\xff";
	struct places places;
	places_init(&places);
	struct ki_rng rng;
	ki_rng_seed(&rng, 12);
	for (int i = 0; i < 40000; i++) {
		struct ki_strv piece[2];
		for (int k = 0; k < 2; k++) {
			size_t len = ki_rng_below(&rng, 24);
			char *bytes = malloc(len);
			for (size_t at = 0; at < len; at++) {
				bytes[at] = alphabet[ki_rng_below(&rng, sizeof(alphabet) - 1)];
			}
			piece[k] = ki_strv_n(bytes, len);
		}
		struct ki_buf text = {0}, error = {0};
		struct ki_layout_parsed parsed;
		ki_layout_format(piece[0], (struct ki_moment){(int64_t)ki_rng_next(&rng), 1},
			places.at[BERLIN], &text);
		/* What was written from a layout leads deeper into reading it than noise does. */
		ki_layout_parse(piece[0], i % 2 ? piece[1] : ki_buf_view(&text), places.at[IST],
			places.at[BERLIN], &parsed, &error);
		ki_buf_fini(&text);
		ki_buf_fini(&error);
		free((void *)piece[0].ptr);
		free((void *)piece[1].ptr);
	}
	places_fini(&places);
}

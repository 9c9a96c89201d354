/* TZif files made here byte by byte, POSIX rules, and the look-up in both. */
#include "kith_test.h"

#include <kith_types.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "base/rng.h"
#include "time/calendar.h"
#include "time/tzif.h"

struct change {
	int64_t when;
	unsigned char kind;
};

struct kind {
	int32_t offset_sec;
	unsigned char dst, abbrev;
};

static void put_big(struct ki_buf *out, uint64_t value, int size) {
	for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) {
		ki_buf_putc(out, shift > 56 ? 0 : (char)(value >> shift & 0xff));
	}
}

static void put_block(struct ki_buf *out, char version, int time_size, const struct change *changes,
	size_t nr_changes, const struct kind *kinds, size_t nr_kinds, struct ki_strv abbrevs) {
	ki_buf_puts(out, "TZif");
	ki_buf_putc(out, version);
	put_big(out, 0, 8);
	put_big(out, 0, 7);
	put_big(out, 1, 4); /* UT indicators, */
	put_big(out, 1, 4); /* standard indicators, */
	put_big(out, 1, 4); /* leap seconds: all three are skipped */
	put_big(out, nr_changes, 4);
	put_big(out, nr_kinds, 4);
	put_big(out, abbrevs.len, 4);
	for (size_t i = 0; i < nr_changes; i++) {
		put_big(out, (uint64_t)changes[i].when, time_size);
	}
	for (size_t i = 0; i < nr_changes; i++) {
		ki_buf_putc(out, (char)changes[i].kind);
	}
	for (size_t i = 0; i < nr_kinds; i++) {
		put_big(out, (uint64_t)(int64_t)kinds[i].offset_sec, 4);
		ki_buf_putc(out, (char)kinds[i].dst);
		ki_buf_putc(out, (char)kinds[i].abbrev);
	}
	ki_buf_putv(out, abbrevs);
	put_big(out, 0, time_size + 4 + 2);
}

static const struct kind berlin_kinds[] = {
	{3208, 0, 0}, {7200, 1, 4}, {3600, 0, 9}, {7200, 1, 4}, {3600, 0, 9}};
static const struct change berlin_changes[] = {
	{-2422054408, 2},
	{-1693706400, 1},
	{-1680483600, 2},
	{1711846800, 1},
	{1729990800, 2},
};
#define BERLIN_ABBREVS ki_strv_n("LMT\0CEST\0CET", 13)
#define BERLIN_RULE "CET-1CEST,M3.5.0,M10.5.0/3"

/* The first block holds what its 32 bits can, as in real files. */
static void put_berlin(struct ki_buf *out, const char *footer) {
	size_t nr = ki_countof(berlin_changes), nr_kinds = ki_countof(berlin_kinds);
	put_block(out, '2', 4, berlin_changes + 1, nr - 1, berlin_kinds, nr_kinds, BERLIN_ABBREVS);
	put_block(out, '2', 8, berlin_changes, nr, berlin_kinds, nr_kinds, BERLIN_ABBREVS);
	ki_buf_printf(out, "\n%s\n", footer);
}

static const struct ki_location *read_berlin(const char *footer) {
	struct ki_buf bytes = {0};
	const struct ki_location *location;
	put_berlin(&bytes, footer);
	OK(ki_tzif_read(ki_strv("Europe/Berlin"), ki_buf_view(&bytes), &location));
	ki_buf_fini(&bytes);
	return location;
}

static void expect(const struct ki_location *location, int64_t unix_sec, int offset_sec, bool dst,
	const char *abbrev) {
	struct ki_zone_span span = ki_location_at(location, unix_sec);
	EQ_INT(span.offset_sec, offset_sec);
	EQ_INT(span.dst, dst);
	EQ_STR(span.abbrev, abbrev);
	LE_INT(span.start, unix_sec);
	GT_INT(span.end, unix_sec);
}

TEST(tzif, version_2_has_its_64_bit_times_and_its_rule) {
	const struct ki_location *berlin = read_berlin(BERLIN_RULE);
	EQ_STR(berlin->name, "Europe/Berlin");
	expect(berlin, INT64_MIN, 3208, false, "LMT");
	expect(berlin, -2422054409, 3208, false, "LMT");
	expect(berlin, -2422054408, 3600, false, "CET");
	expect(berlin, -1693706401, 3600, false, "CET");
	expect(berlin, -1693706400, 7200, true, "CEST");
	expect(berlin, 1711846799, 3600, false, "CET");
	expect(berlin, 1711846800, 7200, true, "CEST");
	expect(berlin, 1729990800, 3600, false, "CET");
	expect(berlin, 1774745999, 3600, false, "CET"); /* 2026, by the rule */
	expect(berlin, 1774746000, 7200, true, "CEST");
	expect(berlin, 1792889999, 7200, true, "CEST");
	expect(berlin, 1792890000, 3600, false, "CET");
	expect(berlin, 4127072400, 7200, true, "CEST"); /* 2100 */
	EQ_INT(ki_location_at(berlin, 1729990801).start, 1729990800);
	ki_location_at(berlin, INT64_MAX);
	ki_location_free(berlin);
}

TEST(tzif, without_a_good_rule_the_last_change_holds) {
	static const char *const bad[] = {
		"", "CET", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0"};
	for (size_t i = 0; i < ki_countof(bad); i++) {
		const struct ki_location *berlin = read_berlin(bad[i]);
		expect(berlin, 1774746000, 3600, false, "CET");
		EQ_INT(ki_location_at(berlin, 1774746000).end, INT64_MAX);
		ki_location_free(berlin);
	}
}

TEST(tzif, version_1_is_read_too) {
	struct ki_buf bytes = {0};
	const struct ki_location *location;
	put_block(&bytes, '\0', 4, berlin_changes + 1, 2, berlin_kinds, 3, BERLIN_ABBREVS);
	OK(ki_tzif_read(ki_strv("x"), ki_buf_view(&bytes), &location));
	expect(location, -1693706400, 7200, true, "CEST");
	expect(location, 1774746000, 3600, false, "CET");
	expect(location, INT64_MAX - 1, 3600, false, "CET");
	ki_location_free(location);
	ki_buf_fini(&bytes);
}

TEST(tzif, before_the_first_change_is_the_standard_time_if_the_first_kind_is_in_use) {
	static const struct kind kinds[] = {{3600, 0, 0}, {7200, 1, 4}};
	static const struct change changes[] = {{100, 1}, {200, 0}};
	struct ki_buf bytes = {0};
	const struct ki_location *location;
	put_block(&bytes, '\0', 4, changes, 2, kinds, 2, ki_strv_n("STD\0DST", 8));
	OK(ki_tzif_read(ki_strv("x"), ki_buf_view(&bytes), &location));
	expect(location, 99, 3600, false, "STD");
	ki_location_free(location);
	ki_buf_fini(&bytes);
}

TEST(tzif, a_file_without_changes_is_its_first_kind) {
	static const struct kind kinds[] = {{-18000, 0, 0}};
	struct ki_buf bytes = {0};
	const struct ki_location *location;
	put_block(&bytes, '\0', 4, NULL, 0, kinds, 1, ki_strv_n("EST", 4));
	OK(ki_tzif_read(ki_strv("EST"), ki_buf_view(&bytes), &location));
	expect(location, 0, -18000, false, "EST");
	ki_location_free(location);
	ki_buf_fini(&bytes);
}

static void refuse(void (*put)(struct ki_buf *out)) {
	struct ki_buf bytes = {0};
	const struct ki_location *location = NULL;
	put(&bytes);
	STATUS(ki_tzif_read(ki_strv("x"), ki_buf_view(&bytes), &location), KITH_EINVAL);
	IS_NULL(location);
	ki_buf_fini(&bytes);
}

static void put_text(struct ki_buf *out) {
	ki_buf_puts(out, "# a table of zones, longer than the head of a file that is one\n");
}

static void put_no_kinds(struct ki_buf *out) {
	put_block(out, '\0', 4, NULL, 0, NULL, 0, ki_strv_n("A", 2));
}

static void put_bad_index(struct ki_buf *out) {
	static const struct change changes[] = {{1, 3}};
	put_block(out, '\0', 4, changes, 1, berlin_kinds, 3, BERLIN_ABBREVS);
}

static void put_bad_order(struct ki_buf *out) {
	static const struct change changes[] = {{1, 0}, {1, 1}};
	put_block(out, '\0', 4, changes, 2, berlin_kinds, 3, BERLIN_ABBREVS);
}

static void put_bad_abbrev(struct ki_buf *out) {
	static const struct kind kinds[] = {{3600, 0, 200}};
	put_block(out, '\0', 4, NULL, 0, kinds, 1, BERLIN_ABBREVS);
}

static void put_bad_offset(struct ki_buf *out) {
	static const struct kind kinds[] = {{INT32_MIN, 0, 0}};
	put_block(out, '\0', 4, NULL, 0, kinds, 1, BERLIN_ABBREVS);
}

TEST(tzif, refuses_what_contradicts_itself) {
	refuse(put_text);
	refuse(put_no_kinds);
	refuse(put_bad_index);
	refuse(put_bad_order);
	refuse(put_bad_abbrev);
	refuse(put_bad_offset);
}

TEST(tzif, refuses_a_file_cut_short_before_its_rule) {
	struct ki_buf whole = {0};
	const struct ki_location *location;
	put_berlin(&whole, "");
	for (size_t len = 0; len < whole.len - 2; len++) {
		char *cut = malloc(len); /* of its very size, for ASan */
		memcpy(cut, whole.ptr, len);
		STATUS(ki_tzif_read(ki_strv("x"), ki_strv_n(cut, len), &location), KITH_EINVAL);
		free(cut);
	}
	ki_buf_fini(&whole);
}

TEST(tzif, stays_inside_of_any_bytes) {
	struct ki_buf whole = {0};
	struct ki_rng rng;
	int good = 0;
	ki_rng_seed(&rng, 3);
	put_berlin(&whole, BERLIN_RULE);
	for (int i = 0; i < 20000; i++) {
		size_t len = whole.len - (i % 4 == 0 ? ki_rng_below(&rng, whole.len) : 0);
		char *bytes = malloc(len);
		memcpy(bytes, whole.ptr, len);
		for (uint64_t n = ki_rng_below(&rng, 4); n > 0 && len > 0; n--) {
			bytes[ki_rng_below(&rng, len)] = (char)ki_rng_next(&rng);
		}
		const struct ki_location *location;
		if (ki_tzif_read(ki_strv("x"), ki_strv_n(bytes, len), &location) == KITH_OK) {
			int64_t at = (int64_t)ki_rng_next(&rng);
			int offset;
			ki_location_at(location, at);
			ki_location_at(location, at >> 30);
			ki_location_to_unix(location, at);
			ki_location_offset_named(location, ki_strv("CEST"), at, &offset);
			ki_location_free(location);
			good++;
		}
		free(bytes);
	}
	GT_INT(good, 1000);
	ki_buf_fini(&whole);
}

/* ---- rules ---- */

static void expect_rule(const char *rule, int64_t unix_sec, int offset_sec, const char *abbrev) {
	const struct ki_location *location;
	OK(ki_location_of_rule(ki_strv("Rule"), ki_strv(rule), &location));
	struct ki_zone_span span = ki_location_at(location, unix_sec);
	EQ_INT(span.offset_sec, offset_sec);
	EQ_STR(span.abbrev, abbrev);
	ki_location_free(location);
}

TEST(tzrule, knows_every_form) {
	int64_t january = ki_civil_to_unix(2026, 1, 15, 12, 0, 0);
	int64_t july = ki_civil_to_unix(2026, 7, 15, 12, 0, 0);
	expect_rule("UTC0", july, 0, "UTC");
	expect_rule("IST-5:30", july, 19800, "IST");
	expect_rule("<+0545>-5:45", july, 20700, "+0545");
	expect_rule("<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", january, -10800, "-03");
	expect_rule("<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", july, -7200, "-02");
	expect_rule("AEST-10AEDT,M10.1.0,M4.1.0/3", january, 39600, "AEDT");
	expect_rule("AEST-10AEDT,M10.1.0,M4.1.0/3", july, 36000, "AEST");
	expect_rule("EST5EDT", january, -18000, "EST");
	expect_rule("EST5EDT", july, -14400, "EDT");
}

TEST(tzrule, counts_days_with_and_without_the_leap_day) {
	/* J60 is March 1 in every year, 59 (from 0) is February 29 in a leap year. */
	int64_t leap = ki_civil_to_unix(2024, 3, 1, 0, 0, 0), day = 86400;
	expect_rule("STD0DST,J60/0,J300", leap - 1, 0, "STD");
	expect_rule("STD0DST,J60/0,J300", leap, 3600, "DST");
	expect_rule("STD0DST,59/0,300", leap - day - 1, 0, "STD");
	expect_rule("STD0DST,59/0,300", leap - day, 3600, "DST");
	int64_t plain = ki_civil_to_unix(2023, 3, 1, 0, 0, 0);
	expect_rule("STD0DST,J60/0,J300", plain, 3600, "DST");
	expect_rule("STD0DST,59/0,300", plain, 3600, "DST");
	expect_rule("STD0DST,59/0,300", plain - 1, 0, "STD");
}

TEST(tzrule, summer_time_may_never_end) {
	for (int64_t at = 1767139200; at < 1767312000; at += 1800) { /* around a New Year */
		expect_rule("EST3EDT4,0/0,J365/23", at, -14400, "EDT");
	}
}

TEST(tzrule, refuses_malformed_texts) {
	static const char *const bad[] = {"", "CE", "CET", "-1", "CET-1x", "CET-168", "CET-1:60",
		"CET-1CEST,", "CET-1CEST,M3.5.0,", "CET-1CEST,M3.6.0,M10.5.0",
		"CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J10", "CET-1CEST,366,1",
		"CET-1CEST,M3.5.0,M10.5.0/", "CET-1CEST,M3.5.0,M10.5.0 ", "<CET-1", "<>-1",
		"ABCDEFGHIJKLMNOPQRST-1", "CET99999999999999999999"};
	for (size_t i = 0; i < ki_countof(bad); i++) {
		struct ki_tzrule rule;
		if (ki_tzrule_read(ki_strv(bad[i]), &rule) != KITH_EINVAL) {
			FAIL("\"%s\" was taken for a rule", bad[i]);
		}
	}
}

/* ---- dates and names in a place ---- */

TEST(location, a_date_that_comes_twice_or_never_gets_one_of_the_offsets) {
	const struct ki_location *berlin = read_berlin(BERLIN_RULE);
	/* As Go's time.Date has them. */
	EQ_INT(ki_location_to_unix(berlin, ki_civil_to_unix(2026, 3, 29, 1, 59, 59)), 1774745999);
	EQ_INT(ki_location_to_unix(berlin, ki_civil_to_unix(2026, 3, 29, 2, 30, 0)), 1774747800);
	EQ_INT(ki_location_to_unix(berlin, ki_civil_to_unix(2026, 3, 29, 3, 0, 0)), 1774746000);
	EQ_INT(ki_location_to_unix(berlin, ki_civil_to_unix(2026, 10, 25, 2, 30, 0)), 1792891800);
	EQ_INT(ki_location_to_unix(berlin, ki_civil_to_unix(2026, 10, 25, 3, 0, 0)), 1792893600);
	ki_location_free(berlin);
}

TEST(location, every_other_date_leads_back_to_itself) {
	const struct ki_location *berlin = read_berlin(BERLIN_RULE);
	for (int64_t at = 1700000000; at < 1800000000; at += 5003) {
		int64_t shown = at + ki_location_offset(berlin, at);
		int64_t back = ki_location_to_unix(berlin, shown);
		EQ_INT(back + ki_location_offset(berlin, back), shown);
	}
	ki_location_free(berlin);
}

TEST(location, a_name_means_the_offset_in_use_then) {
	const struct ki_location *berlin = read_berlin(BERLIN_RULE);
	int offset = 0;
	TRUE(ki_location_offset_named(berlin, ki_strv("CEST"), 1780000000, &offset));
	EQ_INT(offset, 7200);
	TRUE(ki_location_offset_named(berlin, ki_strv("CEST"), 1767225600, &offset));
	EQ_INT(offset, 7200); /* not in use in January, but known */
	FALSE(ki_location_offset_named(berlin, ki_strv("PST"), 1780000000, &offset));
	ki_location_free(berlin);
	struct ki_location fixed;
	ki_location_init_fixed(&fixed, "PST", -28800);
	TRUE(ki_location_offset_named(&fixed, ki_strv("PST"), 0, &offset));
	EQ_INT(offset, -28800);
	FALSE(ki_location_offset_named(&fixed, ki_strv("CET"), 0, &offset));
}

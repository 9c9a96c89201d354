/* Arithmetic on moments; what is expected is what Go's time.Time gives. */
#include "kith_test.h"

#include "base/compiler.h"
#include "base/rng.h"
#include "time/duration.h"
#include "time/moment.h"

#define SEC KI_NS_PER_SEC

static void expect(struct ki_moment got, int64_t unix_sec, int32_t nsec) {
	EQ_INT(got.unix_sec, unix_sec);
	EQ_INT(got.nsec, nsec);
}

TEST(moment, nanoseconds_carry_over) {
	expect(ki_moment_unix(5, 0), 5, 0);
	expect(ki_moment_unix(5, -1), 4, 999999999);
	expect(ki_moment_unix(5, 3 * SEC + 7), 8, 7);
	expect(ki_moment_unix(-5, -3 * SEC - 7), -9, 999999993);
	expect(ki_moment_unix(INT64_MAX, SEC), INT64_MAX, 999999999);
	expect(ki_moment_unix(INT64_MIN, -1), INT64_MIN, 0);
	expect(ki_moment_unix(0, INT64_MIN), -9223372037, 145224192);
}

TEST(moment, add_and_sub_undo_each_other) {
	struct ki_rng rng;
	ki_rng_seed(&rng, 5);
	for (int i = 0; i < 20000; i++) {
		struct ki_moment a = {(int64_t)ki_rng_below(&rng, 8000000000) - 4000000000,
			(int32_t)ki_rng_below(&rng, 1000000000)};
		struct ki_moment b = {(int64_t)ki_rng_below(&rng, 8000000000) - 4000000000,
			(int32_t)ki_rng_below(&rng, 1000000000)};
		int64_t ns = ki_moment_sub(a, b);
		EQ_INT(ki_moment_compare(ki_moment_add(b, ns), a), 0);
		EQ_INT(ki_moment_sub(b, a), -ns);
		EQ_INT(ki_moment_compare(a, b), (ns > 0) - (ns < 0));
	}
}

TEST(moment, the_ends_saturate) {
	struct ki_moment first = {INT64_MIN, 0}, last = {INT64_MAX, 999999999}, zero = {0, 0};
	EQ_INT(ki_moment_sub(last, first), INT64_MAX);
	EQ_INT(ki_moment_sub(first, last), INT64_MIN);
	EQ_INT(ki_moment_sub((struct ki_moment){9223372036, 854775807}, zero), INT64_MAX);
	EQ_INT(ki_moment_sub((struct ki_moment){9223372036, 854775806}, zero), INT64_MAX - 1);
	EQ_INT(ki_moment_sub(zero, (struct ki_moment){9223372036, 854775808}), INT64_MIN);
	EQ_INT(ki_moment_sub(zero, (struct ki_moment){9223372036, 854775807}), INT64_MIN + 1);
	EQ_INT(ki_moment_sub(zero, (struct ki_moment){9223372037, 0}), INT64_MIN);
	expect(ki_moment_add(last, 1), INT64_MAX, 999999999);
	expect(ki_moment_add(first, -1), INT64_MIN, 0);
	expect(ki_moment_add(last, INT64_MAX), INT64_MAX, 999999999);
	expect(ki_moment_add(zero, INT64_MIN), -9223372037, 145224192);
}

TEST(moment, rounds_to_multiples_since_year_1) {
	static const struct {
		struct ki_moment at;
		int64_t ns;
		struct ki_moment rounded, truncated;
	} cases[] = {
		{{1783156209, 123456789}, 1000000000,
			{1783156209, 0}, {1783156209, 0}},
		{{1783156209, 500000000}, 1000000000,
			{1783156210, 0}, {1783156209, 0}},
		{{1783156209, 499999999}, 1000000000,
			{1783156209, 0}, {1783156209, 0}},
		{{1783156209, 123456789}, INT64_C(3600000000000),
			{1783155600, 0}, {1783155600, 0}},
		{{1783156209, 123456789}, INT64_C(86400000000000),
			{1783123200, 0}, {1783123200, 0}},
		{{1783156209, 123456789}, INT64_C(604800000000000),
			{1783296000, 0}, {1782691200, 0}},
		{{1783156209, 123456789}, 1000000,
			{1783156209, 123000000}, {1783156209, 123000000}},
		{{1783156209, 123456500}, 1000,
			{1783156209, 123457000}, {1783156209, 123456000}},
		{{1783156209, 123456789}, INT64_C(900000000000),
			{1783156500, 0}, {1783155600, 0}},
		{{1783156209, 123456789}, 7,
			{1783156209, 123456787}, {1783156209, 123456787}},
		{{1783156209, 123456789}, INT64_C(2500000000),
			{1783156210, 0}, {1783156207, 500000000}},
		{{1783156209, 123456789}, INT64_C(9223372036854775807),
			{INT64_C(2428007457), 983430649}, {INT64_C(-6795364579), 128654842}},
		{{1783156209, 123456789}, INT64_C(1234567890123),
			{1783155711, 127325370}, {1783155711, 127325370}},
		{{INT64_C(-62135596801), 999999999}, INT64_C(3600000000000),
			{INT64_C(-62135596800), 0}, {INT64_C(-62135600400), 0}},
		{{INT64_C(-99999999999), 1}, INT64_C(3600000000000),
			{INT64_C(-100000000800), 0}, {INT64_C(-100000000800), 0}},
		{{INT64_C(-99999999999), 1}, 7,
			{INT64_C(-99999999999), 0}, {INT64_C(-99999999999), 0}},
		{{0, 0}, 5,
			{0, 0}, {0, 0}},
		{{1783156209, 123456789}, 0,
			{1783156209, 123456789}, {1783156209, 123456789}},
		{{1783156209, 123456789}, -5,
			{1783156209, 123456789}, {1783156209, 123456789}},
	};
	for (size_t i = 0; i < ki_countof(cases); i++) {
		struct ki_moment rounded = ki_moment_round(cases[i].at, cases[i].ns);
		struct ki_moment truncated = ki_moment_truncate(cases[i].at, cases[i].ns);
		expect(rounded, cases[i].rounded.unix_sec, cases[i].rounded.nsec);
		expect(truncated, cases[i].truncated.unix_sec, cases[i].truncated.nsec);
	}
}

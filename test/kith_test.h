/*
 * The one header of the tests: cases whose name is a claim, and assertions that print both values.
 *
 *	TEST(mpsc, pop_keeps_order_of_each_producer)
 *	{
 *		EQ_INT(got, want);
 *	}
 *
 * Each case runs in a process of its own with a time limit. Criterion runs them in the plain, ASan
 * and UBSan builds; under ThreadSanitizer, where Criterion 2.4.1 does not start, test/runner.c
 * does. A failed assertion prints and aborts instead of jumping out of the case: so it may stand in
 * any thread and on any stack.
 *
 * Of each pair the first is what the code gave and the second what was expected.
 */
#ifndef KITH_TEST_H
#define KITH_TEST_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_THREAD__)
#define TEST_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TEST_TSAN 1
#endif
#endif

/* How much longer real time is allowed to take in this build: KI_TEST_SCALE, given by make. */
#define TEST_SCALE KI_TEST_SCALE
/* One limit for all cases: Criterion 2.4.1 now and then loses a timer where limits differ, which is
 * a leak to AddressSanitizer. */
#define TEST_LIMIT_SECONDS (30 * TEST_SCALE)

#if defined(TEST_TSAN) || defined(TEST_WITHOUT_CRITERION)
struct test_case {
	const char *suite, *claim;
	void (*run)(void);
	int limit_s;
	bool aborts;
	struct test_case *next;
};
void test_add(struct test_case *c);
#define TEST_DEFINE(suite, claim, limit, dies)                                                     \
	static void suite##_##claim(void);                                                         \
	__attribute__((constructor)) static void suite##_##claim##_add(void)                       \
	{                                                                                          \
		static struct test_case c = {#suite, #claim, suite##_##claim, limit, dies, NULL};  \
		test_add(&c);                                                                      \
	}                                                                                          \
	static void suite##_##claim(void)
#define TEST(suite, claim) TEST_DEFINE(suite, claim, TEST_LIMIT_SECONDS, false)
#define TEST_ABORTS(suite, claim) TEST_DEFINE(suite, claim, TEST_LIMIT_SECONDS, true)
#elif !defined(KITH_TEST_PROGRAM)
#include <criterion/criterion.h>
#include <signal.h>
#define TEST(suite, claim) Test(suite, claim, .timeout = TEST_LIMIT_SECONDS)
/* The case must end by abort(), as a failed ki_check does. */
#define TEST_ABORTS(suite, claim)                                                                  \
	Test(suite, claim, .signal = SIGABRT, .timeout = TEST_LIMIT_SECONDS)
#endif

/* Standalone programs (kith_stress.h) put here the command that runs the failure again. */
static inline char *test_replay(void)
{
	static char command[256];
	return command;
}

__attribute__((noreturn, format(printf, 3, 4))) static inline void test_fail(
	const char *file, int line, const char *format, ...)
{
	char text[1024];
	__builtin_va_list args;
	__builtin_va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	__builtin_va_end(args);
	fprintf(stderr, "%s:%d: %s\n", file, line, text);
	if (test_replay()[0] != '\0') {
		fprintf(stderr, "again: %s\n", test_replay());
	}
	fflush(NULL);
	abort();
}

#define FAIL(...) test_fail(__FILE__, __LINE__, __VA_ARGS__)

#define TEST_COMPARE(type, print, op, a, b)                                                        \
	do {                                                                                       \
		type test_a = (type)(a);                                                           \
		type test_b = (type)(b);                                                           \
		if (!(test_a op test_b)) {                                                         \
			FAIL("expected %s " #op " %s, but they are %" print " and %" print, #a,    \
				#b, test_a, test_b);                                               \
		}                                                                                  \
	} while (0)

#define EQ_INT(a, b) TEST_COMPARE(intmax_t, PRIdMAX, ==, a, b)
#define NE_INT(a, b) TEST_COMPARE(intmax_t, PRIdMAX, !=, a, b)
#define LT_INT(a, b) TEST_COMPARE(intmax_t, PRIdMAX, <, a, b)
#define LE_INT(a, b) TEST_COMPARE(intmax_t, PRIdMAX, <=, a, b)
#define GT_INT(a, b) TEST_COMPARE(intmax_t, PRIdMAX, >, a, b)
#define GE_INT(a, b) TEST_COMPARE(intmax_t, PRIdMAX, >=, a, b)
#define EQ_UINT(a, b) TEST_COMPARE(uintmax_t, PRIuMAX, ==, a, b)
#define NE_UINT(a, b) TEST_COMPARE(uintmax_t, PRIuMAX, !=, a, b)
#define LT_UINT(a, b) TEST_COMPARE(uintmax_t, PRIuMAX, <, a, b)
#define LE_UINT(a, b) TEST_COMPARE(uintmax_t, PRIuMAX, <=, a, b)
#define GT_UINT(a, b) TEST_COMPARE(uintmax_t, PRIuMAX, >, a, b)
#define GE_UINT(a, b) TEST_COMPARE(uintmax_t, PRIuMAX, >=, a, b)
#define EQ_NUM(a, b) TEST_COMPARE(double, ".17g", ==, a, b)
#define EQ_PTR(a, b) TEST_COMPARE(const void *, "p", ==, a, b)
#define NE_PTR(a, b) TEST_COMPARE(const void *, "p", !=, a, b)
#define IS_NULL(a) EQ_PTR(a, NULL)
#define NOT_NULL(a) NE_PTR(a, NULL)

/* A status of enum kith_status: 0 is success. */
#define OK(status) EQ_INT(status, 0)
#define STATUS(got, want) EQ_INT(got, want)

#define TRUE(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			FAIL("expected true: %s", #cond);                                          \
		}                                                                                  \
	} while (0)
#define FALSE(cond)                                                                                \
	do {                                                                                       \
		if (cond) {                                                                        \
			FAIL("expected false: %s", #cond);                                         \
		}                                                                                  \
	} while (0)

static inline const char *test_shown(const char *s)
{
	return s != NULL ? s : "(null)";
}

static inline void test_eq_str(
	const char *file, int line, const char *expr, const char *a, const char *b)
{
	if (a != b && (a == NULL || b == NULL || strcmp(a, b) != 0)) {
		test_fail(file, line, "%s is\n  \"%s\", expected\n  \"%s\"", expr, test_shown(a),
			test_shown(b));
	}
}
#define EQ_STR(a, b) test_eq_str(__FILE__, __LINE__, #a, a, b)

static inline void test_has_str(
	const char *file, int line, const char *expr, const char *a, const char *b)
{
	if (a == NULL || strstr(a, b) == NULL) {
		test_fail(file, line, "%s is\n  \"%s\", which lacks\n  \"%s\"", expr, test_shown(a),
			b);
	}
}
#define HAS_STR(text, part) test_has_str(__FILE__, __LINE__, #text, text, part)

static inline void test_eq_mem(
	const char *file, int line, const char *expr, const void *a, const void *b, size_t n)
{
	const unsigned char *p = a, *q = b;
	for (size_t i = 0; i < n; i++) {
		if (p[i] != q[i]) {
			test_fail(file, line, "%s: byte %zu of %zu is 0x%02x, expected 0x%02x",
				expr, i, n, p[i], q[i]);
		}
	}
}
#define EQ_MEM(a, b, size) test_eq_mem(__FILE__, __LINE__, #a, a, b, size)

#endif

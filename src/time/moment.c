/*
 * moment.c: see moment.h. The ns since year 1 need 95 bits; as only their remainder counts, it is
 * made by modular arithmetic in 64 bits.
 */
#include "time/moment.h"

#include <stdbool.h>

#include "time/duration.h"

static struct ki_moment saturated(bool below) {
	return below ? (struct ki_moment){INT64_MIN, 0}
		     : (struct ki_moment){INT64_MAX, KI_NS_PER_SEC - 1};
}

struct ki_moment ki_moment_unix(int64_t sec, int64_t nsec) {
	int64_t carry = nsec / KI_NS_PER_SEC;
	nsec %= KI_NS_PER_SEC;
	if (nsec < 0) {
		nsec += KI_NS_PER_SEC;
		carry--;
	}
	if (carry > 0 ? sec > INT64_MAX - carry : sec < INT64_MIN - carry) {
		return saturated(carry < 0);
	}
	return (struct ki_moment){sec + carry, (int32_t)nsec};
}

struct ki_moment ki_moment_add(struct ki_moment at, int64_t ns) {
	/* Both parts of ns keep its sign, so the sum of the small ones is below 2 s. */
	int64_t sec = ns / KI_NS_PER_SEC;
	if (sec > 0 ? at.unix_sec > INT64_MAX - sec : at.unix_sec < INT64_MIN - sec) {
		return saturated(sec < 0);
	}
	return ki_moment_unix(at.unix_sec + sec, at.nsec + ns % KI_NS_PER_SEC);
}

int64_t ki_moment_sub(struct ki_moment a, struct ki_moment b) {
	const int64_t most = INT64_MAX / KI_NS_PER_SEC;
	int64_t nsec = (int64_t)a.nsec - b.nsec;
	/* The difference of the seconds as an unsigned number is right also where it overflows. */
	if (a.unix_sec >= b.unix_sec) {
		uint64_t sec = (uint64_t)a.unix_sec - (uint64_t)b.unix_sec;
		if (sec > (uint64_t)most + 1) {
			return INT64_MAX;
		}
		/* One second less, so that a borrow cannot overflow; then the limit is exact. */
		int64_t ns = ((int64_t)sec - 1) * KI_NS_PER_SEC;
		nsec += KI_NS_PER_SEC;
		return ns > INT64_MAX - nsec ? INT64_MAX : ns + nsec;
	}
	uint64_t sec = (uint64_t)b.unix_sec - (uint64_t)a.unix_sec;
	if (sec > (uint64_t)most + 1) {
		return INT64_MIN;
	}
	int64_t ns = -((int64_t)sec - 1) * KI_NS_PER_SEC;
	nsec -= KI_NS_PER_SEC;
	return ns < INT64_MIN - nsec ? INT64_MIN : ns + nsec;
}

int ki_moment_compare(struct ki_moment a, struct ki_moment b) {
	if (a.unix_sec != b.unix_sec) {
		return a.unix_sec < b.unix_sec ? -1 : 1;
	}
	return (a.nsec > b.nsec) - (a.nsec < b.nsec);
}

/* a + b modulo m, of a and b below m <= 2^63. */
static uint64_t add_mod(uint64_t a, uint64_t b, uint64_t m) {
	return a >= m - b ? a - (m - b) : a + b;
}

static uint64_t mul_mod(uint64_t a, uint64_t b, uint64_t m) {
	uint64_t product = 0;
	for (; b != 0; b >>= 1) {
		if (b & 1) {
			product = add_mod(product, a, m);
		}
		a = add_mod(a, a, m);
	}
	return product;
}

static uint64_t floor_mod(int64_t a, int64_t m) {
	int64_t rest = a % m;
	return (uint64_t)(rest < 0 ? rest + m : rest);
}

/* How much later than a multiple of ns since year 1. */
static int64_t beyond_multiple(struct ki_moment at, int64_t ns) {
	uint64_t m = (uint64_t)ns;
	uint64_t sec =
		add_mod(floor_mod(at.unix_sec, ns), (uint64_t)-KI_UNIX_OF_YEAR_1 % m, m);
	return (int64_t)add_mod(mul_mod(sec, (uint64_t)KI_NS_PER_SEC, m), (uint64_t)at.nsec % m, m);
}

struct ki_moment ki_moment_truncate(struct ki_moment at, int64_t ns) {
	return ns <= 0 ? at : ki_moment_add(at, -beyond_multiple(at, ns));
}

struct ki_moment ki_moment_round(struct ki_moment at, int64_t ns) {
	if (ns <= 0) {
		return at;
	}
	int64_t beyond = beyond_multiple(at, ns);
	return ki_moment_add(at, beyond < ns - beyond ? -beyond : ns - beyond);
}

/* backoff.c: see backoff.h. */
#include "supervise/backoff.h"

/* base^n, not beyond `enough`. */
static double power(double base, uint64_t n, double enough) {
	double result = 1;
	for (; n > 0 && result < enough; n /= 2) {
		if (n % 2 == 1) {
			result *= base;
		}
		base *= base; /* infinite at worst, which is enough */
	}
	return result < enough ? result : enough;
}

int64_t ki_backoff_ns(const struct ki_backoff *backoff, uint64_t nth, uint64_t random) {
	double initial = (double)backoff->initial_ns, max = (double)backoff->max_ns;
	if (initial <= 0 || max <= 0) {
		return 0;
	}
	double wait = initial * power(backoff->factor, nth - 1, max / initial);
	if (wait > max) {
		wait = max;
	}
	double unit = (double)(random >> 11) / (double)(UINT64_C(1) << 53); /* in [0, 1) */
	wait += wait * backoff->jitter * (2 * unit - 1);
	return wait < (double)INT64_MAX ? (int64_t)wait : INT64_MAX;
}

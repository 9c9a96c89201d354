/* backoff.c: see backoff.h. */
#include "supervise/backoff.h"

/* value * base^n, or exactly `max` where that is less. */
static double grown(double value, double base, uint64_t n, double max) {
	for (; n > 0 && value < max; n /= 2) {
		if (n % 2 == 1) {
			value *= base;
		}
		base *= base; /* infinite at worst, which is enough */
	}
	return value < max ? value : max;
}

int64_t ki_backoff_ns(const struct ki_backoff *backoff, uint64_t nth, uint64_t random) {
	double initial = (double)backoff->initial_ns, max = (double)backoff->max_ns;
	if (initial <= 0 || max <= 0) {
		return 0;
	}
	double wait = grown(initial, backoff->factor, nth - 1, max);
	double unit = (double)(random >> 11) / (double)(UINT64_C(1) << 53); /* in [0, 1) */
	wait += wait * backoff->jitter * (2 * unit - 1);
	return wait < (double)INT64_MAX ? (int64_t)wait : INT64_MAX;
}

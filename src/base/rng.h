/*
 * rng.h: reproducible random numbers (xoshiro256**, seeded by splitmix64; Blackman and Vigna).
 *
 * Owns: struct ki_rng. The same seed gives the same sequence on every machine.
 * Threads: one owner at a time.
 * Not here: entropy (sys/machine.h).
 */
#ifndef KI_BASE_RNG_H
#define KI_BASE_RNG_H

#include <stdint.h>

struct ki_rng {
	uint64_t s[4];
};

void ki_rng_seed(struct ki_rng *rng, uint64_t seed);
uint64_t ki_rng_next(struct ki_rng *rng);
/* Uniform in [0, n); n > 0. */
uint64_t ki_rng_below(struct ki_rng *rng, uint64_t n);

#endif

/*
 * rng.c: see rng.h. Algorithms: https://prng.di.unimi.it (public domain), written anew.
 */
#include "base/rng.h"

static uint64_t splitmix64(uint64_t *state) {
	uint64_t z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static uint64_t rotate_left(uint64_t x, int by) {
	return (x << by) | (x >> (64 - by));
}

void ki_rng_seed(struct ki_rng *rng, uint64_t seed) {
	for (int i = 0; i < 4; i++) {
		rng->s[i] = splitmix64(&seed);
	}
}

uint64_t ki_rng_next(struct ki_rng *rng) {
	uint64_t *s = rng->s;
	uint64_t result = rotate_left(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate_left(s[3], 45);
	return result;
}

/* Numbers in the incomplete last stretch of n are drawn again, else the small ones came oftener. */
uint64_t ki_rng_below(struct ki_rng *rng, uint64_t n) {
	uint64_t first_fair = (0 - n) % n;
	uint64_t x;
	do {
		x = ki_rng_next(rng);
	} while (x < first_fair);
	return x % n;
}

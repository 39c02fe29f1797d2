/*
 * rng.h - counter-based random numbers (Philox4x32-10, Salmon et al., SC 2011)
 *
 * A draw is a pure function of (seed, epoch, sample, view, draw): the same on any number of threads or ranks, on the CPU
 * or a GPU, after a resume or not.
 */
#ifndef FRL_RNG_H
#define FRL_RNG_H

#include <stdint.h>

/* The generator itself: key and counter to four 32-bit words. */
void philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* A stream of draws for one (seed, epoch, sample, view). */
struct rng {
	uint32_t key[2];
	uint32_t counter[4]; /* draw/4, view and epoch, sample */
	uint32_t word[4];
	unsigned used;
};

/* epoch < 2^20, view < 2^12. */
void rng_init(struct rng *r, uint64_t seed, uint32_t epoch, uint64_t sample, uint32_t view);
uint32_t rng_u32(struct rng *r);
/* [0, 1), a multiple of 2^-24. */
float rng_f32(struct rng *r);
/* [0, 1), a multiple of 2^-53; takes two words. */
double rng_f64(struct rng *r);
/* [0, n) without bias (Lemire); n > 0. */
uint32_t rng_below(struct rng *r, uint32_t n);
/* Standard normal (Box-Muller, one of the pair kept out): takes four words. */
double rng_normal(struct rng *r);

#endif

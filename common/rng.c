/*
 * rng.c - counter-based random numbers: Philox4x32-10 (Salmon et al., SC 2011, section 3.3)
 */
#include "common/rng.h"

#include <math.h>

#include "common/err.h"

void philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
	uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
	uint32_t k0 = key[0], k1 = key[1];
	for (int round = 0; round < 10; round++) {
		uint64_t a = (uint64_t)0xd2511f53 * c0, b = (uint64_t)0xcd9e8d57 * c2;
		uint32_t n0 = (uint32_t)(b >> 32) ^ c1 ^ k0, n2 = (uint32_t)(a >> 32) ^ c3 ^ k1;
		c1 = (uint32_t)b;
		c3 = (uint32_t)a;
		c0 = n0;
		c2 = n2;
		k0 += 0x9e3779b9;
		k1 += 0xbb67ae85;
	}
	out[0] = c0;
	out[1] = c1;
	out[2] = c2;
	out[3] = c3;
}

void rng_init(struct rng *r, uint64_t seed, uint32_t epoch, uint64_t sample, uint32_t view)
{
	if (epoch >> 20 || view >> 12)
		BUG("epoch %u or view %u does not fit the counter", epoch, view);
	*r = (struct rng){
		.key = { (uint32_t)seed, (uint32_t)(seed >> 32) },
		.counter = { 0, epoch << 12 | view, (uint32_t)sample, (uint32_t)(sample >> 32) },
		.used = 4,
	};
}

uint32_t rng_u32(struct rng *r)
{
	if (r->used == 4) {
		philox4x32(r->counter, r->key, r->word);
		if (++r->counter[0] == 0)
			BUG("more than 2^34 draws of one stream");
		r->used = 0;
	}
	return r->word[r->used++];
}

float rng_f32(struct rng *r)
{
	return (float)(rng_u32(r) >> 8) * 0x1p-24f;
}

double rng_f64(struct rng *r)
{
	uint64_t high = rng_u32(r) >> 5, low = rng_u32(r) >> 6;
	return (double)(high << 26 | low) * 0x1p-53;
}

uint32_t rng_below(struct rng *r, uint32_t n)
{
	if (!n)
		BUG("a number below 0");
	uint64_t product = (uint64_t)rng_u32(r) * n;
	/* Lemire (2019): 2^32 mod n of the low words would favour some results. */
	if ((uint32_t)product < n) {
		uint32_t reject = (0 - n) % n;
		while ((uint32_t)product < reject)
			product = (uint64_t)rng_u32(r) * n;
	}
	return (uint32_t)(product >> 32);
}

double rng_normal(struct rng *r)
{
	double radius = sqrt(-2 * log(1 - rng_f64(r))), angle = 6.283185307179586 * rng_f64(r);
	return radius * cos(angle);
}

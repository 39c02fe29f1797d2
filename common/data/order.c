/* order.c - see order.h */
#include "common/data/order.h"

#include "common/err.h"
#include "common/rng.h"

/* Four rounds of a random function are a random permutation for all purposes (Luby and Rackoff, 1988), but of few
 * elements; more rounds make up for that. */
enum { ROUNDS = 8 };

void order_init(struct order *o, uint64_t n, uint64_t seed, uint32_t epoch)
{
	if (n < 1 || n > (uint64_t)1 << 62 || epoch >> 20)
		BUG("order of %llu samples in epoch %u", (unsigned long long)n, epoch);
	*o = (struct order){ .n = n, .bits = 1, .key = { (uint32_t)seed, (uint32_t)(seed >> 32) }, .epoch = epoch };
	while ((uint64_t)1 << 2 * o->bits < n)
		o->bits++;
}

/*
 * A half, below 2^31, to 32 random bits. The counter is one that no stream of rng.h has: the sample it would be of is
 * 2^64 - 1, in which the half takes the place of the number of the draw.
 */
static uint32_t mix(const struct order *o, uint32_t round, uint32_t half)
{
	const uint32_t counter[4] = { half, o->epoch << 12 | round, UINT32_MAX, UINT32_MAX };
	uint32_t out[4];

	philox4x32(counter, o->key, out);
	return out[0];
}

uint64_t order_at(const struct order *o, uint64_t position)
{
	const uint32_t mask = ((uint32_t)1 << o->bits) - 1;
	uint64_t v = position;

	if (position >= o->n)
		BUG("position %llu of %llu", (unsigned long long)position, (unsigned long long)o->n);
	do {
		uint32_t left = (uint32_t)(v >> o->bits), right = (uint32_t)v & mask;
		for (uint32_t round = 0; round < ROUNDS; round++) {
			uint32_t next = left ^ (mix(o, round, right) & mask);
			left = right;
			right = next;
		}
		v = (uint64_t)left << o->bits | right;
	} while (v >= o->n);
	return v;
}

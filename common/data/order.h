/*
 * order.h - the order in which an epoch takes its samples: a keyed permutation of 0 .. n - 1
 *
 * A Feistel network on the next power of four, walked until it is below n (Black and Rogaway, CT-RSA 2002), with Philox
 * (rng.h) in its rounds. A function of n, seed and epoch alone: every sample once an epoch, any position at once, no memory.
 */
#ifndef FRL_DATA_ORDER_H
#define FRL_DATA_ORDER_H

#include <stdint.h>

struct order {
	uint64_t n;
	int bits; /* of each half */
	uint32_t key[2], epoch;
};

/* n >= 1, up to 2^62; epoch < 2^20. */
void order_init(struct order *o, uint64_t n, uint64_t seed, uint32_t epoch);
/* The sample at a position < n. */
uint64_t order_at(const struct order *o, uint64_t position);

#endif

/*
 * support_seeded.h - weights from a formula, so that a network can be tested without a file of weights
 *
 * The value of element i (C order) of a tensor is a function of the seed, the tensor's name and i alone; the formula is
 * written out in support_seeded.c. What PyTorch computes from such weights is kept as reference values.
 */
#ifndef FRL_TESTS_SUPPORT_SEEDED_H
#define FRL_TESTS_SUPPORT_SEEDED_H

#include <stdint.h>

#include "common/err.h"
#include "common/nn/safetensors.h"

struct seeded {
	struct safetensor *item; /* [n] F32, in the order of the list; names and data owned */
	size_t n;
};

/*
 * Fills every tensor of a list: one a line, name, shape ("64,3,7,7") and role between tabs; lines that are empty or begin
 * with '#' are skipped. 0, or -1 with file and line in e.
 */
int seeded_load(struct seeded *s, const char *path, uint64_t seed, struct err *e);
void seeded_release(struct seeded *s);
/* Writes them as a safetensors file, for programs. */
int seeded_write(const struct seeded *s, const char *path, const struct safetensors_meta *meta, size_t n_meta,
		 struct err *e);
/* One tensor's n values. role as in the list; fan_in: product of shape[1:]. -1: unknown role. */
int seeded_fill(float *dst, size_t n, uint64_t seed, const char *name, const char *role, int64_t fan_in);

#endif

/* train_vec_loops.h - the loops of train_vec.h, for a file that has defined TRAIN_VEC and is compiled into vectors */
#include "common/nn/bf16.h"
#include "common/nn/train_vec.h"

static void widen(const uint16_t *restrict s, float *restrict d, size_t n)
{
	for (size_t i = 0; i < n; i++)
		d[i] = bf16_value(s[i]);
}

static void narrow(const float *restrict s, uint16_t *restrict d, size_t n)
{
	for (size_t i = 0; i < n; i++)
		d[i] = bf16_of(s[i]);
}

static void narrow_add(const float *restrict s, uint16_t *restrict d, size_t n)
{
	for (size_t i = 0; i < n; i++)
		d[i] = bf16_of(bf16_value(d[i]) + s[i]);
}

static void add_bf16(const uint16_t *restrict s, uint16_t *restrict d, size_t n)
{
	for (size_t i = 0; i < n; i++)
		d[i] = bf16_of(bf16_value(d[i]) + bf16_value(s[i]));
}

static void add(const float *restrict s, float *restrict d, size_t n)
{
	for (size_t i = 0; i < n; i++)
		d[i] += s[i];
}

static void round_to_bf16(const float *s, float *d, size_t n)
{
	for (size_t i = 0; i < n; i++)
		d[i] = bf16_rounded(s[i]);
}

const struct train_vec TRAIN_VEC = { widen, narrow, narrow_add, add_bf16, add, round_to_bf16 };

/*
 * dot_lanes.h - the loop of dot_f32, compiled once for each instruction set
 *
 * Sixteen sums side by side, products and sums rounded one by one (no fused multiply-add), so that every instruction set
 * gives the same bits.
 */
#ifndef FRL_METRICS_DOT_LANES_H
#define FRL_METRICS_DOT_LANES_H

#include <stddef.h>
#include <string.h>

typedef float dot_float8 __attribute__((vector_size(32)));
typedef double dot_double8 __attribute__((vector_size(64)));

static inline double dot_lanes(const float *a, const float *b, size_t n)
{
	dot_double8 sum0 = { 0 }, sum1 = { 0 };
	double rest = 0;
	size_t i;

	for (i = 0; i + 16 <= n; i += 16) {
		dot_float8 a0, a1, b0, b1;

		memcpy(&a0, a + i, sizeof a0);
		memcpy(&a1, a + i + 8, sizeof a1);
		memcpy(&b0, b + i, sizeof b0);
		memcpy(&b1, b + i + 8, sizeof b1);
		sum0 += __builtin_convertvector(a0, dot_double8) * __builtin_convertvector(b0, dot_double8);
		sum1 += __builtin_convertvector(a1, dot_double8) * __builtin_convertvector(b1, dot_double8);
	}
	for (; i < n; i++)
		rest += (double)a[i] * (double)b[i];
	sum0 += sum1;
	return (((sum0[0] + sum0[4]) + (sum0[2] + sum0[6])) + ((sum0[1] + sum0[5]) + (sum0[3] + sum0[7]))) + rest;
}

double dot_f32_avx2(const float *a, const float *b, size_t n);
double dot_f32_avx512(const float *a, const float *b, size_t n);

#endif

/* dot.c - see dot.h */
#include "common/metrics/dot.h"

#include <string.h>

typedef float float4 __attribute__((vector_size(16)));
typedef double double4 __attribute__((vector_size(32)));

double dot_f32(const float *a, const float *b, size_t n)
{
	double4 sum[2] = { { 0 } };
	double rest = 0;
	size_t i;

	for (i = 0; i + 8 <= n; i += 8)
		for (size_t k = 0; k < 2; k++) {
			float4 x, y;
			memcpy(&x, a + i + 4 * k, sizeof x);
			memcpy(&y, b + i + 4 * k, sizeof y);
			sum[k] += __builtin_convertvector(x, double4) * __builtin_convertvector(y, double4);
		}
	for (; i < n; i++)
		rest += (double)a[i] * (double)b[i];
	sum[0] += sum[1];
	return ((sum[0][0] + sum[0][1]) + (sum[0][2] + sum[0][3])) + rest;
}

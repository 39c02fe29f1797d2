/* sum.c - see sum.h */
#include "common/metrics/sum.h"

#include <math.h>

static double sum_block(const double *v, size_t n)
{
	double r[8];
	double sum;
	size_t i;

	for (int k = 0; k < 8; k++)
		r[k] = v[k];
	for (i = 8; i + 8 <= n; i += 8)
		for (int k = 0; k < 8; k++)
			r[k] += v[i + (size_t)k];
	sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
	for (; i < n; i++)
		sum += v[i];
	return sum;
}

double sum_pairwise(const double *v, size_t n)
{
	size_t half;

	if (n < 8) {
		double sum = 0;
		for (size_t i = 0; i < n; i++)
			sum += v[i];
		return sum;
	}
	if (n <= 128)
		return sum_block(v, n);
	half = n / 2;
	half -= half % 8;
	return sum_pairwise(v, half) + sum_pairwise(v + half, n - half);
}

double sum_mean(const double *v, size_t n)
{
	return n ? sum_pairwise(v, n) / (double)n : NAN;
}

/* bootstrap.c - see bootstrap.h */
#include "common/metrics/bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/rng.h"

void bootstrap_draw(uint64_t seed, uint32_t r, size_t n, uint32_t *times)
{
	struct rng rng;

	memset(times, 0, n * sizeof *times);
	rng_init(&rng, seed, r, 0, 0);
	for (size_t i = 0; i < n; i++)
		times[rng_below(&rng, (uint32_t)n)]++;
}

double bootstrap_quantile(const double *sorted, size_t n, double q)
{
	double at, low;

	if (n == 0)
		return NAN;
	at = q * (double)(n - 1);
	low = floor(at);
	if ((size_t)low + 1 >= n)
		return sorted[n - 1];
	return sorted[(size_t)low] + (at - low) * (sorted[(size_t)low + 1] - sorted[(size_t)low]);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void bootstrap_interval(double *value, size_t n, double confidence, double *low, double *high)
{
	size_t m = 0;

	for (size_t i = 0; i < n; i++)
		if (!isnan(value[i]))
			value[m++] = value[i];
	if (m)
		qsort(value, m, sizeof *value, by_value);
	*low = bootstrap_quantile(value, m, (1 - confidence) / 2);
	*high = bootstrap_quantile(value, m, (1 + confidence) / 2);
}

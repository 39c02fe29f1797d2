/* sinkhorn.c - see sinkhorn.h */
#include "common/model/sinkhorn.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"

static void exponentials(double *q, size_t count, double epsilon)
{
	double max = -INFINITY, total = 0;

	for (size_t i = 0; i < count; i++)
		max = q[i] > max ? q[i] : max;
	for (size_t i = 0; i < count; i++)
		total += q[i] = exp((q[i] - max) / epsilon);
	for (size_t i = 0; i < count; i++)
		q[i] /= total;
}

/* Divides by what is not zero. */
static double inverse(double x)
{
	return x > 0 ? 1 / x : 0;
}

void sinkhorn(double *q, int n, int k, double epsilon, int iterations)
{
	double *sum = xmalloc((size_t)k * sizeof *sum);

	exponentials(q, (size_t)n * (size_t)k, epsilon);
	for (int it = 0; it < iterations; it++) {
		memset(sum, 0, (size_t)k * sizeof *sum);
		for (int i = 0; i < n; i++)
			for (int j = 0; j < k; j++)
				sum[j] += q[(size_t)i * (size_t)k + (size_t)j];
		for (int j = 0; j < k; j++)
			sum[j] = inverse(sum[j]) / k;
		for (int i = 0; i < n; i++) {
			double *row = q + (size_t)i * (size_t)k, total = 0;

			for (int j = 0; j < k; j++)
				total += row[j] *= sum[j];
			total = inverse(total) / n;
			for (int j = 0; j < k; j++)
				row[j] *= total;
		}
	}
	for (size_t i = 0; i < (size_t)n * (size_t)k; i++)
		q[i] *= n;
	free(sum);
}

double sinkhorn_entropy(const double *q, int n, int k)
{
	double sum = 0;

	for (size_t i = 0; i < (size_t)n * (size_t)k; i++)
		if (q[i] > 0)
			sum -= q[i] * log(q[i]);
	return sum / n;
}

int sinkhorn_in_use(const double *q, int n, int k)
{
	bool *used = xcalloc((size_t)k, sizeof *used);
	int count = 0;

	for (int i = 0; i < n; i++) {
		const double *row = q + (size_t)i * (size_t)k;
		int best = 0;

		for (int j = 1; j < k; j++)
			best = row[j] > row[best] ? j : best;
		count += !used[best];
		used[best] = true;
	}
	free(used);
	return count;
}

/* sinkhorn.c - see sinkhorn.h */
#include "common/model/sinkhorn.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"

/* Divides by what is not zero. */
static double inverse(double x)
{
	return x > 0 ? 1 / x : 0;
}

void sinkhorn(double *q, int n, int k, double epsilon, int iterations)
{
	double *sums = xmalloc((size_t)k * sizeof *sums);

	sinkhorn_divide(q, n, k, sinkhorn_exp(q, n, k, epsilon, sinkhorn_max(q, n, k)));
	for (int it = 0; it < iterations; it++) {
		sinkhorn_row_sums(q, n, k, sums);
		sinkhorn_scale(q, n, k, sums, n);
	}
	sinkhorn_finish(q, n, k, n);
	free(sums);
}

double sinkhorn_max(const double *q, int n, int k)
{
	double max = -INFINITY;

	for (size_t i = 0; i < (size_t)n * (size_t)k; i++)
		max = q[i] > max ? q[i] : max;
	return max;
}

double sinkhorn_exp(double *q, int n, int k, double epsilon, double max)
{
	double total = 0;

	for (size_t i = 0; i < (size_t)n * (size_t)k; i++)
		total += q[i] = exp((q[i] - max) / epsilon);
	return total;
}

void sinkhorn_divide(double *q, int n, int k, double sum)
{
	for (size_t i = 0; i < (size_t)n * (size_t)k; i++)
		q[i] /= sum;
}

void sinkhorn_row_sums(const double *q, int n, int k, double *sums)
{
	memset(sums, 0, (size_t)k * sizeof *sums);
	for (int i = 0; i < n; i++)
		for (int j = 0; j < k; j++)
			sums[j] += q[(size_t)i * (size_t)k + (size_t)j];
}

void sinkhorn_scale(double *q, int n, int k, double *sums, int all)
{
	for (int j = 0; j < k; j++)
		sums[j] = inverse(sums[j]) / k;
	for (int i = 0; i < n; i++) {
		double *row = q + (size_t)i * (size_t)k, total = 0;

		for (int j = 0; j < k; j++)
			total += row[j] *= sums[j];
		total = inverse(total) / all;
		for (int j = 0; j < k; j++)
			row[j] *= total;
	}
}

void sinkhorn_finish(double *q, int n, int k, int all)
{
	for (size_t i = 0; i < (size_t)n * (size_t)k; i++)
		q[i] *= all;
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
	double *used = xcalloc((size_t)k, sizeof *used);
	int count = 0;

	sinkhorn_mark_used(q, n, k, used);
	for (int j = 0; j < k; j++)
		count += used[j] > 0;
	free(used);
	return count;
}

void sinkhorn_mark_used(const double *q, int n, int k, double *used)
{
	for (int i = 0; i < n; i++) {
		const double *row = q + (size_t)i * (size_t)k;
		int best = 0;

		for (int j = 1; j < k; j++)
			best = row[j] > row[best] ? j : best;
		used[best] = 1;
	}
}

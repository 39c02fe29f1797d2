/* moments.c - merging statistics */
#include "common/nn/moments.h"

#include <math.h>

void nn_moments_merge(int c, double *count, double *mean, double *m2, double slice_count, const double *slice_mean,
		      const double *slice_m2)
{
	double total = *count + slice_count;

	if (slice_count <= 0)
		return;
	for (int i = 0; i < c; i++) {
		double delta = slice_mean[i] - mean[i];

		mean[i] += delta * slice_count / total;
		m2[i] += slice_m2[i] + delta * delta * *count * slice_count / total;
	}
	*count = total;
}

void nn_bn_inverse(int c, double count, const double *m2, double eps, double *inverse)
{
	for (int i = 0; i < c; i++)
		inverse[i] = 1 / sqrt(m2[i] / count + eps);
}

void nn_bn_running(int c, double count, const double *mean, const double *m2, double momentum, float *running_mean,
		   float *running_var)
{
	for (int i = 0; i < c; i++) {
		double variance = count > 1 ? m2[i] / (count - 1) : 0;

		running_mean[i] = (float)((1 - momentum) * (double)running_mean[i] + momentum * mean[i]);
		running_var[i] = (float)((1 - momentum) * (double)running_var[i] + momentum * variance);
	}
}

/*
 * moments.h - batch norm's statistics between the two phases, where slices and ranks are merged
 */
#ifndef FRL_NN_MOMENTS_H
#define FRL_NN_MOMENTS_H

/*
 * Moments of a set of values, merged into those of another (Chan et al. 1979), channel by channel. A slice's count is
 * N * H * W. Merging in slice order, then in rank order, is what makes the bits independent of threads.
 */
void nn_moments_merge(int c, double *count, double *mean, double *m2, double slice_count, const double *slice_mean,
		      const double *slice_m2);

/* inverse[i] = 1 / sqrt(m2[i] / count + eps). */
void nn_bn_inverse(int c, double count, const double *m2, double eps, double *inverse);
/* PyTorch's running statistics: momentum .1 takes a tenth of the new; the variance is the unbiased one. */
void nn_bn_running(int c, double count, const double *mean, const double *m2, double momentum, float *running_mean,
		   float *running_var);

#endif

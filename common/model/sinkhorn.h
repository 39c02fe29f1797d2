/*
 * sinkhorn.h - SwAV's assignments: equally many samples to each prototype (Caron et al., NeurIPS 2020, section 3.1)
 */
#ifndef FRL_MODEL_SINKHORN_H
#define FRL_MODEL_SINKHORN_H

/*
 * q [n, k], scores of n samples with k prototypes on entry: exp(scores / epsilon), then `iterations` times each prototype's
 * sum over the samples becomes 1 / k and each sample's sum over the prototypes 1 / n; at last times n, so that a sample's
 * assignment sums to 1. The global maximum is subtracted first, which cancels: nothing overflows, nothing is NaN unless
 * a score is. A prototype whose sum underflows to zero keeps its zeros.
 */
void sinkhorn(double *q, int n, int k, double epsilon, int iterations);
/* The mean entropy (nats) of n assignments. */
double sinkhorn_entropy(const double *q, int n, int k);
/* How many prototypes are the likeliest one of at least one sample. */
int sinkhorn_in_use(const double *q, int n, int k);

#endif

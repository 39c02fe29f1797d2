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

/*
 * The same in parts, for samples that are spread over ranks: each has some rows, and what the parts give is merged over all
 * ranks in between. sinkhorn() is these with nothing to merge:
 *
 *	max = sinkhorn_max()			merged: the largest
 *	sum = sinkhorn_exp(max)			merged: the sum
 *	sinkhorn_divide(sum)
 *	iterations times	sinkhorn_row_sums(sums)			merged: the sum of each
 *				sinkhorn_scale(sums, samples of all ranks)
 *	sinkhorn_finish(samples of all ranks)
 *
 * n may be 0: a maximum of minus infinity, sums of 0.
 */
double sinkhorn_max(const double *q, int n, int k);
/* q becomes exp((q - max) / epsilon); their sum. */
double sinkhorn_exp(double *q, int n, int k, double epsilon, double max);
void sinkhorn_divide(double *q, int n, int k, double sum);
/* sums [k]: each prototype's over these samples. */
void sinkhorn_row_sums(const double *q, int n, int k, double *sums);
/* Each prototype's sum, as merged, becomes 1 / k, then each sample's 1 / all. sums is used up. */
void sinkhorn_scale(double *q, int n, int k, double *sums, int all);
void sinkhorn_finish(double *q, int n, int k, int all);

/* The mean entropy (nats) of n assignments. */
double sinkhorn_entropy(const double *q, int n, int k);
/* How many prototypes are the likeliest one of at least one sample; and which, used[j] = 1 (others stay as they are). */
int sinkhorn_in_use(const double *q, int n, int k);
void sinkhorn_mark_used(const double *q, int n, int k, double *used);

#endif

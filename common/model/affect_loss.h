/*
 * affect_loss.h - valence, arousal and the class of expression: RMSE + (1 - CCC) for each of the two, and cross-entropy
 *
 * The losses that the paper's supplement names (1.2.4), with unit weights, over the whole batch of all ranks: RMSE and CCC
 * are no means over samples, so their sums are merged first. Labels that are missing are left out of the sums, and nothing
 * at all costs nothing.
 *
 *	RMSE = sqrt(mean (p - t)^2)	CCC = 2 cov / (var p + var t + (mean p - mean t)^2), population moments
 *
 * Where RMSE is 0, it has no gradient; where CCC's denominator is 0 (both constant and equal) CCC is 0 without a gradient.
 */
#ifndef FRL_MODEL_AFFECT_LOSS_H
#define FRL_MODEL_AFFECT_LOSS_H

#include <stdint.h>

enum { AFFECT_VALENCE, AFFECT_AROUSAL, AFFECT_DIMENSIONS };

/* Of one dimension, added over samples and over ranks. All numbers are sums: merging is addition. */
struct affect_sums {
	double n, p, t, pp, tt, pt, dd; /* dd: (p - t)^2 */
};

struct affect_batch {
	struct affect_sums sum[AFFECT_DIMENSIONS];
	double classes; /* samples with a class */
};

/* A sample's truth. NaN: no valence or arousal; negative: no class. */
struct affect_truth {
	double value[AFFECT_DIMENSIONS];
	int32_t expression;
};

/* Adds the sums of n samples: out [n][2 + classes], valence, arousal, then the classes' scores. */
void affect_sums(struct affect_batch *b, const double *out, const struct affect_truth *truth, int n, int classes);

/*
 * The loss of the whole batch in three parts (value[0], value[1]: 2 - .. as above; and cross-entropy), of which rank's
 * own share of the cross-entropy is returned in *cross_entropy: ranks add it up; value[] is every rank's. d [n][2 +
 * classes]: the gradient of the whole loss by these samples' outputs.
 */
void affect_loss(const struct affect_batch *b, const double *out, const struct affect_truth *truth, int n, int classes,
		 double value[AFFECT_DIMENSIONS], double *cross_entropy, double *d);

#endif

/*
 * roc.h - verification: genuine and impostor scores, higher meaning more alike
 *
 * Scores are doubles without NaN, sorted ascending (roc_sort). A pair matches if its score is >= the threshold. Equal
 * scores are one step of the curve. With no genuine or no impostor scores a rate of them is NaN.
 */
#ifndef FRL_METRICS_ROC_H
#define FRL_METRICS_ROC_H

#include <stddef.h>

struct scores {
	const double *genuine, *impostor; /* ascending */
	size_t genuines, impostors;
};

/* Ascending; linear time for many. */
void roc_sort(double *v, size_t n);

/* The share of impostors that match (FMR), and of genuine pairs that do not (FNMR), at a threshold. */
double roc_fmr(const struct scores *s, double threshold);
double roc_fnmr(const struct scores *s, double threshold);

/* How the point of the curve is chosen whose TAR stands for a FAR. */
enum roc_rule {
	ROC_NEAREST, /* the FAR nearest to the one asked for; of equally near ones the larger TAR (IJB) */
	ROC_AT_MOST, /* the largest FAR that is not above it */
};

/* tar [n] for far [n]. The curve begins at (0, 0), above all scores. */
void roc_tar(const struct scores *s, const double *far, size_t n, enum roc_rule rule, double *tar);

/*
 * The threshold where FMR and FNMR are nearest (the lowest of equals), half way to the next lower score, as bob.measure
 * has it. *eer is the mean of the two rates there. NaN without genuine or impostor scores.
 */
double roc_eer(const struct scores *s, double *eer);

/* The chance that a genuine score is above an impostor's, ties half: the area under the curve. */
double roc_auc(const struct scores *s);

/*
 * The lowest threshold, among the scores and above them all (infinity), with the most right decisions; *right says how
 * many. For LFW's ten folds.
 */
double roc_best_threshold(const struct scores *s, size_t *right);

#endif

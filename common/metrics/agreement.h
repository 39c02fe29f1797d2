/*
 * agreement.h - how well predictions agree with the truth: numbers, classes, raters
 *
 * Definitions as in emonet (Toisoul et al., 2021) and Shrout & Fleiss (1979). Moments are population moments (divided by
 * n). A NaN in the data gives NaN; the callers leave out what is not annotated.
 */
#ifndef FRL_METRICS_AGREEMENT_H
#define FRL_METRICS_AGREEMENT_H

#include <stddef.h>

/* All NaN for n = 0. */
struct agreement {
	double mse, rmse, mae;
	double pcc;  /* NaN where truth or prediction is constant, n = 1 included */
	double ccc;  /* NaN where both are the same constant */
	double sagr; /* share of equal signs; 0 agrees with 0 only */
	double icc;  /* (3,1), two raters: 2 cov / (var + var); 0 where both are constant */
};

void agreement(const double *truth, const double *pred, size_t n, struct agreement *a);

/* The share of equal values (classes); NaN for n = 0. */
double agreement_accuracy(const double *truth, const double *pred, size_t n);

enum icc_form { ICC_1_1, ICC_2_1, ICC_3_1, ICC_1_K, ICC_2_K, ICC_3_K, ICC_FORMS };
extern const char *const icc_form_name[ICC_FORMS]; /* "1,1" .. "3,k" */

/*
 * Intraclass correlation of n targets, each rated by the same k raters: x [n][k]. NaN for n < 2 or k < 2. Where numerator
 * and denominator are both 0 (all ratings equal) it is 0; where the denominator alone is, NaN.
 */
double icc(const double *x, size_t n, size_t k, enum icc_form form);

#endif

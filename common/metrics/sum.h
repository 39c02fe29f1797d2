/*
 * sum.h - sums in double whose rounding does not depend on who computes them
 */
#ifndef FRL_METRICS_SUM_H
#define FRL_METRICS_SUM_H

#include <stddef.h>

/*
 * Pairwise summation in NumPy's own order (blocks of 128 with eight partial sums), so that numbers published by Python
 * tools come out with every digit. 0 for n = 0.
 */
double sum_pairwise(const double *v, size_t n);
/* The same over n; NaN for n = 0. */
double sum_mean(const double *v, size_t n);

#endif

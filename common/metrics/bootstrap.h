/*
 * bootstrap.h - intervals by resampling with replacement
 *
 * The draws of replicate r are a function of (seed, r) alone, so an interval is the same on any number of threads.
 */
#ifndef FRL_METRICS_BOOTSTRAP_H
#define FRL_METRICS_BOOTSTRAP_H

#include <stddef.h>
#include <stdint.h>

enum { BOOTSTRAP_MAX = 1 << 20 };

/* How often each of n units is taken in replicate r < BOOTSTRAP_MAX: times [n], n < 2^32, sums to n. */
void bootstrap_draw(uint64_t seed, uint32_t r, size_t n, uint32_t *times);

/*
 * The central interval that holds `confidence` of the n values: percentiles (1 -+ confidence) / 2, interpolated linearly
 * (NumPy's default). NaNs are left out; without a value both ends are NaN. Sorts value.
 */
void bootstrap_interval(double *value, size_t n, double confidence, double *low, double *high);
/* The q-th quantile (0..1) of n sorted values, interpolated; NaN for n = 0. */
double bootstrap_quantile(const double *sorted, size_t n, double q);

#endif

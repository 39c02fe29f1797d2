/*
 * score_intervals.h - intervals of what is computed from genuine and impostor scores, by resampling comparisons
 */
#ifndef FRL_EVAL_SCORE_INTERVALS_H
#define FRL_EVAL_SCORE_INTERVALS_H

#include <stddef.h>

#include "common/metrics/roc.h"
#include "eval/report.h"

enum { SCORE_RATES_MAX = 16 };

/* value [count] of sorted scores and of so many comparisons without a score; called by several threads at once. */
struct score_rates {
	int count;
	void (*compute)(const struct scores *s, size_t missing, double *value, void *data);
	void *data;
};

/*
 * Gives row [rates->count] their intervals, where r->bootstrap asks for them. A replicate draws as many comparisons as there
 * are, genuine ones, impostors and those without a score together: unit k is genuine score k, then impostor score k (both
 * in ascending order), then a missing one. One in which a rate is not defined does not count for it.
 */
void score_intervals(const struct report *r, struct report_row *row, const struct score_rates *rates,
		     const struct scores *s, size_t missing, int threads);

#endif

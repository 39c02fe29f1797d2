/* roc.c - see roc.h */
#include "common/metrics/roc.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"

enum { RADIX_BITS = 11, RADIX = 1 << RADIX_BITS, PASSES = 6, SMALL = 4096 };

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The bits of a double as a number of the same order; and back. */
static uint64_t to_ordered(uint64_t bits)
{
	return bits >> 63 ? ~bits : bits | 1ull << 63;
}

static uint64_t from_ordered(uint64_t u)
{
	return u >> 63 ? u & ~(1ull << 63) : ~u;
}

/* From one array to the other by one digit; false if all have the same one. */
static int sort_digit(const uint64_t *from, uint64_t *to, size_t n, int shift)
{
	size_t *at = xcalloc(RADIX, sizeof *at), sum = 0;

	for (size_t i = 0; i < n; i++)
		at[from[i] >> shift & (RADIX - 1)]++;
	if (at[from[0] >> shift & (RADIX - 1)] == n) {
		free(at);
		return 0;
	}
	for (size_t i = 0; i < RADIX; i++) {
		size_t count = at[i];
		at[i] = sum;
		sum += count;
	}
	for (size_t i = 0; i < n; i++)
		to[at[from[i] >> shift & (RADIX - 1)]++] = from[i];
	free(at);
	return 1;
}

void roc_sort(double *v, size_t n)
{
	uint64_t *a, *b, *spare;

	if (n < SMALL) {
		if (n)
			qsort(v, n, sizeof *v, by_value);
		return;
	}
	a = xrealloc_array(NULL, n, sizeof *a);
	spare = b = xrealloc_array(NULL, n, sizeof *b);
	memcpy(a, v, n * sizeof *a);
	for (size_t i = 0; i < n; i++)
		a[i] = to_ordered(a[i]);
	for (int p = 0; p < PASSES; p++)
		if (sort_digit(a, b, n, p * RADIX_BITS)) {
			uint64_t *t = a;
			a = b;
			b = t;
		}
	for (size_t i = 0; i < n; i++)
		a[i] = from_ordered(a[i]);
	memcpy(v, a, n * sizeof *a);
	free(a == spare ? b : spare);
	free(a);
}

/* How many of the sorted scores are below x. */
static size_t count_below(const double *v, size_t n, double x)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (v[mid] < x)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

double roc_fmr(const struct scores *s, double threshold)
{
	size_t below = count_below(s->impostor, s->impostors, threshold);

	return s->impostors ? (double)(s->impostors - below) / (double)s->impostors : NAN;
}

double roc_fnmr(const struct scores *s, double threshold)
{
	return s->genuines ? (double)count_below(s->genuine, s->genuines, threshold) / (double)s->genuines : NAN;
}

/*
 * One after the other, the distinct scores from the highest down: after each call the genuine [g, ..) and the impostor
 * [i, ..) match, threshold being that score.
 */
struct walk {
	size_t g, i;
	double threshold;
};

static int step_down(const struct scores *s, struct walk *w)
{
	if (w->g == 0 && w->i == 0)
		return 0;
	if (w->i == 0 || (w->g > 0 && s->genuine[w->g - 1] >= s->impostor[w->i - 1]))
		w->threshold = s->genuine[w->g - 1];
	else
		w->threshold = s->impostor[w->i - 1];
	while (w->g > 0 && s->genuine[w->g - 1] == w->threshold)
		w->g--;
	while (w->i > 0 && s->impostor[w->i - 1] == w->threshold)
		w->i--;
	return 1;
}

static void nearest(double far, double fpr, double tpr, double *gap, double *tar)
{
	double d = fabs(fpr - far);

	if (d < *gap || (d == *gap && tpr > *tar)) {
		*gap = d;
		*tar = tpr;
	}
}

void roc_tar(const struct scores *s, const double *far, size_t n, enum roc_rule rule, double *tar)
{
	struct walk w = { s->genuines, s->impostors, INFINITY };
	double *gap = xrealloc_array(NULL, n + 1, sizeof *gap);

	for (size_t k = 0; k < n; k++) {
		tar[k] = s->genuines && s->impostors ? 0 : NAN;
		gap[k] = rule == ROC_NEAREST ? fabs(far[k]) : 0;
	}
	while (s->genuines && s->impostors && step_down(s, &w)) {
		double fpr = (double)(s->impostors - w.i) / (double)s->impostors;
		double tpr = (double)(s->genuines - w.g) / (double)s->genuines;

		for (size_t k = 0; k < n; k++) {
			if (rule == ROC_NEAREST)
				nearest(far[k], fpr, tpr, &gap[k], &tar[k]);
			else if (fpr <= far[k])
				tar[k] = tpr;
		}
	}
	free(gap);
}

double roc_eer(const struct scores *s, double *eer)
{
	struct walk w = { s->genuines, s->impostors, INFINITY };
	double best = INFINITY, threshold = NAN;
	int next_is_lower = 0;

	*eer = NAN;
	if (!s->genuines || !s->impostors)
		return NAN;
	while (step_down(s, &w)) {
		double fmr = (double)(s->impostors - w.i) / (double)s->impostors;
		double fnmr = (double)w.g / (double)s->genuines;

		if (next_is_lower)
			threshold = (threshold + w.threshold) / 2;
		next_is_lower = 0;
		if (fabs(fmr - fnmr) <= best) {
			best = fabs(fmr - fnmr);
			threshold = w.threshold;
			*eer = (fmr + fnmr) / 2;
			next_is_lower = 1;
		}
	}
	return threshold;
}

double roc_auc(const struct scores *s)
{
	double above = 0;
	size_t low = 0, high = 0; /* impostors below the genuine score, and up to it */

	if (!s->genuines || !s->impostors)
		return NAN;
	for (size_t k = 0; k < s->genuines; k++) {
		while (low < s->impostors && s->impostor[low] < s->genuine[k])
			low++;
		if (high < low)
			high = low;
		while (high < s->impostors && s->impostor[high] <= s->genuine[k])
			high++;
		above += (double)low + (double)(high - low) / 2;
	}
	return above / (double)s->genuines / (double)s->impostors;
}

double roc_best_threshold(const struct scores *s, size_t *right)
{
	struct walk w = { s->genuines, s->impostors, INFINITY };
	double threshold = INFINITY;

	*right = s->impostors;
	while (step_down(s, &w)) {
		size_t now = (s->genuines - w.g) + w.i;
		if (now >= *right) {
			*right = now;
			threshold = w.threshold;
		}
	}
	return threshold;
}

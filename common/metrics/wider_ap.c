/* wider_ap.c - see wider_ap.h */
#include "common/metrics/wider_ap.h"

#include <math.h>
#include <string.h>

#include "common/metrics/sum.h"

#define OVERLAP .5

/* Intersection over union of a prediction and a face, both x y w h, sides counted in pixels. */
static double overlap(const double p[5], const double t[4])
{
	double px2 = p[0] + p[2], py2 = p[1] + p[3];
	double tx2 = t[0] + t[2], ty2 = t[1] + t[3];
	double w = fmin(px2, tx2) - fmax(p[0], t[0]) + 1;
	double h, inter;

	if (!(w > 0))
		return 0;
	h = fmin(py2, ty2) - fmax(p[1], t[1]) + 1;
	if (!(h > 0))
		return 0;
	inter = w * h;
	return inter / ((px2 - p[0] + 1) * (py2 - p[1] + 1) + (tx2 - t[0] + 1) * (ty2 - t[1] + 1) - inter);
}

void wider_match(const double (*truth)[4], size_t n_truth, const double (*pred)[5], size_t n_pred, int32_t *best)
{
	for (size_t i = 0; i < n_pred; i++) {
		double max = 0;
		size_t at = 0;

		for (size_t k = 0; k < n_truth; k++) {
			double o = overlap(pred[i], truth[k]);
			if (o > max) {
				max = o;
				at = k;
			}
		}
		best[i] = max >= OVERLAP ? (int32_t)at : -1;
	}
}

static double threshold_at(int t)
{
	return 1 - (t + 1) / (double)WIDER_THRESHOLDS;
}

/* The first threshold that a score in [0, 1] reaches; the last one is 0 and reached by all. */
static int first_threshold(double score)
{
	int t = (int)ceil((1 - score) * WIDER_THRESHOLDS) - 1;

	if (t < 0)
		t = 0;
	if (t > WIDER_THRESHOLDS - 1)
		t = WIDER_THRESHOLDS - 1;
	while (t > 0 && score >= threshold_at(t - 1))
		t--;
	while (t < WIDER_THRESHOLDS - 1 && !(score >= threshold_at(t)))
		t++;
	return t;
}

size_t wider_steps(const double (*pred)[5], size_t n_pred, const int32_t *best, const uint8_t *keep, size_t n_truth,
		   uint8_t *used, struct wider_step *step)
{
	size_t n = 0;

	/* A picture without a face in the truth adds nothing, however much was found on it. */
	if (n_truth == 0)
		return 0;
	memset(used, 0, n_truth);
	for (size_t i = 0; i < n_pred; i++) {
		int proposal = 1, matched = 0;
		int t = first_threshold(pred[i][4]);

		if (best[i] >= 0 && !keep[best[i]]) {
			proposal = 0;
		} else if (best[i] >= 0 && !used[best[i]]) {
			used[best[i]] = 1;
			matched = 1;
		}
		if (n == 0 || step[n - 1].threshold != t)
			step[n++] = (struct wider_step){ .threshold = t };
		step[n - 1].proposals += proposal;
		step[n - 1].matched += matched;
	}
	return n;
}

void wider_add(struct wider_counts *c, const struct wider_step *step, size_t n, int64_t faces, int64_t times)
{
	for (size_t i = 0; i < n; i++) {
		c->proposals[step[i].threshold] += times * step[i].proposals;
		c->matched[step[i].threshold] += times * step[i].matched;
	}
	c->faces += times * faces;
}

void wider_curve(const struct wider_counts *c, struct wider_curve *curve)
{
	int64_t proposals = 0, matched = 0;

	for (int t = 0; t < WIDER_THRESHOLDS; t++) {
		proposals += c->proposals[t];
		matched += c->matched[t];
		curve->precision[t] = proposals ? (double)matched / (double)proposals : NAN;
		curve->recall[t] = c->faces ? (double)matched / (double)c->faces : NAN;
	}
}

double wider_ap(const struct wider_curve *curve)
{
	double envelope[WIDER_THRESHOLDS];
	double part[WIDER_THRESHOLDS];
	double max = 0, last = 0;
	size_t n = 0;

	if (isnan(curve->recall[0]))
		return NAN;
	/* Where nothing is proposed recall has not moved, so the NaN there is never part of the sum. */
	for (int t = WIDER_THRESHOLDS - 1; t >= 0; t--) {
		max = fmax(max, curve->precision[t]);
		envelope[t] = max;
	}
	for (int t = 0; t < WIDER_THRESHOLDS; t++) {
		if (curve->recall[t] != last)
			part[n++] = (curve->recall[t] - last) * envelope[t];
		last = curve->recall[t];
	}
	return sum_pairwise(part, n);
}

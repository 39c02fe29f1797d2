/* nme.c - see nme.h */
#include "common/metrics/nme.h"

#include <math.h>
#include <stdlib.h>

#define STEP 1e-4

const char *const nme_normaliser_name[NME_NORMALISERS] = { "outer-eye-corners", "eye-centres", "box",
							   "diagonal",		"points-box",  "points-diagonal" };

double nme_distance(const double *pred, const double *truth, size_t n, int dims)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++) {
		double square = 0;
		for (int k = 0; k < dims; k++) {
			double d = pred[i * (size_t)dims + (size_t)k] - truth[i * (size_t)dims + (size_t)k];
			square += d * d;
		}
		sum += sqrt(square);
	}
	return sum / (double)n;
}

/* Points of the two eyes, 0-based: [first, last] of the left one and of the right one. */
struct eyes {
	size_t points;
	size_t left_outer, right_outer;
	size_t left[2], right[2];
};

static const struct eyes marks[] = {
	{ 5, 0, 1, { 0, 0 }, { 1, 1 } },	/* eye centres, as detectors give them */
	{ 19, 6, 11, { 7, 7 }, { 10, 10 } },	/* AFLW-19 */
	{ 29, 8, 9, { 1, 0 }, { 1, 0 } },	/* COFW: no eye centre */
	{ 68, 36, 45, { 36, 41 }, { 42, 47 } }, /* 300W, COFW-68, AFLW2000-3D */
	{ 98, 60, 72, { 96, 96 }, { 97, 97 } }, /* WFLW */
};

static const struct eyes *find_marks(size_t points)
{
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (marks[i].points == points)
			return &marks[i];
	return NULL;
}

static void centre(const double *p, const size_t range[2], double c[2])
{
	double n = (double)(range[1] - range[0] + 1);

	c[0] = c[1] = 0;
	for (size_t i = range[0]; i <= range[1]; i++) {
		c[0] += p[2 * i] / n;
		c[1] += p[2 * i + 1] / n;
	}
}

static void bounds(const double *p, size_t n, double box[4])
{
	box[0] = box[2] = n ? p[0] : NAN;
	box[1] = box[3] = n ? p[1] : NAN;
	for (size_t i = 0; i < n; i++) {
		box[0] = fmin(box[0], p[2 * i]);
		box[1] = fmin(box[1], p[2 * i + 1]);
		box[2] = fmax(box[2], p[2 * i]);
		box[3] = fmax(box[3], p[2 * i + 1]);
	}
}

double nme_divisor(enum nme_normaliser how, const double *truth, size_t n, const double box[4])
{
	const struct eyes *m = find_marks(n);
	double left[2], right[2], own[4];

	switch (how) {
	case NME_OUTER_EYE_CORNERS:
		if (!m)
			return NAN;
		return hypot(truth[2 * m->left_outer] - truth[2 * m->right_outer],
			     truth[2 * m->left_outer + 1] - truth[2 * m->right_outer + 1]);
	case NME_EYE_CENTRES:
		if (!m || m->left[1] < m->left[0])
			return NAN;
		centre(truth, m->left, left);
		centre(truth, m->right, right);
		return hypot(left[0] - right[0], left[1] - right[1]);
	case NME_POINTS_BOX:
	case NME_POINTS_DIAGONAL:
		bounds(truth, n, own);
		box = own;
		break;
	case NME_BOX:
	case NME_DIAGONAL:
		break;
	case NME_NORMALISERS:
		return NAN;
	}
	if (how == NME_BOX || how == NME_POINTS_BOX)
		return sqrt((box[2] - box[0]) * (box[3] - box[1]));
	return hypot(box[2] - box[0], box[3] - box[1]);
}

static int by_error(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	if (isnan(x) || isnan(y))
		return !!isnan(x) - !!isnan(y);
	return (x > y) - (x < y);
}

size_t nme_sort(double *error, size_t n)
{
	size_t nans = 0;

	if (n)
		qsort(error, n, sizeof *error, by_error);
	while (nans < n && isnan(error[n - 1 - nans]))
		nans++;
	return nans;
}

/* How many of the sorted errors are <= x. */
static size_t count_to(const double *sorted, size_t n, double x)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (sorted[mid] <= x)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

double nme_ced(const double *sorted, size_t n, double x)
{
	return n ? (double)count_to(sorted, n, x) / (double)n : NAN;
}

int nme_threshold_ok(double tau)
{
	double steps = round(tau / STEP);

	return steps >= 2 && steps <= 1e6 && fabs(tau / STEP - steps) < 1e-6 && fmod(steps, 2) == 0;
}

double nme_auc(const double *sorted, size_t n, double tau)
{
	long steps = lround(tau / STEP);
	double sum = 0;

	for (long k = 0; k <= steps; k++) {
		double weight = k == 0 || k == steps ? 1 : k % 2 ? 4 : 2;
		sum += weight * nme_ced(sorted, n, (double)k * STEP);
	}
	return sum * STEP / 3 / tau;
}
